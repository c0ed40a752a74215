'use client';

/** The members of the cluster, one row each, departed ones kept with their last data. Two-line cards on a phone. */

import Link from 'next/link';
import { memo, useMemo } from 'react';
import type { Freshness, Hop } from '../live/freshness.ts';
import { useCollection, useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, formatDuration, formatSkew, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import {
  compareMembers,
  type Member,
  memberName,
  SKEW_MARKED_MS,
  sigilName,
  stateWords,
  upMs,
} from './member-words.ts';

type Column = {
  readonly label: string;
  readonly cell: string;
  readonly number?: boolean;
  readonly hint?: string;
};

const COLUMNS: readonly Column[] = [
  { label: 'Member', cell: 'cell-name' },
  { label: 'State', cell: 'cell-state' },
  { label: 'Role', cell: 'cell-role' },
  { label: 'Subcluster', cell: 'cell-sub' },
  { label: 'Address', cell: 'cell-address' },
  { label: 'Version', cell: 'cell-version' },
  { label: 'Up', cell: 'cell-up', number: true, hint: 'Running time by its own clock' },
  { label: 'Heard', cell: 'cell-heard', number: true, hint: 'Since the gateway heard anything from it' },
  { label: 'View', cell: 'cell-view', hint: 'The bus view it says it is in' },
  { label: 'Clock', cell: 'cell-clock', number: true, hint: 'Its clock minus the gateway’s' },
];

export function memberHref(id: string): string {
  return `/members?node=${encodeURIComponent(id)}`;
}

export function MemberTable({ selected }: { readonly selected: string | null }) {
  const members = useCollection('members');
  const loaded = useLive(({ live }) => live.loaded);
  const freshness = useFreshness(500);
  const rows = useMemo(() => Object.values(members).sort(compareMembers), [members]);
  if (rows.length === 0) return <EmptyTable loaded={loaded} level={freshness.level} />;
  return (
    <ScrollRegion className="table-scroll" label="Members">
      <table className="table members-table" data-test={MARKS.members.table}>
        <thead>
          <tr>
            {COLUMNS.map(({ label, cell, number, hint }) => (
              <th
                key={label}
                scope="col"
                className={number ? `label number ${cell}` : `label ${cell}`}
                title={hint}
              >
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((member) => (
            <MemberRow
              key={member.id}
              member={member}
              hop={freshness.members[member.id]}
              level={freshness.level}
              selected={member.id === selected}
            />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** An empty answer and no answer look different. */
function EmptyTable({ loaded, level }: { readonly loaded: boolean; readonly level: Freshness['level'] }) {
  if (!loaded) return <p className="empty table-scroll">Waiting for the first data from the gateway…</p>;
  if (level === 'lostBus' || level === 'disconnected') {
    return (
      <p className="empty table-scroll hatched">
        No member is known: the connection was lost before any was seen.
      </p>
    );
  }
  return <p className="empty table-scroll">The gateway is on the bus and sees no member yet.</p>;
}

type MemberRowProps = {
  readonly member: Member;
  readonly hop: Hop | undefined;
  readonly level: Freshness['level'];
  readonly selected: boolean;
};

const MemberRow = memo(function MemberRow({ member, hop, level, selected }: MemberRowProps) {
  const gatewayMs = useGatewayNow();
  const name = memberName(member);
  const departed = member.state === 'departed';
  const state = stateWords(member, hop, gatewayMs);
  const stale = departed || hop?.level === 'silent' || level === 'lostBus' || level === 'disconnected';
  const value = stale ? 'value-stale' : undefined;
  return (
    <tr
      data-test={MARKS.members.row}
      data-member={member.id}
      data-state={member.state}
      data-cause={member.cause ?? undefined}
      data-heard={hop?.level ?? 'unknown'}
      data-selected={selected || undefined}
    >
      <th scope="row" className="cell-name">
        <Link
          href={memberHref(member.id)}
          scroll={false}
          prefetch={false}
          className="name-tag row-link"
          aria-current={selected ? 'true' : undefined}
          data-test={MARKS.members.rowLink}
        >
          <NodeSigil name={sigilName(member)} dim={departed} />
          <span className="name-tag-text">{name}</span>
        </Link>
        {member.nodeName === null ? <span className="cell-note mono">{inertName(member.id)}</span> : null}
        {member.duplicateName ? (
          <span className="tag" data-test={MARKS.members.duplicate}>
            <StatusGlyph shape="disputed" /> name used twice
          </span>
        ) : null}
      </th>
      <td className="cell-state" title={state.detail}>
        <Status shape={state.shape} mark={MARKS.members.state}>
          {state.word}
        </Status>
      </td>
      <td className="cell-role" data-test={MARKS.members.role}>
        {member.role}
      </td>
      <td className="cell-sub" data-test={MARKS.members.subcluster}>
        {member.subcluster === null ? UNKNOWN : inertName(member.subcluster)}
      </td>
      <td className="cell-address mono" data-test={MARKS.members.address}>
        {member.address === null ? UNKNOWN : inertName(member.address)}
      </td>
      <td className="cell-version" data-test={MARKS.members.version}>
        {member.version === null ? UNKNOWN : inertName(member.version)}
        {member.versionDiffers ? (
          <span className="tag">
            <StatusGlyph shape="warning" /> differs
          </span>
        ) : null}
      </td>
      <td className="cell-up number" data-test={MARKS.members.up}>
        <span className={departed ? undefined : value}>{formatDuration(upMs(member, gatewayMs))}</span>
      </td>
      <td className="cell-heard number" data-test={MARKS.members.heard}>
        <span className={departed ? undefined : value}>{departed ? UNKNOWN : formatAge(hop?.ageMs)}</span>
      </td>
      <td className="cell-view" data-test={MARKS.members.view}>
        <MemberView member={member} />
      </td>
      <td className="cell-clock number" data-test={MARKS.members.skew}>
        <span className={value}>{formatSkew(member.clockSkewMs)}</span>
        {Math.abs(member.clockSkewMs ?? 0) > SKEW_MARKED_MS ? (
          <span className="tag">
            <StatusGlyph shape="warning" />
            <span className="visually-hidden">large clock difference</span>
          </span>
        ) : null}
      </td>
    </tr>
  );
});

function MemberView({ member }: { readonly member: Member }) {
  const busView = useLive(({ live }) => live.model.bus['bus']?.viewId ?? null);
  if (member.state === 'departed' || member.viewId === null) return UNKNOWN;
  const differs = busView !== null && busView !== member.viewId;
  return (
    <span className="status" data-tone={differs ? 'critical' : 'ok'}>
      <StatusGlyph shape={differs ? 'disputed' : 'ok'} />
      <span className="status-word mono view-id">{inertName(member.viewId)}</span>
      {differs ? <span className="visually-hidden">another view than the gateway’s</span> : null}
    </span>
  );
}
