'use client';

/** Rows by id. One that went from the data keeps its last state for as long as the order still shows it. */

import { useCallback, useEffect, useMemo, useRef } from 'react';

export type RowEntry<R> = { readonly row: R; readonly leaving: boolean };

export function useKeptRows<R>(
  rows: readonly R[] | null,
  rowId: (row: R) => string,
  shown: readonly string[],
): (id: string) => RowEntry<R> | undefined {
  const present = useMemo(() => new Map((rows ?? []).map((row) => [rowId(row), row])), [rows, rowId]);
  const kept = useRef<ReadonlyMap<string, R>>(new Map());
  useEffect(() => {
    const next = new Map<string, R>();
    for (const id of shown) {
      const row = present.get(id) ?? kept.current.get(id);
      if (row !== undefined) next.set(id, row);
    }
    kept.current = next;
  }, [shown, present]);
  return useCallback(
    (id: string) => {
      const row = present.get(id);
      if (row !== undefined) return { row, leaving: false };
      const last = kept.current.get(id);
      return last === undefined ? undefined : { row: last, leaving: true };
    },
    [present],
  );
}
