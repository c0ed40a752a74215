'use client';

/** The rows of one object as they stand now: asked for, compared, and put below each other. */

import { useMemo, useRef, useState } from 'react';
import type { ObjectColumns } from '../../server/wire/objects.ts';
import { compareText } from '../ui/data-table/column.ts';
import { type Wanted, wantedName, wantedNetblock } from './netblocks.ts';
import type { ObjectLine } from './object-lines.ts';
import { type RowsQuestion, useObjectRows } from './object-queries.ts';
import type { ObjectState } from './object-state.ts';
import { viewOf } from './object-words.ts';
import type { ObjectsNow } from './use-object-lines.ts';
import {
  type Branch,
  type NodeColumn,
  nodeColumns,
  shownOf,
  type ValueRow,
  ValueRows,
} from './value-rows.ts';

export type ObjectValues = {
  /** Null until the first answer. */
  readonly rows: readonly ValueRow[] | null;
  readonly columns: readonly NodeColumn[];
  /** What was typed to be found. */
  readonly wanted: Wanted;
  /** Of the rows that are not in an open netblock. */
  readonly shown: { readonly count: number; readonly found: number } | null;
  /** Why the newest question was not answered; null when it was. */
  readonly trouble: string | null;
  /** What is asked for and answered: it changes with the first answer to something new. */
  readonly settled: string;
  /** The question behind the rows. */
  readonly question: RowsQuestion;
  readonly asked: readonly string[];
};

export function useObjectValues(line: ObjectLine, state: ObjectState, now: ObjectsNow): ObjectValues {
  const { row } = line;
  const tree = viewOf(row.kind) === 'tree';
  const [keeper] = useState(() => new ValueRows());
  const wanted = useMemo(
    () => (tree ? wantedNetblock(state.find.value) : wantedName(state.find.value)),
    [tree, state.find.value],
  );
  const told = useMemo(() => row.nodes.toSorted((a, b) => compareText(a.node, b.node)), [row.nodes]);
  const nodes = useNames(told.map(({ node }) => node));
  const asked = useMemo(() => nodes.filter((node) => now.heard.has(node)), [nodes, now.heard]);
  const view = state.data.value === '' ? 'global' : state.data.value;
  const question = useMemo(
    () => questionOf({ object: row.id, view, top: state.top }, wanted),
    [row.id, view, state.top, wanted],
  );
  const unders = tree ? state.open : [];
  const moving = useRef(false);
  const answers = useObjectRows(
    [question, ...unders.map((under) => ({ object: row.id, view, top: state.top, under }))],
    {
      nodes: asked,
      soon: moving.current,
    },
  );
  const branches = answers.map(
    ({ data }, index): Branch => ({ under: index === 0 ? null : (unders[index - 1] ?? null), answer: data }),
  );
  const first: ObjectColumns | undefined = answers[0]?.data;
  const heard = useMemo(() => new Set(asked), [asked]);
  const columns = nodeColumns(told, heard, first);
  const rows =
    first === undefined
      ? null
      : keeper.rowsOf({
          branches,
          heard,
          tree,
          chain: tree && wanted.kind === 'search',
          thresholdPart: state.deltaPercent / 100,
          certain: line.states.includes('diverged'),
          nowMs: now.nowMs ?? 0,
        });
  moving.current = rows?.some((each) => each.state === 'moving') ?? false;
  const failed = answers.find(({ error }) => error !== null);
  return {
    rows,
    columns,
    wanted,
    shown: first === undefined ? null : shownOf(first),
    trouble: failed?.error?.message ?? null,
    settled: JSON.stringify([question, branches.map(({ under, answer }) => [under, answer !== undefined])]),
    question,
    asked,
  };
}

/** The same array while the names are the same. */
function useNames(names: readonly string[]): readonly string[] {
  const text = JSON.stringify(names);
  return useMemo(() => JSON.parse(text) as readonly string[], [text]);
}

function questionOf(base: Pick<RowsQuestion, 'object' | 'view' | 'top'>, wanted: Wanted): RowsQuestion {
  if (wanted.kind === 'under') return { ...base, under: wanted.netblock };
  return wanted.kind === 'search' ? { ...base, search: wanted.text } : base;
}
