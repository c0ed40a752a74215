import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { given } from '../../support/given.ts';
import { FIXTURES, loadFixture, onDisk } from '../../support/jlog-fixtures.ts';
import {
  damage,
  fill,
  LOG,
  type LogWorld,
  newLog,
  readTexts,
  readToEnd,
  START_US,
  textsOf,
  write,
} from '../../support/jlog-world.ts';

const lines = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `line ${from + index}`);

function segmentsOf({ disk }: LogWorld): readonly (readonly [string, string])[] {
  const segments = [...disk.files(LOG)].filter(([name]) => /^[0-9a-f]{8}$/.test(name));
  return segments.map(([name, bytes]) => [name, Buffer.from(bytes).toString('latin1')]);
}

function sizes(world: LogWorld): Readonly<Record<string, number>> {
  return Object.fromEntries(segmentsOf(world).map(([name, bytes]) => [name, bytes.length]));
}

describe('appending', () => {
  test('all messages of one turn are one write', () => {
    const world = newLog(100_000);
    const writer = given(openWriter(world.store, LOG));
    let writes = 0;
    world.disk.refuse = (path, what) => {
      if (what === 'write' && path.endsWith('/00000000')) writes += 1;
      return undefined;
    };
    expect(writer.append(lines(500), START_US)).toMatchObject({
      messages: 500,
      last: { segment: 0, marker: 500 },
    });
    expect(writes).toBe(1);
    expect(readTexts(world.log)).toEqual(lines(500));
  });

  test('a record begins before the limit and is never split; the next segment exists at once', () => {
    const world = newLog(100);
    fill(world, ['x'.repeat(84), 'y'.repeat(83), 'z', 'w'.repeat(500), 'last']);
    expect(sizes(world)).toEqual({ '00000000': 100, '00000001': 116, '00000002': 516, '00000003': 20 });
  });

  test('a batch rolls over where single messages do', () => {
    const [single, batch] = [newLog(150), newLog(150)];
    fill(single, lines(40));
    const writer = given(openWriter(batch.store, LOG));
    write(writer, lines(40));
    expect(sizes(batch)).toEqual(sizes(single));
    expect(writer.stats().rolled).toBe(Object.keys(sizes(single)).length - 1);
  });

  test('texts are UTF-8, bytes stay bytes, empty messages count', () => {
    const world = newLog();
    fill(world, ['Grüße', new Uint8Array([0, 255, 10]), '']);
    expect(readToEnd(world.log).records.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual([
      '4772c3bcc39f65',
      '00ff0a',
      '',
    ]);
  });

  test('whatever comes in one turn lies there as if it had come message by message', () => {
    const prng = new Prng(20_061);
    const pieces = ['x', 'ä', '€', '😀', '\ud800', '\0', ' a line of a log '];
    const text = (): string =>
      Array.from({ length: prng.below(12) }, () => pieces[prng.chance(0.9) ? 0 : prng.below(7)]).join('');
    for (let round = 0; round < 60; round += 1) {
      const messages = Array.from({ length: 1 + prng.below(120) }, (_, index) => {
        if (prng.chance(0.05)) return Uint8Array.of(index, 255);
        return text().repeat(prng.chance(0.05) ? 60 + prng.below(400) : 1);
      });
      const unitBytes = 30 + prng.below(prng.chance(0.5) ? 2_000 : 60_000);
      const [single, batch] = [newLog(unitBytes), newLog(unitBytes)];
      const writer = given(openWriter(single.store, LOG));
      for (const message of messages) write(writer, [message]);
      write(given(openWriter(batch.store, LOG)), messages);
      expect(segmentsOf(batch), `round ${round}`).toEqual(segmentsOf(single));
    }
  });

  test('texts that would fill a power of two if each character were a byte come out whole', () => {
    for (const first of ['ä', '€', '€€', '😀']) {
      const world = newLog(100_000);
      const texts = [first, 'b', 'c', 'd'].map((text) => text.padEnd(496, '.'));
      write(given(openWriter(world.store, LOG)), texts);
      expect(readTexts(world.log)).toEqual(texts);
    }
  });

  test('a message that is too large is refused by itself, what came before it is written', () => {
    const world = newLog();
    const writer = given(openWriter(world.store, LOG));
    const appended = writer.append(['before', new Uint8Array(64 * 1024 * 1024 + 1), 'after'], START_US);
    expect(appended).toMatchObject({ messages: 1, error: { code: 'LOG_MESSAGE_TOO_LARGE' } });
    expect(readTexts(world.log)).toEqual(['before']);
  });

  test('a logs of the C library with compression goes on in its format', () => {
    for (const start of ['08', '09']) {
      const { disk, store } = onDisk(loadFixture(FIXTURES.find((name) => name.startsWith(start)) ?? ''));
      const log = given(openLog(store, LOG));
      const before = readTexts(log).length;
      const long = 'abc'.repeat(10_000);
      const writer = given(openWriter(store, LOG));
      write(writer, ['short', '', long]);
      expect(readTexts(log).slice(before)).toEqual(['short', '', long]);
      expect(disk.files(LOG).size).toBeGreaterThan(3);
    }
  });

  test('a segment limit that was altered holds from the next message on', () => {
    const world = newLog(10_000);
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['one']);
    damageInPlace(world, 4, [20, 0, 0, 0]);
    write(writer, ['two', 'three']);
    expect(writer.stats().segment).toBe(2);
    expect(readTexts(world.log)).toEqual(['one', 'two', 'three']);
  });

  test('a metastore that moved on is followed', () => {
    const world = newLog(10_000);
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['one']);
    damageInPlace(world, 0, [5, 0, 0, 0]);
    write(writer, ['two']);
    expect(sizes(world)).toEqual({ '00000000': 19, '00000005': 19 });
  });
});

