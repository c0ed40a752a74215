'use client';

/** The views of the page that look at other times than now, loaded when somebody opens them. */

import { lazy, Suspense } from 'react';
import type { Vip } from '../vip-words.ts';

const Timeline = lazy(() =>
  import('./filtered-timeline.tsx').then((part) => ({ default: part.FilteredTimeline })),
);
const WhatIf = lazy(() => import('./what-if.tsx').then((part) => ({ default: part.WhatIfView })));
const Travel = lazy(() => import('./travel.tsx').then((part) => ({ default: part.TravelView })));

export type TimeViewProps = {
  readonly view: 'timeline' | 'whatif' | 'then';
  readonly vips: readonly Vip[];
  /** The query of the page's address. */
  readonly search: string;
};

export function TimeView({ view, vips, search }: TimeViewProps) {
  const at = new URLSearchParams(search).get('at') ?? '';
  return (
    <Suspense fallback={<p className="timeline-note">Loading…</p>}>
      {view === 'timeline' ? <Timeline vips={vips} search={search} /> : null}
      {view === 'whatif' ? <WhatIf /> : null}
      {view === 'then' ? <Travel at={at} search={search} /> : null}
    </Suspense>
  );
}
