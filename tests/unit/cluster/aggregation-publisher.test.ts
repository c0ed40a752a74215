import { describe, expect, test } from 'vitest';
import { STREAMS_PER_PART, STREAMS_TOLD_MAX } from '../../../server/cluster/aggregation-message.ts';
import {
  AGGREGATION_INTERVAL_MS,
  AGGREGATION_REPEAT_MS,
  AggregationPublisher,
} from '../../../server/cluster/aggregation-publisher.ts';
import { decodeMessage } from '../../../server/cluster/messages.ts';
import type { AggregationRow } from '../../../server/logs/aggregation-rows.ts';
import type { NodeName } from '../../../server/model/names.ts';
import type { BusRequest } from '../../../server/msgc/client-api.ts';

const MANAGER = 'barca' as NodeName;
const row = (log: string, more: Partial<AggregationRow> = {}): AggregationRow => ({
  node: 'pono',
  log,
  wanted: ['barca', 'master'],
  subscriber: 'master',
  state: 'pulling',
  text: '',
  position: '00000000:0000000a',
  records: 3,
  bytes: 300,
  lastAgoMs: 10,
  ...more,
});

function world(rows: AggregationRow[], problem = '') {
  const told = { problem, rows };
  const publisher = new AggregationPublisher(MANAGER, () => told);
  publisher.step({ type: 'connected' }, 0);
  const at = (ms: number) => publisher.step({ type: 'deadlineReached' }, ms).map(partOf);
  return { publisher, told, at };
}

function partOf(request: BusRequest) {
  if (request.type !== 'publish') throw new Error('it publishes');
  const decoded = decodeMessage(request.kind, request.payload);
  if (!decoded.ok || decoded.value.type !== 'aggregation') throw new Error('a message of its kind');
  return decoded.value;
}

describe('what a manager tells of its aggregation', () => {
  test('comes after a change, at most each 2 s, and each 15 s otherwise', () => {
    const { at, told } = world([row('mainlog')]);
    expect(at(AGGREGATION_INTERVAL_MS - 1)).toEqual([]);
    expect(at(AGGREGATION_INTERVAL_MS)).toMatchObject([{ manager: 'barca', telling: 1, part: 0, parts: 1 }]);
    told.rows[0] = row('mainlog', { lastAgoMs: 2_010 });
    expect(at(2 * AGGREGATION_INTERVAL_MS)).toEqual([]);
    told.rows[0] = row('mainlog', { records: 4 });
    expect(at(2 * AGGREGATION_INTERVAL_MS + 1)).toEqual([]);
    expect(at(3 * AGGREGATION_INTERVAL_MS)).toMatchObject([{ telling: 2, streams: [{ records: 4 }] }]);
    expect(at(3 * AGGREGATION_INTERVAL_MS + AGGREGATION_REPEAT_MS)).toMatchObject([{ telling: 3 }]);
  });

  test('comes in parts of bounded size, and says what is left out', () => {
    const rows = Array.from({ length: STREAMS_TOLD_MAX + 5 }, (_, index) => row(`log${index}`));
    const parts = world(rows, 'the disk is full').at(AGGREGATION_INTERVAL_MS);
    expect(parts).toHaveLength(STREAMS_TOLD_MAX / STREAMS_PER_PART);
    expect(parts.every(({ omitted, text }) => omitted === 5 && text === 'the disk is full')).toBe(true);
    expect(parts.flatMap(({ streams }) => streams)).toHaveLength(STREAMS_TOLD_MAX);
  });

  test('is nothing while the bus is down, and all of it when it is back', () => {
    const { publisher, at } = world([row('mainlog')]);
    at(AGGREGATION_INTERVAL_MS);
    publisher.step({ type: 'lost' }, 3_000);
    expect(publisher.deadlineMs).toBeUndefined();
    publisher.step({ type: 'connected' }, 4_000);
    expect(at(4_000 + AGGREGATION_INTERVAL_MS)).toHaveLength(1);
  });
});
