'use client';

/** What happened, newest first. */

import { useState } from 'react';
import { useGatewayNow } from '../live/use-live.ts';
import { formatMoment, formatRfc3339, zoneLabel } from '../ui/format-time.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import { type ClusterEvent, eventDetail, eventWords } from './member-words.ts';

export type EventListProps = {
  readonly events: readonly ClusterEvent[];
  readonly mark: string;
  /** Shown at first; the rest on request. */
  readonly first: number;
  readonly empty: string;
};

/** The list under its title, which `titleId` names for the section around it, with the zone of its times. */
export function TitledEventList({
  titleId,
  title,
  ...list
}: EventListProps & { readonly titleId: string; readonly title: string }) {
  const gatewayMs = useGatewayNow(60_000);
  return (
    <>
      <div className="section-head">
        <h2 className="section-title" id={titleId}>
          {title}
        </h2>
        <span className="label">{gatewayMs === null ? '' : `time (${zoneLabel(gatewayMs)})`}</span>
      </div>
      <EventList {...list} />
    </>
  );
}

export function EventList({ events, mark, first, empty }: EventListProps) {
  const [all, setAll] = useState(false);
  const gatewayMs = useGatewayNow(60_000);
  if (events.length === 0) return <p className="muted">{empty}</p>;
  const shown = all ? events : events.slice(0, first);
  return (
    <>
      <ol className="events">
        {shown.map((event) => {
          const { shape, text } = eventWords(event);
          const detail = eventDetail(event);
          return (
            <li
              key={event.id}
              data-test={mark}
              data-kind={event.kind}
              data-member={event.member ?? undefined}
            >
              <time dateTime={formatRfc3339(event.atMs)} title={formatRfc3339(event.atMs)}>
                {formatMoment(event.atMs, gatewayMs)}
              </time>
              <StatusGlyph shape={shape} />
              <span>
                <span className="isolate-text">{text}</span>
                {detail === '' ? null : <span className="muted event-detail"> {detail}</span>}
              </span>
            </li>
          );
        })}
      </ol>
      {events.length > first ? (
        <button type="button" className="button events-more" data-kind="quiet" onClick={() => setAll(!all)}>
          {all ? `Show the newest ${first}` : `Show all ${events.length}`}
        </button>
      ) : null}
    </>
  );
}
