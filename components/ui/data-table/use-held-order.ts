'use client';

/**
 * Row stability: while somebody is in the rows, what would appear, go or move waits; values change in place. What
 * the reader asks for (a sort, a filter) is done at once.
 */

import { type FocusEvent, type PointerEvent, useCallback, useEffect, useRef, useState } from 'react';
import { sameOrder, waitingChanges } from './row-order.ts';

/** A finger that was lifted still counts as being in the rows for this long. */
export const TOUCH_HOLD_MS = 3_000;

export type Holding = {
  readonly holding: boolean;
  /** For the whole table: whoever is on the way from a row to "apply" still holds. */
  readonly pointer: {
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerUp: (event: PointerEvent) => void;
    readonly onPointerCancel: (event: PointerEvent) => void;
    readonly onPointerLeave: (event: PointerEvent) => void;
  };
  /** For the element around the rows. */
  readonly focusing: {
    readonly onFocus: () => void;
    readonly onBlur: (event: FocusEvent) => void;
  };
};

/** A pointer that only lies there, because the page moved below it, holds nothing: it must have moved. */
export function useHolding(): Holding {
  const [pointer, setPointer] = useState(false);
  const [focus, setFocus] = useState(false);
  const place = useRef<string | null>(null);
  const touch = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(touch.current), []);

  const release = useCallback((event: PointerEvent): void => {
    if (event.pointerType !== 'touch') return;
    clearTimeout(touch.current);
    touch.current = setTimeout(() => setPointer(false), TOUCH_HOLD_MS);
  }, []);

  return {
    holding: pointer || focus,
    pointer: {
      onPointerMove: ({ pointerType, clientX, clientY }) => {
        if (pointerType === 'touch') return;
        const at = `${clientX} ${clientY}`;
        if (place.current !== null && place.current !== at) setPointer(true);
        place.current = at;
      },
      onPointerDown: () => {
        clearTimeout(touch.current);
        setPointer(true);
      },
      onPointerUp: release,
      onPointerCancel: release,
      onPointerLeave: ({ pointerType }) => {
        if (pointerType === 'touch') return;
        place.current = null;
        setPointer(false);
      },
    },
    focusing: {
      onFocus: () => setFocus(true),
      onBlur: ({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setFocus(false);
      },
    },
  };
}

export type HeldOrder = {
  readonly shown: readonly string[];
  /** Rows that wait to appear, go or move. */
  readonly waiting: number;
  readonly apply: () => void;
};

/** @param asked changes when the reader asks for another order: then it is shown at once. */
export function useHeldOrder(wanted: readonly string[], holding: boolean, asked: string): HeldOrder {
  const [state, setState] = useState({ shown: wanted, asked });
  const free = !holding || state.asked !== asked || state.shown.length === 0;
  const current = free && !sameOrder(state.shown, wanted) ? { shown: wanted, asked } : { ...state, asked };
  if (current.shown !== state.shown || current.asked !== state.asked) setState(current);
  const apply = useCallback(() => setState((last) => ({ ...last, shown: wanted })), [wanted]);
  return { shown: current.shown, waiting: waitingChanges(current.shown, wanted), apply };
}
