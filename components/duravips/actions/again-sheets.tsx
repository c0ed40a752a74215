'use client';

/** Taking an operation back, and sending what failed of it again. Both are writes of their own, with their own preview. */

import type { OperationRow } from '../../../server/wire/duravip.ts';
import { useCollection } from '../../live/use-live.ts';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { plural } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { operationTitle, retryCount } from './operation-words.ts';
import { useOperation, useWholeOperation } from './use-operation.ts';
import { useReview } from './use-review.ts';
import type { WriteEnds } from './vip-action.ts';
import { WriteSheet } from './write-sheet.tsx';

export type AgainSheetProps = WriteEnds & { readonly operation: OperationRow };

const NO_WAY_BACK = 'Move it again to go forth; this operation has no undo of its own until it is done.';

/** Undo is offered until ownership changes for another reason; the gateway refuses it then. */
export function UndoSheet({ operation: given, onClose, onAccepted }: AgainSheetProps) {
  const operation = useOperation(given);
  const data = usePreviewData();
  const { seen, due, review } = useReview(operation.undo.join('\n'), (then, now) => then !== now);
  const { counts, items, undo } = operation;
  const [item] = items;
  const one = counts.all === 1 && item !== undefined;
  const object = one ? inertName(item.address) : plural(undo.length, 'address', 'addresses');
  const back = one && item.from !== null ? ` back to ${inertName(item.from)}` : ' back';
  const withdrawn =
    undo.length === 0 ? 'it cannot be undone any more: ownership changed for another reason' : null;
  return (
    <WriteSheet
      class={one ? 'W1' : 'W2'}
      title={`Undo: ${operationTitle(operation)}`}
      verb="Move"
      object={`${object}${back}`}
      commands={undo}
      undo={{ none: NO_WAY_BACK }}
      effect={
        <p>
          {one ? 'The address goes' : 'The addresses go'} back to who had {one ? 'it' : 'them'} before, over
          the same stages. Connections to {one ? 'it' : 'them'} break once more, and{' '}
          {one ? 'it stays' : 'they stay'} pinned there.
        </p>
      }
      data={data}
      preconditions={
        undo.join('\n') === seen
          ? [{ text: 'nothing else changed who owns what since', state: 'holds' }]
          : [{ text: 'who owns what changed since', state: 'changed' }]
      }
      obstacle={withdrawn}
      reviewDue={due === null || withdrawn !== null ? null : { kind: due, review }}
      noReason
      onClose={onClose}
      onAccepted={onAccepted}
      write={() => ({ path: `operations/${encodeURIComponent(operation.id)}/undo` })}
    />
  );
}

export function RetrySheet({ operation: given, onClose, onAccepted }: AgainSheetProps) {
  const operation = useWholeOperation(useOperation(given));
  const vips = useCollection('vips');
  const data = usePreviewData();
  const failed = operation.items.filter(({ state }) => state === 'failed' || state === 'refused');
  const count = retryCount(operation);
  const owners = failed.map(({ address }) => `${address} ${vips[address]?.version ?? ''}`).join('\n');
  const { due, review } = useReview(owners, (then, now) => then !== now);
  const single = count === 1 ? failed[0] : undefined;
  return (
    <WriteSheet
      class={count === 1 ? 'W1' : 'W2'}
      title={`Retry: ${operationTitle(operation)}`}
      verb="Retry"
      object={single === undefined ? plural(count, 'failed move') : inertName(single.address)}
      commands={failed.map(({ command }) => command)}
      undo={{ none: 'As for any move, once it is done.' }}
      effect={
        <p>
          Only what failed is sent again: {count} of {operation.counts.all}. What is done stays; what is
          unknown is not sent a second time.
        </p>
      }
      data={data}
      preconditions={
        due === 'changed'
          ? [{ text: 'the addresses that failed are not as they were', state: 'changed' }]
          : []
      }
      obstacle={count === 0 ? 'nothing failed' : null}
      reviewDue={due === null ? null : { kind: due, review }}
      noReason
      onClose={onClose}
      onAccepted={onAccepted}
      write={() => ({ path: `operations/${encodeURIComponent(operation.id)}/retry` })}
    />
  );
}
