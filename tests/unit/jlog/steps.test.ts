import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { createLog, openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { MemoryDisk } from '../../../server/memory/memory-store.ts';
import type { LogPosition } from '../../../server/model/log-position.ts';

const LOG = '/log';
const at = (segment: number, marker: number): LogPosition => ({ segment, marker });

/** A log of 40 records of different lengths in small segments. */
function world() {
  const disk = new MemoryDisk();
  const store = disk.process();
  createLog(store, LOG, { unitBytes: 256, subscribers: ['a'] });
  const writer = openWriter(store, LOG);
  if (!writer.ok) throw writer.error;
  for (let record = 0; record < 40; record += 1) writer.value.append([`${record} ${'x'.repeat(record)}`], 0);
  const log = openLog(disk.process(), LOG);
  if (!log.ok) throw log.error;
  return { disk, store, log: log.value };
}

const numberAt = (log: ReturnType<typeof world>['log'], position: LogPosition): number => {
  const read = log.readFrom(position, { records: 1, bytes: 1 });
  if (!read.ok) throw read.error;
  return Number.parseInt(Buffer.from(read.value.records[0]?.data ?? []).toString(), 10);
};

describe('[LS-1] steps over a log', () => {
  test('go on and back by records, across segments, and lags agree with them', () => {
    const { log } = world();
    const seed = 7;
    const prng = new Prng(seed);
    for (let round = 0; round < 200; round += 1) {
      const [from, by] = [prng.below(40), prng.below(81) - 40];
      const start = log.stepFrom(at(0, 0), from);
      const end = log.stepFrom(start.ok && start.value ? start.value : at(0, 0), by);
      if (!end.ok || end.value === undefined) throw new Error('all is counted');
      const record = Math.min(40, Math.max(0, from + by));
      const where = `seed ${seed}: ${from} ${by}`;
      const lag = log.lagOf(end.value, 0);
      expect(lag.ok && lag.value.known ? lag.value.records : undefined, where).toBe(40 - record);
      if (record < 40) expect(numberAt(log, end.value), where).toBe(record);
    }
  });

  test('take a position in a segment that is gone for the next place that is there', () => {
    const { store, log } = world();
    const before = log.stepFrom(at(0, 0), 0);
    expect(before).toEqual({ ok: true, value: at(0, 0) });
    store.unlink(`${LOG}/00000000`);
    expect(log.stepFrom(at(0, 3), 0)).toEqual({ ok: true, value: at(1, 0) });
    expect(log.stepFrom(at(9_999, 0), 0)).toMatchObject({ ok: true });
  });

  test('are none where there is nothing', () => {
    const store = new MemoryDisk().process();
    createLog(store, LOG, {});
    const log = openLog(store, LOG);
    if (!log.ok) throw log.error;
    expect(log.value.stepFrom(at(0, 0), 5)).toEqual({ ok: true, value: undefined });
  });
});
