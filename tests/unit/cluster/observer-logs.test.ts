import { beforeEach, describe, expect, test } from 'vitest';
import { LiveTables } from '../../../server/cluster/live-tables.ts';
import type { LogTold } from '../../../server/cluster/logs-message.ts';
import { decodeMessage, encodeMessage } from '../../../server/cluster/messages.ts';
import { ObserverLogs } from '../../../server/cluster/observer-logs.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { aggregatorRow, logRow } from '../../../server/wire/logs.ts';

const EPOCH_MS = 1_700_000_000_000;
const NODE = '#ec0-00001#node1' as PrivateName;
const MANAGER = '#eccmgr-00001#manager' as PrivateName;

const told = (log: string, overrides: Partial<LogTold> = {}): LogTold => ({
  log,
  path: `/var/log/${log}`,
  state: 'ok',
  text: '',
  onDiskBytes: 1_604_005,
  segments: 1,
  first: '00000000:00000000',
  latest: '00000000:0000a4f0',
  recordsPerS: 2,
  bytesPerS: 200,
  disk: { freeBytes: 1, totalBytes: 2 },
  gaps: 0,
  subscribers: [
    {
      name: 'master',
      position: '00000000:0000a43a',
      lag: { records: 182, bytes: 41_000, oldestAgoMs: 3_000 },
      unknown: null,
      text: '',
      recordsPerS: 2,
      bytesPerS: 200,
      job: 4,
      by: 'manager',
      movedAgoMs: 500,
      neverRead: false,
      active: true,
    },
  ],
  omitted: 0,
  ...overrides,
});

let tables: LiveTables;
let logs: ObserverLogs;
beforeEach(() => {
  tables = new LiveTables();
  logs = new ObserverLogs({ tables, wall: new WallClock({ wallMs: EPOCH_MS, nowMs: 0 }) });
});

describe('rows of logs', () => {
  test('have the moments of the gateway, whatever clock the node has, and are what pages take', () => {
    logs.onLogs(NODE, { telling: 1, part: 0, parts: 1, logs: [told('mainlog')] }, 10_000);
    const row = tables.get('logs', 'node1/mainlog');
    expect(logRow.parse(row)).toEqual(row);
    expect(row).toMatchObject({ node: 'node1', toldMs: EPOCH_MS + 10_000 });
    expect(row?.subscribers[0]).toMatchObject({
      lag: { records: 182, bytes: 41_000, oldestMs: EPOCH_MS + 7_000 },
      movedMs: EPOCH_MS + 9_500,
    });
  });

  test('come when all parts of a telling are there, in any order, and not of a mixture', () => {
    const part = (telling: number, number: number, log: string) =>
      logs.onLogs(NODE, { telling, part: number, parts: 2, logs: [told(log)] }, 0);
    part(1, 1, 'b');
    part(2, 0, 'a');
    expect(tables.keys('logs')).toEqual([]);
    part(2, 1, 'c');
    expect(tables.keys('logs')).toEqual(['node1/a', 'node1/c']);
  });

  test('go when the node publishes the log no more, and only its own', () => {
    logs.onLogs(NODE, { telling: 1, part: 0, parts: 1, logs: [told('a'), told('b')] }, 0);
    logs.onLogs('#ec0-1#node2' as PrivateName, { telling: 1, part: 0, parts: 1, logs: [told('a')] }, 0);
    logs.onLogs(NODE, { telling: 2, part: 0, parts: 1, logs: [told('b')] }, 0);
    expect([...tables.keys('logs')].sort()).toEqual(['node1/b', 'node2/a']);
  });

  test('[LS-4] stay with their age when their node is silent, and go with its row', () => {
    logs.onLogs(NODE, { telling: 1, part: 0, parts: 1, logs: [told('a')] }, 0);
    logs.keepOnly(new Map([['node1', NODE]]));
    expect(tables.keys('logs')).toEqual(['node1/a']);
    logs.keepOnly(new Map());
    expect(tables.keys('logs')).toEqual([]);
  });
});

test('rows of aggregators follow what managers say', () => {
  const stream = {
    node: 'node1',
    log: 'mainlog',
    wanted: ['manager', 'master'],
    subscriber: 'master',
    state: 'pulling',
    text: '',
    position: '00000000:0000a43a',
    records: 5,
    bytes: 500,
    lastAgoMs: 1_000,
  } as const;
  const { kind, payload } = encodeMessage({
    type: 'aggregation',
    manager: 'manager',
    telling: 1,
    part: 0,
    parts: 1,
    text: 'the disk is full',
    omitted: 0,
    streams: [{ ...stream, node: 'node1' as never, wanted: [...stream.wanted] }],
  });
  const decoded = decodeMessage(kind, payload);
  if (!decoded.ok || decoded.value.type !== 'aggregation') throw new Error('it is a message');
  logs.onAggregation(MANAGER, decoded.value, 5_000);
  const row = tables.get('aggregators', 'manager');
  expect(aggregatorRow.parse(row)).toEqual(row);
  expect(row).toMatchObject({ text: 'the disk is full', toldMs: EPOCH_MS + 5_000 });
  expect(row?.streams[0]).toMatchObject({ state: 'pulling', lastMs: EPOCH_MS + 4_000 });
});

test('a telling of nonsense is refused before it becomes a row', () => {
  const refused = (overrides: Record<string, unknown>) => {
    const body = { v: 1, telling: 1, part: 0, parts: 1, logs: [{ ...told('a'), ...overrides }] };
    return decodeMessage(0x4d09, Buffer.from(JSON.stringify(body))).ok;
  };
  expect(refused({})).toBe(true);
  expect(refused({ text: 'a\u001b[2J' })).toBe(false);
  expect(refused({ latest: '0:1' })).toBe(false);
  expect(refused({ onDiskBytes: -1 })).toBe(false);
  expect(refused({ state: 'splendid' })).toBe(false);
});
