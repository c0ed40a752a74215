'use client';

/**
 * Addresses against nodes: who has, who could have, who cannot, and where the nodes do not say the same. A press on a cell
 * opens the preview of a move to that node, one on the owner's cell the address.
 */

import { useRouter, useSearchParams } from 'next/navigation';
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useCollection, useGatewayNow, useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { VIRTUAL_ROWS_MIN } from '../ui/data-table/data-table.tsx';
import { compileFilter } from '../ui/data-table/filter.ts';
import { GRID_ROLES } from '../ui/data-table/grid-roles.ts';
import { TableBar } from '../ui/data-table/table-bar.tsx';
import { Nothing } from '../ui/data-table/table-parts.tsx';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { useUrlState } from '../ui/url-state.ts';
import { useOpenMove } from './actions/open-move.ts';
import { useVipActions } from './actions/vip-actions.tsx';
import { withinPage } from './duravip-address.ts';
import { MatrixGlyph } from './matrix-glyph.tsx';
import { MatrixGroupRow, MatrixVipRow } from './matrix-lines.tsx';
import { CELL_WORDS, CELLS, matrixNodes, matrixRows } from './matrix-rows.ts';
import { useMatrixFocus } from './use-matrix-focus.ts';
import { EmptyWords } from './vip-bands.tsx';
import { vipColumns } from './vip-columns.tsx';
import type { Vip } from './vip-words.ts';
import { useVipsNow } from './vips-now.tsx';

const VirtualBody = lazy(() =>
  import('../ui/data-table/virtual-body.tsx').then((part) => ({ default: part.VirtualBody })),
);

const AGES_EVERY_MS = 2_000;
/** Rows that are drawn while the part that recycles them is loading. */
const ROWS_MEANWHILE = 50;

export type VipMatrixProps = { readonly vips: readonly Vip[]; readonly open: string | null };

export function VipMatrix({ vips, open }: VipMatrixProps) {
  const loaded = useLive(({ live }) => live.loaded);
  const vipNodes = useCollection('vipNodes');
  const { filter, filterText, setFilterText, columns } = useFilter();
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const input = useRef<HTMLInputElement>(null);
  const matching = useMemo(() => vips.filter(filter.matches), [vips, filter]);
  const rows = useMemo(() => matrixRows(matching, turned), [matching, turned]);
  const names = useMemo(() => matrixNodes(Object.keys(vipNodes), vips), [vipNodes, vips]);
  const showVip = useShowVip();
  const openMove = useOpenMove();
  const { obstacle } = useVipActions();

  const press = useCallback(
    (address: string, node: string, owner: boolean) => {
      if (owner) showVip(address);
      else openMove(address, node);
    },
    [showVip, openMove],
  );
  const turn = useCallback((network: string) => {
    setTurned((before) => {
      const after = new Set(before);
      if (!after.delete(network)) after.add(network);
      return after;
    });
  }, []);
  return (
    <div className="vip-matrix-page">
      <TableBar
        label="Matrix of the addresses"
        columns={columns}
        input={input}
        filter={filterText}
        onFilter={setFilterText}
        problems={filter.problems}
        shown={matching.length}
        total={loaded ? vips.length : null}
        waiting={0}
        onApply={() => {}}
        onMenu={null}
        tools={null}
        virtual={rows.length >= VIRTUAL_ROWS_MIN}
      />
      {matching.length === 0 ? null : (
        <MatrixTable
          rows={rows}
          names={names}
          open={open}
          obstacle={obstacle}
          onPress={press}
          onTurn={turn}
          onShow={showVip}
        />
      )}
      <Nothing
        rows={loaded ? vips : null}
        shown={matching.length}
        waiting={undefined}
        empty={<EmptyWords cut={false} />}
        onClear={() => setFilterText('')}
      />
      <Legend />
    </div>
  );
}

/** The same filter as that of the table, from the same place. */
function useFilter() {
  const [filterText, setFilterText] = useUrlState('q', '');
  const gatewayMs = useGatewayNow(AGES_EVERY_MS);
  const newestMs = useRef(gatewayMs);
  newestMs.current = gatewayMs;
  const columns = useMemo(() => vipColumns(() => newestMs.current), []);
  const filter = useMemo(() => compileFilter(filterText, columns), [filterText, columns]);
  return { filter, filterText, setFilterText, columns };
}

