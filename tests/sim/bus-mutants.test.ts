/** Proves the checkers: every deliberate bug must be noticed by an invariant that is meant for it. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MUTANTS, type Mutant } from './bus/mutants.ts';
import type { ScheduleResult } from './registry.ts';

const SEEDS_MAX = 3_000;
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

/** What noticed the bug first, and after how many seeds. */
function firstNotice(run: (seed: number) => ScheduleResult): {
  readonly seeds: number;
  readonly by: readonly string[];
} {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    try {
      const { violations } = run(seed);
      const by = [...new Set(violations.map((text) => text.slice(0, text.indexOf(':'))))];
      if (by.length > 0) return { seeds: seed, by };
    } catch {
      return { seeds: seed, by: ['assertion'] };
    }
  }
  return { seeds: SEEDS_MAX, by: [] };
}

describe('deliberate bugs are noticed', () => {
  test.each(MUTANTS.map((mutant, index) => ({ mutant, index, name: mutant.name })))(
    '$name',
    async ({ mutant, index }) => {
      const notice = firstNotice(await bundled(mutant, index));
      const report = `${mutant.name}: ${notice.by.join(' ')} after ${notice.seeds} seeds`;
      if (process.env['SIM_REPORT'] !== undefined) process.stdout.write(`${report}\n`);
      expect(
        notice.by.some((one) => mutant.expected.includes(one)),
        report,
      ).toBe(true);
    },
  );
});
