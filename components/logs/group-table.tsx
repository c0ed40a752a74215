'use client';

/** The readers summed by node, log or name: the same filter words and sorts as one level below (LS-6). */

import { useMemo, useRef } from 'react';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { formatBytes, formatDuration, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { logsHref, term } from './log-address.ts';
import { GROUPINGS, type Grouping, groupAgeMs, type LogGroup, logGroups, nameOf } from './log-groups.ts';
import { LINE_STATES } from './log-lines.ts';
import { EmptyWords } from './log-table.tsx';
import { formatCount, saidOf } from './log-words.ts';
import type { LogsNow } from './use-log-lines.ts';

const TOKENS: Readonly<Record<Grouping, string>> = { nodes: 'node', logs: 'log', subscribers: 'subscriber' };
const LABELS: Readonly<Record<Grouping, string>> = { nodes: 'Node', logs: 'Log', subscribers: 'Subscriber' };
const TABLE_MARKS = { table: MARKS.logs.groups, row: MARKS.logs.group, link: MARKS.logs.groupLink } as const;

const idOf = (group: LogGroup): string => group.name;
const attributesOf = (group: LogGroup): RowAttributes => ({
  'data-group': group.name,
  'data-state': group.states[0],
});

export function GroupTable({ now, by }: { readonly now: LogsNow; readonly by: Grouping }) {
  const newestMs = useRef(now.nowMs);
  newestMs.current = now.nowMs;
  const columns = useMemo(() => groupColumns(by, () => newestMs.current), [by]);
  const rows = useMemo(() => (now.lines === null ? null : logGroups(now.lines, by)), [now.lines, by]);
  return (
    <div className="logs-table" data-cut={now.cut || undefined}>
      <DataTable
        key={by}
        id={`logs-${by}`}
        label={`Logs by ${TOKENS[by]}`}
        columns={columns}
        rows={rows}
        rowId={idOf}
        href={({ name }) => logsHref(term(TOKENS[by], name))}
        marks={TABLE_MARKS}
        rowAttributes={attributesOf}
        waiting="Waiting for the first data from the gateway…"
        empty={<EmptyWords cut={now.cut} />}
        asOfMs={() => newestMs.current ?? Date.now()}
      />
    </div>
  );
}

type Column = TableColumn<LogGroup>;

function groupColumns(by: Grouping, nowMs: () => number | null): readonly Column[] {
  return [
    {
      id: TOKENS[by],
      label: LABELS[by],
      kind: 'word',
      value: ({ name }) => name,
      card: 'title',
      ...(by === 'nodes' ? { cell: ({ name }: LogGroup) => <NodeName name={name} /> } : {}),
      widthPx: 220,
    },
    {
      id: 'count',
      label: 'Readers',
      kind: 'number',
      plain: false,
      hint: 'Subscribers, each of one log of one node',
      value: ({ lines }) => lines.filter(({ subscriber }) => subscriber !== null).length,
      card: 'aside',
    },
    amountColumn('disk', 'On disk', (group) => group.onDiskBytes, formatBytes),
    amountColumn('lag', 'Lag', (group) => group.records, formatCount),
    amountColumn('bytes', 'Bytes', (group) => group.bytes, formatBytes),
    {
      id: 'age',
      label: 'Time',
      kind: 'duration',
      plain: false,
      hint: 'Of the oldest record that somebody has not read',
      value: (group) => groupAgeMs(group, nowMs()),
      cell: (group) => <GroupAge group={group} />,
      card: 'line',
    },
    {
      id: 'unknown',
      label: 'Not known',
      kind: 'number',
      plain: false,
      hint: 'Readers whose lag is not known: it is in none of the sums',
      value: ({ unknown }) => unknown,
      cell: ({ unknown }) => (unknown === 0 ? '0' : <Status shape="unknown">{String(unknown)}</Status>),
      card: 'line',
    },
    {
      id: 'state',
      label: 'Worst',
      kind: 'word',
      plain: false,
      choices: LINE_STATES,
      value: ({ worst }) => worst?.states[0] ?? null,
      words: ({ states }) => states,
      text: (group) => worstText(group, nowMs()),
      cell: (group) => <WorstCell group={group} />,
      card: 'status',
      widthPx: 260,
    },
    ...GROUPINGS.filter((each) => each !== by).map(memberTokens),
  ];
}

/** Names of the other levels are words of the filter here as well: a filter goes along from level to level. */
function memberTokens(of: Grouping): Column {
  const names = ({ lines }: LogGroup) => lines.map((line) => nameOf(line, of) ?? '');
  return {
    id: TOKENS[of],
    label: LABELS[of],
    kind: 'word',
    value: (group) => [...new Set(names(group))].join(' '),
    words: names,
    show: 'never',
  };
}

function amountColumn(
  id: string,
  label: string,
  amount: (group: LogGroup) => number | null,
  format: (amount: number | null) => string,
): Column {
  return {
    id,
    label,
    kind: 'number',
    plain: false,
    hint: 'Sum of what is known',
    value: amount,
    text: (group) => format(amount(group)),
    card: 'line',
  };
}

function NodeName({ name }: { readonly name: string }) {
  return (
    <span className="name-tag">
      <NodeSigil name={name} size="small" />
      <span className="name-tag-text">{inertName(name)}</span>
    </span>
  );
}

function GroupAge({ group }: { readonly group: LogGroup }) {
  const ageMs = groupAgeMs(group, useGatewayNow());
  return ageMs === null ? UNKNOWN : formatDuration(ageMs);
}

function WorstCell({ group }: { readonly group: LogGroup }) {
  const nowMs = useGatewayNow();
  if (group.worst === undefined) return UNKNOWN;
  const { shape, word } = saidOf(group.worst, nowMs);
  return (
    <span className="log-verdict">
      <Status shape={shape}>{word}</Status>
      <span className="log-verdict-detail">{worstOf(group)}</span>
    </span>
  );
}

/** How many are in the worst state. */
function worstOf({ lines, worst }: LogGroup): string {
  const count = lines.filter(({ states }) => states[0] === worst?.states[0]).length;
  return `${count} of ${plural(lines.length, 'line')}`;
}

function worstText(group: LogGroup, nowMs: number | null): string {
  return group.worst === undefined ? UNKNOWN : `${saidOf(group.worst, nowMs).word}: ${worstOf(group)}`;
}
