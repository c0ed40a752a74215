/**
 * `bus-schedules`, `duravip-schedules [--seeds N] [--from SEED] [--workers N]`: a core under seeded schedules of faults on
 * all processors. Prints how far it is, then schedules a second, hours, what happened in them, and the seeds that failed.
 */

import { parseArgs } from 'node:util';
import { runSeeds, type Totals, workersDefault } from '../sim/pool.ts';
import type { Bench, BenchReport } from './report.ts';

const PROGRESS_EVERY_MS = 30_000;
const LINES_MAX = 40;

/** @param core of the registry of simulations. */
export function schedulesOf(core: string): Bench {
  return (flags) => runSchedules(core, flags);
}

async function runSchedules(core: string, flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(workersDefault()) },
    },
  });
  const [seeds, from, workers] = [Number(values.seeds), Number(values.from), Number(values.workers)];
  if (![seeds, from, workers].every(Number.isInteger) || seeds < 1 || workers < 1)
    throw new Error('--seeds and --workers are numbers from 1 on, --from is an integer.');
  const startedMs = performance.now();
  let saidMs = startedMs;
  const progress = ({ schedules, failures }: Totals): void => {
    const nowMs = performance.now();
    if (nowMs - saidMs < PROGRESS_EVERY_MS) return;
    saidMs = nowMs;
    const perSecond = schedules / ((nowMs - startedMs) / 1_000);
    const hours = (seeds - schedules) / perSecond / 3_600;
    const seedsFailed = failures.map(({ seed }) => ` ${seed}`).slice(0, LINES_MAX);
    console.error(
      `${schedules} of ${seeds}, ${failures.length} failed${seedsFailed.join('')}, ${perSecond.toFixed(1)}/s, ${hours.toFixed(2)} h left`,
    );
  };
  const totals = await runSeeds({ core, seeds, from, workers, progress });
  const seconds = (performance.now() - startedMs) / 1_000;
  const numbers = {
    schedules: totals.schedules,
    'failing seeds': totals.failures.length,
    'schedules/s': Math.round((totals.schedules / seconds) * 10) / 10,
    hours: Math.round((seconds / 3_600) * 1_000) / 1_000,
    threads: workers,
    ...Object.fromEntries(
      Object.entries(totals.counts).map(([name, count]) => [`${name} in all`, Math.round(count)]),
    ),
  };
  const lines = Object.entries(numbers).map(([name, number]) => `${name.padEnd(44)}${number}`);
  const failed = totals.failures.map(({ seed, violations }) => `seed ${seed}: ${violations[0] ?? ''}`);
  return { numbers, lines: [...lines, ...failed.slice(0, LINES_MAX)] };
}
