'use client';

/** How many rows are in each state, and a press to see only those: each chip is a term of the filter in the address. */

import { hasTerm, toggledTerm } from './data-table/filter.ts';
import { type GlyphShape, StatusGlyph } from './status-glyph.tsx';
import { useUrlState } from './url-state.ts';

export type FilterChip = {
  readonly id: string;
  readonly label: string;
  readonly shape: GlyphShape;
  /** Of the filter, as somebody would type it. */
  readonly term: string;
  /** Null: not known yet. */
  readonly count: number | null;
};

export type FilterChipsProps = { readonly chips: readonly FilterChip[]; readonly mark: string };

export function FilterChips({ chips, mark }: FilterChipsProps) {
  const [filter, setFilter] = useUrlState('q', '');
  return (
    <fieldset className="vip-chips">
      <legend className="visually-hidden">Show only</legend>
      {chips.map(({ id, label, shape, term, count }) => (
        <button
          key={id}
          type="button"
          className="vip-chip"
          aria-pressed={hasTerm(filter, term)}
          data-test={mark}
          data-chip={id}
          data-count={count ?? undefined}
          onClick={() => setFilter(toggledTerm(filter, term))}
        >
          <StatusGlyph shape={count === 0 || count === null ? 'none' : shape} />
          {label} <b>{count ?? '—'}</b>
        </button>
      ))}
    </fieldset>
  );
}

/** A word of a state at the beginning of a chip. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
