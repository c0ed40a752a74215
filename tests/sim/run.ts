/**
 * The program `sim`: runs seeded schedules of one core on all processors, says now and then how far it is, prints each
 * failing seed with the command that replays it and the smallest schedule that still fails, and one closing line.
 * Exit code 1 when an invariant was violated, 2 when the arguments are wrong.
 */

import { parseArgs } from 'node:util';
import { type Failure, runSeeds, servesSeeds, type Totals, workersDefault } from './pool.ts';
import { CORES } from './registry.ts';

const USAGE = `usage: sim CORE [--seeds N] [--from SEED] [--workers N]; CORE is one of ${Object.keys(CORES).join(', ')}`;
const PROGRESS_EVERY_MS = 10_000;
/** Failing seeds that are made smaller. */
const EXPLAINED_MAX = 3;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(workersDefault()) },
    },
  });
  const [core = ''] = positionals;
  const [seeds, from, workers] = [Number(values.seeds), Number(values.from), Number(values.workers)];
  const counted = [seeds, from, workers].every(Number.isInteger) && workers > 0;
  if (CORES[core] === undefined || positionals.length > 1 || !counted) {
    console.error(USAGE);
    return 2;
  }
  const startedMs = performance.now();
  let saidMs = startedMs;
  const progress = ({ schedules, failures }: Totals): void => {
    const nowMs = performance.now();
    if (nowMs - saidMs < PROGRESS_EVERY_MS) return;
    saidMs = nowMs;
    const leftHours = ((nowMs - startedMs) / schedules) * ((seeds - schedules) / 3_600_000);
    const speed = (schedules / (nowMs - startedMs)) * 1_000;
    console.error(
      `${schedules} of ${seeds} schedules, ${failures.length} failed, ${speed.toFixed(1)}/s, ${leftHours.toFixed(2)} h left`,
    );
  };
  const totals = await runSeeds({ core, seeds, from, workers: Math.min(workers, seeds), progress });
  const seconds = (performance.now() - startedMs) / 1_000;
  totals.failures.forEach((failure, index) => {
    report(core, failure, index < EXPLAINED_MAX);
  });
  const violations = totals.failures.reduce((sum, failure) => sum + failure.violations.length, 0);
  const counts = Object.entries(totals.counts).map(([name, count]) => `${name} ${Math.round(count)}`);
  if (counts.length > 0) console.log(`in all: ${counts.join(', ')}`);
  console.log(
    `${core}: ${seeds} schedules, ${violations} violations, ${(seeds / seconds).toFixed(1)} schedules/s, ${(seconds / 3_600).toFixed(3)} h`,
  );
  if (totals.failures.length > 0) {
    console.log(`failing seeds: ${totals.failures.map(({ seed }) => seed).join(' ')}`);
  }
  return totals.failures.length > 0 ? 1 : 0;
}

function report(core: string, { seed, violations }: Failure, explained: boolean): void {
  console.log(`seed ${seed} failed; replay: npm run -s sim -- ${core} --seeds 1 --from ${seed}`);
  for (const violation of violations) console.log(`  ${violation}`);
  const lines = explained ? (CORES[core]?.explain?.(seed) ?? []) : [];
  for (const line of lines) console.log(`    ${line}`);
}

if (!servesSeeds()) process.exitCode = await main(process.argv.slice(2));
