/** The other half of the schedules of replication.test.ts. */

import { expect, test } from 'vitest';
import { failuresOf, from } from './replication/seeds.ts';

const FIRST = 5_001;
const SCHEDULES = 5_000;

test(`[REP-26] R1 to R9 of replication hold in ${SCHEDULES} more schedules`, () => {
  expect(failuresOf(from(FIRST, SCHEDULES))).toEqual([]);
});
