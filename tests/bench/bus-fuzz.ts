/**
 * `bus-fuzz [--frames N] [--seed S]`: storms of spoiled frames on a mesh, as tests/unit/msgc/fuzz does them, at length.
 * Prints frames a second, what stayed in memory, and every reason for which a connection was closed. Ends with an error
 * that names the seed as soon as anybody honest throws, closes without a reason, or does not recover.
 */

import { parseArgs } from 'node:util';
import { FuzzWorld } from '../unit/msgc/fuzz/fuzz-world.ts';
import { keptBytes } from '../unit/msgc/fuzz/heap.ts';
import type { BenchReport } from './report.ts';

/** After so many the attackers go and the mesh has to work. */
const STORM_FRAMES = 10_000;
const MIB = 1024 * 1024;

export async function busFuzz(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: { frames: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  });
  const frames = Number(values.frames);
  const seed = Number(values.seed);
  if (!Number.isInteger(frames) || frames < 1) throw new Error('--frames is a number from 1 on.');
  if (!Number.isInteger(seed)) throw new Error('--seed is an integer.');
  const startedMs = performance.now();
  const closes: Record<string, number> = {};
  let done = 0;
  let grownBytes = 0;
  // Half of them against a mesh that proves a key first, with attackers that know it.
  for (const authenticated of [false, true]) {
    const world = new FuzzWorld(seed, authenticated);
    const goal = authenticated ? frames - done : Math.ceil(frames / 2);
    grownBytes = Math.max(grownBytes, stormsUntil(world, goal, `--seed ${seed}, keys: ${authenticated}`));
    for (const [reason, count] of Object.entries(world.closes))
      closes[reason] = (closes[reason] ?? 0) + count;
    done += world.frames;
    world.stop();
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  return {
    numbers: {
      'spoiled frames': done,
      seconds: Math.round(seconds),
      'frames/s': Math.round(done / seconds),
      'grown after the first storm MiB': Math.round(grownBytes / MIB),
      ...Object.fromEntries(Object.entries(closes).sort((a, b) => b[1] - a[1])),
    },
  };
}

/** @returns by how many bytes what is kept had grown at most, seen from the end of the first storm. */
function stormsUntil(world: FuzzWorld, goal: number, name: string): number {
  let keptAtFirst: number | undefined;
  let grown = 0;
  try {
    while (world.frames < goal) {
      world.storm(Math.min(STORM_FRAMES, goal - world.frames));
      world.calm();
      const kept = keptBytes();
      keptAtFirst ??= kept;
      grown = Math.max(grown, kept - keptAtFirst);
    }
  } catch (error) {
    throw new Error(`after ${world.frames} frames of ${name}: ${textOf(error)}`, { cause: error });
  }
  return grown;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${textOf(error.cause)}`;
}
