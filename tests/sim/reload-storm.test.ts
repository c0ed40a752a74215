/** Thousands of edits, reloads and commands over whole processes. `npm run sim -- reload` runs as many more as wanted. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ReloadStorm, runReloadStorm } from './reload-storm.ts';

const STORMS = 20;
const ROUND_STEPS = 800;
const ROUNDS = 4;
/** Far above what the bounded histories of the processes may still take, far below one generation for each reload. */
const GROWTH_BYTES_MAX = 3 * 1024 * 1024;

test(`[CFG-28] [CON-23] ${STORMS} seeded storms leave every process on its last valid generation`, () => {
  const failed: string[] = [];
  let [reloads, commands] = [0, 0];
  for (let seed = 1; seed <= STORMS; seed += 1) {
    const result = runReloadStorm(seed);
    reloads += result.reloads.valid + result.reloads.invalid;
    commands += result.commands;
    if (result.violations.length > 0) {
      failed.push(`seed ${seed}; replay: npm run -s sim -- reload --seeds 1 --from ${seed}`);
      failed.push(...result.violations);
    }
  }
  expect(failed).toEqual([]);
  expect(reloads).toBeGreaterThan(1_000);
  expect(commands).toBeGreaterThan(3_000);
});

test('a storm leaves no memory behind', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const storm = new ReloadStorm(7);
  const heap: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    storm.run(ROUND_STEPS);
    collect();
    heap.push(process.memoryUsage().heapUsed);
  }
  expect(storm.result.violations).toEqual([]);
  const [first = 0] = heap;
  expect((heap.at(-1) ?? 0) - first, `heap after each round: ${heap.join(', ')}`).toBeLessThan(
    GROWTH_BYTES_MAX,
  );
});
