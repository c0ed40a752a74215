'use client';

/** Each node that has an address: what its own table says, whether it could have it, and what keeps it from that. */

import Link from 'next/link';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { memberHref } from '../members/member-address.ts';
import { compareNames } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { NodeTag } from './vip-cells.tsx';
import { dissentersOf, type Vip, type VipNode } from './vip-words.ts';

export function VipParticipants({ vip }: { readonly vip: Vip }) {
  const nodes = useCollection('vipNodes');
  const names = [...new Set([...vip.participants.map(({ node }) => node), ...vip.claims])].sort(compareNames);
  if (names.length === 0) return <p className="muted">No node that is present has it configured.</p>;
  return (
    <ScrollRegion className="links-scroll" label="Nodes that have the address">
      <table className="table links-table vip-participants">
        <thead>
          <tr>
            <th scope="col" className="label">
              Node
            </th>
            <th scope="col" className="label">
              Says the owner is
            </th>
            <th scope="col" className="label">
              Could have it
            </th>
            <th scope="col" className="label">
              Services
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <ParticipantRow key={name} vip={vip} name={name} node={nodes[name]} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

type ParticipantProps = { readonly vip: Vip; readonly name: string; readonly node: VipNode | undefined };

function ParticipantRow({ vip, name, node }: ParticipantProps) {
  const participant = vip.participants.find((each) => each.node === name);
  return (
    <tr data-test={MARKS.duravips.participant} data-node={name}>
      <th scope="row">
        <Link href={memberHref(name, 'vips')} prefetch={false} className="vip-node-link">
          <NodeTag name={name} />
        </Link>
      </th>
      <td data-test={MARKS.duravips.saying} data-node={name}>
        <Saying vip={vip} name={name} node={node} />
      </td>
      <td>
        {participant === undefined ? (
          <span className="muted">has it not configured</span>
        ) : participant.obstacle === null ? (
          <Status shape="ok">{vip.owner === name ? 'owner' : 'candidate'}</Status>
        ) : (
          <Status shape="none">{inertText(participant.obstacle)}</Status>
        )}
        {node?.draining ? <span className="tag">draining</span> : null}
      </td>
      <td>
        {participant === undefined ? UNKNOWN : participant.services.map(inertText).join(', ') || 'none'}
      </td>
    </tr>
  );
}

/** What it said last itself; without a word of its own nothing is put into its mouth. */
function Saying({ vip, name, node }: ParticipantProps) {
  const nowMs = useGatewayNow();
  const told = node?.toldMs ?? null;
  const title =
    told === null || nowMs === null
      ? undefined
      : `told at ${formatMoment(told, nowMs)}, ${formatDuration(nowMs - told)} ago`;
  const other = dissentersOf(vip).find((each) => each.node === name);
  if (other !== undefined) {
    return (
      <span title={title}>
        <Status shape={vip.phase === 'moving' ? 'moving' : 'disputed'}>
          {other.owner === null ? 'nobody' : other.owner === name ? 'itself' : inertName(other.owner)}
        </Status>
      </span>
    );
  }
  if (node === undefined || told === null) return <Status shape="unknown">not heard</Status>;
  return (
    <span title={title}>
      <Status shape="ok">{vip.owner === null ? 'nobody' : inertName(vip.owner)}</Status>
    </span>
  );
}
