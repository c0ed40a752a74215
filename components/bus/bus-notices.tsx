'use client';

/** What stands over the figures until somebody does something about it: links without a key, somebody refused lately. */

import Link from 'next/link';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import { listed, reasonWords } from './bus-words.ts';
import { GREW_LATELY_MS, type Refusal } from './refusals.ts';

export type KeylessProps = {
  readonly names: readonly string[];
  /** Servers that told whether they have a key. */
  readonly of: number;
};

/** R5: said as long as it is so, not only at the start. */
export function KeylessNotice({ names, of }: KeylessProps) {
  if (names.length === 0) return null;
  return (
    <div className="notice bus-notice" data-tone="warning" data-test={MARKS.bus.keyless}>
      <StatusGlyph shape="warning" />
      <p>
        <b>Whoever reaches the bus port is taken for a member.</b> Configure{' '}
        <Link href="/reference/options?q=auth_key_file" prefetch={false} className="mono">
          msgc_server.auth_key_file
        </Link>
        {names.length < of ? ` on ${listed(names)}` : ' on every server'}.
      </p>
    </div>
  );
}

export type RefusedProps = { readonly refusals: readonly Refusal[]; readonly nowMs: number | null };

/** Those that came while this page looked: totals of yesterday call nobody. */
export function RefusedNotice({ refusals, nowMs }: RefusedProps) {
  const lately = refusals.filter((refusal) => refusal.lately > 0);
  if (lately.length === 0) return null;
  return (
    <div className="notice bus-notice" data-tone="critical" data-test={MARKS.bus.refusalsGrew}>
      <StatusGlyph shape="critical" />
      <div>
        <p>
          <b>Refused in the last {formatDuration(GREW_LATELY_MS)}:</b>
        </p>
        <ul>
          {lately.map(({ server, reason, lately: count, grewMs }) => (
            <li key={`${server} ${reason}`}>
              {inertName(server)} refused {plural(count, 'connection')}: {reasonWords(reason)}
              <span className="muted">, last at {formatMoment(grewMs, nowMs)}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** All totals, also those that do not grow. */
export function RefusalTotals({ refusals, nowMs }: RefusedProps) {
  if (refusals.length === 0) return <p className="muted">Nobody was refused since the servers started.</p>;
  return (
    <ul className="refusal-totals">
      {refusals.map(({ server, reason, count, lately, grewMs }) => (
        <li
          key={`${server} ${reason}`}
          data-test={MARKS.bus.refusal}
          data-server={server}
          data-reason={reason}
          data-count={count}
          data-lately={lately > 0 || undefined}
        >
          <StatusGlyph shape={lately > 0 ? 'critical' : 'none'} />
          <span className="isolate-text">{inertName(server)}</span>
          <span className="isolate-text">{reasonWords(reason)}</span>
          <b className="number">{count}</b>
          <span className="muted">{grewMs === null ? '' : `last at ${formatMoment(grewMs, nowMs)}`}</span>
        </li>
      ))}
    </ul>
  );
}
