'use client';

/** Heads of the columns: press to sort, Shift and press to sort by one more. */

import type { SortEntry } from '../url-query.ts';
import { GRID_ROLES } from './grid-roles.ts';
import type { TableColumn } from './table-column.ts';
import { cellClass } from './table-row.tsx';

export type TableHeadProps<R> = {
  readonly columns: readonly TableColumn<R>[];
  readonly sorts: readonly SortEntry[];
  readonly onSort: (column: string, add: boolean) => void;
  /** Null without selection. */
  readonly selection: { readonly all: boolean; readonly onAll: (selected: boolean) => void } | null;
};

export function TableHead<R>({ columns, sorts, onSort, selection }: TableHeadProps<R>) {
  const shift = selection === null ? 1 : 2;
  return (
    <thead {...GRID_ROLES.rowgroup}>
      <tr {...GRID_ROLES.row} aria-rowindex={1}>
        {selection === null ? null : (
          <th scope="col" {...GRID_ROLES.columnheader} aria-colindex={1} className="data-check">
            <input
              type="checkbox"
              checked={selection.all}
              aria-label="Select all rows that are shown"
              onChange={(event) => selection.onAll(event.target.checked)}
            />
          </th>
        )}
        {columns.map((column, index) => (
          <HeadCell
            key={column.id}
            column={column}
            ariaColumn={index + shift}
            place={sorts.findIndex((sort) => sort.column === column.id)}
            sorts={sorts}
            onSort={onSort}
          />
        ))}
      </tr>
    </thead>
  );
}

type HeadCellProps<R> = Pick<TableHeadProps<R>, 'sorts' | 'onSort'> & {
  readonly column: TableColumn<R>;
  readonly ariaColumn: number;
  /** In the sort order; -1 when not in it. */
  readonly place: number;
};

function HeadCell<R>({ column, ariaColumn, place, sorts, onSort }: HeadCellProps<R>) {
  const sort = sorts[place];
  const direction = sort === undefined ? undefined : sort.descending ? 'descending' : 'ascending';
  return (
    <th
      scope="col"
      {...GRID_ROLES.columnheader}
      aria-colindex={ariaColumn}
      aria-sort={place === 0 ? direction : undefined}
      className={`label ${cellClass(column)}`}
      title={column.hint}
    >
      {column.data === false ? (
        column.label
      ) : (
        <button
          type="button"
          className="data-sort"
          data-direction={direction}
          onClick={(event) => onSort(column.id, event.shiftKey)}
        >
          {column.head ? column.head() : column.label}
          {direction === undefined ? null : (
            <>
              <svg className="data-sort-mark" viewBox="0 0 8 8" aria-hidden="true">
                <path d={direction === 'ascending' ? 'M4 1 7.5 7h-7Z' : 'M4 7 .5 1h7Z'} fill="currentColor" />
              </svg>
              {sorts.length > 1 ? (
                <span className="data-sort-place" aria-hidden="true">
                  {place + 1}
                </span>
              ) : null}
              <span className="visually-hidden">
                , sorted {direction}
                {sorts.length > 1 ? `, ${place + 1} of ${sorts.length}` : ''}
              </span>
            </>
          )}
        </button>
      )}
    </th>
  );
}
