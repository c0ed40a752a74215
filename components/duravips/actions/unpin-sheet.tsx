'use client';

/** Unpin: balance and preference may move the address again. */

import { useCollection } from '../../live/use-live.ts';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { inertName } from '../../ui/inert-text.ts';
import { moveCommand, unpinCommand } from './move-plan.ts';
import { useReview } from './use-review.ts';
import type { WriteEnds } from './vip-action.ts';
import { WriteSheet } from './write-sheet.tsx';

export type UnpinSheetProps = WriteEnds & { readonly address: string };

export function UnpinSheet({ address, onClose, onAccepted }: UnpinSheetProps) {
  const row = useCollection('vips')[address];
  const data = usePreviewData();
  const pinned = row?.pinned ?? null;
  const { seen, due, review } = useReview(pinned, (then, now) => then !== now);
  const name = inertName(address);
  return (
    <WriteSheet
      class="W1"
      title={`Unpin ${name}`}
      verb="Unpin"
      object={name}
      commands={[unpinCommand(address)]}
      undo={seen === null ? { none: 'It is not pinned.' } : { commands: [moveCommand(address, seen)] }}
      effect={
        <p>
          It stays where it is now.{' '}
          {row?.preference == null
            ? 'Balance may move it later.'
            : `It goes to its preferred node, ${inertName(row.preference)}, at the next balance; else balance may move it.`}
        </p>
      }
      data={data}
      preconditions={
        due === 'changed'
          ? [
              {
                text: pinned === null ? 'it is not pinned any more' : `pinned to ${inertName(pinned)}`,
                state: 'changed',
              },
            ]
          : [{ text: `it is pinned to ${inertName(seen ?? 'nobody')}`, state: 'holds' }]
      }
      obstacle={pinned === null ? 'it is not pinned' : null}
      reviewDue={due === null ? null : { kind: due, review }}
      onClose={onClose}
      onAccepted={onAccepted}
      write={({ reason }) => ({ path: 'unpins', body: { address, reason: reason ?? '' } })}
    />
  );
}
