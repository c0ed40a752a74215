'use client';

/** Selected rows: one by one, all that are shown, or from the last one to this one with Shift. */

import { useCallback, useRef } from 'react';
import type { TableSelection } from './table-parts.tsx';

export function toggle(selection: TableSelection, id: string | null): void {
  if (id === null) return;
  const selected = new Set(selection.selected);
  if (!selected.delete(id)) selected.add(id);
  selection.onChange(selected);
}

export function selectAll(selection: TableSelection, ids: readonly string[], on: boolean): void {
  const selected = new Set(selection.selected);
  for (const id of ids) {
    if (on) selected.add(id);
    else selected.delete(id);
  }
  selection.onChange(selected);
}

/** The rows between two of those shown, both included; the one alone where the other is not shown. */
export function between(shown: readonly string[], from: string, to: string): readonly string[] {
  const ends = [shown.indexOf(from), shown.indexOf(to)].sort((a, b) => a - b);
  const [first = -1, last = -1] = ends;
  return first < 0 ? [to] : shown.slice(first, last + 1);
}

/** Keeps its identity, so that a row renders only when it was selected itself. */
export function useSelect(
  selection: TableSelection | undefined,
  shown: readonly string[],
): (id: string, range: boolean) => void {
  const newest = useRef({ selection, shown });
  newest.current = { selection, shown };
  const anchor = useRef<string | null>(null);
  return useCallback((id, range) => {
    const now = newest.current;
    if (now.selection === undefined) return;
    if (range && anchor.current !== null) {
      selectAll(now.selection, between(now.shown, anchor.current, id), !now.selection.selected.has(id));
    } else toggle(now.selection, id);
    anchor.current = id;
  }, []);
}
