'use client';

/** Every address as a row, by number. Ages tick in their cells; rows come anew when one of them changes. */

import { useSearchParams } from 'next/navigation';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { useUrlState } from '../ui/url-state.ts';
import { BulkBar } from './actions/bulk-bar.tsx';
import { useOpenMove } from './actions/open-move.ts';
import { withinPage } from './duravip-address.ts';
import { EVERYBODY, sayingsOf } from './perspective.ts';
import { PerspectiveChoice } from './perspective-parts.tsx';
import { useNodeTable } from './use-node-table.ts';
import { EmptyWords } from './vip-bands.tsx';
import { vipColumns } from './vip-columns.tsx';
import { type Vip, vipStates } from './vip-words.ts';
import { useVipsNow } from './vips-now.tsx';

const TABLE_MARKS = {
  table: MARKS.duravips.table,
  row: MARKS.duravips.row,
  link: MARKS.duravips.rowLink,
} as const;

const NOTHING: ReadonlySet<string> = new Set();

const idOf = (vip: Vip): string => vip.address;

function attributesOf(vip: Vip): RowAttributes {
  return { 'data-vip': vip.address, 'data-state': vipStates(vip)[0] };
}

/** A filter by age is a filter by the clock. */
const AGE_TOKEN = /(^|\s)-?(age|moved|config-age):/;
const AGES_EVERY_MS = 2_000;

export type VipTableProps = {
  readonly vips: readonly Vip[];
  /** Address of the open row. */
  readonly open: string | null;
};

export function VipTable({ vips, open }: VipTableProps) {
  const loaded = useLive(({ live }) => live.loaded);
  const { level } = useFreshness(AGES_EVERY_MS);
  const [filter] = useUrlState('q', '');
  const gatewayMs = useGatewayNow(AGES_EVERY_MS);
  const newestMs = useRef(gatewayMs);
  newestMs.current = gatewayMs;
  const [node, setNode] = useUrlState('persp', EVERYBODY);
  const asked = useNodeTable(node === EVERYBODY ? null : node);
  const columns = useMemo(() => {
    const sayings = asked.data === undefined ? null : sayingsOf(asked.data);
    return vipColumns(() => newestMs.current, node === EVERYBODY ? null : { node, sayings });
  }, [node, asked.data]);
  const agesAt = AGE_TOKEN.test(filter) ? gatewayMs : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: ages are values of the rows where the filter asks for them
  const rows = useMemo(() => (loaded ? [...vips] : null), [loaded, vips, agesAt]);
  // Null outside of the router, in tests of components.
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  const href = useCallback((vip: Vip) => withinPage(search, { row: vip.address }), [search]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOTHING);
  const { cut } = useVipsNow();
  const openMove = useOpenMove();
  const rowKey = { keys: 'm', label: 'Preview a move of the row', run: (vip: Vip) => openMove(vip.address) };
  return (
    <div className="vips-table" data-cut={cut || undefined}>
      <DataTable
        id="vips"
        label="DuraVIPs"
        columns={columns}
        rows={rows}
        rowId={idOf}
        href={href}
        openId={open}
        marks={TABLE_MARKS}
        rowAttributes={attributesOf}
        selection={{ selected, onChange: setSelected, counted: true }}
        rowKey={rowKey}
        perspective={node === EVERYBODY ? 'all' : node}
        tools={<PerspectiveChoice node={node} asked={asked} onChange={setNode} />}
        waiting="Waiting for the first data from the gateway…"
        empty={<EmptyWords cut={level === 'lostBus' || level === 'disconnected'} />}
        asOfMs={() => newestMs.current ?? Date.now()}
      />
      {/* Below: above it would push the rows away from under the pointer that selects. */}
      <BulkBar addresses={[...selected]} onClear={() => setSelected(NOTHING)} />
    </div>
  );
}