/** Writes into the metastore as another process does. */
function damageInPlace({ store }: LogWorld, offset: number, bytes: readonly number[]): void {
  given(given(store.open(`${LOG}/metastore`, 'update')).write(Uint8Array.from(bytes), offset));
}

describe('one writer', () => {
  test('a second one is refused, in this process and in another', () => {
    const world = newLog();
    given(openWriter(world.store, LOG));
    for (const store of [world.store, world.disk.process()]) {
      expect(openWriter(store, LOG)).toMatchObject({ ok: false, error: { code: 'LOG_IN_USE' } });
    }
  });

  test('it comes in when the first has closed or is dead', () => {
    const world = newLog();
    fill(world, ['one']);
    const other = world.disk.process();
    const writer = given(openWriter(other, LOG));
    write(writer, ['two']);
    world.disk.kill(other);
    write(given(openWriter(world.store, LOG)), ['three']);
    expect(readTexts(world.log)).toEqual(['one', 'two', 'three']);
    expect([...world.disk.files(LOG).keys()].filter((name) => name.startsWith('writer.'))).toHaveLength(1);
  });

  test('what somebody else appended all the same is noticed and kept', () => {
    const world = newLog(10_000);
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['one']);
    const foreign = newLog(10_000);
    fill(foreign, ['foreign']);
    const bytes = foreign.disk.files(LOG).get('00000000') ?? new Uint8Array();
    given(given(world.store.open(`${LOG}/00000000`, 'append')).write(bytes, 0));
    expect(writer.append(['two'], START_US)).toMatchObject({ last: { segment: 0, marker: 3 } });
    expect(readTexts(world.log)).toEqual(['one', 'foreign', 'two']);
    expect(writer.stats().troubles).toHaveLength(1);
  });
});

describe('the end of the segment at opening', () => {
  const opened = (change: (bytes: Buffer) => Uint8Array) => {
    const world = newLog(10_000);
    fill(world, lines(3));
    damage(world, '00000000', change);
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['new']);
    return { world, writer, sizes: sizes(world), texts: readTexts(world.log) };
  };

  test('a torn record is cut', () => {
    const { texts, sizes: found } = opened((bytes) => bytes.subarray(0, bytes.length - 2));
    expect(texts).toEqual(['line 0', 'line 1', 'new']);
    expect(found).toEqual({ '00000000': 2 * 22 + 19 });
  });

  test('garbage is cut and the segment left, so that no repair takes the record before it', () => {
    const { texts, sizes: found } = opened((bytes) => Buffer.concat([bytes, Buffer.alloc(40)]));
    expect(texts).toEqual([...lines(3), 'new']);
    expect(found).toEqual({ '00000000': 66, '00000001': 19 });
  });

  test('a length that is damaged takes nothing with it', () => {
    const {
      texts,
      sizes: found,
      writer,
    } = opened((bytes) => {
      bytes.writeUInt32LE(5_000, 12);
      return bytes;
    });
    expect(texts).toEqual(['line 1', 'line 2', 'new']);
    expect(found).toEqual({ '00000000': 66, '00000001': 19 });
    expect(writer.stats().troubles.join()).toContain('left as it is');
  });
});

