'use client';

/** Every reader of every log as a row, the worst first. On a phone the worst five, until more are asked for. */

import { useSearchParams } from 'next/navigation';
import { useCallback, useMemo, useRef, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import { splitFilter } from '../ui/data-table/filter.ts';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { inertName } from '../ui/inert-text.ts';
import { useUrlState } from '../ui/url-state.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { term, withinLogs } from './log-address.ts';
import { logColumns } from './log-columns.tsx';
import type { LogLine } from './log-lines.ts';
import type { LogsNow } from './use-log-lines.ts';

const TABLE_MARKS = { table: MARKS.logs.table, row: MARKS.logs.row, link: MARKS.logs.rowLink } as const;
const CARDS_FIRST = 5;
/** A filter by age is a filter by the clock. */
const AGE_TOKEN = /(^|\s)-?(age|moved|told|full):/;

const idOf = (line: LogLine): string => line.id;

function attributesOf({ row, subscriber, states }: LogLine): RowAttributes {
  return {
    'data-node': row.node,
    'data-log': row.log,
    'data-subscriber': subscriber?.name,
    'data-state': states[0],
  };
}

export function LogTable({ now, open }: { readonly now: LogsNow; readonly open: string | null }) {
  const { lines, cut } = now;
  const [filter] = useUrlState('q', '');
  const newestMs = useRef(now.nowMs);
  newestMs.current = now.nowMs;
  const columns = useMemo(() => logColumns(() => newestMs.current), []);
  const [all, setAll] = useState(false);
  const narrow = useNarrow();
  const few = narrow && !all && filter === '';
  const agesAt = AGE_TOKEN.test(filter) ? now.nowMs : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: ages are values of the rows where the filter asks for them
  const rows = useMemo(
    () => (lines === null ? null : few ? lines.slice(0, CARDS_FIRST) : [...lines]),
    [lines, few, agesAt],
  );
  // Null outside of the router, in tests of components.
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  const href = useCallback((line: LogLine) => withinLogs(search, { row: line.id, act: '' }), [search]);
  return (
    <div className="logs-table" data-cut={cut || undefined}>
      <DataTable
        id="logs"
        label="Logs and subscribers"
        columns={columns}
        rows={rows}
        rowId={idOf}
        href={href}
        openId={open}
        marks={TABLE_MARKS}
        rowAttributes={attributesOf}
        tools={<NodeFilter lines={lines ?? []} />}
        waiting="Waiting for the first data from the gateway…"
        empty={<EmptyWords cut={cut} />}
        asOfMs={() => newestMs.current ?? Date.now()}
      />
      {few && lines !== null && lines.length > CARDS_FIRST ? (
        <p className="logs-more">
          <button type="button" className="button" data-test={MARKS.logs.more} onClick={() => setAll(true)}>
            Show all {lines.length}
          </button>
        </p>
      ) : null}
    </div>
  );
}

/** One node by choice; what else stands in the filter stays. */
export function NodeFilter({ lines }: { readonly lines: readonly LogLine[] }) {
  const [filter, setFilter] = useUrlState('q', '');
  const names = useMemo(() => [...new Set(lines.map(({ row }) => row.node))].sort(), [lines]);
  const terms = splitFilter(filter);
  const chosen = terms.find((each) => each.startsWith('node:'))?.slice('node:'.length) ?? '';
  const choose = (node: string): void => {
    const rest = terms
      .filter((each) => !each.startsWith('node:'))
      .map((each) => (/\s/.test(each) ? `"${each}"` : each));
    setFilter([...(node === '' ? [] : [term('node', node)]), ...rest].join(' '));
  };
  return (
    <span className="members-perspective">
      <label htmlFor="logs-node">Node</label>
      <select
        id="logs-node"
        className="input"
        data-test={MARKS.logs.nodeFilter}
        value={chosen}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">all</option>
        {chosen === '' || names.includes(chosen) ? null : <option value={chosen}>{inertName(chosen)}</option>}
        {names.map((name) => (
          <option key={name} value={name}>
            {inertName(name)}
          </option>
        ))}
      </select>
    </span>
  );
}

export function EmptyWords({ cut }: { readonly cut: boolean }) {
  if (cut) return 'No log is known: the connection was lost before any was seen.';
  return (
    <>
      No node publishes a log: none is named in <code>logs</code> of the cluster module of any node, or no
      node has said anything yet.
    </>
  );
}
