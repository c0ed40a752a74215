'use client';

/** What a reader asked of a table: filter and sort from the address, columns from this browser. */

import { useCallback, useMemo, useState } from 'react';
import { readSort, type SortEntry, writeSort } from '../url-query.ts';
import { useUrlState } from '../url-state.ts';
import { type ColumnChoice, shownColumns, storeColumns, storedColumns } from './column-choice.ts';
import { compileFilter, type Filter } from './filter.ts';
import { pressSort } from './row-order.ts';
import type { TableColumn } from './table-column.ts';

export type TableState<R> = {
  readonly filterText: string;
  readonly setFilterText: (text: string) => void;
  readonly filter: Filter<R>;
  readonly sorts: readonly SortEntry[];
  readonly setSorts: (sorts: readonly SortEntry[]) => void;
  readonly press: (column: string, add: boolean) => void;
  readonly choice: ColumnChoice | null;
  readonly setChoice: (choice: ColumnChoice | null) => void;
  readonly shown: readonly TableColumn<R>[];
  /** Changes when the reader asks for other rows or another order. */
  readonly asked: string;
};

/** Names in the address: `q` and `sort`, behind `prefix-` where a page has several tables. */
export function tableUrlName(prefix: string, name: 'q' | 'sort'): string {
  return prefix === '' ? name : `${prefix}-${name}`;
}

export function useTableState<R>(
  table: string,
  prefix: string,
  columns: readonly TableColumn<R>[],
): TableState<R> {
  const [filterText, setFilterText] = useUrlState(tableUrlName(prefix, 'q'), '');
  const [sortText, setSortText] = useUrlState(tableUrlName(prefix, 'sort'), '');
  const [choice, setStored] = useState(() => (typeof window === 'undefined' ? null : storedColumns(table)));
  const filter = useMemo(() => compileFilter(filterText, columns), [filterText, columns]);
  const sortable = useMemo(
    () => columns.filter((column) => column.data !== false).map(({ id }) => id),
    [columns],
  );
  const sorts = useMemo(() => readSort(sortText, sortable), [sortText, sortable]);
  const setSorts = useCallback((next: readonly SortEntry[]) => setSortText(writeSort(next)), [setSortText]);
  const press = useCallback(
    (column: string, add: boolean) => setSorts(pressSort(sorts, column, add)),
    [sorts, setSorts],
  );
  const setChoice = useCallback(
    (next: ColumnChoice | null) => {
      setStored(next);
      storeColumns(table, next);
    },
    [table],
  );
  const shown = useMemo(() => shownColumns(columns, choice), [columns, choice]);
  const asked = `${sortText}\n${filterText}`;
  return {
    filterText,
    setFilterText,
    filter,
    sorts,
    setSorts,
    press,
    choice,
    setChoice,
    shown,
    asked,
  };
}
