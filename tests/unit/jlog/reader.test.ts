import { describe, expect, test } from 'vitest';
import { GAPS_MAX } from '../../../server/jlog/api.ts';
import { openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { LOG_BEGIN } from '../../../server/model/log-position.ts';
import { given } from '../../support/given.ts';
import {
  damage,
  fill,
  LOG,
  type LogWorld,
  newLog,
  readTexts,
  readToEnd,
  textsOf,
  write,
} from '../../support/jlog-world.ts';

const lines = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `line ${index}`);
/** Of each of the first ten lines, with its header. */
const RECORD_BYTES = 22;

function filled(count: number, unitBytes = 10_000): LogWorld {
  const world = newLog(unitBytes);
  fill(world, lines(count));
  return world;
}

describe('reading', () => {
  test('stops at the number of records and at the number of bytes, and goes on from there', () => {
    const { log } = filled(10);
    const three = given(log.readFrom(LOG_BEGIN, { records: 3, bytes: 1_000 }));
    expect([textsOf(three.records), three.next, three.atEnd]).toEqual([
      lines(3),
      { segment: 0, marker: 3 },
      false,
    ]);
    const two = given(log.readFrom(three.next, { records: 100, bytes: 13 }));
    expect(textsOf(two.records)).toEqual(['line 3', 'line 4']);
    const one = given(log.readFrom(two.next, { records: 100, bytes: 1 }));
    expect(textsOf(one.records)).toEqual(['line 5']);
  });

  test('steps into the next segment as soon as one is over, so that it can be retired', () => {
    const { log } = filled(6, 3 * RECORD_BYTES);
    const first = given(log.readFrom(LOG_BEGIN, { records: 3, bytes: 1_000 }));
    expect(first.next).toEqual({ segment: 0, marker: 3 });
    const none = given(log.readFrom(first.next, { records: 1, bytes: 1_000 }));
    expect(none.next).toEqual({ segment: 1, marker: 1 });
    expect(given(log.checkpoint('master', none.next))).toEqual({ retired: [0] });
  });

  test('sees what is appended while it waits', () => {
    const world = newLog();
    const writer = given(openWriter(world.store, LOG));
    let next = LOG_BEGIN;
    const seen: string[] = [];
    for (let turn = 0; turn < 30; turn += 1) {
      write(writer, [`turn ${turn}`]);
      const read = given(world.log.readFrom(next, { records: 10, bytes: 1_000 }));
      seen.push(...textsOf(read.records));
      next = read.next;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, turn) => `turn ${turn}`));
  });

  test('a torn record is waited for, not resynchronised, even when it contains a record', () => {
    const world = newLog(10_000);
    const inner = newLog(10_000);
    fill(inner, ['forged']);
    fill(world, [
      'one',
      Buffer.concat([inner.disk.files(LOG).get('00000000') ?? Buffer.alloc(0), Buffer.from('rest')]),
    ]);
    damage(world, '00000000', (bytes) => bytes.subarray(0, bytes.length - 4));
    const { records, gaps } = readToEnd(world.log);
    expect([textsOf(records), gaps]).toEqual([['one'], []]);
  });

  test('a forged record inside a message is never delivered', () => {
    const inner = newLog(10_000);
    fill(inner, ['forged']);
    const bytes = Buffer.from(inner.disk.files(LOG).get('00000000') ?? []);
    const world = newLog(10_000);
    const messages = [bytes, Buffer.concat([Buffer.from('x'), bytes]), Buffer.concat([bytes, bytes, bytes])];
    fill(world, [...messages, 'last']);
    expect(readToEnd(world.log).records.map(({ data }) => Buffer.from(data))).toEqual([
      ...messages,
      Buffer.from('last'),
    ]);
  });
});

