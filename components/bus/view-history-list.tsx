'use client';

/** The history of views, newest first: who came, who was lost and why, how long the change took, and who saw it otherwise. */

import { useMemo, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { formatLatency, formatMoment, formatRfc3339, plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { type GlyphShape, StatusGlyph } from '../ui/status-glyph.tsx';
import type { BusServer } from './bus-picture.ts';
import { listed } from './bus-words.ts';
import { metFromParts, type ViewEntry, type ViewPerspective, viewHistory } from './view-history.ts';

export type ViewHistoryListProps = {
  readonly servers: readonly BusServer[];
  /** One server's own history; null: everybody's. */
  readonly of: string | null;
  readonly nowMs: number | null;
  /** Shown at first; the rest on request. */
  readonly first: number;
};

/** Sigils drawn in one row; more are counted. */
const SIGILS_SHOWN_MAX = 12;

export function ViewHistoryList({ servers, of, nowMs, first }: ViewHistoryListProps) {
  const [all, setAll] = useState(false);
  const entries = useMemo(() => viewHistory({ servers }, of), [servers, of]);
  if (entries.length === 0) return <p className="muted">No view was told yet.</p>;
  const shown = all ? entries : entries.slice(0, first);
  return (
    <>
      <ol className="events views">
        {shown.map((entry) => (
          <ViewItem key={`${entry.viewId} ${entry.members.join(' ')}`} entry={entry} nowMs={nowMs} />
        ))}
      </ol>
      {entries.length > first ? (
        <button type="button" className="button events-more" data-kind="quiet" onClick={() => setAll(!all)}>
          {all ? `Show the newest ${first}` : `Show all ${entries.length}`}
        </button>
      ) : null}
    </>
  );
}

function ViewItem({ entry, nowMs }: { readonly entry: ViewEntry; readonly nowMs: number | null }) {
  const { installedMs } = entry;
  return (
    <li data-test={MARKS.bus.view} data-view={entry.viewId}>
      <time dateTime={formatRfc3339(installedMs)} title={formatRfc3339(installedMs)}>
        {formatMoment(installedMs, nowMs)}
      </time>
      <StatusGlyph shape={shapeOf(entry)} />
      <div className="view-entry">
        <Change entry={entry} />
        <p className="view-line muted">
          <span className="sigil-row">
            {entry.members.slice(0, SIGILS_SHOWN_MAX).map((name) => (
              <span key={name} title={inertName(name)}>
                <NodeSigil name={name} size="small" />
                <span className="visually-hidden">{inertName(name)}, </span>
              </span>
            ))}
            <span>{plural(entry.members.length, 'server')}</span>
          </span>
          <span className="mono view-name">{inertName(entry.viewId)}</span>
          <span>{tookWords(entry)}</span>
        </p>
      </div>
    </li>
  );
}

/** More ways to see one view are counted. */
const PERSPECTIVES_SHOWN_MAX = 3;

function Change({ entry }: { readonly entry: ViewEntry }) {
  const { perspectives } = entry;
  if (perspectives.length > PERSPECTIVES_SHOWN_MAX && metFromParts(entry)) {
    return (
      <p data-test={MARKS.bus.perspective}>
        {perspectives.length} parts came together:{' '}
        <span className="isolate-text">
          {listed(
            perspectives.map(({ servers }) => listed(servers, 3)),
            6,
          )}
        </span>
      </p>
    );
  }
  const more = perspectives.length - PERSPECTIVES_SHOWN_MAX;
  return (
    <>
      {perspectives.slice(0, PERSPECTIVES_SHOWN_MAX).map((seen) => (
        <p key={seen.servers.join('\n')} data-test={MARKS.bus.perspective}>
          {perspectives.length > 1 ? <span className="muted">{listed(seen.servers)} saw: </span> : null}
          <span className="isolate-text">{changeWords(seen)}</span>
        </p>
      ))}
      {more > 0 ? <p className="muted">and {more} more saw it otherwise</p> : null}
    </>
  );
}

function shapeOf({ perspectives }: ViewEntry): GlyphShape {
  const causes = perspectives.flatMap(({ lost }) => lost.map(({ cause }) => cause));
  if (causes.some((cause) => cause !== 'leave' && cause !== 'silence')) return 'critical';
  if (causes.includes('silence')) return 'unknown';
  if (causes.length > 0) return 'none';
  return perspectives.some(({ joined }) => joined.length > 0) ? 'ok' : 'moving';
}

const LOSSES: Readonly<Record<string, string>> = {
  closed: 'connection closed',
  silence: 'silent',
  backlog: 'backlog full',
};

/** `lost node3 (silent), joined: node4`. */
export function changeWords({ joined, lost }: Pick<ViewPerspective, 'joined' | 'lost'>): string {
  const causes = [...new Set(lost.map(({ cause }) => cause))];
  const losses = causes.map((cause) => {
    const names = listed(lost.filter((each) => each.cause === cause).map(({ node }) => node));
    return cause === 'leave' ? `left: ${names}` : `lost ${names} (${LOSSES[cause] ?? inertName(cause)})`;
  });
  const words = joined.length === 0 ? losses : [...losses, `joined: ${listed(joined)}`];
  return words.length === 0 ? 'the same servers again' : words.join(', ');
}

function tookWords({ tookMs }: ViewEntry): string {
  if (tookMs === null) return 'first view: no change before it';
  const [shortest, longest] = tookMs.map(formatLatency);
  return shortest === longest ? `took ${shortest}` : `took ${shortest} to ${longest}`;
}
