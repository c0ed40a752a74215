'use client';

/** How many addresses need a look, and a press to see only those. */

import { MARKS } from '../test-marks.ts';
import { FilterChips } from '../ui/filter-chips.tsx';
import type { GlyphShape } from '../ui/status-glyph.tsx';
import { COUNT_FILTERS, type Counted, type VipCounts } from './vip-counts.ts';

const CHIPS: readonly { readonly id: Counted; readonly label: string; readonly shape: GlyphShape }[] = [
  { id: 'unowned', label: 'Unowned', shape: 'unowned' },
  { id: 'disputed', label: 'Disputed', shape: 'disputed' },
  { id: 'failed', label: 'Plumb failed', shape: 'critical' },
  { id: 'moving', label: 'Moving', shape: 'moving' },
  { id: 'flagged', label: 'Flagged', shape: 'warning' },
  { id: 'pinned', label: 'Pinned', shape: 'none' },
];

export function VipChips({ counts }: { readonly counts: VipCounts | null }) {
  const chips = CHIPS.map((chip) => ({
    ...chip,
    term: COUNT_FILTERS[chip.id],
    count: counts?.[chip.id] ?? null,
  }));
  return <FilterChips chips={chips} mark={MARKS.duravips.chip} />;
}
