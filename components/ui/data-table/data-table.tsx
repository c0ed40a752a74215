'use client';

/**
 * The table of every page (ui.md 2.8). It knows no domain: rows, columns with values, and words for "nothing yet" and
 * "nothing". Filter and sort live in the address, columns in this browser; rows that would appear, go or move wait
 * while somebody is in them. Above VIRTUAL_ROWS_MIN rows only a window of them is in the page.
 */

import { type ClipboardEvent, lazy, type ReactNode, Suspense, useMemo, useRef, useState } from 'react';
import { pageVoice } from '../announce.ts';
import { useShortcuts } from '../shortcuts.ts';
import { copyText } from './copy-text.ts';
import { copiedCell, copiedText } from './export-rows.ts';
import { GRID_ROLES } from './grid-roles.ts';
import { orderedIds } from './row-order.ts';
import { TableBar } from './table-bar.tsx';
import type { TableColumn } from './table-column.ts';
import { TableHead } from './table-head.tsx';
import { ColumnWidths, Nothing, SelectionLine, SkeletonRows, type TableSelection } from './table-parts.tsx';
import { type RowAttributes, TableRow } from './table-row.tsx';
import { useHeldOrder, useHolding } from './use-held-order.ts';
import { useKeptRows } from './use-kept-rows.ts';
import { usePressGuard } from './use-press-guard.ts';
import { useRowFocus } from './use-row-focus.ts';
import { selectAll, toggle, useSelect } from './use-selection.ts';
import { useTableState } from './use-table-state.ts';

/** Tables with fewer rows are drawn whole: the browser then finds and measures them by itself. */
export const VIRTUAL_ROWS_MIN = 200;
/** Rows of a large table that are drawn while the part that recycles them is loading. */
const ROWS_MEANWHILE = 50;

const VirtualBody = lazy(() => import('./virtual-body.tsx').then((part) => ({ default: part.VirtualBody })));

export type DataTableProps<R> = {
  /** Names the stored columns. Different for tables with different columns. */
  readonly id: string;
  /** Title of the table for assistive technology and exports. */
  readonly label: string;
  /** The first one names the row and is pinned. Keep the same array while the columns are the same. */
  readonly columns: readonly TableColumn<R>[];
  /**
   * In their natural order; null: not known yet. Keep the same objects for rows that did not change. A new array
   * also says that values which columns read from elsewhere may have changed.
   */
  readonly rows: readonly R[] | null;
  readonly rowId: (row: R) => string;
  /** Instead of rows while they are null; a skeleton without it. */
  readonly waiting?: ReactNode;
  /** There are no rows at all. */
  readonly empty: ReactNode;
  /** Where a row leads: Enter and a press open it. */
  readonly href?: (row: R) => string | null;
  /** Instead of `href`: Enter on a row. */
  readonly onOpen?: (row: R) => void;
  /** The row that is open now. */
  readonly openId?: string | null;
  readonly marks: { readonly table: string; readonly row: string; readonly link?: string };
  /** More attributes of a row, for styles and tests. */
  readonly rowAttributes?: (row: R) => RowAttributes;
  readonly selection?: TableSelection;
  /** Changes when the reader gets rows that were asked for outside of the table: they are shown at once. */
  readonly asked?: string;
  /** Before the names of the state in the address, where a page has several tables. */
  readonly urlPrefix?: string;
  /** Whose view the rows are, for exports. */
  readonly perspective?: string;
  /** Moment that the rows are of, milliseconds since 1970; for exports. */
  readonly asOfMs?: () => number;
  /** More controls in the bar. */
  readonly tools?: ReactNode;
  /** One more key for the row with the focus, such as `m`. It may open a preview, and no more. */
  readonly rowKey?: {
    readonly keys: string;
    readonly label: string;
    readonly run: (row: R) => void;
  };
  /** False: `j`, `k`, `/` and the others belong to another table of the page. */
  readonly shortcuts?: boolean;
};

