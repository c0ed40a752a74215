'use client';

/** The columns of the list of objects, with the values that they sort, filter and export by. */

import { formatCount, formatRate } from '../logs/log-words.ts';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { inertName } from '../ui/inert-text.ts';
import { AmountCell, HealthCell, KindCell, NodesCell, PendingCell } from './object-cells.tsx';
import { OBJECT_STATES, type ObjectLine } from './object-lines.ts';
import { flagsOf, saidOfObject } from './object-words.ts';

type Column = TableColumn<ObjectLine>;

/** @param nowMs reads the gateway's clock when the table sorts, filters or exports; null before it is known. */
export function objectColumns(nowMs: () => number | null): readonly Column[] {
  return [
    { id: 'object', label: 'Object', kind: 'text', value: ({ row }) => row.id, card: 'title', widthPx: 220 },
    {
      id: 'kind',
      label: 'Kind',
      kind: 'word',
      value: ({ row }) => row.kind,
      words: ({ row }) => [row.kind, row.kind.split(' ')[0] ?? row.kind, row.type],
      cell: (line) => <KindCell line={line} />,
      card: 'line',
      widthPx: 240,
    },
    {
      id: 'state',
      plain: false,
      label: 'Health',
      kind: 'word',
      choices: OBJECT_STATES,
      hint: 'Worst first',
      value: ({ states }) => states[0] ?? null,
      words: ({ states }) => states,
      text: (line) => healthText(line, nowMs()),
      cell: (line) => <HealthCell line={line} />,
      card: 'status',
      widthPx: 260,
    },
    countColumn('entries', 'Entries', 'Keys, as the node says that has the most', ({ entries }) => entries),
    countColumn('total', 'Total', 'The middle of what the nodes say', ({ total }) => total),
    {
      id: 'nodes',
      plain: false,
      label: 'Nodes',
      kind: 'number',
      hint: 'That are heard, of those that have it',
      value: ({ current }) => current.length,
      words: ({ current }) => current.map(({ node }) => node),
      text: ({ current, row }) => `${current.length} of ${row.nodes.length}`,
      cell: (line) => <NodesCell line={line} />,
      align: 'start',
      widthPx: 150,
    },
    {
      id: 'pending',
      plain: false,
      label: 'Pending',
      kind: 'number',
      hint: 'Changes that wait at the node with the most, of max_pending',
      value: mostPending,
      cell: (line) => <PendingCell line={line} most={mostPending(line)} />,
      widthPx: 110,
    },
    rateColumn('sent', 'Sent', 'Keys that all nodes send in a second', 'sentKeysPerS'),
    rateColumn('received', 'Received', 'Keys that all nodes take in in a second', 'receivedKeysPerS'),
    {
      id: 'flags',
      label: 'Flags',
      kind: 'word',
      value: ({ row }) => flagsOf(row).join(' '),
      words: ({ row }) => flagsOf(row),
      show: 'never',
    },
    { id: 'type', label: 'Type', kind: 'word', value: ({ row }) => row.type, show: 'hidden', widthPx: 180 },
    {
      id: 'group',
      label: 'Binding group',
      kind: 'word',
      value: ({ row }) => row.bindingGroup,
      show: 'hidden',
      widthPx: 140,
    },
    {
      id: 'max-delay',
      plain: false,
      label: 'Max delay',
      kind: 'duration',
      value: ({ row }) => row.maxDelayMs,
      show: 'hidden',
      widthPx: 110,
    },
    {
      ...countColumn('max-size', 'Max size', 'Entries that it may have', ({ row }) => row.maxSize),
      show: 'hidden',
    },
  ];
}

/** Of the node where most wait; null where nobody says it. */
export function mostPending({ current }: ObjectLine): number | null {
  return current.length === 0 ? null : Math.max(...current.map(({ pending }) => pending));
}

function countColumn(
  id: string,
  label: string,
  hint: string,
  count: (line: ObjectLine) => number | null,
): Column {
  return {
    id,
    label,
    hint,
    kind: 'number',
    plain: false,
    value: count,
    text: (line) => formatCount(count(line)),
    cell: (line) => <AmountCell amount={count(line)} />,
    ...(id === 'entries' ? { card: 'aside' as const } : {}),
    widthPx: 100,
  };
}

type Rate = 'sentKeysPerS' | 'receivedKeysPerS';

function rateColumn(id: string, label: string, hint: string, rate: Rate): Column {
  const sum = ({ current }: ObjectLine): number | null => {
    const known = current.flatMap(({ rates }) => rates?.[rate] ?? []);
    return known.length === 0 ? null : known.reduce((all, each) => all + each, 0);
  };
  return {
    id,
    label,
    hint,
    kind: 'number',
    plain: false,
    value: sum,
    text: (line) => formatRate(sum(line)),
    widthPx: 100,
  };
}

function healthText(line: ObjectLine, nowMs: number | null): string {
  const { word, detail } = saidOfObject(line, nowMs);
  return inertName(detail === '' ? word : `${word}: ${detail}`);
}
