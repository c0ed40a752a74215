/**
 * What a table knows of a column without drawing it: its value, how that compares, reads and leaves the page. Pure.
 * Unknown is null: shown as a dash, sorted last in both directions, exported empty.
 */

import { formatDuration, formatRfc3339, UNKNOWN } from '../format-time.ts';
import { inertText } from '../inert-text.ts';
import { ipSortKey } from './ip-order.ts';

/**
 * `text`: a token matches a part of it. `word`: a token matches it whole. `duration`: milliseconds. `moment`:
 * milliseconds since 1970. `address`: an IP address, with or without a port, or a name.
 */
export type ColumnKind = 'text' | 'word' | 'number' | 'duration' | 'moment' | 'address';
export type CellValue = string | number | null;

export type Column<R> = {
  /** In URLs, filter tokens and exports: lower-case letters and hyphens. */
  readonly id: string;
  readonly label: string;
  readonly kind: ColumnKind;
  readonly value: (row: R) => CellValue;
  /** As it is shown; by kind unless given. */
  readonly text?: (row: R) => string;
  /** What its filter token compares with; the value unless given. */
  readonly words?: (row: R) => readonly string[];
  /** All words there are, so that a wrong one is said. */
  readonly choices?: readonly string[];
  /** False for columns that are no value: buttons. They are neither sorted, filtered nor exported. */
  readonly data?: false;
  /** False: text without a token is not looked for here. */
  readonly plain?: false;
  /** `hidden`: shown on request. `never`: no column, only a filter token and a field of exports. */
  readonly show?: 'hidden' | 'never';
};

const naturalText = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function compareText(a: string, b: string): number {
  return naturalText.compare(a, b);
}

type SortKey = string | number | null;

/** Computed once per row and sort. */
export function sortKeyOf<R>(column: Column<R>, row: R): SortKey {
  const value = column.value(row);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === null || value === '') return null;
  return column.kind === 'address' ? ipSortKey(value) : value;
}

/** Ascending; nulls are the caller's. */
export function compareKeys(kind: ColumnKind, a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number') return -1;
  if (typeof b === 'number') return 1;
  if (a === b) return 0;
  if (kind === 'address') return a < b ? -1 : Number(a > b);
  return compareText(a, b);
}

export function cellText<R>(column: Column<R>, row: R): string {
  if (column.text) return column.text(row);
  const value = column.value(row);
  if (value === null || value === '') return UNKNOWN;
  if (typeof value === 'string') return inertText(value).replace(/\s+/g, ' ');
  if (column.kind === 'duration') return formatDuration(value);
  return column.kind === 'moment' ? formatRfc3339(value) : String(value);
}

/** What plain text is searched in, lower case: what is shown, before it is made harmless to look at. */
export function searchText<R>(column: Column<R>, row: R): string {
  const value = column.text === undefined ? column.value(row) : null;
  return (typeof value === 'string' ? value : cellText(column, row)).toLowerCase();
}

export function dataColumns<C extends { readonly data?: false }>(columns: readonly C[]): readonly C[] {
  return columns.filter((column) => column.data !== false);
}
