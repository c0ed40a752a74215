import { expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import type { LogPosition } from '../../../server/model/log-position.ts';
import { given } from '../../support/given.ts';
import { damage, fill, LOG, newLog, readToEnd, START_US, write } from '../../support/jlog-world.ts';

const LOGS = 40;
/** For tests that move megabytes. */
const LONG_MS = 60_000;
const HEADER_BYTES = 16;

/** What lies behind a place, counted message by message. */
type Message = { readonly position: LogPosition; readonly bytes: number; readonly timeUs: number };

test(
  `[LS-1] lags are the sum of what lies behind, in ${LOGS} logs at every position, across segments`,
  () => {
    for (let seed = 1; seed <= LOGS; seed += 1) {
      const prng = new Prng(seed);
      const world = newLog(30 + prng.below(400));
      const writer = given(openWriter(world.store, LOG));
      const messages: Message[] = [];
      const count = prng.below(60);
      for (let number = 0; number < count; number += 1) {
        const timeUs = START_US + number * 1_000;
        const bytes = prng.below(90);
        const { last } = writer.append(['m'.repeat(bytes)], timeUs);
        if (last !== undefined) messages.push({ position: last, bytes: bytes + HEADER_BYTES, timeUs });
      }
      const nowUs = START_US + 10_000_000;
      const places: LogPosition[] = [{ segment: 0, marker: 0 }, ...messages.map(({ position }) => position)];
      for (const [index, position] of places.entries()) {
        const behind = messages.slice(index);
        expect(given(world.log.lagOf(position, nowUs)), `seed ${seed}, message ${index}`).toEqual({
          known: true,
          records: behind.length,
          bytes: behind.reduce((sum, { bytes }) => sum + bytes, 0),
          ageUs: behind[0] === undefined ? undefined : nowUs - behind[0].timeUs,
          lost: undefined,
        });
      }
      const middle = places[prng.below(places.length)] ?? { segment: 0, marker: 0 };
      given(world.log.setCheckpoint('master', middle));
      const [subscriber] = given(world.log.describe(nowUs)).subscribers;
      expect(subscriber?.lag).toEqual(given(world.log.lagOf(middle, nowUs)));
    }
  },
  LONG_MS,
);

test('[LS-1] what cannot be known is not zero: a checkpoint that cannot be read has no lag', () => {
  const world = newLog();
  fill(world, ['one', 'two']);
  damage(world, 'cp.6d6173746572', (bytes) => bytes.subarray(0, 5));
  const { subscribers, troubles } = given(world.log.describe(START_US));
  expect(subscribers).toEqual([
    { name: 'master', position: undefined, lag: { known: false, reason: 'its checkpoint cannot be read' } },
  ]);
  expect(troubles.join()).toContain('cp.6d6173746572 cannot be read');
});

test('[LS-1] data that are gone are said to be lost, what is left is counted', () => {
  const world = newLog(100);
  fill(
    world,
    Array.from({ length: 20 }, (_, index) => `line ${index}`),
  );
  given(world.store.unlink(`${LOG}/00000000`));
  const [subscriber] = given(world.log.describe(START_US)).subscribers;
  const { records } = readToEnd(world.log);
  expect(subscriber?.lag).toMatchObject({
    known: true,
    lost: 'before-oldest-segment',
    records: records.length,
  });
});

test('a checkpoint behind the end is said to be there', () => {
  const world = newLog();
  fill(world, ['one']);
  damage(world, 'cp.6d6173746572', () => Uint8Array.from([0, 0, 0, 0, 9, 0, 0, 0]));
  const [subscriber] = given(world.log.describe(START_US)).subscribers;
  expect(subscriber?.lag).toMatchObject({ known: true, records: 0, bytes: 0, lost: 'past-end' });
});

test(
  'a long log is counted step by step, and says so until it knows',
  () => {
    const world = newLog(8 * 1024 * 1024);
    const writer = given(openWriter(world.store, LOG));
    const batch = Array.from({ length: 1_024 }, () => 'x'.repeat(1_008));
    for (let mebibyte = 0; mebibyte < 40; mebibyte += 1) write(writer, batch);
    const lagOf = () => given(world.log.describe(START_US)).subscribers[0]?.lag;
    expect(lagOf()).toEqual({ known: false, reason: 'its records are still being counted' });
    expect(lagOf()).toMatchObject({ known: true, records: 40 * 1_024, bytes: 40 * 1_024 * 1_024 });
  },
  LONG_MS,
);
