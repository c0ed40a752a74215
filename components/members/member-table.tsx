'use client';

/** The members of the cluster, one row each, departed ones kept with their last data. */

import { useMemo, useRef } from 'react';
import type { FreshnessLevel } from '../live/freshness.ts';
import { useCollection, useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { inertName } from '../ui/inert-text.ts';
import { useUrlState } from '../ui/url-state.ts';
import { memberColumns } from './member-columns.tsx';
import { compareMembers, compareNames, type Member } from './member-words.ts';
import { type MembersNow, MembersNowContext, useMembersNow } from './members-now.ts';
import { EVERYBODY, rowFrom } from './perspective.ts';
import { useMemberHref } from './use-member-href.ts';

const TABLE_MARKS = {
  table: MARKS.members.table,
  row: MARKS.members.row,
  link: MARKS.members.rowLink,
} as const;

const idOf = (member: Member): string => member.id;

function attributesOf(member: Member): RowAttributes {
  return {
    'data-member': member.id,
    'data-state': member.state,
    'data-cause': member.cause ?? undefined,
    'data-subcluster': member.subcluster ?? undefined,
    'data-reload': member.config?.lastReload?.ok === false ? 'failed' : undefined,
  };
}

export function MemberTable({ selected }: { readonly selected: string | null }) {
  const members = useCollection('members');
  const loaded = useLive(({ live }) => live.loaded);
  const [perspective, setPerspective] = useUrlState('persp', EVERYBODY);
  const now = useMembersNow(perspective);
  const newest = useRef(now);
  newest.current = now;
  const columns = useMemo(() => memberColumns(() => newest.current, perspective), [perspective]);
  const sorted = useMemo(() => Object.values(members).sort(compareMembers), [members]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: ages, states and sightings are values of the rows as well
  const rows = useMemo(
    () => (loaded ? [...sorted] : null),
    [loaded, sorted, now.gatewayMs, now.matrix, now.vipNodes],
  );
  const hrefOf = useMemberHref();
  return (
    <MembersNowContext value={now}>
      <div className="members-table">
        <DataTable
          id="members"
          label="Members"
          columns={columns}
          rows={rows}
          rowId={idOf}
          href={(member) => hrefOf(member.id)}
          openId={selected}
          marks={TABLE_MARKS}
          rowAttributes={attributesOf}
          waiting="Waiting for the first data from the gateway…"
          empty={emptyWords(now.freshness.level)}
          perspective={perspective}
          asOfMs={() => newest.current.gatewayMs ?? Date.now()}
          tools={<PerspectiveChoice now={now} onChange={setPerspective} />}
        />
      </div>
    </MembersNowContext>
  );
}

/** An empty answer and no answer look different. */
function emptyWords(level: FreshnessLevel): string {
  return level === 'lostBus' || level === 'disconnected'
    ? 'No member is known: the connection was lost before any was seen.'
    : 'The gateway is on the bus and sees no member yet.';
}

function PerspectiveChoice(props: { readonly now: MembersNow; readonly onChange: (server: string) => void }) {
  const { matrix, perspective } = props.now;
  const telling = matrix.rows.filter((row) => row.toldMs !== null).map((row) => row.from);
  const names = [...new Set([...telling, ...(perspective === EVERYBODY ? [] : [perspective])])];
  const row = rowFrom(matrix, perspective);
  return (
    <span className="members-perspective">
      <label htmlFor="perspective">As seen by</label>
      <select
        id="perspective"
        className="input"
        value={perspective}
        data-test={MARKS.members.perspective}
        onChange={(event) => props.onChange(event.target.value)}
      >
        <option value={EVERYBODY}>everybody</option>
        {names.sort(compareNames).map((name) => (
          <option key={name} value={name}>
            {inertName(name)}
          </option>
        ))}
      </select>
      {perspective === EVERYBODY || row?.current === true ? null : (
        <span className="muted">
          {row === undefined || row.toldMs === null ? 'told nothing' : 'last known'}
        </span>
      )}
    </span>
  );
}
