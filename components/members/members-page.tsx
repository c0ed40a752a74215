'use client';

/** Members: who is here, who sees whom, in which groups, and what happened. `?node=ID` opens one of them, `tab=` a part of it. */

import { useSearchParams } from 'next/navigation';
import { lazy, Suspense, useMemo } from 'react';
import { useCollection, useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { plural } from '../ui/format-time.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { TitledEventList } from './event-list.tsx';
import { GroupList } from './group-list.tsx';
import { MemberTable } from './member-table.tsx';
import { type Member, newestFirst } from './member-words.ts';
import { SightingsMatrix } from './sightings-matrix.tsx';
import { useSpokenEvents } from './use-spoken-events.ts';

const NodePanel = lazy(() => import('./node-panel.tsx').then((part) => ({ default: part.NodePanel })));

const EVENTS_FIRST = 10;

export function MembersPage() {
  const selected = useSearchParams().get('node');
  usePageTitle(selected === null ? 'Members' : `${selected} · Members`);
  useSpokenEvents();
  return (
    <div
      className="members"
      data-detail={selected === null ? undefined : 'open'}
      data-test={MARKS.members.page}
    >
      <div className="members-main">
        <div className="page-head">
          <h1 className="page-title">Members</h1>
          <MembersSummary />
        </div>
        <MemberTable selected={selected} />
        <div className="members-lower">
          <section aria-labelledby="matrix-title">
            <div className="section-head">
              <h2 className="section-title" id="matrix-title">
                Who sees whom
              </h2>
              <span className="label">row sees column</span>
            </div>
            <SightingsMatrix />
          </section>
          <section aria-labelledby="groups-title">
            <div className="section-head">
              <h2 className="section-title" id="groups-title">
                Groups
              </h2>
            </div>
            <GroupList />
          </section>
          <section aria-labelledby="events-title">
            <RecentEvents />
          </section>
        </div>
      </div>
      {selected === null ? null : (
        <Suspense fallback={<aside className="node-panel" aria-label="Loading the detail" />}>
          <NodePanel key={selected} id={selected} />
        </Suspense>
      )}
    </div>
  );
}

function RecentEvents() {
  const rows = useCollection('events');
  const events = useMemo(() => newestFirst(rows), [rows]);
  return (
    <TitledEventList
      titleId="events-title"
      title="What happened"
      events={events}
      mark={MARKS.members.event}
      first={EVENTS_FIRST}
      empty="Nothing has happened yet."
    />
  );
}

function MembersSummary() {
  const members = useCollection('members');
  const bus = useLive(({ live }) => live.model.bus['bus']);
  const leader = useLive(({ live }) => live.model.cluster['cluster']?.leader ?? null);
  const all = Object.values(members);
  const inView = all.filter((member) => member.state !== 'departed');
  const departed = all.length - inView.length;
  const count = (role: Member['role']): number => inView.filter((member) => member.role === role).length;
  return (
    <p className="page-facts" data-test={MARKS.members.summary}>
      <span>
        <b>{plural(count('node'), 'node')}</b>, {plural(count('manager'), 'manager')},{' '}
        {plural(count('dashboard'), 'dashboard')}
        {departed > 0 ? `, ${departed} departed` : ''}
      </span>
      <span>
        leader <b className="isolate-text">{leader ?? '—'}</b>
      </span>
      <span>
        view <b>{bus?.viewNumber ?? '—'}</b>
      </span>
    </p>
  );
}
