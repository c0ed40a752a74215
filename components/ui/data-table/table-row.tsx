'use client';

/** One row. It renders when its row object, the columns or its own focus change, not when others do. */

import Link from 'next/link';
import { memo, type ReactNode } from 'react';
import { cellText } from './column.ts';
import { GRID_ROLES } from './grid-roles.ts';
import { isNumeric, type TableColumn } from './table-column.ts';

/** For styles and tests. */
export type RowAttributes = Readonly<Record<`data-${string}`, string | undefined>>;

export type TableRowProps<R> = {
  readonly id: string;
  readonly row: R;
  readonly columns: readonly TableColumn<R>[];
  /** From 1; the head is row 1 of the grid, so the first row of data is 2. */
  readonly ariaRow: number;
  /** Holds the one tab stop of the rows. */
  readonly active: boolean;
  /** The row that is open now. */
  readonly open: boolean;
  /** It is gone from the data and stays until the waiting changes are applied. */
  readonly leaving: boolean;
  readonly href: string | null;
  readonly mark: string;
  readonly linkMark: string | undefined;
  readonly attributesOf: ((row: R) => RowAttributes) | undefined;
  readonly selected: boolean | null;
  /** `range`: with all between it and the one before. */
  readonly onSelect: (id: string, range: boolean) => void;
};

function TableRowOnce<R>(props: TableRowProps<R>) {
  const { id, row, columns, ariaRow, active, open, leaving, href, selected } = props;
  const shift = selected === null ? 1 : 2;
  return (
    <tr
      {...GRID_ROLES.row}
      aria-rowindex={ariaRow}
      aria-selected={selected ?? undefined}
      tabIndex={active ? 0 : -1}
      className="data-row"
      data-test={props.mark}
      data-row={id}
      data-selected={open || undefined}
      data-leaving={leaving || undefined}
      {...props.attributesOf?.(row)}
    >
      {selected === null ? null : (
        <td {...GRID_ROLES.gridcell} aria-colindex={1} className="data-check">
          <input
            type="checkbox"
            tabIndex={-1}
            checked={selected}
            aria-label={`Select ${id}`}
            onChange={({ nativeEvent }) =>
              props.onSelect(id, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
            }
          />
        </td>
      )}
      {columns.map((column, index) => (
        <Cell
          key={column.id}
          column={column}
          row={row}
          ariaColumn={index + shift}
          link={index === 0 && href !== null ? { href, current: open, mark: props.linkMark } : null}
        />
      ))}
    </tr>
  );
}

/** Memoised with its type parameter kept. */
export const TableRow = memo(TableRowOnce) as typeof TableRowOnce;

type CellProps<R> = {
  readonly column: TableColumn<R>;
  readonly row: R;
  readonly ariaColumn: number;
  readonly link: {
    readonly href: string;
    readonly current: boolean;
    readonly mark: string | undefined;
  } | null;
};

function Cell<R>({ column, row, ariaColumn, link }: CellProps<R>) {
  const content = column.cell ? column.cell(row) : cellText(column, row);
  const shared = {
    tabIndex: -1,
    'aria-colindex': ariaColumn,
    className: cellClass(column),
    'data-card': column.card,
    'data-test': column.mark,
  } as const;
  if (ariaColumn === 1 || link !== null) {
    return (
      <th scope="row" {...GRID_ROLES.rowheader} {...shared}>
        {link === null ? content : <RowLink {...link}>{content}</RowLink>}
      </th>
    );
  }
  return (
    <td {...GRID_ROLES.gridcell} {...shared}>
      {content}
    </td>
  );
}

export function cellClass<R>(column: TableColumn<R>): string {
  const classes = [`cell-${column.id}`];
  if (isNumeric(column)) classes.push('number');
  if (column.mono) classes.push('mono');
  if (column.className !== undefined) classes.push(column.className);
  return classes.join(' ');
}

type RowLinkProps = NonNullable<CellProps<never>['link']> & { readonly children: ReactNode };

/** Covers the row for the pointer; the keyboard opens it with Enter on the row. */
function RowLink({ href, current, mark, children }: RowLinkProps) {
  return (
    <Link
      href={href}
      scroll={false}
      prefetch={false}
      tabIndex={-1}
      className="row-link"
      aria-current={current ? 'true' : undefined}
      data-row-link=""
      data-test={mark}
    >
      {children}
    </Link>
  );
}
