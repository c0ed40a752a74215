'use client';

/**
 * One tab stop for all rows: arrows and j k move it, Right enters the cells of a row, Left comes back to it. The
 * focus stays with a row's id, also where rows are recycled.
 */

import { type FocusEvent, type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';

/** Rows that Page Up and Page Down pass. */
const PAGE_ROWS = 10;

export type RowFocus = {
  readonly activeId: string | null;
  readonly move: (by: number) => void;
  /** Id of the row with the focus; null when the focus is elsewhere. */
  readonly focusedId: () => string | null;
  /** Index of the focused cell among the columns that are shown; -1 when the row itself has the focus. */
  readonly focusedCell: () => number;
  readonly handlers: {
    readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
    readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  };
};

export type RowFocusOptions = {
  readonly ids: readonly string[];
  readonly element: () => HTMLElement | null;
  readonly onEnter: (id: string) => void;
};

function rowElement(element: HTMLElement | null, id: string): HTMLElement | undefined {
  const rows = element?.querySelectorAll<HTMLElement>('[data-row]') ?? [];
  return [...rows].find((row) => row.dataset['row'] === id);
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
}

/** Only the row and its cells: a button or a field inside keeps its own keys. */
function isOurs(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches('[data-row], [data-row] > th, [data-row] > td');
}

export function useRowFocus({ ids, element, onEnter }: RowFocusOptions): RowFocus {
  const [active, setActive] = useState<string | null>(null);
  const wanted = useRef<string | null>(null);
  const activeId = active !== null && ids.includes(active) ? active : (ids[0] ?? null);

  useEffect(() => {
    if (wanted.current === null) return;
    const row = rowElement(element(), wanted.current);
    if (row === undefined) return;
    wanted.current = null;
    row.focus();
  });

  const focusRow = useCallback(
    (index: number): void => {
      const id = ids[Math.max(0, Math.min(ids.length - 1, index))];
      if (id === undefined) return;
      // A row that is not in the page is drawn because it is active, at its place: the focus scrolls to it.
      wanted.current = id;
      setActive(id);
      const row = rowElement(element(), id);
      if (row === undefined) return;
      wanted.current = null;
      row.focus();
    },
    [ids, element],
  );

  const focusedId = useCallback((): string | null => {
    const row = rowOf(document.activeElement);
    return row !== null && element()?.contains(row) === true ? (row.dataset['row'] ?? null) : null;
  }, [element]);

  const move = useCallback(
    (by: number): void => {
      const focused = focusedId();
      const from = activeId === null ? 0 : ids.indexOf(activeId);
      focusRow(focused === null ? from : ids.indexOf(focused) + by);
    },
    [ids, activeId, focusedId, focusRow],
  );

  const keyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>): void => {
      const row = rowOf(event.target);
      const id = row?.dataset['row'];
      if (row === null || id === undefined || !isOurs(event.target)) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const index = ids.indexOf(id);
      const steps: Readonly<Record<string, () => void>> = {
        ArrowDown: () => focusRow(index + 1),
        ArrowUp: () => focusRow(index - 1),
        PageDown: () => focusRow(index + PAGE_ROWS),
        PageUp: () => focusRow(index - PAGE_ROWS),
        Home: () => focusRow(0),
        End: () => focusRow(ids.length - 1),
        ArrowRight: () => focusCell(row, event.target, 1),
        ArrowLeft: () => focusCell(row, event.target, -1),
        Enter: () => enter(event.target, () => onEnter(id)),
      };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      step();
    },
    [ids, focusRow, onEnter],
  );

  return {
    activeId,
    move,
    focusedId,
    focusedCell,
    handlers: {
      onFocus: useCallback((event) => {
        const id = rowOf(event.target)?.dataset['row'];
        if (id !== undefined) setActive(id);
      }, []),
      onKeyDown: keyDown,
    },
  };
}

function cellsOf(row: HTMLElement): readonly HTMLElement[] {
  return [...row.children].filter((cell): cell is HTMLElement => cell instanceof HTMLElement);
}

function focusCell(row: HTMLElement, target: EventTarget, by: 1 | -1): void {
  const cells = cellsOf(row);
  const from = target instanceof HTMLElement ? cells.indexOf(target) : -1;
  const next = from + by;
  if (next < 0) row.focus();
  else cells[Math.min(next, cells.length - 1)]?.focus();
}

/** In a cell with a button or a field, Enter goes into it. */
function enter(target: EventTarget, open: () => void): void {
  const inner =
    target instanceof HTMLElement && !target.matches('[data-row]')
      ? target.querySelector<HTMLElement>('button, select, input, a:not([data-row-link])')
      : null;
  if (inner === null) open();
  else inner.focus();
}

function focusedCell(): number {
  const cell = document.activeElement;
  const row = rowOf(cell);
  if (row === null || cell === row) return -1;
  const cells = cellsOf(row).filter((each) => !each.classList.contains('data-check'));
  return cell instanceof HTMLElement ? cells.indexOf(cell) : -1;
}