describe('what is damaged', () => {
  test.each([
    ['in the current segment', 10_000],
    ['in a segment that is over', 5 * RECORD_BYTES],
  ])('%s is reported once, with its place, and the rest is delivered', (_, unitBytes) => {
    const world = filled(8, unitBytes);
    damage(world, '00000000', (bytes) => bytes.fill(0, 2 * RECORD_BYTES, 2 * RECORD_BYTES + 4));
    const { records, gaps } = readToEnd(world.log, LOG_BEGIN, { records: 1, bytes: 1 });
    expect(textsOf(records)).toEqual(lines(8).filter((_line, index) => index !== 2));
    expect(gaps).toEqual([
      { after: { segment: 0, marker: 2 }, reason: 'damaged', bytes: RECORD_BYTES, offset: 2 * RECORD_BYTES },
    ]);
  });

  test('a record that does not unpack is one gap, with a number of its own', () => {
    const world = newLog();
    fill(world, ['one', 'two', 'three']);
    const pack = (message: string, damaged: boolean): Buffer => {
      const body = Buffer.concat([
        Buffer.from([(message.length << 4) + (damaged ? 0x10 : 0)]),
        Buffer.from(message),
      ]);
      const header = Buffer.alloc(20);
      [0x1510_6a01, 1, 2, message.length, body.length].forEach((value, index) => {
        header.writeUInt32LE(value, index * 4);
      });
      return Buffer.concat([header, body]);
    };
    damage(world, 'metastore', (bytes) => {
      bytes.writeUInt32LE(0x1510_6a01, 12);
      return bytes;
    });
    damage(world, '00000000', () =>
      Buffer.concat([pack('one', false), pack('two', true), pack('three', false)]),
    );
    const { records, gaps } = readToEnd(world.log);
    expect(textsOf(records)).toEqual(['one', 'three']);
    expect(records[1]?.position.marker).toBe(3);
    expect(gaps).toMatchObject([{ reason: 'unpackable', after: { segment: 0, marker: 1 } }]);
  });

  test('segments that are missing or empty are reported', () => {
    const world = filled(9, 3 * RECORD_BYTES);
    given(world.store.unlink(`${LOG}/00000001`));
    damage(world, '00000002', () => Buffer.alloc(0));
    const { records, gaps } = readToEnd(world.log);
    expect(textsOf(records)).toEqual(lines(3));
    expect(gaps.map(({ reason, after }) => [reason, after.segment])).toEqual([
      ['missing-segment', 0],
      ['empty-segment', 2],
    ]);
  });

  test('a segment that the disk cannot read is passed over when it is over, and named', () => {
    const world = filled(9, 3 * RECORD_BYTES);
    world.disk.refuse = (path, what) =>
      what === 'read' && path.endsWith('/00000001')
        ? { kind: 'damaged', reason: 'the disk reports an error' }
        : undefined;
    const { records, gaps } = readToEnd(world.log);
    expect(textsOf(records)).toEqual([...lines(3), ...lines(9).slice(6)]);
    expect(gaps).toMatchObject([{ reason: 'unreadable', after: { segment: 1, marker: 0 } }]);
  });

  test('without permission nothing is passed over', () => {
    const world = filled(9, 3 * RECORD_BYTES);
    world.disk.refuse = (path, what) =>
      what === 'open' && path.endsWith('/00000001')
        ? { kind: 'denied', reason: 'permission denied' }
        : undefined;
    const first = given(world.log.readFrom(LOG_BEGIN, { records: 100, bytes: 10_000 }));
    expect([textsOf(first.records), first.atEnd]).toEqual([lines(3), false]);
    expect(world.log.readFrom(first.next, { records: 100, bytes: 10_000 })).toMatchObject({
      ok: false,
      error: { code: 'LOG_READ_FAILED' },
    });
  });

  test('one call reports a bounded number of gaps, and the next one goes on', () => {
    const world = newLog(100_000);
    const damaged = 2 * GAPS_MAX;
    fill(
      world,
      Array.from({ length: 3 * damaged }, () => 'x'),
    );
    damage(world, '00000000', (bytes) => {
      for (let record = 0; record < 3 * damaged; record += 3) bytes[record * 17] = 0;
      return bytes;
    });
    const first = given(world.log.readFrom(LOG_BEGIN, { records: 10_000, bytes: 1_000_000 }));
    expect(first.gaps).toHaveLength(GAPS_MAX);
    const { records, gaps } = readToEnd(world.log, LOG_BEGIN, { records: 10_000, bytes: 1_000_000 });
    expect([records.length, gaps.length]).toEqual([2 * damaged, damaged]);
  });

  test('a long stretch of garbage takes several calls, each bounded', () => {
    const world = newLog(64 * 1024 * 1024);
    fill(world, ['one', 'two']);
    let read = 0;
    damage(world, '00000000', (bytes) =>
      Buffer.concat([bytes.subarray(0, 19), Buffer.alloc(40 * 1024 * 1024), bytes.subarray(19)]),
    );
    let next = LOG_BEGIN;
    const texts: string[] = [];
    for (; read < 20; read += 1) {
      const part = given(world.log.readFrom(next, { records: 10, bytes: 100 }));
      texts.push(...textsOf(part.records));
      next = part.next;
      if (part.atEnd) break;
    }
    expect(texts).toEqual(['one', 'two']);
    expect(read).toBeGreaterThan(1);
  }, 60_000);
});

