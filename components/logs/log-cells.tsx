'use client';

/** Cells of the logs. What a silent node said last keeps its place, dimmed and with its age; it is never a 0. */

import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatBytes, formatDuration, formatRfc3339, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { type LogLine, lagAgeMs } from './log-lines.ts';
import { formatCount, saidOf } from './log-words.ts';
import { decimalPosition, spokenPosition } from './positions.ts';

type CellProps = { readonly line: LogLine };

export function NodeCell({ line: { row, current } }: CellProps) {
  return (
    <span className="name-tag" data-silent={current ? undefined : true}>
      <NodeSigil name={row.node} size="small" dim={!current} />
      <span className={current ? 'name-tag-text' : 'name-tag-text value-stale'}>{inertName(row.node)}</span>
      {current ? null : <ToldAge toldMs={row.toldMs} />}
    </span>
  );
}

/** How old the last word of a silent node is. */
function ToldAge({ toldMs }: { readonly toldMs: number }) {
  const nowMs = useGatewayNow();
  return (
    <span className="log-told" data-test={MARKS.logs.told} title={`told ${formatRfc3339(toldMs)}`}>
      {nowMs === null ? 'silent' : `as of ${formatDuration(nowMs - toldMs)} ago`}
    </span>
  );
}

export function SubscriberCell({ line: { subscriber, pause } }: CellProps) {
  if (subscriber === null) return UNKNOWN;
  return (
    <>
      <span className="isolate-text">{inertName(subscriber.name)}</span>
      {pause === null ? null : <span className="tag">paused</span>}
    </>
  );
}

export function PositionCell({
  position,
  current,
}: {
  readonly position: string | null;
  readonly current: boolean;
}) {
  if (position === null) return UNKNOWN;
  return (
    <span
      className={current ? undefined : 'value-stale'}
      title={`${decimalPosition(position)}: ${spokenPosition(position)}`}
    >
      {position}
    </span>
  );
}

/** Where the log cannot be counted, the reason stands at the verdict. */
export function AmountCell({ line, bytes = false }: CellProps & { readonly bytes?: boolean }) {
  const lag = line.subscriber?.lag ?? null;
  if (lag === null) return UNKNOWN;
  const exact = bytes ? `${lag.bytes} bytes` : `${lag.records} records`;
  return (
    <span
      className={line.current ? undefined : 'value-stale'}
      title={line.current ? exact : `${exact}, as its node said last`}
      data-test={MARKS.logs.lag}
    >
      {bytes ? formatBytes(lag.bytes) : formatCount(lag.records)}
    </span>
  );
}

export function DiskCell({ line: { row, current } }: CellProps) {
  if (row.onDiskBytes === null) return UNKNOWN;
  const { disk } = row;
  const free =
    disk === null ? 'how much is free is not known' : `${formatBytes(disk.freeBytes)} of the disk are free`;
  return (
    <span className={current ? undefined : 'value-stale'} title={`${row.onDiskBytes} bytes; ${free}`}>
      {formatBytes(row.onDiskBytes)}
    </span>
  );
}

/** Ticks by itself: the row does not change while nothing is read. */
export function LagAgeCell({ line }: CellProps) {
  const nowMs = useGatewayNow();
  const ageMs = lagAgeMs(line, line.current ? nowMs : line.row.toldMs);
  if (ageMs === null) return UNKNOWN;
  return <span className={line.current ? undefined : 'value-stale'}>{formatDuration(ageMs)}</span>;
}

export function SinceCell({
  sinceMs,
  current,
}: {
  readonly sinceMs: number | null;
  readonly current: boolean;
}) {
  const nowMs = useGatewayNow();
  if (sinceMs === null || nowMs === null) return UNKNOWN;
  return (
    <span className={current ? undefined : 'value-stale'} title={formatRfc3339(sinceMs)}>
      {formatDuration(nowMs - sinceMs)}
    </span>
  );
}

export function VerdictCell({ line }: CellProps) {
  const nowMs = useGatewayNow();
  const { shape, word, detail } = saidOf(line, nowMs);
  return (
    <span className="log-verdict" data-test={MARKS.logs.verdict} data-kind={line.states[0]}>
      <Status shape={shape}>{word}</Status>
      {detail === '' ? null : <span className="log-verdict-detail">{detail}</span>}
      <LogStateTag line={line} />
    </span>
  );
}

/** The log is in trouble of its own, beside what its reader does. */
function LogStateTag({ line: { row, subscriber, current } }: CellProps) {
  if (!current || subscriber === null || (row.state !== 'damaged' && row.state !== 'unreadable')) return null;
  return (
    <span className="tag">
      <StatusGlyph shape={row.state === 'unreadable' ? 'critical' : 'warning'} /> log {row.state}
    </span>
  );
}
