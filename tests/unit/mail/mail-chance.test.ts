/** Three nodes under chance: nobody who was accepted is lost, and limits hold. */

import { expect, test } from 'vitest';
import { ChanceCluster } from '../../support/mail-chance.ts';

const SEEDS = 20;
const STEPS = 400;

function run(seed: number): ChanceCluster {
  const cluster = new ChanceCluster(seed);
  try {
    for (let step = 0; step < STEPS; step += 1) cluster.step();
    cluster.settle();
    for (const { name, core, spool, open } of cluster.nodes) {
      if (spool.size > 0 || open.size > 0 || !core.quiet) {
        throw new Error(
          `${name} keeps ${spool.size} messages and ${open.size} connections: ${JSON.stringify(core.queues())}`,
        );
      }
    }
    if (cluster.counts.shares.size > 0)
      throw new Error(`counts are left: ${[...cluster.counts.shares.keys()]}`);
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return cluster;
}

test('no accepted recipient is lost, none comes twice but by a lost answer, limits of cluster and node hold', () => {
  const sums = { accepted: 0, moved: 0, crashes: 0, duplicates: 0, bounced: 0, refusedClaims: 0 };
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { accepted, stats } = run(seed);
    sums.accepted += accepted.size;
    for (const key of ['moved', 'crashes', 'duplicates', 'bounced', 'refusedClaims'] as const)
      sums[key] += stats[key];
  }
  // A run in which nothing goes wrong proves nothing.
  for (const [what, count] of Object.entries(sums)) expect(count, what).toBeGreaterThan(0);
  process.stdout.write(`mail under chance: ${SEEDS} seeds, ${JSON.stringify(sums)}\n`);
}, 60_000);

test('the same seed gives the same run', () => {
  const [first, second] = [run(7), run(7)];
  expect(second.stats).toEqual(first.stats);
  expect([...second.served]).toEqual([...first.served]);
});
