/**
 * Durable logs from the writer to the aggregated file under seeded schedules of faults: half of them here, the others in
 * logs-more.test.ts, which another processor runs at the same time. `npm run -s sim -- logs` runs more.
 */

import { expect, test } from 'vitest';
import { runLogsSchedule } from './logs/schedule.ts';
import { failuresOf, from } from './logs/seeds.ts';

const SCHEDULES = 5_000;
/** Failed once: a checkpoint that a loss of power took back was taken for a wish to read again. */
const FAILED_ONCE: readonly number[] = [15, 81];

test(`[LOG-09] L1 to L6 of durable logs hold in ${SCHEDULES} seeded schedules`, () => {
  expect(failuresOf(from(1, SCHEDULES))).toEqual([]);
});

test('[LOG-09] schedules that failed once hold', () => {
  expect(failuresOf(FAILED_ONCE)).toEqual([]);
});

test('the same seed gives the same result', () => {
  for (const seed of [3, 17]) expect(runLogsSchedule(seed)).toEqual(runLogsSchedule(seed));
  expect(runLogsSchedule(3).counts).not.toEqual(runLogsSchedule(17).counts);
});
