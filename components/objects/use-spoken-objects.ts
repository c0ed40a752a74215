'use client';

/** Says to those who do not see the page what became of the objects: a sentence of counts, never one for each. */

import { plural } from '../ui/format-time.ts';
import { useSpokenCounts } from '../ui/use-spoken-counts.ts';
import type { ObjectCounts } from './object-counts.ts';

export function useSpokenObjects(counts: ObjectCounts | null): void {
  useSpokenCounts(counts, spokenChange);
}

/** `1 object diverged, 2 not known`; null where nothing of it changed. */
export function spokenChange(then: ObjectCounts, now: ObjectCounts): string | null {
  const same = then.diverged === now.diverged && then.unknown === now.unknown;
  if (same) return null;
  const parts = [
    ...(now.diverged > 0 ? [`${plural(now.diverged, 'object')} diverged`] : []),
    ...(now.unknown > 0 ? [`${now.unknown} not known`] : []),
  ];
  return parts.length === 0 ? 'No object is diverged any more.' : `${parts.join(', ')}.`;
}
