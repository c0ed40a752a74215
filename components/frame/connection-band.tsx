'use client';

/** Says in one line, over the page, when what you see is not now, and what is being done about it. */

import { useEffect, useMemo, useRef, useState } from 'react';
import { FRESHNESS } from '../../server/wire/freshness.ts';
import type { Freshness, FreshnessLevel } from '../live/freshness.ts';
import { useCollection, useFreshness, useLive, useLiveParts } from '../live/use-live.ts';
import { useNow } from '../live/use-now.ts';
import { EventList } from '../members/event-list.tsx';
import { newestFirst } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { pageVoice } from '../ui/announce.ts';
import { formatAge, formatClock, plural } from '../ui/format-time.ts';
import { inertText } from '../ui/inert-text.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';

/** "Back live" leaves by itself after this time. */
const BACK_SHOWN_MS = 30_000;
const AWAY_EVENTS_FIRST = 6;

export function ConnectionBand() {
  const freshness = useFreshness(500);
  useSpokenFreshness(freshness.level);
  switch (freshness.level) {
    case 'live':
    case 'lagging':
      return <BackLive />;
    case 'connecting':
      return <Connecting />;
    case 'stale':
      return <Stale freshness={freshness} />;
    case 'lostBus':
      return <LostBus />;
    case 'disconnected':
      return <Disconnected />;
  }
}

const SPOKEN: Readonly<Partial<Record<FreshnessLevel, string>>> = {
  live: 'Data is live again.',
  lostBus: 'The gateway has no bus connection. You see the last known state.',
  disconnected: 'Disconnected from the gateway. You see the last known state.',
};

function useSpokenFreshness(level: FreshnessLevel): void {
  const before = useRef<FreshnessLevel>('connecting');
  useEffect(() => {
    const returned = level === 'live' && (before.current === 'lostBus' || before.current === 'disconnected');
    const text = SPOKEN[level];
    if (text !== undefined && (level !== 'live' || returned)) pageVoice.alert(text);
    if (level !== 'lagging' && level !== 'stale') before.current = level;
  }, [level]);
}

function Connecting() {
  const nowMs = useNow(500);
  const [sinceMs] = useState(() => performance.now());
  const phase = useLive(({ connection }) => connection.phase);
  // A quick start shows nothing; only a slow one explains itself.
  if (nowMs - sinceMs < FRESHNESS.laggingMs) return null;
  return (
    <div className="band" data-level="connecting" data-test={MARKS.connection.band}>
      <StatusGlyph shape="moving" />
      <p data-test={MARKS.connection.text}>
        {phase === 'open' ? 'Connected; waiting for the first data.' : 'Connecting to the gateway…'}
      </p>
    </div>
  );
}

function Stale({ freshness }: { readonly freshness: Freshness }) {
  const joining = useLive(({ live }) => live.model.bus['bus']?.state === 'connecting');
  const text = joining
    ? 'The gateway is joining the bus. What you see may be incomplete.'
    : freshness.repairing
      ? 'Part of the stream is missing and is being fetched again.'
      : `Nothing was heard from the bus for ${formatAge(freshness.bus.ageMs)}.`;
  return (
    <div className="band" data-level="stale" data-test={MARKS.connection.band}>
      <StatusGlyph shape="unknown" />
      <p data-test={MARKS.connection.text}>{text}</p>
    </div>
  );
}

function LostBus() {
  const bus = useLive(({ live }) => live.model.bus['bus']);
  return (
    <div className="band" data-level="lostBus" data-test={MARKS.connection.band}>
      <StatusGlyph shape="critical" />
      <p data-test={MARKS.connection.text}>
        Gateway has no bus connection since {formatClock(bus?.sinceMs)}. What you see is the last known state.
        {bus?.reason ? ` (${inertText(bus.reason)})` : ''}
      </p>
    </div>
  );
}

function Disconnected() {
  const { socket } = useLiveParts();
  const connection = useLive((published) => published.connection);
  const nowMs = useNow(250);
  const sinceMs = useMemo(() => wallOf(connection.lostSinceMs), [connection.lostSinceMs]);
  const waitMs = connection.retryAtMs === null ? null : Math.max(0, connection.retryAtMs - nowMs);
  return (
    <div className="band" data-level="disconnected" data-test={MARKS.connection.band}>
      <StatusGlyph shape="critical" />
      <p data-test={MARKS.connection.text}>
        Disconnected since {formatClock(sinceMs)}: {connection.reason ?? 'no heartbeat from the gateway'}.
        What you see is the last known state.{' '}
        {waitMs === null ? 'Connecting…' : `Retry in ${Math.ceil(waitMs / 1_000)} s.`}
      </p>
      <button
        type="button"
        className="button"
        data-test={MARKS.connection.retry}
        aria-disabled={waitMs === null}
        onClick={() => socket.retryNow()}
      >
        Retry now
      </button>
    </div>
  );
}

/** A moment of the local monotonic clock on this machine's wall clock; now where there is none. */
function wallOf(monotonicMs: number | null): number {
  return Date.now() - (monotonicMs === null ? 0 : performance.now() - monotonicMs);
}

function BackLive() {
  const { store } = useLiveParts();
  const back = useLive(({ live }) => live.back);
  const nowMs = useNow(500);
  const [shown, setShown] = useState(false);
  if (back === null || (!shown && nowMs - back.atMs > BACK_SHOWN_MS)) return null;
  return (
    <div className="band" data-level="back" data-test={MARKS.connection.backLive}>
      <StatusGlyph shape="ok" />
      <p>Back live. {plural(back.changes, 'change')} while away.</p>
      {back.changes === 0 ? null : (
        <button
          type="button"
          className="button"
          aria-expanded={shown}
          data-test={MARKS.connection.backLiveShow}
          onClick={() => setShown(!shown)}
        >
          {shown ? 'Hide' : 'Show'}
        </button>
      )}
      <button
        type="button"
        className="button"
        data-kind="quiet"
        data-test={MARKS.connection.backLiveDismiss}
        onClick={() => store.apply({ type: 'backSeen' }, performance.now())}
      >
        Dismiss
      </button>
      {shown ? <WhileAway sinceMs={back.sinceMs} /> : null}
    </div>
  );
}

function WhileAway({ sinceMs }: { readonly sinceMs: number | null }) {
  const rows = useCollection('events');
  const events = useMemo(
    () => newestFirst(rows).filter((event) => sinceMs === null || event.atMs > sinceMs),
    [rows, sinceMs],
  );
  return (
    <div className="band-more">
      <EventList
        events={events}
        mark={MARKS.connection.backLiveEvent}
        first={AWAY_EVENTS_FIRST}
        empty="What happened is not in the gateway's list: it was restarted, or the list is full."
      />
    </div>
  );
}
