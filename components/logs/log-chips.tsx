'use client';

/** How many readers need a look, and a press to see only those. */

import { MARKS } from '../test-marks.ts';
import { capital, FilterChips } from '../ui/filter-chips.tsx';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import { type Counted, type LogCounts, stateFilter } from './log-counts.ts';
import { STATE_WORDS } from './log-words.ts';

const CHIPS: readonly { readonly id: Counted; readonly shape: GlyphShape }[] = [
  { id: 'behind', shape: 'critical' },
  { id: 'never-read', shape: 'warning' },
  { id: 'unknown', shape: 'unknown' },
  { id: 'no-subscriber', shape: 'warning' },
  { id: 'catching-up', shape: 'moving' },
  { id: 'paused', shape: 'none' },
];

export function LogChips({ counts }: { readonly counts: LogCounts | null }) {
  const chips = CHIPS.map(({ id, shape }) => ({
    id,
    label: capital(STATE_WORDS[id]),
    shape,
    term: stateFilter(id),
    count: counts?.[id] ?? null,
  }));
  return <FilterChips chips={chips} mark={MARKS.logs.chip} />;
}
