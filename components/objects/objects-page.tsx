'use client';

/**
 * Replicated objects: what each node counts, throttles and caches, and whether all see the same. `?object=` opens one of
 * them; everything that is asked of it stands in the address.
 */

import { useSearchParams } from 'next/navigation';
import { lazy, Suspense, useMemo } from 'react';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { ObjectChips } from './object-chips.tsx';
import { type ObjectCounts, objectCounts } from './object-counts.ts';
import { ObjectTable } from './object-table.tsx';
import { useObjectLines } from './use-object-lines.ts';
import { useSpokenObjects } from './use-spoken-objects.ts';

const ObjectView = lazy(() => import('./object-view.tsx').then((part) => ({ default: part.ObjectView })));

export function ObjectsPage() {
  // Null outside of the router, in tests of components.
  const params: { get(name: string): string | null } | null = useSearchParams();
  const open = params?.get('object') ?? null;
  usePageTitle(open === null ? 'Objects' : `${inertName(open)} · Objects`);
  const now = useObjectLines();
  const counts = useMemo(() => (now.lines === null ? null : objectCounts(now.lines)), [now.lines]);
  useSpokenObjects(counts);
  if (open !== null) {
    return (
      <div className="objects" data-test={MARKS.objects.page} data-object={open}>
        <Suspense fallback={<p className="empty">Loading…</p>}>
          <ObjectView key={open} object={open} now={now} />
        </Suspense>
      </div>
    );
  }
  return (
    <div className="objects" data-test={MARKS.objects.page}>
      <div className="objects-main">
        <div className="page-head">
          <h1 className="page-title">Objects</h1>
          <ObjectsSummary counts={counts} />
        </div>
        <ObjectChips counts={counts} />
        <ObjectTable now={now} />
      </div>
    </div>
  );
}

function ObjectsSummary({ counts }: { readonly counts: ObjectCounts | null }) {
  if (counts === null || counts.all === 0) return null;
  return (
    <p
      className="page-facts"
      data-test={MARKS.objects.summary}
      data-all={counts.all}
      data-nodes={counts.nodes}
      data-diverged={counts.diverged}
    >
      <span>
        <b>{plural(counts.all, 'object')}</b>
      </span>
      <span>
        <b>{plural(counts.nodes, 'node')}</b> heard
      </span>
      <span>
        <b>{counts.diverged}</b> diverged
      </span>
    </p>
  );
}
