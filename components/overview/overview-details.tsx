'use client';

/** Below the answers: each node, and what happened lately. Loaded after them. */

import { useMemo } from 'react';
import { useCollection } from '../live/use-live.ts';
import { EventList } from '../members/event-list.tsx';
import { newestFirst } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { zoneLabel } from '../ui/format-time.ts';
import { NodeLoad } from './node-load.tsx';
import type { Picture } from './picture.ts';

const EVENTS_MS = 3_600_000;
const EVENTS_FIRST = 8;

export function OverviewDetails({ picture }: { readonly picture: Picture }) {
  return (
    <>
      <section className="overview-nodes" aria-labelledby="nodes-title">
        <div className="section-head">
          <h2 className="section-title" id="nodes-title">
            Nodes
          </h2>
        </div>
        <NodeLoad picture={picture} />
      </section>
      <section className="overview-events" aria-labelledby="hour-title">
        <LastHour gatewayMs={picture.gatewayMs} />
      </section>
    </>
  );
}

function LastHour({ gatewayMs }: { readonly gatewayMs: number | null }) {
  const rows = useCollection('events');
  const minuteMs = gatewayMs === null ? null : Math.floor(gatewayMs / 60_000) * 60_000;
  const events = useMemo(
    () => newestFirst(rows).filter((event) => minuteMs !== null && event.atMs > minuteMs - EVENTS_MS),
    [rows, minuteMs],
  );
  return (
    <>
      <div className="section-head">
        <h2 className="section-title" id="hour-title">
          Last 60 min
        </h2>
        <span className="label">{gatewayMs === null ? '' : `time (${zoneLabel(gatewayMs)})`}</span>
      </div>
      <EventList
        events={events}
        mark={MARKS.overview.event}
        first={EVENTS_FIRST}
        empty="Nothing has happened in this time."
      />
    </>
  );
}
