/**
 * How many lines of the logs are what. Pure. Each number is the number of rows behind its filter, so that a chip, the
 * tile of the overview and the table say the same.
 */

import type { LineState, LogLine } from './log-lines.ts';

/** Every line is one of these by its first state, but for the log that also is in a state of its own. */
export const COUNTED_STATES = [
  'behind',
  'data-lost',
  'stopped',
  'falling-behind',
  'never-read',
  'unknown',
  'no-subscriber',
  'unreadable',
  'damaged',
  'paused',
  'silent',
  'catching-up',
  'keeping-up',
  'idle',
] as const satisfies readonly LineState[];
export type Counted = (typeof COUNTED_STATES)[number];

export type LogCounts = Readonly<Record<Counted, number>> & {
  readonly all: number;
  /** Lines with a subscriber. */
  readonly subscribers: number;
  /** Logs, each of one node. */
  readonly logs: number;
};

export function stateFilter(state: LineState): string {
  return `state:${state}`;
}

export function logCounts(lines: readonly LogLine[]): LogCounts {
  const counts: Record<Counted, number> = {
    behind: 0,
    'data-lost': 0,
    stopped: 0,
    'falling-behind': 0,
    'never-read': 0,
    unknown: 0,
    'no-subscriber': 0,
    unreadable: 0,
    damaged: 0,
    paused: 0,
    silent: 0,
    'catching-up': 0,
    'keeping-up': 0,
    idle: 0,
  };
  for (const { states } of lines) {
    for (const state of COUNTED_STATES) if (states.includes(state)) counts[state] += 1;
  }
  return {
    ...counts,
    all: lines.length,
    subscribers: lines.filter(({ subscriber }) => subscriber !== null).length,
    logs: new Set(lines.map(({ row }) => row.id)).size,
  };
}
