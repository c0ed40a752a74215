/** Runs the seeds of a core on several threads. What a seed finds does not depend on how many there are. */

import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { CORES, type SimCore } from './registry.ts';

/** Seeds that a thread takes at once. */
const CHUNK = 25;
/** Room for young objects: nearly all of a schedule is garbage when it ends. */
const YOUNG_MB = 64;
const FAILURES_MAX = 1_000;

export type Failure = { readonly seed: number; readonly violations: readonly string[] };

export type Totals = {
  readonly schedules: number;
  readonly failures: readonly Failure[];
  /** Counts of all schedules, added up. */
  readonly counts: Readonly<Record<string, number>>;
};

type Chunk = { readonly from: number; readonly seeds: number };

const NOTHING: Totals = { schedules: 0, failures: [], counts: {} };

export const workersDefault = availableParallelism;

/**
 * @param progress called after each chunk with what was done so far.
 * @returns failures in the order of their seeds
 */
export async function runSeeds(options: {
  readonly core: string;
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  readonly progress?: (totals: Totals) => void;
}): Promise<Totals> {
  const { core, from, seeds, workers, progress } = options;
  let next = from;
  let totals = NOTHING;
  const take = (): Chunk | undefined => {
    const left = from + seeds - next;
    if (left <= 0) return undefined;
    const chunk = { from: next, seeds: Math.min(CHUNK, left) };
    next += chunk.seeds;
    return chunk;
  };
  const done = (part: Totals): void => {
    totals = sum(totals, part);
    progress?.(totals);
  };
  await Promise.all(Array.from({ length: workers }, () => runThread(core, take, done)));
  return { ...totals, failures: [...totals.failures].sort((a, b) => a.seed - b.seed) };
}

async function runThread(
  core: string,
  take: () => Chunk | undefined,
  done: (part: Totals) => void,
): Promise<void> {
  const worker = new Worker(process.argv[1] ?? '', {
    workerData: { simCore: core },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  await new Promise<void>((resolve, reject) => {
    const order = (): void => {
      const chunk = take();
      if (chunk === undefined) void worker.terminate();
      else worker.postMessage(chunk);
    };
    worker.on('message', (part: Totals) => {
      done(part);
      order();
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    order();
  });
}

/** True in a thread of `runSeeds`, which then serves until it is ended. */
export function servesSeeds(): boolean {
  const name: unknown = (workerData as { readonly simCore?: unknown } | null)?.simCore;
  const core = typeof name === 'string' ? CORES[name] : undefined;
  if (core === undefined || parentPort === null) return false;
  const port = parentPort;
  port.on('message', ({ from, seeds }: Chunk) => {
    let totals = NOTHING;
    for (let seed = from; seed < from + seeds; seed += 1) totals = sum(totals, runSeed(core, seed));
    port.postMessage(totals);
  });
  return true;
}

function runSeed(core: SimCore, seed: number): Totals {
  try {
    const { violations, counts = {} } = core.run(seed);
    return { schedules: 1, failures: violations.length === 0 ? [] : [{ seed, violations }], counts };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { schedules: 1, failures: [{ seed, violations: [`assertion: ${what}`] }], counts: {} };
  }
}

function sum(a: Totals, b: Totals): Totals {
  const counts: Record<string, number> = { ...a.counts };
  for (const [name, count] of Object.entries(b.counts)) counts[name] = (counts[name] ?? 0) + count;
  return {
    schedules: a.schedules + b.schedules,
    failures: [...a.failures, ...b.failures].slice(0, FAILURES_MAX),
    counts,
  };
}
