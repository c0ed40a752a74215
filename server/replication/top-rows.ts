/** Rows of kinds without a tree: names that begin so or contain something, the largest values. */

import type { RowAnswer, RowQuery, SharedRow } from './api.ts';
import { LargestRows } from './largest-rows.ts';

/** @param top at most so many, largest first; equal ones in order of their names. */
export function topRows(
  rows: Iterable<SharedRow>,
  { under, search, top }: Pick<RowQuery, 'under' | 'search' | 'top'>,
): RowAnswer {
  const largest = new LargestRows(top);
  for (const row of rows) {
    if (under !== undefined && !row.key.startsWith(under)) continue;
    if (search === undefined || row.key.includes(search)) largest.add(row);
  }
  return largest.answer();
}
