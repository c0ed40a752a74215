'use client';

/** What is to be said of all addresses at once: the view is being agreed, a reload wants an announcement, set sizes differ. */

import Link from 'next/link';
import { useGatewayNow, useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { AnnounceButton } from './actions/node-buttons.tsx';
import { namesOf } from './vip-words.ts';

export function VipBands() {
  const duravip = useLive(({ live }) => live.model.duravip['duravip']);
  const nowMs = useGatewayNow();
  if (duravip === undefined) return null;
  const { announceDue, setSizesDiffer, synced, sinceMs } = duravip;
  return (
    <div className="vip-bands">
      {synced ? null : (
        <p className="vip-band" data-tone="flight" data-test={MARKS.duravips.band} data-kind="unsynced">
          <Status shape="moving">The nodes are agreeing on a view</Status>{' '}
          <span>
            since {formatMoment(sinceMs, nowMs)}
            {nowMs === null ? '' : ` (${formatDuration(nowMs - sinceMs)})`}. Owners below are as they were
            before.
          </span>
        </p>
      )}
      {announceDue === null ? null : (
        <div className="vip-band" data-tone="warning" data-test={MARKS.duravips.band} data-kind="announceDue">
          <p>
            <Status shape="warning">Announce view</Status>{' '}
            <span>
              {namesOf(announceDue.nodes)} reloaded bindings of addresses at{' '}
              {formatMoment(announceDue.sinceMs, nowMs)}. Nodes that reload at different moments can disagree
              on owners until a view is announced.
            </span>
          </p>
          <AnnounceButton showReason={false} />
        </div>
      )}
      {setSizesDiffer.length === 0 ? null : (
        <p className="vip-band" data-tone="warning" data-test={MARKS.duravips.band} data-kind="setSizes">
          <Status shape="warning">Set sizes differ</Status>{' '}
          <span>
            duravip_balance_set_size is{' '}
            {setSizesDiffer.map(({ node, size }) => `${size} on ${inertName(node)}`).join(', ')}, and another
            on the leader{duravip.leader === null ? '' : ` ${inertName(duravip.leader)}`}. Give it one value
            on every node.
          </span>
        </p>
      )}
    </div>
  );
}

/** Nothing heard, nothing to hear, and nothing configured are three different things. */
export function EmptyWords({ cut }: { readonly cut: boolean }) {
  const told = useLive(({ live }) => live.model.duravip['duravip'] !== undefined);
  if (cut) return 'No address is known: the connection was lost before any was seen.';
  if (!told) return 'No node has said anything of its addresses yet.';
  return (
    <>
      No address is managed: no node has a binding or listener with <code>Enable_Duravip</code>.{' '}
      <Link href="/reference/options?q=duravip" prefetch={false}>
        Options of DuraVIP
      </Link>
    </>
  );
}
