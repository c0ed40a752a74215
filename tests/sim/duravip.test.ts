/** DuraVIP under seeded schedules of faults, with real bus cores underneath. `npm run -s sim -- duravip` runs more. */

import { expect, test } from 'vitest';
import { explainVipSchedule } from './duravip/minimise.ts';
import { runVipSchedule } from './duravip/schedule.ts';
import { runWhatIf } from './duravip/what-if.ts';

const SCHEDULES = 2_000;
const CLUSTERS = 200;
/**
 * Failed once. A node claimed what it had let go of after a pause: 61; with its interface: 131; by a stop: 1478. An
 * address that balance had moved once was never balanced again: 275. Parts of equal versions told nobody: 43. A suspect
 * was late: 530, 1379, 1736. A reload that refused an address was overtaken by a view: 1455, 2126. An owner that let go
 * in a pause won a merge: 4618, 5442, 5514, 6630. A loser that was slow let go, and the winner told nobody: 9253, 15642. A
 * host looked no more after it had been busy: 9221. A move went on although another part had a pin: 14122. Tables were said
 * each second to a bus that delivered nothing: 14580.
 */
const FAILED_ONCE: readonly number[] = [
  ...[61, 131, 1_478, 275, 43, 530, 1_379, 1_736, 1_455, 2_126, 2_595],
  ...[4_618, 5_442, 5_514, 6_630, 9_253, 15_642, 9_221, 14_122, 14_580, 12_565, 23_711, 34_998, 40_472],
];

function failuresOf(seeds: Iterable<number>): readonly string[] {
  const failed: string[] = [];
  for (const seed of seeds) {
    const { violations } = runVipSchedule(seed);
    if (violations.length === 0) continue;
    failed.push(`seed ${seed}; replay: npm run -s sim -- duravip --seeds 1 --from ${seed}`, ...violations);
  }
  return failed;
}

function* from(first: number, count: number): Iterable<number> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
}

test(`[VIP-29] D1 to D16 of ownership hold in ${SCHEDULES} seeded schedules`, () => {
  expect(failuresOf(from(1, SCHEDULES))).toEqual([]);
});

test('[VIP-29] schedules that failed once hold', () => {
  expect(failuresOf(FAILED_ONCE)).toEqual([]);
});

test(`[VP-13] what a dashboard foretells is what happens, in ${CLUSTERS} random clusters`, () => {
  let compared = 0;
  for (let seed = 1; compared < CLUSTERS; seed += 1) {
    const { violations, counts } = runWhatIf(seed);
    compared += counts?.['compared'] ?? 0;
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(seed, 'most losses come in one view').toBeLessThan(2 * CLUSTERS);
  }
});

test('the same seed gives the same trace', () => {
  for (const seed of [3, 17]) expect(runVipSchedule(seed).traceHash).toBe(runVipSchedule(seed).traceHash);
  expect(runVipSchedule(3).traceHash).not.toBe(runVipSchedule(17).traceHash);
});

test('a schedule that holds has nothing to explain', () => {
  expect(explainVipSchedule(3)).toEqual([]);
});
