'use client';

/** The addresses of one node, on the page of its members: what it owns and could own, and how its host takes it. */

import Link from 'next/link';
import { useMemo } from 'react';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { AnnounceButton, DrainButton } from './actions/node-buttons.tsx';
import { VipActions } from './actions/vip-actions.tsx';
import { vipHref, vipsHref } from './duravip-address.ts';
import { OwnerCell } from './vip-cells.tsx';
import { useVips } from './vip-rows.ts';
import { type Vip, type VipNode, vipStates } from './vip-words.ts';
import { VipsNowProvider } from './vips-now.tsx';

/** More are on the page of the addresses. */
const VIPS_SHOWN_MAX = 50;

export function NodeVips({ node }: { readonly node: string }) {
  const row = useCollection('vipNodes')[node];
  const vips = useVips();
  const owned = useMemo(
    () => vips.filter((vip) => vip.owner === node || vip.next === node || vip.claims.includes(node)),
    [vips, node],
  );
  return (
    <VipsNowProvider>
      <VipActions>
        <div className="node-vips" data-test={MARKS.duravips.nodeVips} data-node={node}>
          {row === undefined ? (
            <p className="muted">
              It has said nothing of addresses that move: it has none, or it is not here.
            </p>
          ) : (
            <NodeFacts node={node} row={row} />
          )}
          <VipList vips={owned} node={node} />
        </div>
      </VipActions>
    </VipsNowProvider>
  );
}

function NodeFacts({ node, row }: { readonly node: string; readonly row: VipNode }) {
  const nowMs = useGatewayNow();
  const states = [
    ...(row.draining ? (['draining: it gives its addresses away and takes none'] as const) : []),
    ...(row.suspect ? ['suspect: the others take over from it'] : []),
    ...(row.mature ? [] : ['not mature yet: it takes no addresses']),
  ];
  return (
    <>
      <div className="vip-acts">
        <DrainButton node={node} />
        <AnnounceButton />
      </div>
      <dl className="facts">
        <dt>State</dt>
        <dd>
          {states.length === 0 ? (
            <Status shape={row.present ? 'ok' : 'none'}>
              {row.present ? 'takes part' : 'not in the view'}
            </Status>
          ) : (
            states.map((state) => (
              <Status key={state} shape={row.draining ? 'moving' : 'warning'}>
                {state}
              </Status>
            ))
          )}
        </dd>
        <dt>Owns</dt>
        <dd>
          <Link href={vipsHref(`owner:${quoted(node)}`)} prefetch={false}>
            {plural(row.owned, 'address', 'addresses')}
          </Link>{' '}
          of{' '}
          <Link href={vipsHref(`candidate:${quoted(node)}`)} prefetch={false}>
            {row.candidate}
          </Link>{' '}
          that it could have
        </dd>
        <dt>On its host</dt>
        <dd>
          {row.up} up
          {row.failed === 0 ? null : (
            <>
              , <Status shape="critical">{row.failed} failed</Status>
            </>
          )}
        </dd>
        <dt>Its table</dt>
        <dd>
          {row.agrees === null ? (
            <Status shape="unknown">not heard yet</Status>
          ) : (
            <Status shape={row.agrees ? 'ok' : 'disputed'}>
              {row.agrees ? 'the same as here' : 'differs from the one here'}
            </Status>
          )}{' '}
          <span className="muted">
            {row.toldMs === null || nowMs === null
              ? ''
              : `told ${formatMoment(row.toldMs, nowMs)}, ${formatDuration(nowMs - row.toldMs)} ago`}
          </span>
        </dd>
        <dt>Set size</dt>
        <dd>{row.balanceSetSize === 0 ? UNKNOWN : `${row.balanceSetSize} addresses a time`}</dd>
      </dl>
    </>
  );
}

function quoted(node: string): string {
  return /\s/.test(node) ? `"${node}"` : node;
}

function VipList({ vips, node }: { readonly vips: readonly Vip[]; readonly node: string }) {
  if (vips.length === 0) return <p className="muted">It has no address now.</p>;
  const troubled = (vip: Vip): boolean => vipStates(vip)[0] !== 'owned' || vip.state !== 'up';
  const sorted = [...vips.filter(troubled), ...vips.filter((vip) => !troubled(vip))];
  return (
    <>
      <ul className="plain-list">
        {sorted.slice(0, VIPS_SHOWN_MAX).map((vip) => (
          <li
            key={vip.address}
            data-test={MARKS.duravips.nodeVip}
            data-vip={vip.address}
            className="node-vip"
          >
            <Link href={vipHref(vip.address)} prefetch={false} className="mono">
              {inertName(vip.address)}
            </Link>
            <OwnerCell vip={vip} />
          </li>
        ))}
      </ul>
      {vips.length > VIPS_SHOWN_MAX ? (
        <p>
          <Link href={vipsHref(`owner:${quoted(node)}`)} prefetch={false}>
            All {vips.length} of them
          </Link>
        </p>
      ) : null}
    </>
  );
}
