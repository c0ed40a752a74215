/** The other half of the schedules of logs.test.ts. */

import { expect, test } from 'vitest';
import { failuresOf, from } from './logs/seeds.ts';

const FIRST = 5_001;
const SCHEDULES = 5_000;

test(`[LOG-09] L1 to L6 of durable logs hold in ${SCHEDULES} more schedules`, () => {
  expect(failuresOf(from(FIRST, SCHEDULES))).toEqual([]);
});
