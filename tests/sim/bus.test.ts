/** The bus under two thousand seeded schedules of faults. `npm run -s sim -- bus` runs as many more as wanted. */

import { expect, test } from 'vitest';
import { explainBusSchedule } from './bus/minimise.ts';
import { runBusSchedule } from './bus/schedule.ts';
import { runFlushCuts } from './bus/systematic.ts';
import type { SimCore } from './registry.ts';

const SCHEDULES = 2_000;
/** Each of them cuts before every frame of a view change, some thirty times. */
const SYSTEMATIC = 6;
/**
 * Failed once. Views oscillated where only some noticed a cut (L3): 34146 to 98296. Late traffic was taken for what is
 * kept at rest: 35395, 90628. A frame later than `silence_timeout` was taken for oscillation: 5504.
 */
const FAILED_ONCE = [34_146, 39_330, 48_626, 63_625, 66_845, 98_296, 35_395, 90_628, 5_504];

function failuresOf(run: SimCore['run'], name: string, seeds: number): readonly string[] {
  const failed: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violations } = run(seed);
    if (violations.length === 0) continue;
    failed.push(`seed ${seed}; replay: npm run -s sim -- ${name} --seeds 1 --from ${seed}`, ...violations);
  }
  return failed;
}

test(`[MSG-27] extended virtual synchrony holds in ${SCHEDULES} seeded schedules`, () => {
  expect(failuresOf(runBusSchedule, 'bus', SCHEDULES)).toEqual([]);
});

test('[MSG-27] it holds with a cut before every frame of a view change', () => {
  expect(failuresOf(runFlushCuts, 'bus-cuts', SYSTEMATIC)).toEqual([]);
});

test.each(FAILED_ONCE)('[MSG-27] seed %i, which failed once, holds', (seed) => {
  expect(runBusSchedule(seed).violations).toEqual([]);
});

test('the same seed gives the same trace', () => {
  for (const seed of [3, 17, 42]) {
    expect(runBusSchedule(seed).traceHash).toBe(runBusSchedule(seed).traceHash);
  }
  expect(runBusSchedule(3).traceHash).not.toBe(runBusSchedule(17).traceHash);
});

test('a schedule that holds has nothing to explain', () => {
  expect(explainBusSchedule(3)).toEqual([]);
});
