/** The same lines by node, by log or by subscriber: sums of what is known, and how many are not known. Pure. */

import { type LineState, type LogLine, lagAgeMs, worstVerdict } from './log-lines.ts';

export const GROUPINGS = ['nodes', 'logs', 'subscribers'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export type LogGroup = {
  readonly name: string;
  readonly lines: readonly LogLine[];
  /** Sums over the lines whose lag is known; null where none is. */
  readonly records: number | null;
  readonly bytes: number | null;
  readonly onDiskBytes: number | null;
  /** Lines with a subscriber whose lag is not known now. */
  readonly unknown: number;
  readonly worst: LogLine | undefined;
  readonly states: readonly LineState[];
};

const NAMES: Readonly<Record<Grouping, (line: LogLine) => string | null>> = {
  nodes: ({ row }) => row.node,
  logs: ({ row }) => row.log,
  subscribers: ({ subscriber }) => subscriber?.name ?? null,
};

/** Null for a log that nobody reads, where readers are meant. */
export function nameOf(line: LogLine, by: Grouping): string | null {
  return NAMES[by](line);
}

/** Worst first, as the lines are. */
export function logGroups(lines: readonly LogLine[], by: Grouping): readonly LogGroup[] {
  const groups = new Map<string, LogLine[]>();
  for (const line of lines) {
    const name = nameOf(line, by);
    if (name === null) continue;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [line]);
    else known.push(line);
  }
  return [...groups].map(([name, members]) => groupOf(name, members));
}

function groupOf(name: string, lines: readonly LogLine[]): LogGroup {
  const read = lines.filter(({ subscriber }) => subscriber !== null);
  const lags = read.flatMap(({ current, subscriber }) => (current && subscriber?.lag) || []);
  const rows = [...new Set(lines.map(({ row }) => row))];
  return {
    name,
    lines,
    records: sum(lags.map(({ records }) => records)),
    bytes: sum(lags.map(({ bytes }) => bytes)),
    onDiskBytes: sum(rows.flatMap(({ onDiskBytes }) => onDiskBytes ?? [])),
    unknown: read.length - lags.length,
    worst: worstVerdict(lines),
    states: [...new Set(lines.flatMap(({ states }) => states))],
  };
}

/** Of nothing nothing is known. */
function sum(amounts: readonly number[]): number | null {
  return amounts.length === 0 ? null : amounts.reduce((total, amount) => total + amount, 0);
}

/** Of the oldest record that any of them has not read; null where none is known. */
export function groupAgeMs({ lines }: Pick<LogGroup, 'lines'>, nowMs: number | null): number | null {
  const ages = lines.flatMap((line) => (line.current ? (lagAgeMs(line, nowMs) ?? []) : []));
  return ages.length === 0 ? null : Math.max(...ages);
}
