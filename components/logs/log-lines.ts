/**
 * The lines of the logs page: one for each subscriber of each log of each node, and one for a log that nobody reads. Pure.
 * A line keeps its identity while nothing of it changed, so that only changed rows are drawn again.
 */

import { compareVerdicts, isBehind, type LogVerdict, logVerdict } from '../../server/wire/log-verdict.ts';
import type { LogPauseRow, LogRow, SubscriberView } from '../../server/wire/logs.ts';
import { lineId } from './log-address.ts';

export type LogLine = {
  /** `node/log/subscriber`, as pauses have it; ends in a slash where nobody reads. */
  readonly id: string;
  readonly row: LogRow;
  readonly subscriber: SubscriberView | null;
  /** Null without a subscriber. */
  readonly verdict: LogVerdict | null;
  /** What the node said is what is: it is a member, and it is heard. */
  readonly current: boolean;
  readonly pause: LogPauseRow | null;
  /** The most important one first; what `state:` compares with. */
  readonly states: readonly LineState[];
};

const VERDICT_STATES = {
  dataLost: 'data-lost',
  stopped: 'stopped',
  fallingBehind: 'falling-behind',
  neverRead: 'never-read',
  unknown: 'unknown',
  catchingUp: 'catching-up',
  keepingUp: 'keeping-up',
  idle: 'idle',
} as const satisfies Readonly<Record<LogVerdict['kind'], string>>;

export const LINE_STATES = [
  'data-lost',
  'stopped',
  'falling-behind',
  'unreadable',
  'damaged',
  'never-read',
  'unknown',
  'no-subscriber',
  'catching-up',
  'keeping-up',
  'idle',
  'missing',
  'behind',
  'paused',
  'silent',
  'active',
] as const;
export type LineState = (typeof LINE_STATES)[number];

export type LinesInput = {
  readonly logs: Readonly<Record<string, LogRow>>;
  readonly pauses: Readonly<Record<string, LogPauseRow>>;
  /** Members that are in the view and are heard, by node name. */
  readonly heard: ReadonlySet<string>;
  /** Wall clock of the gateway; where nothing arrives any more, the moment of the last word. */
  readonly nowMs: number;
};

export class LogLines {
  #known: ReadonlyMap<string, LogLine> = new Map();
  #lines: readonly LogLine[] = [];

  /** Worst first. The same array while nothing changed. */
  linesOf(input: LinesInput): readonly LogLine[] {
    const rows = Object.values(input.logs);
    const byNode = new Map<string, LogRow[]>();
    for (const row of rows) byNode.set(row.node, [...(byNode.get(row.node) ?? []), row]);
    const lines = rows.flatMap((row) => {
      const logs = byNode.get(row.node) ?? [row];
      const views = row.subscribers.length === 0 ? [null] : row.subscribers;
      return views.map((subscriber) => this.#kept(lineOf(row, subscriber, logs, input)));
    });
    lines.sort(compareLines);
    const same =
      lines.length === this.#lines.length && lines.every((line, index) => line === this.#lines[index]);
    if (!same) this.#lines = lines;
    this.#known = new Map(lines.map((line) => [line.id, line]));
    return this.#lines;
  }

  #kept(line: LogLine): LogLine {
    const known = this.#known.get(line.id);
    const same =
      known !== undefined &&
      known.row === line.row &&
      known.subscriber === line.subscriber &&
      known.current === line.current &&
      known.pause === line.pause &&
      JSON.stringify(known.verdict) === JSON.stringify(line.verdict);
    return same ? known : line;
  }
}

function lineOf(
  row: LogRow,
  subscriber: SubscriberView | null,
  logs: readonly LogRow[],
  { pauses, heard, nowMs }: LinesInput,
): LogLine {
  const present = heard.has(row.node);
  const verdict = subscriber === null ? null : logVerdict(row, subscriber, { nowMs, present, logs });
  const id = lineId(row.id, subscriber?.name ?? '');
  const pause = pauses[id] ?? null;
  const current = present && !(verdict?.kind === 'unknown' && verdict.reason === 'nodeSilent');
  const line = { id, row, subscriber, verdict, current, pause: pausedAt(pause, nowMs) };
  return { ...line, states: statesOf(line) };
}

function pausedAt(pause: LogPauseRow | null, nowMs: number): LogPauseRow | null {
  return pause !== null && pause.untilMs > nowMs ? pause : null;
}

function statesOf(line: Omit<LogLine, 'states'>): readonly LineState[] {
  const { row, subscriber, verdict, current, pause } = line;
  const states: LineState[] = [];
  if (verdict !== null) states.push(VERDICT_STATES[verdict.kind]);
  else if (current && row.state === 'ok') states.push('no-subscriber');
  else if (!current) states.push('unknown');
  if (current && row.state !== 'ok') states.push(row.state);
  if (needsSomebody(line)) states.push('behind');
  if (pause !== null) states.push('paused');
  if (!current) states.push('silent');
  if (subscriber?.active === true) states.push('active');
  return states;
}

/** Behind, or not to be read, and nobody asked not to hear of it. */
export function needsSomebody({
  row,
  verdict,
  current,
  pause,
}: Pick<LogLine, 'row' | 'verdict' | 'current' | 'pause'>): boolean {
  if (pause !== null || !current) return false;
  return (verdict !== null && isBehind(verdict)) || row.state === 'unreadable';
}

function compareLines(a: LogLine, b: LogLine): number {
  return (
    rankOf(a) - rankOf(b) ||
    (a.verdict !== null && b.verdict !== null ? compareVerdicts(a.verdict, b.verdict) : 0) ||
    (b.subscriber?.lag?.bytes ?? -1) - (a.subscriber?.lag?.bytes ?? -1) ||
    naturally.compare(a.id, b.id)
  );
}

const naturally = new Intl.Collator('en', { numeric: true });

/** Place in the list, 0 is the worst. Logs that nobody reads stand behind what nobody knows. */
export function rankOf({ states }: Pick<LogLine, 'states'>): number {
  const [first = 'unknown'] = states;
  return LINE_STATES.indexOf(first);
}

/** Spans of the verdict. */
export function diskFullS(verdict: LogVerdict | null): number | null {
  return verdict !== null && 'diskFullS' in verdict ? verdict.diskFullS : null;
}

/** Milliseconds since the oldest unread record was written; 0 where everything is read, null where it is not known. */
export function lagAgeMs({ subscriber }: Pick<LogLine, 'subscriber'>, nowMs: number | null): number | null {
  const lag = subscriber?.lag ?? null;
  if (lag === null) return null;
  if (lag.records === 0) return 0;
  return lag.oldestMs === null || nowMs === null ? null : Math.max(0, nowMs - lag.oldestMs);
}

export function worstVerdict(lines: readonly LogLine[]): LogLine | undefined {
  return lines.reduce<LogLine | undefined>(
    (worst, line) => (worst === undefined || rankOf(line) < rankOf(worst) ? line : worst),
    undefined,
  );
}
