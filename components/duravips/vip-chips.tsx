'use client';

/** How many addresses need a look, and a press to see only those. */

import { MARKS } from '../test-marks.ts';
import { type GlyphShape, StatusGlyph } from '../ui/status-glyph.tsx';
import { useUrlState } from '../ui/url-state.ts';
import { hasTerm, toggledTerm } from './duravip-address.ts';
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
  const [filter, setFilter] = useUrlState('q', '');
  return (
    <fieldset className="vip-chips">
      <legend className="visually-hidden">Show only</legend>
      {CHIPS.map(({ id, label, shape }) => {
        const count = counts?.[id] ?? null;
        const on = hasTerm(filter, COUNT_FILTERS[id]);
        return (
          <button
            key={id}
            type="button"
            className="vip-chip"
            aria-pressed={on}
            data-test={MARKS.duravips.chip}
            data-chip={id}
            data-count={count ?? undefined}
            onClick={() => setFilter(toggledTerm(filter, COUNT_FILTERS[id]))}
          >
            <StatusGlyph shape={count === 0 || count === null ? 'none' : shape} />
            {label} <b>{count ?? '—'}</b>
          </button>
        );
      })}
    </fieldset>
  );
}
