'use client';

/** How many readers need a look, and a press to see only those. */

import { hasTerm, toggledTerm } from '../duravips/duravip-address.ts';
import { MARKS } from '../test-marks.ts';
import { type GlyphShape, StatusGlyph } from '../ui/status-glyph.tsx';
import { useUrlState } from '../ui/url-state.ts';
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
  const [filter, setFilter] = useUrlState('q', '');
  return (
    <fieldset className="vip-chips">
      <legend className="visually-hidden">Show only</legend>
      {CHIPS.map(({ id, shape }) => {
        const count = counts?.[id] ?? null;
        const wanted = stateFilter(id);
        return (
          <button
            key={id}
            type="button"
            className="vip-chip"
            aria-pressed={hasTerm(filter, wanted)}
            data-test={MARKS.logs.chip}
            data-chip={id}
            data-count={count ?? undefined}
            onClick={() => setFilter(toggledTerm(filter, wanted))}
          >
            <StatusGlyph shape={count === 0 || count === null ? 'none' : shape} />
            {capital(STATE_WORDS[id])} <b>{count ?? '—'}</b>
          </button>
        );
      })}
    </fieldset>
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
