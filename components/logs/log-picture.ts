/** What the overview needs of the logs: readers of which somebody wants to hear, counted by state. Pure. */

import type { AggregatorRow } from '../../server/wire/logs.ts';
import { type LogCounts, logCounts } from './log-counts.ts';
import type { LogLine } from './log-lines.ts';

export type LogPicture = {
  /** Paused ones are left out. */
  readonly lines: readonly LogLine[];
  readonly counts: LogCounts;
  readonly paused: number;
  readonly managers: readonly AggregatorRow[];
};

export function logPictureOf(lines: readonly LogLine[], managers: readonly AggregatorRow[]): LogPicture {
  const wanted = lines.filter(({ pause }) => pause === null);
  return { lines: wanted, counts: logCounts(wanted), paused: lines.length - wanted.length, managers };
}
