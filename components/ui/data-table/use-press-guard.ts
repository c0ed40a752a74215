'use client';

/**
 * A press that was meant for another row: rows can change their places under a pointer that lies still. What is pressed
 * on a row that came to its place a moment ago is refused, and said.
 */

import { type MouseEvent, useCallback, useRef } from 'react';
import { toast } from '../toasts.ts';

/** Nobody decides and presses faster (ui.md 1.3, D17). */
export const PRESS_REFUSED_MS = 400;

type Places = { readonly shown: readonly string[]; readonly asked: string };

/** @param asked changes when the reader asks for another order: then the rows come as expected. */
export function usePressGuard(shown: readonly string[], asked: string): (event: MouseEvent) => void {
  const now = useRef<Places>({ shown, asked });
  const before = useRef<readonly string[]>(shown);
  const changedMs = useRef(Number.NEGATIVE_INFINITY);
  if (now.current.shown !== shown || now.current.asked !== asked) {
    // What the reader asked for and what fills an empty table is no surprise.
    const expected = now.current.asked !== asked || now.current.shown.length === 0;
    // Of several changes within the time, the places before the first count.
    if (performance.now() - changedMs.current >= PRESS_REFUSED_MS) before.current = now.current.shown;
    changedMs.current = expected ? Number.NEGATIVE_INFINITY : performance.now();
    now.current = { shown, asked };
  }
  return useCallback((event) => {
    if (performance.now() - changedMs.current >= PRESS_REFUSED_MS) return;
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null;
    const id = row?.dataset['row'];
    // The keyboard presses the row that has the focus, wherever it went.
    if (id === undefined || event.detail === 0) return;
    const stood = before.current[now.current.shown.indexOf(id)];
    // Where nothing stood, nothing else can have been meant.
    if (stood === undefined || stood === id) return;
    event.preventDefault();
    event.stopPropagation();
    toast({ tone: 'status', text: 'The rows had just moved: nothing was pressed. Look again, then press.' });
  }, []);
}
