/** Rows of kinds without a tree: names that begin so or contain something, the largest values. */

import type { RowAnswer, RowQuery, SharedRow } from './api.ts';

/** @param top at most so many, largest first; equal ones in order of their names. */
export function topRows(
  rows: Iterable<SharedRow>,
  { under, search, top }: Pick<RowQuery, 'under' | 'search' | 'top'>,
): RowAnswer {
  let found = 0;
  let best: SharedRow[] = [];
  // Sorting now and then keeps it linear where there are many rows and few are asked for.
  const keptMax = Math.max(64, top * 4);
  for (const row of rows) {
    if (under !== undefined && !row.key.startsWith(under)) continue;
    if (search !== undefined && !row.key.includes(search)) continue;
    found += 1;
    best.push(row);
    if (best.length >= keptMax) best = best.sort(largerFirst).slice(0, top);
  }
  return { rows: best.sort(largerFirst).slice(0, top), found };
}

function largerFirst(a: SharedRow, b: SharedRow): number {
  return b.value - a.value || (a.key < b.key ? -1 : 1);
}
