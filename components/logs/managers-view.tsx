'use client';

/** What each manager does about the logs of each node: what it pulls under which name, and what keeps it from it. */

import type { AggregatorRow, StreamView } from '../../server/wire/logs.ts';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { compareNames } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatBytes, formatDuration, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { formatCount, STREAM_WORDS } from './log-words.ts';

/** Told each 15 s at least. */
const STALE_MS = 45_000;

export function ManagersView({ cut }: { readonly cut: boolean }) {
  const rows = useCollection('aggregators');
  const managers = Object.values(rows).sort((a, b) => compareNames(a.manager, b.manager));
  if (managers.length === 0) {
    return (
      <p className="empty" data-test={MARKS.logs.managers}>
        {cut
          ? 'No manager is known: the connection was lost before any was seen.'
          : 'No manager says that it pulls logs: none has the scope Logs, or none said anything yet.'}
      </p>
    );
  }
  return (
    <div className="managers" data-test={MARKS.logs.managers} data-cut={cut || undefined}>
      {managers.map((row) => (
        <Manager key={row.manager} row={row} />
      ))}
    </div>
  );
}

const ORDER: readonly StreamView['state'][] = [
  'failed',
  'refused',
  'unreachable',
  'held',
  'pulling',
  'idle',
  'off',
];

function Manager({ row }: { readonly row: AggregatorRow }) {
  const nowMs = useGatewayNow();
  const { manager, streams, omitted, text, toldMs } = row;
  const stale = nowMs !== null && nowMs - toldMs > STALE_MS;
  const sorted = [...streams].sort(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      compareNames(a.node, b.node) ||
      compareNames(a.log, b.log),
  );
  return (
    <section aria-labelledby={`manager-${manager}`} data-test={MARKS.logs.manager} data-manager={manager}>
      <div className="section-head manager-head">
        <h2 className="section-title name-tag" id={`manager-${manager}`}>
          <NodeSigil name={manager} size="small" dim={stale} />
          <span className={stale ? 'name-tag-text value-stale' : 'name-tag-text'}>{inertName(manager)}</span>
        </h2>
        <span className="label">
          told {nowMs === null ? UNKNOWN : `${formatDuration(nowMs - toldMs)} ago`}
        </span>
      </div>
      {text === '' ? null : (
        <p className="vip-band" data-tone="critical">
          <Status shape="critical">{inertText(text)}</Status>
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="table-scroll" aria-label={`What ${inertName(manager)} pulls`} tabIndex={0}>
        <table className="table card-table" data-stale={stale || undefined}>
          <thead>
            <tr>
              {['Log', 'Node', 'State', 'Subscriber', 'Tries', 'Position'].map((head) => (
                <th key={head} scope="col">
                  <span className="label">{head}</span>
                </th>
              ))}
              {['Records', 'Bytes', 'Last'].map((head) => (
                <th key={head} scope="col" className="number">
                  <span className="label">{head}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((stream) => (
              <Stream key={`${stream.node}/${stream.log}`} stream={stream} nowMs={nowMs} />
            ))}
          </tbody>
        </table>
      </section>
      {omitted === 0 ? null : <p className="muted managers-note">and {omitted} more that are not told</p>}
    </section>
  );
}

function Stream({ stream, nowMs }: { readonly stream: StreamView; readonly nowMs: number | null }) {
  const { node, log, wanted, subscriber, state, text, position, records, bytes, lastMs } = stream;
  const { shape, word } = STREAM_WORDS[state];
  return (
    <tr data-test={MARKS.logs.stream} data-node={node} data-log={log} data-state={state}>
      <th scope="row">{inertName(log)}</th>
      <td>
        <span className="name-tag">
          <NodeSigil name={node} size="small" />
          <span className="name-tag-text">{inertName(node)}</span>
        </span>
      </td>
      <td className="card-wide">
        <Status shape={shape}>{word}</Status>{' '}
        {text === '' ? null : <span className="muted">{inertText(text)}</span>}
      </td>
      <td>{subscriber === null ? UNKNOWN : inertName(subscriber)}</td>
      <td className="card-drop">
        {wanted.length === 0 ? (
          <span className="muted">nothing is pulled</span>
        ) : (
          wanted.map(inertName).join(', ')
        )}
      </td>
      <td className="mono card-drop">{position ?? UNKNOWN}</td>
      <td className="number">{formatCount(records)}</td>
      <td className="number">{formatBytes(bytes)}</td>
      <td className="number">
        {lastMs === null || nowMs === null ? UNKNOWN : `${formatDuration(nowMs - lastMs)} ago`}
      </td>
    </tr>
  );
}
