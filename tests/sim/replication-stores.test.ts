/** Caches, throttles and metrics under the faults of replication, from seeds. */

import { expect, test } from 'vitest';
import { from } from './replication/seeds.ts';
import { runStoreSchedule } from './replication/stores.ts';

test('[REP-07] [REP-11] [REP-22] all members see the same when they rest, within their bounds', () => {
  const failed: string[] = [];
  for (const seed of from(1, 60)) {
    const { violations } = runStoreSchedule(seed);
    if (violations.length === 0) continue;
    failed.push(`seed ${seed}; replay: npm run -s sim -- replication-stores --seeds 1 --from ${seed}`);
    failed.push(...violations);
  }
  expect(failed).toEqual([]);
}, 120_000);
