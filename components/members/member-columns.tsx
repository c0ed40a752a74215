'use client';

/** The columns of the members, with the values that they sort, filter and export by. */

import { MARKS } from '../test-marks.ts';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { formatAge, formatSkew } from '../ui/format-time.ts';
import {
  ClockCell,
  ConfigCell,
  HeardCell,
  NameCell,
  SightCell,
  StateCell,
  UpCell,
  VersionCell,
  ViewCell,
  VipsCell,
} from './member-cells.tsx';
import { MEMBER_FLAGS, MEMBER_STATES, memberFlags, stateOf } from './member-flags.ts';
import { type Member, memberName, stateWords, upMs } from './member-words.ts';
import type { MembersNow } from './members-now.ts';
import { EVERYBODY, sightOf } from './perspective.ts';
import { cellWord } from './who-sees-whom.ts';

type Column = TableColumn<Member>;

/** @param now reads what is newest when the table sorts or filters. */
export function memberColumns(now: () => MembersNow, perspective: string): readonly Column[] {
  const hopOf = (member: Member) => now().freshness.members[member.id];
  return [
    {
      id: 'node',
      label: 'Member',
      kind: 'text',
      value: memberName,
      words: (member) => [memberName(member), member.id],
      cell: (member) => <NameCell member={member} />,
      card: 'title',
      widthPx: 240,
    },
    {
      id: 'state',
      label: 'State',
      widthPx: 220,
      kind: 'word',
      choices: MEMBER_STATES,
      value: (member) => stateOf(member, hopOf(member)),
      text: (member) => stateWords(member, hopOf(member), now().gatewayMs).word,
      words: (member) => [stateOf(member, hopOf(member))],
      cell: (member) => <StateCell member={member} />,
      card: 'status',
    },
    {
      id: 'role',
      label: 'Role',
      widthPx: 100,
      kind: 'word',
      choices: ['node', 'manager', 'dashboard', 'other'],
      value: (member) => member.role,
      mark: MARKS.members.role,
    },
    {
      id: 'sub',
      label: 'Subcluster',
      widthPx: 120,
      kind: 'text',
      value: (member) => member.subcluster,
      mark: MARKS.members.subcluster,
    },
    {
      id: 'address',
      label: 'Address',
      widthPx: 170,
      kind: 'address',
      value: (member) => member.address,
      mark: MARKS.members.address,
      mono: true,
      card: 'line',
    },
    {
      id: 'version',
      label: 'Version',
      widthPx: 120,
      kind: 'text',
      value: (member) => member.version,
      cell: (member) => <VersionCell member={member} />,
      mark: MARKS.members.version,
    },
    ...timedColumns(now),
    {
      id: 'vips',
      label: 'VIPs',
      widthPx: 110,
      kind: 'number',
      align: 'start',
      hint: 'Addresses it owns, by the table of the nodes',
      value: (member) => now().vipNodes[member.nodeName ?? '']?.owned ?? null,
      cell: (member) => <VipsCell member={member} />,
      mark: MARKS.members.vips,
    },
    sightColumn(now, perspective),
    {
      id: 'clock',
      label: 'Clock',
      widthPx: 100,
      kind: 'duration',
      hint: 'Its clock minus the gateway’s',
      value: (member) => member.clockSkewMs,
      text: (member) => formatSkew(member.clockSkewMs),
      cell: (member) => <ClockCell member={member} />,
      mark: MARKS.members.skew,
    },
    {
      id: 'config',
      label: 'Config',
      widthPx: 230,
      kind: 'number',
      hint: 'Generation of its configuration, counted since its start',
      value: (member) => member.config?.generation ?? null,
      cell: (member) => <ConfigCell member={member} />,
      mark: MARKS.members.config,
      align: 'start',
    },
    flagColumn(now),
  ];
}

function timedColumns(now: () => MembersNow): readonly Column[] {
  const heardMs = (member: Member): number | null =>
    member.state === 'departed' ? null : (now().freshness.members[member.id]?.ageMs ?? null);
  return [
    {
      id: 'up',
      label: 'Up',
      widthPx: 120,
      kind: 'duration',
      hint: 'Running time by its own clock',
      value: (member) => upMs(member, now().gatewayMs),
      cell: (member) => <UpCell member={member} />,
      mark: MARKS.members.up,
    },
    {
      id: 'heard',
      label: 'Heard',
      widthPx: 100,
      kind: 'duration',
      hint: 'Since the gateway heard anything from it',
      value: heardMs,
      text: (member) => formatAge(heardMs(member)),
      cell: (member) => <HeardCell member={member} />,
      mark: MARKS.members.heard,
      card: 'aside',
    },
    {
      id: 'view',
      label: 'View',
      widthPx: 120,
      kind: 'text',
      hint: 'The bus view it says it is in',
      value: (member) => (member.state === 'departed' ? null : member.viewId),
      cell: (member) => <ViewCell member={member} />,
      mark: MARKS.members.view,
    },
  ];
}

const SIGHT_WORDS = ['up', 'dialing', 'waiting', 'refused', 'self', 'unknown'] as const;

function sightColumn(now: () => MembersNow, perspective: string): Column {
  const shared = {
    id: 'seen',
    widthPx: 130,
    mark: MARKS.members.seen,
    cell: (member: Member) => <SightCell member={member} />,
  } as const;
  const sight = (member: Member) => sightOf(member, now().matrix, perspective);
  if (perspective === EVERYBODY) {
    return {
      ...shared,
      label: 'Seen by',
      align: 'start',
      kind: 'number',
      hint: 'By how many of the other servers',
      value: (member) => {
        const seen = sight(member);
        return seen.kind === 'counted' ? seen.by : null;
      },
    };
  }
  return {
    ...shared,
    label: `Seen by ${perspective}`,
    kind: 'word',
    choices: SIGHT_WORDS,
    hint: `What ${perspective} says of its link`,
    value: (member) => {
      const seen = sight(member);
      return seen.kind === 'told' ? seen.state : null;
    },
    text: (member) => {
      const seen = sight(member);
      return seen.kind === 'told' ? cellWord(seen.state) : '—';
    },
  };
}

/** A token only: `flag:reload`. */
function flagColumn(now: () => MembersNow): Column {
  const flags = (member: Member) => memberFlags(member, now().flags);
  return {
    id: 'flag',
    label: 'Flags',
    kind: 'word',
    choices: MEMBER_FLAGS,
    value: (member) => flags(member).join(' '),
    words: flags,
    show: 'never',
  };
}
