/**
 * Which rows a table shows, in which order, and what changes while somebody is in it. Pure: the table holds ids and
 * their order; a row's values are read where they are drawn.
 */

import { SORT_COLUMNS_MAX, type SortEntry } from '../url-query.ts';
import { type Column, compareKeys, sortKeyOf } from './column.ts';

/** One press on a head: ascending, descending, none. `add` keeps the other columns of the sort. */
export function pressSort(sorts: readonly SortEntry[], column: string, add: boolean): readonly SortEntry[] {
  const known = sorts.find((sort) => sort.column === column);
  const next = nextSort(known, column);
  if (!add) return next === undefined ? [] : [next];
  if (known === undefined)
    return next === undefined ? sorts : [...sorts.slice(0, SORT_COLUMNS_MAX - 1), next];
  return sorts.flatMap((sort) => (sort !== known ? [sort] : next === undefined ? [] : [next]));
}

function nextSort(known: SortEntry | undefined, column: string): SortEntry | undefined {
  if (known === undefined) return { column, descending: false };
  return known.descending ? undefined : { column, descending: true };
}

export type OrderRequest<R> = {
  readonly rows: readonly R[];
  readonly rowId: (row: R) => string;
  readonly columns: readonly Column<R>[];
  readonly sorts: readonly SortEntry[];
  readonly matches: (row: R) => boolean;
};

/** Ids of the rows that match. Equal rows keep the order in which they were given; unknown values come last. */
export function orderedIds<R>({ rows, rowId, columns, sorts, matches }: OrderRequest<R>): readonly string[] {
  const matching = rows.filter(matches);
  const steps = sorts.flatMap(({ column: id, descending }) => {
    const column = columns.find((each) => each.id === id);
    if (column === undefined) return [];
    return [{ descending, ranks: ranksOf(column, matching) }];
  });
  if (steps.length === 0) return matching.map(rowId);
  const order = matching.map((_, index) => index);
  order.sort((a, b) => {
    for (const { descending, ranks } of steps) {
      const left = ranks[a] ?? null;
      const right = ranks[b] ?? null;
      if (left === null || right === null) {
        if (left !== right) return left === null ? 1 : -1;
        continue;
      }
      const compared = left - right;
      if (compared !== 0) return descending ? -compared : compared;
    }
    return a - b;
  });
  return order.flatMap((index) => {
    const row = matching[index];
    return row === undefined ? [] : [rowId(row)];
  });
}

/** The place of each row's value among all values; the same for values that compare as equal. */
function ranksOf<R>(column: Column<R>, rows: readonly R[]): readonly (number | null)[] {
  const keys = rows.map((row) => sortKeyOf(column, row));
  const values = [...new Set(keys)].filter((key) => key !== null);
  values.sort((a, b) => compareKeys(column.kind, a, b));
  const ranks = new Map<string | number, number>();
  let rank = 0;
  for (const [place, value] of values.entries()) {
    const before = values[place - 1];
    if (before !== undefined && compareKeys(column.kind, before, value) !== 0) rank += 1;
    ranks.set(value, rank);
  }
  return keys.map((key) => (key === null ? null : (ranks.get(key) ?? null)));
}

export function sameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((id, index) => id === b[index]));
}

/** How many rows would appear, go or move if `wanted` replaced `shown`. */
export function waitingChanges(shown: readonly string[], wanted: readonly string[]): number {
  if (sameOrder(shown, wanted)) return 0;
  const places = new Map(shown.map((id, index) => [id, index]));
  const kept = wanted.flatMap((id) => places.get(id) ?? []);
  const added = wanted.length - kept.length;
  const removed = shown.length - kept.length;
  return added + removed + (kept.length - longestRise(kept));
}

/** Length of the longest increasing subsequence: the rows that need not move. */
function longestRise(places: readonly number[]): number {
  const tails: number[] = [];
  for (const place of places) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    tails[low] = place;
  }
  return tails.length;
}
