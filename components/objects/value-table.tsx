'use client';

/** The rows of one object: a tree, a table or a cache, with what each node says of them beside each other. */

import { useSearchParams } from 'next/navigation';
import { useCallback, useMemo, useRef } from 'react';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { useUrlState } from '../ui/url-state.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { withinObjects } from './object-address.ts';
import type { ObjectLine } from './object-lines.ts';
import type { ObjectState } from './object-state.ts';
import { viewOf } from './object-words.ts';
import type { ObjectValues } from './use-object-values.ts';
import { type NodesNow, NodesNowContext } from './value-cells.tsx';
import { valueColumns } from './value-columns.tsx';
import type { ValueRow } from './value-rows.ts';

const TABLE_MARKS = { table: MARKS.objects.values, row: MARKS.objects.value } as const;
const idOf = ({ key }: ValueRow): string => key;

function attributesOf({ key, state, depth }: ValueRow): RowAttributes {
  return { 'data-key': key, 'data-state': state, 'data-depth': String(depth) };
}

export type ValueTableProps = {
  readonly line: ObjectLine;
  readonly state: ObjectState;
  readonly values: ObjectValues;
  readonly texts: ReadonlyMap<string, string> | null;
  readonly openKey: string | null;
  readonly nowMs: number | null;
};

export function ValueTable({ line, state, values, texts, openKey, nowMs }: ValueTableProps) {
  const { row } = line;
  const view = viewOf(row.kind);
  const narrow = useNarrow();
  const [sort] = useUrlState('sort', '');
  // Null outside of the router, in tests of components.
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  const hrefOf = useCallback((key: string) => withinObjects(search, { row: key }), [search]);
  const toggle = useRef(state.toggleOpen);
  toggle.current = state.toggleOpen;
  const onToggle = useCallback((netblock: string) => toggle.current(netblock), []);
  const nodes = useMemo(() => values.columns.map(({ node }) => node).join('\n'), [values.columns]);
  const by = state.by.value;
  const columns = useMemo(() => {
    const names = nodes === '' ? [] : nodes.split('\n');
    const shown = by === '' ? names : names.filter((node) => node === by);
    return valueColumns({
      kind: row.kind,
      view,
      nodes: names,
      shown,
      // On a phone one perspective and what differs from it are all that there is.
      asLine: by === '' ? null : by,
      diff: state.diff || narrow,
      indented: view === 'tree' && sort === '',
      hrefOf,
      onToggle,
    });
  }, [row.kind, view, nodes, by, state.diff, narrow, sort, hrefOf, onToggle]);
  const diverged = line.verdict.diverged.join('\n');
  const now = useMemo(
    (): NodesNow => ({
      columns: values.columns,
      diverged: new Set(diverged.split('\n')),
      diff: state.diff,
      texts,
    }),
    [values.columns, diverged, state.diff, texts],
  );
  return (
    <NodesNowContext value={now}>
      <div className="object-values" data-view={view}>
        <DataTable
          id={`object-${view}`}
          label={`${row.id}, ${state.data.value === '' ? 'all nodes together' : state.data.value}`}
          columns={columns}
          rows={values.rows}
          rowId={idOf}
          openId={openKey}
          asked={values.settled}
          marks={TABLE_MARKS}
          rowAttributes={attributesOf}
          perspective={perspectiveWords(state)}
          waiting={values.trouble ?? 'Asking every node that is heard…'}
          empty={<NothingWords values={values} />}
          asOfMs={() => nowMs ?? Date.now()}
          {...(view === 'tree'
            ? {
                rowKey: {
                  keys: 'e',
                  label: 'Open or close the netblock',
                  run: (each: ValueRow) => openRow(each, onToggle),
                },
              }
            : {})}
        />
      </div>
    </NodesNowContext>
  );
}

function openRow({ key, children }: ValueRow, toggle: (key: string) => void): void {
  if (children) toggle(key);
}

function perspectiveWords({ data, by }: ObjectState): string {
  const whose = data.value === '' ? 'global' : `share of ${data.value}`;
  return by.value === '' ? `${whose}, as each node sees it` : `${whose}, as ${by.value} sees it`;
}

/** Nothing there, nothing found, and nobody who could say are three sentences. */
function NothingWords({ values }: { readonly values: ObjectValues }) {
  const told = values.columns.some(({ state }) => state === 'told');
  if (!told) return 'No node answers: what it holds is not known.';
  switch (values.wanted.kind) {
    case 'under':
      return `Nothing is counted in ${values.wanted.netblock} now.`;
    case 'search':
      return `Nothing is found for ${values.wanted.text}.`;
    case 'wrong':
    case 'all':
      return 'Every node that answers says that it is empty.';
  }
}
