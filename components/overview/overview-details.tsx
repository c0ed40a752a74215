'use client';

/** Below the answers: the mail of the last minutes, each node, and what happened lately. Loaded after them. */

import { useMemo } from 'react';
import { useCollection } from '../live/use-live.ts';
import { TitledEventList } from '../members/event-list.tsx';
import { newestFirst } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { NodeLoad } from './node-load.tsx';
import type { Picture } from './picture.ts';
import { TrafficStrip } from './traffic-strip.tsx';

const EVENTS_MS = 3_600_000;
const EVENTS_FIRST = 8;

export function OverviewDetails({ picture }: { readonly picture: Picture }) {
  return (
    <>
      <TrafficStrip />
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
    <TitledEventList
      titleId="hour-title"
      title="Last 60 min"
      events={events}
      mark={MARKS.overview.event}
      first={EVENTS_FIRST}
      empty="Nothing has happened in this time."
    />
  );
}