describe('a disk that refuses', () => {
  test('when it is full, nothing of the message stays, and the next one fits when there is room', () => {
    const world = newLog(10_000);
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['one']);
    world.disk.bytesFree = 10;
    expect(writer.append(['two', 'three'], START_US)).toMatchObject({
      messages: 0,
      last: undefined,
      error: { code: 'LOG_FULL' },
    });
    expect(sizes(world)).toEqual({ '00000000': 19 });
    world.disk.bytesFree = 1_000;
    write(writer, ['four']);
    expect(readTexts(world.log)).toEqual(['one', 'four']);
  });

  test('what cannot be cut back is cut before the next message', () => {
    const world = newLog(10_000);
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['one']);
    world.disk.bytesFree = 10;
    world.disk.refuse = (_path, what) => (what === 'truncate' ? { kind: 'other', reason: 'no' } : undefined);
    expect(writer.append(['two'], START_US).error?.code).toBe('LOG_FULL');
    expect(sizes(world)).toEqual({ '00000000': 29 });
    expect(readTexts(world.log)).toEqual(['one']);
    world.disk.refuse = undefined;
    world.disk.bytesFree = 1_000;
    write(writer, ['three']);
    expect(readTexts(world.log)).toEqual(['one', 'three']);
  });

  test('a directory that is read-only: a clear refusal, and reading goes on', () => {
    const world = newLog();
    fill(world, lines(2));
    world.disk.readOnly = true;
    expect(openWriter(world.store, LOG)).toMatchObject({ ok: false, error: { code: 'LOG_READ_ONLY' } });
    expect(world.log.checkpoint('master', { segment: 0, marker: 1 })).toMatchObject({
      ok: false,
      error: { code: 'LOG_READ_ONLY' },
    });
    expect(readTexts(world.log)).toEqual(lines(2));
  });

  test('a sync that fails is told', () => {
    const world = newLog();
    const writer = given(openWriter(world.store, LOG));
    write(writer, ['one']);
    const answers: unknown[] = [];
    writer.flush((error) => answers.push(error));
    expect(answers).toEqual([]);
    while (world.disk.syncsOpen > 0) world.disk.finishSync();
    expect(answers).toEqual([undefined]);
    expect(writer.stats().synced).toEqual({ segment: 0, marker: 1 });
    world.disk.refuse = (_path, what) =>
      what === 'sync' ? { kind: 'damaged', reason: 'the disk reports an error' } : undefined;
    write(writer, ['two']);
    writer.flush((error) => answers.push(error?.code));
    while (world.disk.syncsOpen > 0) world.disk.finishSync();
    expect(answers).toEqual([undefined, 'LOG_WRITE_FAILED']);
    expect(writer.stats().synced).toEqual({ segment: 0, marker: 1 });
  });
});

describe('records that a killed C writer had buffered', () => {
  const pending = () => onDisk(loadFixture('11-pre-commit-pending'));

  test('are taken over once', () => {
    const { disk, store } = pending();
    const log = given(openLog(store, LOG));
    const before = readToEnd(log).records.length;
    given(openWriter(store, LOG)).close();
    while (disk.syncsOpen > 0) disk.finishSync();
    const writer = given(openWriter(store, LOG));
    expect(readToEnd(log).records).toHaveLength(before + 1);
    expect(disk.files(LOG).get('pre_commit')?.subarray(0, 4)).toEqual(new Uint8Array(4));
    expect(writer.stats().troubles).toEqual([]);
  });

  test('are not taken over again when we were killed in between', () => {
    for (let changes = 0; changes < 6; changes += 1) {
      const { disk, store } = pending();
      disk.killAfter(changes, 0.5);
      try {
        openWriter(store, LOG);
      } catch {
        // It died where it was told to.
      }
      disk.killAfter(Number.POSITIVE_INFINITY, 0);
      disk.kill(store);
      const next = disk.process();
      write(given(openWriter(next, LOG)), ['new']);
      const texts = textsOf(readToEnd(given(openLog(next, LOG))).records);
      expect(texts).toHaveLength(14 + 1 + 1);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });
});
