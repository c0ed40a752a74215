/** Rows of logs for tests of components: a log with one reader that keeps up, to be changed where a test needs it. */

import { type LinesInput, type LogLine, LogLines } from '../../../components/logs/log-lines.ts';
import type { AggregatorRow, LogRow, StreamView, SubscriberView } from '../../../server/wire/logs.ts';

export const LOGS_NOW_MS = 1_700_000_000_000;

export function subscriberOf(name: string, change: Partial<SubscriberView> = {}): SubscriberView {
  return {
    name,
    position: '00000000:0000a43a',
    lag: { records: 182, bytes: 41_000, oldestMs: LOGS_NOW_MS - 3_000 },
    unknown: null,
    text: '',
    recordsPerS: 210,
    bytesPerS: 47_000,
    job: null,
    by: null,
    movedMs: LOGS_NOW_MS - 1_000,
    neverRead: false,
    active: false,
    ...change,
  };
}

export function logRowOf(node: string, log: string, change: Partial<LogRow> = {}): LogRow {
  return {
    id: `${node}/${log}`,
    node,
    log,
    path: `/var/log/ecelerity/${log}.cluster`,
    state: 'ok',
    text: '',
    onDiskBytes: 1_600_000,
    segments: 1,
    first: '00000000:00000001',
    latest: '00000000:0000a4f0',
    recordsPerS: 210,
    bytesPerS: 47_000,
    disk: { freeBytes: 40e9, totalBytes: 100e9 },
    gaps: 0,
    subscribers: [subscriberOf('master')],
    omitted: 0,
    toldMs: LOGS_NOW_MS - 2_000,
    ...change,
  };
}

export function managerOf(
  manager: string,
  streams: readonly Partial<StreamView>[] = [],
  text = '',
): AggregatorRow {
  return {
    manager,
    streams: streams.map((stream) => ({
      node: 'labrat-1',
      log: 'mainlog',
      wanted: [manager, 'master'],
      subscriber: 'master',
      state: 'pulling',
      text: '',
      position: null,
      records: 0,
      bytes: 0,
      lastMs: null,
      ...stream,
    })),
    omitted: 0,
    text,
    toldMs: LOGS_NOW_MS,
  };
}

/** Every node that has a log is heard, unless it is said otherwise. */
export function linesOf(
  rows: readonly LogRow[],
  more: Partial<Omit<LinesInput, 'logs'>> = {},
  keeper = new LogLines(),
): readonly LogLine[] {
  return keeper.linesOf({
    logs: Object.fromEntries(rows.map((row) => [row.id, row])),
    pauses: {},
    heard: new Set(rows.map(({ node }) => node)),
    nowMs: LOGS_NOW_MS,
    ...more,
  });
}
