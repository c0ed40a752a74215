'use client';

/** What stands in or below a table beside its rows: a skeleton, words for nothing, what is selected, widths. */

import type { ReactNode } from 'react';
import { MARKS } from '../../test-marks.ts';
import { plural } from '../format-time.ts';
import { GRID_ROLES } from './grid-roles.ts';
import { COLUMN_WIDTH_PX, type TableColumn } from './table-column.ts';

const SKELETON_ROWS = 4;

export function SkeletonRows({ columnCount }: { readonly columnCount: number }) {
  return Array.from({ length: SKELETON_ROWS }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same
    <tr key={row} {...GRID_ROLES.gap} className="data-skeleton" data-test={MARKS.table.skeleton}>
      {Array.from({ length: columnCount }, (_, cell) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <td key={cell}>
          <span />
        </td>
      ))}
    </tr>
  ));
}

/** Fixed widths: a window of rows must not move the columns while it passes. */
export function ColumnWidths<R>(props: {
  readonly columns: readonly TableColumn<R>[];
  readonly selectable: boolean;
}) {
  return (
    <colgroup>
      {props.selectable ? <col style={{ width: 40 }} /> : null}
      {props.columns.map((column) => (
        <col key={column.id} style={{ width: column.widthPx ?? COLUMN_WIDTH_PX }} />
      ))}
    </colgroup>
  );
}

type NothingProps = {
  readonly rows: readonly unknown[] | null;
  readonly shown: number;
  readonly waiting: ReactNode;
  readonly empty: ReactNode;
  readonly onClear: () => void;
};

/** Not known yet, nothing there, nothing that matches: three different sentences. */
export function Nothing({ rows, shown, waiting, empty, onClear }: NothingProps) {
  if (rows === null) {
    return (
      <p className="empty" data-test={MARKS.table.waitingData}>
        {waiting ?? 'Waiting for the first data…'}
      </p>
    );
  }
  if (shown > 0) return null;
  if (rows.length === 0) {
    return (
      <p className="empty" data-test={MARKS.table.empty}>
        {empty}
      </p>
    );
  }
  return (
    <p className="empty" data-test={MARKS.table.filteredEmpty}>
      No row matches the filter; it hides {rows.length === 1 ? 'the only one' : `all ${rows.length}`}.{' '}
      <button type="button" className="link-button" onClick={onClear}>
        Clear the filter
      </button>
    </p>
  );
}

export type TableSelection = {
  readonly selected: ReadonlySet<string>;
  readonly onChange: (selected: ReadonlySet<string>) => void;
  /** The page counts the selected rows itself: only those that are not shown are said here. */
  readonly counted?: true;
};

/** How many rows are selected, and how many of them the filter hides. */
export function SelectionLine({
  selection,
  shown,
}: {
  readonly selection: TableSelection;
  readonly shown: readonly string[];
}) {
  const { selected, onChange } = selection;
  if (selected.size === 0) return null;
  const visible = shown.filter((id) => selected.has(id)).length;
  const hidden = selected.size - visible;
  if (selection.counted === true && hidden === 0) return null;
  return (
    <p className="data-selected" data-test={MARKS.table.selected} data-count={selected.size}>
      {plural(selected.size, 'row')} selected{hidden > 0 ? `, ${hidden} of them not shown now` : ''}{' '}
      <button type="button" className="link-button" onClick={() => onChange(new Set())}>
        Select none
      </button>
    </p>
  );
}
