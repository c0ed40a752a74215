/** The bus under two thousand seeded schedules of faults. `npm run -s sim -- bus` runs as many more as wanted. */

import { expect, test } from 'vitest';
import { explainBusSchedule } from './bus/minimise.ts';
import { runBusSchedule } from './bus/schedule.ts';
import { runFlushCuts } from './bus/systematic.ts';
import type { SimCore } from './registry.ts';

const SCHEDULES = 2_000;
/** Each of them cuts before every frame of a view change, some thirty times. */
const SYSTEMATIC = 6;

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

test('the same seed gives the same trace', () => {
  for (const seed of [3, 17, 42]) {
    expect(runBusSchedule(seed).traceHash).toBe(runBusSchedule(seed).traceHash);
  }
  expect(runBusSchedule(3).traceHash).not.toBe(runBusSchedule(17).traceHash);
});

test('a schedule that holds has nothing to explain', () => {
  expect(explainBusSchedule(3)).toEqual([]);
});
