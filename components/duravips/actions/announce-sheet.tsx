'use client';

/** Announce view: the nodes tell each other again what they own. The cure of nodes that disagree (VIP-16). */

import { useCollection } from '../../live/use-live.ts';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { plural } from '../../ui/format-time.ts';
import { useReview } from './use-review.ts';
import type { WriteEnds } from './vip-action.ts';
import { WriteSheet } from './write-sheet.tsx';

export const ANNOUNCE_COMMAND = 'cluster duravip announce view';

export function AnnounceSheet({ onClose, onAccepted }: WriteEnds) {
  const nodes = useCollection('vipNodes');
  const data = usePreviewData();
  const { due, review } = useReview(null, () => false);
  const all = Object.values(nodes).filter(({ present }) => present);
  const differ = all.filter(({ agrees }) => agrees === false).length;
  return (
    <WriteSheet
      class="W2"
      title="Announce view"
      verb="Announce"
      object={`the view on ${plural(all.length, 'node')}`}
      commands={[ANNOUNCE_COMMAND]}
      undo={{ none: 'There is nothing to take back: it changes who owns what only where nodes disagree.' }}
      effect={
        <p>
          Every node tells the others again what it owns and what it may own. Where they agree, nothing
          changes.{' '}
          {differ === 0
            ? 'No node is known to disagree now.'
            : `${plural(differ, 'node disagrees', 'nodes disagree')} now and takes over the common view; an address with two owners keeps one.`}
        </p>
      }
      data={data}
      preconditions={[]}
      obstacle={all.length === 0 ? 'no node is there to tell' : null}
      reviewDue={due === null ? null : { kind: due, review }}
      noReason
      onClose={onClose}
      onAccepted={onAccepted}
      write={() => ({ path: 'announcements' })}
    />
  );
}
