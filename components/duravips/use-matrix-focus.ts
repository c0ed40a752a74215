'use client';

/** One tab stop for the whole matrix: arrows move it from cell to cell, also to rows that are not in the page yet. */

import { type FocusEvent, type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';

const PAGE_ROWS = 10;

export type MatrixFocusOptions = {
  readonly ids: readonly string[];
  /** Beside the head of the row, which is column 0. */
  readonly columns: number;
  readonly element: () => HTMLElement | null;
};

type Place = { readonly id: string; readonly column: number };

export function useMatrixFocus({ ids, columns, element }: MatrixFocusOptions) {
  const [at, setAt] = useState<Place | null>(null);
  const wanted = useRef<Place | null>(null);
  const known = at !== null && ids.includes(at.id);
  const activeId = known ? at.id : (ids[0] ?? null);
  const activeColumn = known ? Math.min(at.column, columns) : 0;

  useEffect(() => {
    if (wanted.current === null) return;
    const cell = cellAt(element(), wanted.current);
    if (cell === null) return;
    wanted.current = null;
    cell.focus();
  });

  const go = useCallback(
    (row: number, column: number): void => {
      const id = ids[Math.max(0, Math.min(ids.length - 1, row))];
      if (id === undefined) return;
      // A row that is not in the page is drawn because it is active; the focus follows it there.
      wanted.current = { id, column: Math.max(0, Math.min(columns, column)) };
      setAt(wanted.current);
    },
    [ids, columns],
  );

  const onFocus = useCallback((event: FocusEvent<HTMLElement>): void => {
    const place = placeOf(event.target);
    if (place !== null) setAt(place);
  }, []);

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>): void => {
      const place = placeOf(event.target);
      if (place === null || event.ctrlKey || event.metaKey || event.altKey) return;
      const row = ids.indexOf(place.id);
      const steps: Readonly<Record<string, readonly [number, number]>> = {
        ArrowUp: [row - 1, place.column],
        ArrowDown: [row + 1, place.column],
        ArrowLeft: [row, place.column - 1],
        ArrowRight: [row, place.column + 1],
        PageUp: [row - PAGE_ROWS, place.column],
        PageDown: [row + PAGE_ROWS, place.column],
        Home: [row, 0],
        End: [row, columns],
      };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      go(...step);
    },
    [ids, columns, go],
  );
  return { activeId, activeColumn, onFocus, onKeyDown };
}

function placeOf(target: EventTarget): Place | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-column]') : null;
  const id = cell?.closest<HTMLElement>('[data-row]')?.dataset['row'];
  const column = Number(cell?.dataset['column']);
  return id === undefined || !Number.isInteger(column) ? null : { id, column };
}

function cellAt(element: HTMLElement | null, { id, column }: Place): HTMLElement | null {
  const rows = element?.querySelectorAll<HTMLElement>('[data-row]') ?? [];
  const row = [...rows].find((each) => each.dataset['row'] === id);
  return row?.querySelector<HTMLElement>(`[data-column="${column}"]`) ?? null;
}
