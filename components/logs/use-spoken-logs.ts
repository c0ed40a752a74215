'use client';

/** Says to those who do not see the page what became of the readers: a sentence of counts, never one for each. */

import { plural } from '../ui/format-time.ts';
import { useSpokenCounts } from '../ui/use-spoken-counts.ts';
import type { LogCounts } from './log-counts.ts';

export function useSpokenLogs(counts: LogCounts | null): void {
  useSpokenCounts(counts, spokenChange);
}

/** `1 subscriber behind, 2 not known`; null where neither changed. */
export function spokenChange(then: LogCounts, now: LogCounts): string | null {
  if (then.behind === now.behind && then.unknown === now.unknown) return null;
  if (now.behind === 0 && now.unknown === 0) return 'No subscriber is behind any more.';
  const parts = [
    ...(now.behind > 0 ? [`${plural(now.behind, 'subscriber')} behind`] : []),
    ...(now.unknown > 0 ? [`${now.unknown} not known`] : []),
  ];
  return `${parts.join(', ')}.`;
}
