'use client';

/** Says to those who do not see the page what became of its rows: a sentence of counts, never one for each. */

import { useEffect, useRef } from 'react';
import { pageVoice } from './announce.ts';

/** @param change the sentence; null where nothing that matters changed. The same function each time. */
export function useSpokenCounts<T>(counts: T | null, change: (then: T, now: T) => string | null): void {
  const before = useRef(counts);
  useEffect(() => {
    const then = before.current;
    before.current = counts;
    if (then === null || counts === null) return;
    const words = change(then, counts);
    if (words !== null) pageVoice.status(words);
  }, [counts, change]);
}
