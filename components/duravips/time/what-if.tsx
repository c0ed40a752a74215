'use client';

/**
 * If these nodes left now: what the nodes' own election would make of the present table (ui.md D7). Asked of the gateway,
 * which replicates that table; nothing is sent to the cluster.
 */

import { useEffect, useMemo } from 'react';
import type { WhatIfReply } from '../../../server/wire/duravip.ts';
import { useCollection, useLive } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { DataTable } from '../../ui/data-table/data-table.tsx';
import type { TableColumn } from '../../ui/data-table/table-column.ts';
import { formatClock, plural, UNKNOWN } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { NodeSigil } from '../../ui/sigil.tsx';
import { Status } from '../../ui/status-glyph.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { NodeTag } from '../vip-cells.tsx';
import { useWhatIf } from './history-queries.ts';

type Change = WhatIfReply['moves'][number];

const HOWS = [
  { id: 'leave', label: 'leaves now' },
  { id: 'drain', label: 'is drained' },
] as const;
const TABLE_MARKS = { table: MARKS.duravips.time.whatIfTable, row: MARKS.duravips.time.whatIfRow } as const;
const idOf = (change: Change): string => change.address;

const COLUMNS: readonly TableColumn<Change>[] = [
  {
    id: 'vip',
    label: 'VIP',
    kind: 'address',
    value: ({ address }) => address,
    mono: true,
    card: 'title',
    widthPx: 220,
  },
  {
    id: 'from',
    label: 'From',
    kind: 'text',
    value: ({ from }) => from,
    cell: ({ from }) => (from === null ? UNKNOWN : <NodeTag name={from} />),
    card: 'line',
    widthPx: 190,
  },
  {
    id: 'to',
    label: 'To',
    kind: 'text',
    value: ({ to }) => to,
    cell: ({ to }) =>
      to === null ? <Status shape="critical">no candidate left</Status> : <NodeTag name={to} intent />,
    card: 'status',
    widthPx: 220,
  },
  {
    id: 'preferred',
    label: 'Preferred',
    kind: 'word',
    choices: ['loses', 'keeps'],
    value: ({ losesPreference }) => (losesPreference ? 'loses' : 'keeps'),
    cell: ({ losesPreference }) =>
      losesPreference ? (
        <Status shape="warning">leaves its preferred node</Status>
      ) : (
        <span className="muted">·</span>
      ),
    widthPx: 220,
  },
];

export function WhatIfView() {
  const [chosen, setChosen] = useUrlState('if', '');
  const [how, setHow] = useUrlState('how', 'leave');
  const nodes = useCollection('vipNodes');
  const present = useMemo(
    () =>
      Object.values(nodes)
        .filter((node) => node.present)
        .map(({ node }) => node)
        .sort(),
    [nodes],
  );
  const picked = chosen.split(',').filter((node) => present.includes(node));
  const toggle = (node: string): void => {
    const next = picked.includes(node) ? picked.filter((one) => one !== node) : [...picked, node];
    setChosen(next.join(','));
  };
  return (
    <section className="whatif" aria-label="What if" data-test={MARKS.duravips.time.whatIf}>
      <div className="whatif-question">
        <span>If</span>
        <fieldset className="toggle-row">
          <legend className="visually-hidden">Nodes</legend>
          {present.map((node) => (
            <button
              key={node}
              type="button"
              className="toggle"
              aria-pressed={picked.includes(node)}
              data-test={MARKS.duravips.time.whatIfNode}
              data-node={node}
              onClick={() => toggle(node)}
            >
              <NodeSigil name={node} size="small" /> {inertName(node)}
            </button>
          ))}
        </fieldset>
        <fieldset className="toggle-row">
          <legend className="visually-hidden">How</legend>
          {HOWS.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              className="toggle"
              aria-pressed={how === id}
              data-test={MARKS.duravips.time.whatIfHow}
              data-how={id}
              onClick={() => setHow(id)}
            >
              {label}
            </button>
          ))}
        </fieldset>
      </div>
      {picked.length === 0 ? (
        <p className="timeline-note">Choose one or more nodes. Nothing is sent to the cluster.</p>
      ) : (
        <Prediction nodes={picked} drained={how === 'drain'} />
      )}
    </section>
  );
}

function Prediction({ nodes, drained }: { readonly nodes: readonly string[]; readonly drained: boolean }) {
  const { mutate, data, error } = useWhatIf();
  const epoch = useLive(({ live }) => live.model.duravip['duravip']?.epoch);
  const key = nodes.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another table, and the same nodes by their names
  useEffect(() => {
    const names = key.split(',');
    mutate(drained ? { without: [], drained: names } : { without: names, drained: [] });
  }, [mutate, key, drained, epoch]);
  if (error !== null) return <p className="timeline-note">{error.message}</p>;
  if (data === undefined) return <p className="timeline-note">Asking…</p>;
  return (
    <>
      <Verdict reply={data} />
      <Loads reply={data} gone={new Set(nodes)} />
      <DataTable
        id="whatif"
        label="Predicted changes"
        columns={COLUMNS}
        rows={data.moves}
        rowId={idOf}
        marks={TABLE_MARKS}
        urlPrefix="w"
        empty="No address would change its owner."
        asOfMs={() => data.asOfMs}
      />
    </>
  );
}

function Verdict({ reply }: { readonly reply: WhatIfReply }) {
  const lost = reply.moves.filter(({ to }) => to === null).length;
  const unpreferred = reply.moves.filter(({ losesPreference }) => losesPreference).length;
  return (
    <div
      className="whatif-verdict"
      data-test={MARKS.duravips.time.whatIfVerdict}
      data-moves={reply.moves.length}
      data-lost={lost}
    >
      <Status shape={lost > 0 ? 'critical' : 'ok'}>
        {plural(reply.moves.length, 'address changes its owner', 'addresses change their owner')}
        {lost > 0 ? `, ${lost} without a candidate` : ''}
      </Status>
      {unpreferred > 0 ? (
        <Status shape="warning">
          {plural(unpreferred, 'leaves its preferred node', 'leave their preferred node')}
        </Status>
      ) : null}
      <span className="muted">
        predicted by the nodes' own election in view <span className="mono">{inertName(reply.viewId)}</span>{' '}
        at {formatClock(reply.asOfMs)}
      </span>
    </div>
  );
}

function Loads({ reply, gone }: { readonly reply: WhatIfReply; readonly gone: ReadonlySet<string> }) {
  return (
    <ul className="whatif-loads" aria-label="Addresses of each node, before and after">
      {reply.loads.map(({ node, before, after }) => (
        <li key={node} data-test={MARKS.duravips.time.whatIfLoad} data-node={node}>
          <NodeSigil name={node} size="small" dim={gone.has(node)} /> {inertName(node)}{' '}
          <b>
            {before} → {after}
          </b>{' '}
          <span className="muted">({signed(after - before)})</span>
        </li>
      ))}
    </ul>
  );
}

function signed(difference: number): string {
  return difference > 0 ? `+${difference}` : difference === 0 ? '±0' : `−${Math.abs(difference)}`;
}
