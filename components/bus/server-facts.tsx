'use client';

/** What a server says of itself: state, view, clients, key, bound, and whom it refused. */

import { MARKS } from '../test-marks.ts';
import { formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { type BusServer, viewOf } from './bus-picture.ts';
import { agedWords, groupDigits, reasonWords, serverStateWord } from './bus-words.ts';
import { FiguresAge } from './figures-age.tsx';

export type ServerFactsProps = { readonly server: BusServer; readonly nowMs: number | null };

export function ServerFacts({ server, nowMs }: ServerFactsProps) {
  const { figures } = server;
  const view = viewOf(server);
  const stale = agedWords(server) !== null;
  const shape = figures.state === 'operational' ? 'ok' : 'moving';
  return (
    <dl className="facts" data-test={MARKS.bus.serverFacts} data-server={server.name}>
      <dt>State</dt>
      <dd>
        <Status shape={shape} {...(stale ? { tone: 'stale' } : {})}>
          {serverStateWord(figures.state)}
        </Status>
        {view === undefined || nowMs === null ? null : (
          <span className="muted"> for {formatDuration(nowMs - view.installedMs)}</span>
        )}
      </dd>
      <dt>View</dt>
      <dd className="mono">{figures.viewId === null ? UNKNOWN : inertName(figures.viewId)}</dd>
      <dt>Clients</dt>
      <dd>{groupDigits(figures.clients)}</dd>
      <dt>Key</dt>
      <dd>
        {figures.authenticated ? (
          'links and clients prove that they know it'
        ) : (
          <Status shape="warning">none: whoever reaches the port is taken for a member</Status>
        )}
      </dd>
      <dt>max_backlog</dt>
      <dd>{groupDigits(figures.maxBacklog)}</dd>
      <dt>Refused</dt>
      <dd data-test={MARKS.bus.refusals}>
        <Refusals refusals={figures.refusals} />
      </dd>
      <dt>Told</dt>
      <dd>
        <FiguresAge server={server} />
      </dd>
    </dl>
  );
}

function Refusals({ refusals }: { readonly refusals: Readonly<Record<string, number>> }) {
  const reasons = Object.entries(refusals)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return 'nobody since its start';
  return (
    <ul className="refusals">
      {reasons.map(([reason, count]) => (
        <li key={reason} data-reason={reason} data-count={count}>
          <b>{groupDigits(count)}</b> {reasonWords(reason)}
        </li>
      ))}
      <li className="muted">since its start</li>
    </ul>
  );
}
