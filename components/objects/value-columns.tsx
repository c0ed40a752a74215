'use client';

/** The columns of one object: its keys, what each node says of them, how far apart that is. */

import { formatCount } from '../logs/log-words.ts';
import { MARKS } from '../test-marks.ts';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { inertName } from '../ui/inert-text.ts';
import { kindWords, type ViewKind } from './object-words.ts';
import { DiffersCell, EndCell, KeyCell, NodeCell, NodeHead, SpreadCell, TextCell } from './value-cells.tsx';
import type { ValueRow } from './value-rows.ts';

type Column = TableColumn<ValueRow>;

export type ValueColumnsInput = {
  readonly kind: string;
  readonly view: ViewKind;
  /** All of them, for the spread. */
  readonly nodes: readonly string[];
  /** Whose columns are shown. */
  readonly shown: readonly string[];
  /** The node whose values stand on the cards of a phone; null for the middle. */
  readonly asLine: string | null;
  readonly diff: boolean;
  /** Rows stand below what they are in. */
  readonly indented: boolean;
  readonly hrefOf: (key: string) => string;
  readonly onToggle: (netblock: string) => void;
};

/** Also its heads need no new columns when a node falls silent: they read that themselves. */
export function valueColumns(input: ValueColumnsInput): readonly Column[] {
  const { kind, view, nodes, shown, asLine, diff } = input;
  return [
    keyColumn(input),
    ...(view === 'cache' ? cacheColumns() : []),
    {
      id: 'middle',
      plain: false,
      label: view === 'cache' ? 'Size' : 'Middle',
      kind: 'number',
      hint: `${kindWords(kind).value}: half of the nodes that answered say at most this`,
      value: ({ middle }) => middle,
      text: ({ middle }) => formatCount(middle),
      ...(asLine === null ? { card: 'line' as const } : {}),
      widthPx: 100,
    },
    ...shown.map((node, place) => ({
      ...nodeColumn(node, place),
      ...(node === asLine ? { card: 'line' as const } : {}),
    })),
    ...(diff ? diffColumns(nodes) : []),
  ];
}

function keyColumn({ kind, indented, hrefOf, onToggle }: ValueColumnsInput): Column {
  return {
    id: 'key',
    label: kindWords(kind).key,
    kind: 'text',
    value: ({ key }) => key,
    cell: (row) => <KeyCell row={row} indented={indented} href={hrefOf(row.key)} onToggle={onToggle} />,
    mono: true,
    card: 'title',
    widthPx: 320,
  };
}

function nodeColumn(node: string, place: number): Column {
  const slug = node.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  return {
    id: `at-${slug}${slug === node.toLowerCase() ? '' : `-${place}`}`,
    plain: false,
    label: inertName(node),
    head: () => <NodeHead node={node} />,
    kind: 'number',
    value: ({ values }) => values.get(node) ?? null,
    text: ({ values }) => formatCount(values.get(node) ?? null),
    cell: (row) => <NodeCell row={row} node={node} />,
    className: 'object-at',
    widthPx: 110,
  };
}

function diffColumns(nodes: readonly string[]): readonly Column[] {
  return [
    {
      id: 'spread',
      plain: false,
      label: 'Spread',
      kind: 'number',
      align: 'start',
      hint: 'The largest distance from the middle, in percent',
      value: ({ part }) => (part === null ? null : Math.round(part * 1_000) / 10),
      cell: (row) => <SpreadCell row={row} nodes={nodes} />,
      widthPx: 120,
    },
    {
      id: 'state',
      plain: false,
      label: 'Compared',
      kind: 'word',
      choices: ['same', 'moving', 'differs', 'unknown'],
      value: ({ state }) => state,
      cell: (row) => <DiffersCell row={row} />,
      card: 'status',
      mark: MARKS.objects.differs,
      widthPx: 220,
    },
  ];
}

function cacheColumns(): readonly Column[] {
  return [
    {
      id: 'text',
      plain: false,
      label: 'Value',
      kind: 'text',
      value: ({ text }) => text,
      cell: (row) => <TextCell row={row} />,
      mono: true,
      widthPx: 260,
    },
    {
      id: 'ends',
      plain: false,
      label: 'Expires in',
      kind: 'moment',
      value: ({ expiresAtMs }) => expiresAtMs,
      cell: (row) => <EndCell row={row} />,
      card: 'aside',
      widthPx: 120,
    },
  ];
}
