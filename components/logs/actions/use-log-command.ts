'use client';

/**
 * A command of a review on its way: what its class asks of this person, sending it or asking for it, and what its node
 * answered. One node, one command, one answer.
 */

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Approval, CommandTarget, Job } from '../../../server/wire/http.ts';
import type { LogReview } from '../../../server/wire/logs.ts';
import { useAskForApproval } from '../../console/approval-queries.ts';
import { mayAskFor } from '../../console/command-flow.tsx';
import { outcomeOfFailure } from '../../console/confirm-sheet.tsx';
import {
  CLASS_STALE_MS,
  type Classification,
  classificationKey,
  fetchClassification,
} from '../../console/job-queries.ts';
import { useSendCommand } from '../../console/use-send-command.ts';
import { useSession } from '../../frame/session-gate.tsx';
import type { PreviewOutcome } from '../../ui/preview-obstacle.ts';
import type { PreviewConfirmation } from '../../ui/preview-sheet.tsx';

/** Longer than a node may take to count what lies in between. */
const TIMEOUT_MS = 30_000;

export type LogCommand = {
  /** Null until the gateway said it. */
  readonly classification: Classification | null;
  /** What this person may not send can be asked for. */
  readonly asks: boolean;
  readonly busy: boolean;
  readonly job: Job | null;
  readonly outcome: PreviewOutcome | null;
  readonly confirm: (confirmation: PreviewConfirmation) => void;
  /** What was refused for the state before says nothing of this one. */
  readonly reset: () => void;
};

export function useLogCommand(node: string, review: LogReview | undefined): LogCommand {
  const { account, csrf } = useSession();
  const [job, setJob] = useState<Job | null>(null);
  const [asked, setAsked] = useState<Approval | null>(null);
  const target: CommandTarget = { kind: 'nodes', names: [node] };
  const command = review?.command ?? '';
  const classified = useQuery({
    queryKey: classificationKey({ command, target }),
    queryFn: () => fetchClassification({ command, target }, csrf),
    enabled: command !== '',
    staleTime: CLASS_STALE_MS,
  });
  const send = useSendCommand(setJob);
  const request = useAskForApproval(setAsked);
  const classification = command === '' ? null : (classified.data ?? null);
  const asks = classification !== null && mayAskFor(classification, account.role);
  const confirm = (confirmation: PreviewConfirmation): void => {
    if (send.isPending || request.isPending || job !== null || command === '') return;
    const order = { command, target, timeoutMs: TIMEOUT_MS };
    if (asks) request.mutate({ ...order, reason: confirmation.reason ?? '' });
    else send.mutate({ ...order, confirmation });
  };
  const failure = send.error ?? request.error ?? classified.error;
  return {
    classification,
    asks,
    busy: send.isPending || request.isPending,
    job,
    outcome: asked === null ? (failure === null ? null : outcomeOfFailure(failure)) : ASKED,
    confirm,
    reset: () => {
      send.reset();
      request.reset();
    },
  };
}

const ASKED: PreviewOutcome = {
  kind: 'accepted',
  text: 'An admin sees the request now. Nothing was sent yet.',
};

/** What the node made of it. */
export function outcomeOfJob(job: Job): PreviewOutcome | null {
  const [reply] = job.replies;
  const text = reply?.text ?? '';
  if (reply === undefined || reply.state === 'asked') return null;
  if (reply.state === 'answered') {
    return {
      kind: reply.ok === false ? 'refused' : 'accepted',
      text: text === '' ? 'The node answered nothing.' : text,
    };
  }
  return {
    kind: 'unknown',
    text: 'The node did not answer: whether it was done shows in its row. It is not sent a second time.',
  };
}
