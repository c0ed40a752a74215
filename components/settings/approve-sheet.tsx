'use client';

/** What the approver sees: the same preview that the requester saw, computed anew while it is open. */

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { Approval } from '../../server/wire/http.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { commandHead, commandTargets, outcomeOfFailure } from '../console/confirm-sheet.tsx';
import { consoleHref } from '../console/console-address.ts';
import { classificationKey, fetchClassification } from '../console/job-queries.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useCollection } from '../live/use-live.ts';
import { usePreviewData } from '../live/use-preview-data.ts';
import { MARKS } from '../test-marks.ts';
import { formatMoment, plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import type { Precondition, PreviewOutcome } from '../ui/preview-obstacle.ts';
import { PreviewSheet } from '../ui/preview-sheet.tsx';
import { useDecide } from './approval-inbox.ts';
import { changeWords, nodeChanges } from './node-changes.ts';

export type ApproveSheetProps = { readonly request: Approval; readonly onClose: () => void };

export function ApproveSheet({ request, onClose }: ApproveSheetProps) {
  const { csrf } = useSession();
  const decide = useDecide();
  const members = useCollection('members');
  const data = usePreviewData();
  const question = { command: request.command, target: request.target };
  const judged = useQuery({
    queryKey: classificationKey(question),
    queryFn: () => fetchClassification(question, csrf),
  });
  const nodes = request.nodesNow ?? request.nodesThen;
  const silent = Object.values(members)
    .filter(({ state, nodeName }) => state === 'suspect' && nodeName !== null)
    .map(({ nodeName }) => nodeName ?? '');
  return (
    <PreviewSheet
      title={`Approve a ${request.class} command`}
      class={request.class}
      verb="Approve"
      object={`${commandHead(request.command)} on ${plural(nodes.length, 'node')}`}
      exactly={{ label: 'Exactly this goes out, by broadcast', text: request.command }}
      targets={commandTargets(request.target, nodes, silent)}
      effect={
        <p>
          {inertName(request.requestedBy)} asked for it at {formatMoment(request.requestedMs, null)}: “
          {inertText(request.reason)}”. Approving sends it at once, in the name of{' '}
          {inertName(request.requestedBy)}; the audit log names you as the second person.
        </p>
      }
      data={data}
      preconditions={preconditionsOf(request)}
      typedName={judged.data?.typedName ?? null}
      reason="optional"
      obstacle={obstacleOf(request, judged.data !== undefined)}
      busy={decide.isPending}
      outcome={outcomeOf(decide.data, decide.error)}
      onClose={onClose}
      onConfirm={({ typedName, reason }) =>
        decide.mutate({
          id: request.id,
          verdict: 'approve',
          note: reason ?? '',
          ...(typedName === undefined ? {} : { typedName }),
        })
      }
    >
      {decide.data?.job == null ? null : (
        <p>
          <Link href={consoleHref({ job: decide.data.job })} data-test={MARKS.settings.requestJob}>
            See the replies
          </Link>
        </p>
      )}
    </PreviewSheet>
  );
}

function preconditionsOf(request: Approval): readonly Precondition[] {
  const changes = nodeChanges(request);
  if (changes === null) return [{ text: 'what the target means now', state: 'unknown' }];
  if (changes.gone.length + changes.come.length > 0) {
    return [{ text: changeWords(request, changes), state: 'changed' }];
  }
  return [
    {
      text: `the target means the same ${plural(request.nodesThen.length, 'node')} as when it was asked for`,
      state: 'holds',
    },
  ];
}

/** @param judged the gateway has said what must be typed. */
function obstacleOf({ state }: Approval, judged: boolean): string | null {
  if (state !== 'waiting') return `this request is ${state}`;
  return judged ? null : 'asking the gateway what must be typed';
}

function outcomeOf(approved: Approval | undefined, failure: Error | null): PreviewOutcome | null {
  if (failure !== null) {
    const voided = failure instanceof ApiFailure && failure.code === 'conflict';
    return voided ? { kind: 'refused', text: failure.message } : outcomeOfFailure(failure);
  }
  return approved === undefined ? null : { kind: 'accepted', text: 'It was sent.' };
}
