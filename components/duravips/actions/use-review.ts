'use client';

/**
 * What a person looked at when a sheet opened, and whether it is still so. Where it changed, or the data went stale
 * meanwhile, the person has to look again before anything can be sent (ui.md 2.3, D3).
 */

import { useState } from 'react';
import type { FreshnessLevel } from '../../live/freshness.ts';
import { useFreshness } from '../../live/use-live.ts';

export type Review<T> = {
  /** As it was when it was looked at last. */
  readonly seen: T;
  /** What must be reviewed before it can be sent; null when nothing must. */
  readonly due: 'changed' | 'aged' | null;
  /** Looked at again, as it is now. */
  readonly review: () => void;
};

/** Too old to have been looked at. What has not arrived yet was not looked at either, but nothing went by unseen. */
const AGED: ReadonlySet<FreshnessLevel> = new Set(['stale', 'lostBus', 'disconnected']);

/** @param changed whether `now` is another state than the one seen. */
export function useReview<T>(now: T, changed: (seen: T, now: T) => boolean): Review<T> {
  const old = AGED.has(useFreshness(1_000).level);
  const [seen, setSeen] = useState(now);
  const [aged, setAged] = useState(old);
  if (old && !aged) setAged(true);
  const due = changed(seen, now) ? 'changed' : aged ? 'aged' : null;
  const review = (): void => {
    setSeen(now);
    setAged(old);
  };
  return { seen, due, review };
}
