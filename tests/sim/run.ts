/**
 * The program `sim`: runs seeded schedules of one core, prints each failing seed with the command that replays it,
 * and one closing line. Exit code 1 when an invariant was violated, 2 when the arguments are wrong.
 */

import { parseArgs } from 'node:util';
import { CORES } from './registry.ts';

const USAGE = `usage: sim CORE [--seeds N] [--from SEED]; CORE is one of ${Object.keys(CORES).join(', ')}`;

function main(argv: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { seeds: { type: 'string', default: '100' }, from: { type: 'string', default: '1' } },
  });
  const [name = ''] = positionals;
  const run = CORES[name];
  const seeds = Number(values.seeds);
  const from = Number(values.from);
  if (run === undefined || positionals.length > 1 || !Number.isInteger(seeds) || !Number.isInteger(from)) {
    console.error(USAGE);
    return 2;
  }
  let violations = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = run(seed);
    if (result.violations.length === 0) continue;
    violations += result.violations.length;
    console.log(`seed ${seed} failed; replay: npm run -s sim -- ${name} --seeds 1 --from ${seed}`);
    for (const violation of result.violations) console.log(`  ${violation}`);
  }
  console.log(`${name}: ${seeds} schedules, ${violations} violations`);
  return violations > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