export function DataTable<R>(props: DataTableProps<R>) {
  const { columns, rows, rowId, selection } = props;
  const state = useTableState(props.id, props.urlPrefix ?? '', columns);
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const [menu, setMenu] = useState(false);
  const [TablePanel] = useState(() =>
    lazy(() => import('./table-panel.tsx').then((part) => ({ default: part.TablePanel<R> }))),
  );
  const { holding, pointer, focusing } = useHolding();

  const wanted = useMemo(
    () => orderedIds({ rows: rows ?? [], rowId, columns, sorts: state.sorts, matches: state.filter.matches }),
    [rows, rowId, columns, state.sorts, state.filter],
  );
  const asked = `${state.asked}\n${props.asked ?? ''}`;
  const order = useHeldOrder(wanted, holding, asked);
  const entryOf = useKeptRows(rows, rowId, order.shown);
  const ids = order.shown;
  const virtual = ids.length >= VIRTUAL_ROWS_MIN;

  const open = (id: string): void => {
    const entry = entryOf(id);
    if (entry === undefined) return;
    if (props.onOpen) props.onOpen(entry.row);
    else
      document.activeElement?.closest('[data-row]')?.querySelector<HTMLElement>('[data-row-link]')?.click();
  };
  const focus = useRowFocus({
    ids,
    element: () => scroller,
    onEnter: open,
  });
  const select = useSelect(selection, ids);
  const guardPress = usePressGuard(ids, asked);
  const copyRow = (): void => {
    const entry = entryOf(focus.focusedId() ?? '');
    if (entry !== undefined) void copyText(copiedText(state.shown, [entry.row])).then(sayCopied);
  };
  useTableShortcuts(props.shortcuts ?? true, {
    filter: () => input.current?.focus(),
    move: focus.move,
    copyRow,
    select: selection ? () => toggle(selection, focus.focusedId()) : undefined,
    row: props.rowKey,
    focusedRow: () => entryOf(focus.focusedId() ?? '')?.row,
  });

  const onCopy = (event: ClipboardEvent): void => {
    const entry = entryOf(focus.focusedId() ?? '');
    if (entry === undefined || (document.getSelection()?.toString() ?? '') !== '') return;
    const column = state.shown[focus.focusedCell()];
    const text = column === undefined ? copiedText(state.shown, [entry.row]) : copiedCell(column, entry.row);
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
    pageVoice.result(column === undefined ? 'Row copied.' : 'Cell copied.');
  };

  const drawRow = (id: string, index: number): ReactNode => {
    const entry = entryOf(id);
    if (entry === undefined) return null;
    return (
      <TableRow
        key={id}
        id={id}
        row={entry.row}
        columns={state.shown}
        ariaRow={index + 2}
        active={id === focus.activeId}
        open={id === (props.openId ?? null)}
        leaving={entry.leaving}
        href={props.href?.(entry.row) ?? null}
        mark={props.marks.row}
        linkMark={props.marks.link}
        attributesOf={props.rowAttributes}
        selected={selection ? selection.selected.has(id) : null}
        onSelect={select}
      />
    );
  };

  const columnCount = state.shown.length + (selection ? 1 : 0);
  return (
    <div className="data-table" {...pointer}>
      <TableBar
        label={props.label}
        columns={columns}
        input={input}
        filter={state.filterText}
        onFilter={state.setFilterText}
        problems={state.filter.problems}
        shown={wanted.length}
        total={rows === null ? null : rows.length}
        waiting={order.waiting}
        onApply={order.apply}
        onMenu={() => setMenu(true)}
        tools={props.tools}
        virtual={virtual}
      />
      {selection === undefined ? null : <SelectionLine selection={selection} shown={ids} />}
      <div
        ref={setScroller}
        className="data-scroll"
        data-virtual={virtual || undefined}
        data-columns={state.choice === null ? 'default' : 'chosen'}
      >
        <table
          {...GRID_ROLES.grid}
          className="table data-grid"
          aria-label={props.label}
          aria-rowcount={rows === null ? -1 : ids.length + 1}
          aria-colcount={columnCount}
          data-test={props.marks.table}
          onCopy={onCopy}
          onKeyDown={focus.handlers.onKeyDown}
        >
          {virtual ? <ColumnWidths columns={state.shown} selectable={selection !== undefined} /> : null}
          <TableHead
            columns={state.shown}
            sorts={state.sorts}
            onSort={state.press}
            selection={
              selection
                ? {
                    all: ids.length > 0 && ids.every((id) => selection.selected.has(id)),
                    onAll: (on) => selectAll(selection, ids, on),
                  }
                : null
            }
          />
          <tbody
            {...GRID_ROLES.rowgroup}
            onClickCapture={guardPress}
            onBlur={focusing.onBlur}
            onFocus={(event) => {
              focusing.onFocus();
              focus.handlers.onFocus(event);
            }}
          >
            {rows === null ? (
              props.waiting === undefined ? (
                <SkeletonRows columnCount={columnCount} />
              ) : null
            ) : virtual && scroller !== null ? (
              <Suspense fallback={ids.slice(0, ROWS_MEANWHILE).map(drawRow)}>
                <VirtualBody
                  ids={ids}
                  activeIndex={focus.activeId === null ? -1 : ids.indexOf(focus.activeId)}
                  columnCount={columnCount}
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
      <Nothing
        rows={rows}
        shown={ids.length}
        waiting={props.waiting}
        empty={props.empty}
        onClear={() => state.setFilterText('')}
      />
      {menu ? (
        <Suspense fallback={null}>
          <TablePanel
            label={props.label}
            columns={columns}
            state={state}
            rows={rows ?? []}
            filtered={wanted.flatMap((id) => entryOf(id)?.row ?? [])}
            perspective={props.perspective ?? 'all'}
            asOfMs={props.asOfMs ?? Date.now}
            onClose={() => setMenu(false)}
          />
        </Suspense>
      ) : null}
    </div>
  );
}

function sayCopied(copied: boolean): void {
  pageVoice.result(copied ? 'Row copied.' : 'This browser does not let the page copy.');
}

type TableActs<R> = {
  readonly filter: () => void;
  readonly move: (by: number) => void;
  readonly copyRow: () => void;
  readonly select: (() => void) | undefined;
  readonly row: DataTableProps<R>['rowKey'];
  readonly focusedRow: () => R | undefined;
};

function useTableShortcuts<R>(on: boolean, acts: TableActs<R>): void {
  const { row } = acts;
  const runOnRow = (): void => {
    const focused = acts.focusedRow();
    if (focused !== undefined) row?.run(focused);
  };
  const shortcuts = [
    { keys: '/', label: 'Filter the table', run: acts.filter },
    { keys: 'j', label: 'Next row', run: () => acts.move(1) },
    { keys: 'k', label: 'Row before', run: () => acts.move(-1) },
    { keys: '.', label: 'Copy the row', run: acts.copyRow },
    ...(acts.select === undefined ? [] : [{ keys: 'x', label: 'Select the row', run: acts.select }]),
    ...(row === undefined ? [] : [{ keys: row.keys, label: row.label, run: runOnRow }]),
  ];
  useShortcuts(on ? shortcuts : []);
}
