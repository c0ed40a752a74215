/** Proves the checkers: every deliberate bug must be noticed by an invariant that is meant for it. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKER_PROOFS } from './bus/checker-proofs.ts';
import { MUTANTS, type Mutant } from './bus/mutants.ts';
import type { ScheduleResult } from './registry.ts';

/** With SIM_REPORT set, all seeds from 1 on are looked at, and what noticed each bug after how many is printed. */
const REPORT = process.env['SIM_REPORT'] !== undefined;
const SEEDS_MAX = REPORT ? 5_000 : 300;
const ROOT = new URL('../..', import.meta.url).pathname;
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bus-mutants-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** The simulation with the bug inside. Every replacement must apply exactly once. */
async function bundled(mutant: Mutant, index: number): Promise<(seed: number) => ScheduleResult> {
  const outfile = join(directory, `${index}.mjs`);
  await build({
    entryPoints: [join(ROOT, 'tests/sim/bus/schedule.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutate',
        setup: (pipeline) => {
          pipeline.onLoad({ filter: /server\/msgc\/[a-z-]+\.ts$/ }, async ({ path }) => {
            let contents = await readFile(path, 'utf8');
            for (const edit of mutant.edits.filter(({ file }) => path.endsWith(`/${file}`))) {
              if (contents.split(edit.from).length !== 2) throw new Error(`not exactly once: ${edit.from}`);
              contents = contents.replace(edit.from, () => edit.to);
            }
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  const module: { readonly runBusSchedule: (seed: number) => ScheduleResult } = await import(
    pathToFileURL(outfile).href
  );
  return module.runBusSchedule;
}

/** Everything that noticed the bug until one that is meant for it did, and after how many seeds. */
function noticed(
  run: (seed: number) => ScheduleResult,
  { expected, from = 1 }: Mutant,
): { readonly seeds: number; readonly by: readonly string[]; readonly expected: boolean } {
  const by = new Set<string>();
  const first = REPORT ? 1 : from;
  for (let seed = first; seed < first + SEEDS_MAX; seed += 1) {
    for (const invariant of invariantsOf(run, seed)) by.add(invariant);
    if (expected.some((one) => by.has(one))) return { seeds: seed - first + 1, by: [...by], expected: true };
  }
  return { seeds: SEEDS_MAX, by: [...by], expected: false };
}

function invariantsOf(run: (seed: number) => ScheduleResult, seed: number): readonly string[] {
  try {
    return run(seed).violations.map((text) => text.slice(0, text.indexOf(':')));
  } catch {
    return ['assertion'];
  }
}

describe('deliberate bugs are noticed', () => {
  const shown = [...MUTANTS, ...CHECKER_PROOFS].filter(({ rare }) => REPORT || rare !== true);
  test.each(shown.map((mutant, index) => ({ mutant, index, name: mutant.name })))(
    '$name',
    async ({ mutant, index }) => {
      const notice = noticed(await bundled(mutant, index), mutant);
      const report = `${mutant.name}: ${notice.by.join(' ')} after ${notice.seeds} seeds`;
      if (REPORT) process.stdout.write(`${report}\n`);
      expect(notice.expected, report).toBe(true);
    },
  );
});