describe('indexes', () => {
  const ONE = { records: 1, bytes: 10_000 };
  const MESSAGES = 6_000;
  const MESSAGE = 'x'.repeat(1_000);
  const indexOf = (records: number, entry = (index: number) => index * (16 + MESSAGE.length)): Buffer => {
    const bytes = Buffer.alloc(records * 8);
    for (let index = 0; index < records; index += 1) bytes.writeBigUInt64LE(BigInt(entry(index)), index * 8);
    return bytes;
  };
  const large = (): LogWorld => {
    const world = newLog(100_000_000);
    const writer = given(openWriter(world.store, LOG));
    write(
      writer,
      Array.from({ length: MESSAGES }, () => MESSAGE),
    );
    writer.close();
    return world;
  };
  const bytesReadFor = (world: LogWorld, marker: number): number => {
    let reads = 0;
    world.disk.refuse = (path, what) => {
      if (what === 'read' && path.endsWith('/00000000')) reads += 1;
      return undefined;
    };
    const read = given(given(openLog(world.store, LOG)).readFrom({ segment: 0, marker }, ONE));
    expect(read.records[0]?.position).toEqual({ segment: 0, marker: marker + 1 });
    return reads;
  };

  test('find a place without a walk over the segment', () => {
    const world = large();
    const walked = bytesReadFor(world, 5_900);
    world.disk.put(`${LOG}/00000000.idx`, indexOf(MESSAGES));
    expect(bytesReadFor(world, 5_900)).toBeLessThan(walked / 3);
  });

  test('are not believed when they are wrong, short, odd or closed too early', () => {
    const world = large();
    for (const index of [
      indexOf(MESSAGES, (entry) => entry * (16 + MESSAGE.length) + 1),
      indexOf(100),
      indexOf(MESSAGES).subarray(0, 5_899 * 8 + 3),
      Buffer.concat([indexOf(5_900), Buffer.alloc(8), indexOf(10)]),
      indexOf(MESSAGES, () => 1e15),
    ]) {
      world.disk.put(`${LOG}/00000000.idx`, index);
      bytesReadFor(world, 5_900);
    }
  });
});

describe('positions that do not exist', () => {
  test('behind the end: reading goes on at the end', () => {
    const world = filled(3);
    const { records, gaps, end } = readToEnd(world.log, { segment: 7, marker: 3 });
    expect([records, end]).toEqual([[], { segment: 0, marker: 3 }]);
    expect(gaps).toMatchObject([{ reason: 'past-end' }]);
    fill(world, ['more']);
    expect(readTexts(world.log, end)).toEqual(['more']);
  });

  test('behind the end of a segment that is over: with the next one', () => {
    const { log } = filled(9, 3 * RECORD_BYTES);
    const { records, gaps } = readToEnd(log, { segment: 1, marker: 99 });
    expect(textsOf(records)).toEqual(lines(9).slice(6));
    expect(gaps).toMatchObject([{ reason: 'past-end', after: { segment: 1, marker: 3 } }]);
  });

  test('of a log that is none: a clear refusal', () => {
    const { store } = newLog();
    expect(openLog(store, '/nowhere')).toMatchObject({ ok: false, error: { code: 'LOG_MISSING' } });
    given(store.makeDirectory('/empty'));
    expect(openLog(store, '/empty')).toMatchObject({ ok: false, error: { code: 'LOG_UNUSABLE' } });
  });
});
