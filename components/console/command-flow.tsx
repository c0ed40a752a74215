'use client';

/**
 * What happens to a command from the prompt or from a retry: it is classified as it stands, a read goes out at once,
 * a write shows its preview first, and what the role may not send can be asked for.
 */

import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { Approval, CommandTarget, Job, Role } from '../../server/wire/http.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { SESSION_KEY, useSession } from '../frame/session-gate.tsx';
import { useCollection, useFreshness } from '../live/use-live.ts';
import { usePreviewData } from '../live/use-preview-data.ts';
import { useAskForApproval } from './approval-queries.ts';
import { askableNodes, nodesOfTarget } from './command-target.ts';
import {
  CLASS_STALE_MS,
  type Classification,
  classificationKey,
  fetchClassification,
} from './job-queries.ts';
import { useSendCommand } from './use-send-command.ts';

// Nothing of the sheets is in the first load of the page.
const ApprovalSheet = lazy(() =>
  import('./approval-sheet.tsx').then((part) => ({ default: part.ApprovalSheet })),
);
const ConfirmSheet = lazy(() =>
  import('./confirm-sheet.tsx').then((part) => ({ default: part.ConfirmSheet })),
);

export type Ask = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly timeoutMs: number;
  /** For a second attempt: what may already have happened. */
  readonly warning?: string;
};

export type CommandFlow = {
  /** @param readsOnly true: a write is not previewed but refused with a sentence. */
  readonly ask: (ask: Ask, readsOnly?: boolean) => Promise<void>;
  readonly busy: boolean;
  /** Why the last command was not sent; null while a sheet says it. */
  readonly failure: string | null;
  /** The open sheet, to be placed anywhere. */
  readonly sheet: ReactNode;
};

type Review = {
  readonly kind: 'confirm' | 'approval';
  readonly ask: Ask;
  readonly classification: Classification;
  readonly nodesThen: readonly string[];
};

/** An operator may ask for what only an admin may send (ui.md 3.5). */
export function mayAskFor(classification: Classification, role: Role): boolean {
  const heavy = classification.class === 'W3' || classification.class === 'W4';
  return !classification.allowed && heavy && role === 'operator';
}

export type CommandFlowOptions = {
  readonly onSent: (job: Job) => void;
  readonly onAsked: (request: Approval) => void;
};

export function useCommandFlow({ onSent, onAsked }: CommandFlowOptions): CommandFlow {
  const { account, csrf } = useSession();
  const { role } = account;
  const queries = useQueryClient();
  const members = useCollection('members');
  const [review, setReview] = useState<Review | null>(null);
  const [objection, setObjection] = useState<string | null>(null);
  const send = useSendCommand((job) => {
    setReview(null);
    onSent(job);
  });
  const request = useAskForApproval((asked) => {
    setReview(null);
    onAsked(asked);
  });

  const ask = async (order: Ask, readsOnly = false): Promise<void> => {
    setObjection(null);
    send.reset(); // what an earlier command was refused for does not stand beside this one
    request.reset();
    // What is sent is classified, not what was on the screen a moment ago.
    const question = { command: order.command, target: order.target };
    const answer = await queries
      .fetchQuery({
        queryKey: classificationKey(question),
        queryFn: () => fetchClassification(question, csrf),
        staleTime: CLASS_STALE_MS,
      })
      .catch((failure: unknown) => (failure instanceof Error ? failure : new Error('unreadable')));
    if (answer instanceof Error) {
      if (answer instanceof ApiFailure && answer.status === 401) {
        void queries.invalidateQueries({ queryKey: SESSION_KEY });
      }
      setObjection(`Not sent: the class of the command is not known. ${answer.message}`);
      return;
    }
    const { command, target, timeoutMs } = order;
    if (answer.allowed && answer.class === 'R') {
      send.mutate({ command, target, timeoutMs, confirmation: {} });
      return;
    }
    if (readsOnly) {
      setObjection(`Not sent: this is a class ${answer.class} command, and this key sends only reads.`);
      return;
    }
    if (!answer.allowed && !mayAskFor(answer, role)) {
      setObjection(`Not sent: ${answer.reason ?? 'not allowed for your role'}.`);
      return;
    }
    const nodesThen = nodesOfTarget(target, askableNodes(members));
    setReview({
      kind: answer.allowed ? 'confirm' : 'approval',
      ask: order,
      classification: answer,
      nodesThen,
    });
  };

  const sheet =
    review === null ? null : (
      <ReviewSheet
        review={review}
        busy={send.isPending || request.isPending}
        failure={send.error ?? request.error}
        onClose={() => setReview(null)}
        onConfirm={(confirmation) => {
          const { command, target, timeoutMs } = review.ask;
          if (review.kind === 'confirm') send.mutate({ command, target, timeoutMs, confirmation });
          else request.mutate({ command, target, timeoutMs, reason: confirmation.reason ?? '' });
        }}
      />
    );
  const failure = review === null ? (send.error?.message ?? objection) : null;
  return { ask, busy: send.isPending || request.isPending, failure, sheet };
}

type ReviewSheetProps = {
  readonly review: Review;
  readonly busy: boolean;
  readonly failure: Error | null;
  readonly onClose: () => void;
  readonly onConfirm: (confirmation: { readonly typedName?: string; readonly reason?: string }) => void;
};

function ReviewSheet({ review, ...rest }: ReviewSheetProps) {
  const { ask, classification, nodesThen } = review;
  const members = useCollection('members');
  const { silent } = useFreshness(1_000);
  const data = usePreviewData();
  const silentNodes = silent.map((id) => members[id]?.nodeName ?? id);
  const shared = {
    command: ask.command,
    target: ask.target,
    nodesThen,
    nodes: nodesOfTarget(ask.target, askableNodes(members)),
    silent: silentNodes,
    classification,
    data,
    ...rest,
  };
  return (
    <Suspense>
      {review.kind === 'approval' ? (
        <ApprovalSheet {...shared} />
      ) : (
        <ConfirmSheet {...shared} warning={ask.warning ?? null} />
      )}
    </Suspense>
  );
}
