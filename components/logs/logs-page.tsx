'use client';

/** Logs and subscribers: who reads which log how far behind, and what to do about it. `?row=` opens one of them. */

import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { LogActions } from './actions/log-actions.tsx';
import { type LogView, withinLogs } from './log-address.ts';
import { LogChips } from './log-chips.tsx';
import { type LogCounts, logCounts } from './log-counts.ts';
import { LogTable } from './log-table.tsx';
import { type LogsNow, useLogLines } from './use-log-lines.ts';
import { useSpokenLogs } from './use-spoken-logs.ts';

const LogDetail = lazy(() => import('./log-detail.tsx').then((part) => ({ default: part.LogDetail })));
const GroupTable = lazy(() => import('./group-table.tsx').then((part) => ({ default: part.GroupTable })));
const ManagersView = lazy(() =>
  import('./managers-view.tsx').then((part) => ({ default: part.ManagersView })),
);
const TailView = lazy(() => import('./tail/tail-view.tsx').then((part) => ({ default: part.TailView })));

const VIEWS: readonly { readonly id: LogView; readonly label: string }[] = [
  { id: '', label: 'All' },
  { id: 'nodes', label: 'By node' },
  { id: 'logs', label: 'By log' },
  { id: 'subscribers', label: 'By subscriber' },
  { id: 'managers', label: 'Managers' },
];

export function LogsPage() {
  // Null outside of the router, in tests of components.
  const params: { get(name: string): string | null; toString(): string } | null = useSearchParams();
  const open = params?.get('row') ?? null;
  const tail = params?.get('tail') ?? null;
  const wanted = params?.get('view') ?? '';
  const view = VIEWS.find(({ id }) => id === wanted)?.id ?? '';
  const search = params?.toString() ?? '';
  const title = tail ?? open;
  usePageTitle(title === null ? 'Logs' : `${inertName(title)} · Logs`);
  const now = useLogLines();
  const counts = useMemo(() => (now.lines === null ? null : logCounts(now.lines)), [now.lines]);
  useSpokenLogs(counts);
  return (
    <LogActions lines={now.lines}>
      <div className="logs" data-detail={open === null ? undefined : 'open'} data-test={MARKS.logs.page}>
        <div className="logs-main">
          <div className="page-head">
            <h1 className="page-title">Logs</h1>
            <LogsSummary counts={counts} />
            {tail === null ? <Views current={view} search={search} /> : null}
          </div>
          {tail === null ? (
            <>
              {view === 'managers' ? null : <LogChips counts={counts} />}
              <View view={view} now={now} open={open} />
            </>
          ) : (
            <Late>
              <TailView key={tail} id={tail} closeHref={withinLogs(search, { tail: '' })} />
            </Late>
          )}
        </div>
        {open === null || tail !== null ? null : (
          <Suspense fallback={<aside className="node-panel" aria-label="Loading the detail" />}>
            <LogDetail key={open} id={open} now={now} closeHref={withinLogs(search, { row: '', act: '' })} />
          </Suspense>
        )}
      </div>
    </LogActions>
  );
}

type ViewProps = { readonly view: LogView; readonly now: LogsNow; readonly open: string | null };

function View({ view, now, open }: ViewProps) {
  if (view === '') return <LogTable now={now} open={open} />;
  return (
    <Late>{view === 'managers' ? <ManagersView cut={now.cut} /> : <GroupTable now={now} by={view} />}</Late>
  );
}

function Late({ children }: { readonly children: ReactNode }) {
  return <Suspense fallback={<p className="muted">Loading…</p>}>{children}</Suspense>;
}

function LogsSummary({ counts }: { readonly counts: LogCounts | null }) {
  if (counts === null || counts.all === 0) return null;
  return (
    <p
      className="page-facts"
      data-test={MARKS.logs.summary}
      data-all={counts.all}
      data-subscribers={counts.subscribers}
      data-behind={counts.behind}
    >
      <span>
        <b>{plural(counts.logs, 'log')}</b>
      </span>
      <span>
        <b>{plural(counts.subscribers, 'subscriber')}</b>
      </span>
      <span>
        <b>{counts.behind}</b> behind
        {counts.paused > 0 ? `, ${counts.paused} paused` : ''}
      </span>
    </p>
  );
}

function Views({ current, search }: { readonly current: LogView; readonly search: string }) {
  return (
    <nav className="vip-views" aria-label="Views of the logs">
      {VIEWS.map(({ id, label }) => (
        <Link
          key={id}
          href={withinLogs(search, { view: id, row: '', act: '' })}
          scroll={false}
          prefetch={false}
          className="vip-view"
          aria-current={id === current ? 'page' : undefined}
          data-test={MARKS.logs.view}
          data-view={id === '' ? 'all' : id}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
