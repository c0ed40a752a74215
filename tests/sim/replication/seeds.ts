/** Runs of seeds for tests: what failed, with the command that replays it. */

import { runReplicationSchedule } from './schedule.ts';

export function failuresOf(seeds: Iterable<number>): readonly string[] {
  const failed: string[] = [];
  for (const seed of seeds) {
    const { violations } = runReplicationSchedule(seed);
    if (violations.length === 0) continue;
    failed.push(
      `seed ${seed}; replay: npm run -s sim -- replication --seeds 1 --from ${seed}`,
      ...violations,
    );
  }
  return failed;
}

export function* from(first: number, count: number): Iterable<number> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
}
