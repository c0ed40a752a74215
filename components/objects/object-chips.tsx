'use client';

/** How many objects need a look, and a press to see only those. */

import { MARKS } from '../test-marks.ts';
import { capital, FilterChips } from '../ui/filter-chips.tsx';
import { type ObjectCounts, objectStateFilter } from './object-counts.ts';
import { OBJECT_STATES } from './object-lines.ts';
import { OBJECT_SHAPES, OBJECT_STATE_WORDS } from './object-words.ts';

export function ObjectChips({ counts }: { readonly counts: ObjectCounts | null }) {
  const chips = OBJECT_STATES.map((state) => ({
    id: state,
    label: capital(OBJECT_STATE_WORDS[state]),
    shape: OBJECT_SHAPES[state],
    term: objectStateFilter(state),
    count: counts?.[state] ?? null,
  }));
  return <FilterChips chips={chips} mark={MARKS.objects.chip} />;
}