function useShowVip(): (address: string) => void {
  const router: { push(href: string, options?: { scroll?: boolean }): void } | null = useRouter();
  const params: { toString(): string } | null = useSearchParams();
  const search = params?.toString() ?? '';
  return useCallback(
    (address: string) => router?.push(withinPage(search, { row: address }), { scroll: false }),
    [router, search],
  );
}

type MatrixTableProps = {
  readonly rows: ReturnType<typeof matrixRows>;
  readonly names: readonly string[];
  readonly open: string | null;
  /** Why nothing can be moved now; null when it can. */
  readonly obstacle: string | null;
  readonly onPress: (address: string, node: string, owner: boolean) => void;
  readonly onTurn: (network: string) => void;
  readonly onShow: (address: string) => void;
};

function MatrixTable({ rows, names, open, obstacle, onPress, onTurn, onShow }: MatrixTableProps) {
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const ids = useMemo(() => rows.map(({ id }) => id), [rows]);
  const byId = useMemo(() => new Map(rows.map((row) => [row.id, row])), [rows]);
  const focus = useMatrixFocus({ ids, columns: names.length, element: () => scroller });
  const { silent, cut } = useVipsNow();
  const virtual = ids.length >= VIRTUAL_ROWS_MIN;

  const drawRow = (id: string, index: number): ReactNode => {
    const row = byId.get(id);
    if (row === undefined) return null;
    const active = focus.activeId === id ? focus.activeColumn : null;
    const shared = { ariaRow: index + 2, names, active } as const;
    if (row.kind === 'group') return <MatrixGroupRow key={id} group={row} onTurn={onTurn} {...shared} />;
    return (
      <MatrixVipRow
        key={id}
        vip={row.vip}
        open={row.id === open}
        obstacle={obstacle}
        onPress={onPress}
        onShow={onShow}
        {...shared}
      />
    );
  };
  return (
    <div
      ref={setScroller}
      className="vip-matrix-scroll"
      data-virtual={virtual || undefined}
      data-cut={cut || undefined}
    >
      <table
        {...GRID_ROLES.grid}
        className="table vip-matrix"
        aria-label="Addresses by node"
        aria-rowcount={ids.length + 1}
        aria-colcount={names.length + 1}
        data-test={MARKS.duravips.matrix}
        onFocus={focus.onFocus}
        onKeyDown={focus.onKeyDown}
      >
        <thead {...GRID_ROLES.rowgroup}>
          <tr {...GRID_ROLES.row} aria-rowindex={1}>
            <th {...GRID_ROLES.columnheader} scope="col" aria-colindex={1} className="label">
              VIP
            </th>
            {names.map((name, index) => (
              <th
                key={name}
                {...GRID_ROLES.columnheader}
                scope="col"
                aria-colindex={index + 2}
                title={inertName(name)}
                data-silent={silent.has(name) || undefined}
              >
                <NodeSigil name={name} size="small" dim={silent.has(name)} />
                <span className="vip-matrix-name">
                  {inertName(name)}
                  {silent.has(name) ? ' silent' : ''}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...GRID_ROLES.rowgroup}>
          {virtual && scroller !== null ? (
            <Suspense fallback={ids.slice(0, ROWS_MEANWHILE).map(drawRow)}>
              <VirtualBody
                ids={ids}
                activeIndex={focus.activeId === null ? -1 : ids.indexOf(focus.activeId)}
                columnCount={names.length + 1}
                scroller={scroller}
                drawRow={drawRow}
              />
            </Suspense>
          ) : (
            ids.slice(0, virtual ? ROWS_MEANWHILE : ids.length).map(drawRow)
          )}
        </tbody>
      </table>
    </div>
  );
}

function Legend() {
  return (
    <ul className="vip-legend" data-test={MARKS.duravips.matrixLegend} aria-label="Legend">
      {CELLS.map((kind) => (
        <li key={kind}>
          <MatrixGlyph kind={kind} /> {CELL_WORDS[kind]}
        </li>
      ))}
      <li>
        <MatrixGlyph kind="candidate" preferred /> preferred
      </li>
      <li>
        <b className="vip-differs">≠</b> says another owner than the table
      </li>
    </ul>
  );
}
