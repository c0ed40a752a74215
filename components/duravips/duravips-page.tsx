'use client';

/** DuraVIPs: which node has which address, who disagrees, what is wrong with it. `?row=ADDRESS` opens one of them. */

import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { lazy, Suspense, useMemo } from 'react';
import { groupDigits } from '../bus/bus-words.ts';
import { useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { OperationDock } from './actions/operation-dock.tsx';
import { VipActions } from './actions/vip-actions.tsx';
import { withinPage } from './duravip-address.ts';
import { RibbonProvider } from './time/ownership-ribbon.tsx';
import { TimeView } from './time/time-views.tsx';
import { useSpokenVips } from './use-spoken-vips.ts';
import { VipBands } from './vip-bands.tsx';
import { VipChips } from './vip-chips.tsx';
import { type VipCounts, vipCounts } from './vip-counts.ts';
import { useVips } from './vip-rows.ts';
import { VipTable } from './vip-table.tsx';
import type { Vip } from './vip-words.ts';
import { VipsNowProvider } from './vips-now.tsx';

const VipMatrix = lazy(() => import('./vip-matrix.tsx').then((part) => ({ default: part.VipMatrix })));
const VipDetail = lazy(() => import('./vip-detail.tsx').then((part) => ({ default: part.VipDetail })));

const VIEWS = [
  { id: 'table', label: 'Table' },
  { id: 'matrix', label: 'Matrix' },
  { id: 'timeline', label: 'Timeline' },
  { id: 'whatif', label: 'What if' },
] as const;

export function DuravipsPage() {
  // Null outside of the router, in tests of components.
  const params: {
    get(name: string): string | null;
    has(name: string): boolean;
    toString(): string;
  } | null = useSearchParams();
  const open = params?.get('row') ?? null;
  const wanted = params?.get('view') ?? 'table';
  const view = VIEWS.find(({ id }) => id === wanted)?.id ?? 'table';
  const search = params?.toString() ?? '';
  const then = params?.has('at') ?? false;
  const timeView = then ? 'then' : view === 'timeline' || view === 'whatif' ? view : null;
  usePageTitle(open === null ? 'DuraVIPs' : `${inertName(open)} · DuraVIPs`);
  const vips = useVips();
  const loaded = useLive(({ live }) => live.loaded);
  const counts = useMemo(() => (loaded ? vipCounts(vips) : null), [loaded, vips]);
  useSpokenVips(counts);
  return (
    <VipsNowProvider>
      <VipActions past={then}>
        <div
          className="duravips"
          data-detail={open === null ? undefined : 'open'}
          data-test={MARKS.duravips.page}
        >
          <div className="duravips-main">
            <div className="page-head">
              <h1 className="page-title">DuraVIPs</h1>
              <VipsSummary counts={counts} />
              {then ? null : <Views current={view} search={search} />}
            </div>
            {then ? null : (
              <>
                <VipBands />
                <VipChips counts={counts} />
              </>
            )}
            {timeView !== null ? (
              <TimeView view={timeView} vips={vips} search={search} />
            ) : (
              <NowView view={view} vips={vips} open={open} />
            )}
            {then ? null : <OperationDock />}
          </div>
          {open === null ? null : (
            <Suspense fallback={<aside className="node-panel" aria-label="Loading the detail" />}>
              <VipDetail
                key={open}
                address={open}
                closeHref={withinPage(params?.toString() ?? '', { row: '' })}
              />
            </Suspense>
          )}
        </div>
      </VipActions>
    </VipsNowProvider>
  );
}

type NowViewProps = {
  readonly view: string;
  readonly vips: readonly Vip[];
  readonly open: string | null;
};

function NowView({ view, vips, open }: NowViewProps) {
  if (view === 'matrix') {
    return (
      <Suspense fallback={<p className="muted">Loading…</p>}>
        <VipMatrix vips={vips} open={open} />
      </Suspense>
    );
  }
  return (
    <RibbonProvider>
      <VipTable vips={vips} open={open} />
    </RibbonProvider>
  );
}

function VipsSummary({ counts }: { readonly counts: VipCounts | null }) {
  const duravip = useLive(({ live }) => live.model.duravip['duravip']);
  if (counts === null || duravip === undefined) return null;
  const { all, served, unmanaged } = counts;
  return (
    <p className="page-facts" data-test={MARKS.duravips.summary} data-all={all} data-served={served}>
      <span>
        <b>
          {groupDigits(all)} {all === 1 ? 'address' : 'addresses'}
        </b>
      </span>
      <span>
        <b>{groupDigits(served)}</b> served
        {unmanaged > 0 ? `, ${unmanaged} unmanaged` : ''}
      </span>
      <span>
        leader <b className="isolate-text">{duravip.leader === null ? '—' : inertName(duravip.leader)}</b>
      </span>
      <span>
        view <b className="isolate-text mono">{duravip.viewId === null ? '—' : inertName(duravip.viewId)}</b>
      </span>
    </p>
  );
}

function Views({ current, search }: { readonly current: string; readonly search: string }) {
  if (VIEWS.length < 2) return null;
  return (
    <nav className="vip-views" aria-label="Views of the addresses">
      {VIEWS.map(({ id, label }) => (
        <Link
          key={id}
          href={withinPage(search, { view: id === 'table' ? '' : id })}
          scroll={false}
          prefetch={false}
          className="vip-view"
          aria-current={id === current ? 'page' : undefined}
          data-test={MARKS.duravips.view}
          data-view={id}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
