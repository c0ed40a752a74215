/**
 * Proves checkers: simulations with deliberate bugs inside. The bugs are replacements in sources, applied while a bundle
 * of a simulation is made; the files themselves stay as they are.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { ScheduleResult } from './registry.ts';

export type Mutant = {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Any one of these counts as noticed. */
  readonly expected: readonly string[];
  /** Where the test begins to look: just before a seed that is known to show it. Seeds that failed once stay here. */
  readonly from?: number;
  /** Not within the seeds of the test, only of a long run (SIM_REPORT); a unit test shows it at once. */
  readonly rare?: boolean;
};

type Schedule = (seed: number) => ScheduleResult;

export type Notice = {
  readonly seeds: number;
  /** All that noticed the bug until one did that is meant for it. */
  readonly by: readonly string[];
  readonly expected: boolean;
};

/** With SIM_REPORT set, all seeds from 1 on are looked at, and what noticed each bug after how many is printed. */
export const REPORT = process.env['SIM_REPORT'] !== undefined;
const REPORT_SEEDS = 5_000;
const ROOT = new URL('../..', import.meta.url).pathname;

export class Mutants {
  readonly #room: string;
  readonly #schedule: string;
  readonly #name: string;
  #directory: Promise<string> | undefined;

  /**
   * @param parts `room`: the folder of `server/` whose sources are edited; `schedule`: the file below `tests/sim` that
   * exports a function `name`, which runs one seed.
   */
  constructor(parts: { readonly room: string; readonly schedule: string; readonly name: string }) {
    this.#room = parts.room;
    this.#schedule = parts.schedule;
    this.#name = parts.name;
  }

  async noticed(mutant: Mutant, seeds: number): Promise<Notice> {
    const run = await this.#bundled(mutant);
    const by = new Set<string>();
    const max = REPORT ? REPORT_SEEDS : seeds;
    const first = REPORT ? 1 : (mutant.from ?? 1);
    for (let seed = first; seed < first + max; seed += 1) {
      for (const invariant of invariantsOf(run, seed)) by.add(invariant);
      if (mutant.expected.some((one) => by.has(one)))
        return { seeds: seed - first + 1, by: [...by], expected: true };
    }
    return { seeds: max, by: [...by], expected: false };
  }

  async end(): Promise<void> {
    if (this.#directory !== undefined) await rm(await this.#directory, { recursive: true, force: true });
  }

  /** Every replacement must apply exactly once. */
  async #bundled(mutant: Mutant): Promise<Schedule> {
    this.#directory ??= mkdtemp(join(tmpdir(), `${this.#room}-mutants-`));
    const outfile = join(await this.#directory, `${mutant.name.replaceAll(/[^a-z0-9]+/gi, '-')}.mjs`);
    const sources = new RegExp(`server/${this.#room}/[a-z-]+\\.ts$`);
    const unused = new Set(mutant.edits);
    await build({
      entryPoints: [join(ROOT, 'tests/sim', this.#schedule)],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'silent',
      plugins: [
        {
          name: 'mutate',
          setup: (pipeline) => {
            pipeline.onLoad({ filter: sources }, async ({ path }) => {
              let contents = await readFile(path, 'utf8');
              for (const edit of mutant.edits.filter(({ file }) => path.endsWith(`/${file}`))) {
                if (contents.split(edit.from).length !== 2) throw new Error(`not exactly once: ${edit.from}`);
                contents = contents.replace(edit.from, () => edit.to);
                unused.delete(edit);
              }
              return { contents, loader: 'ts' };
            });
          },
        },
      ],
    });
    for (const { file } of unused) throw new Error(`no such file in the simulation: ${file}`);
    const module: Readonly<Record<string, Schedule>> = await import(pathToFileURL(outfile).href);
    const run = module[this.#name];
    if (run === undefined) throw new Error(`${this.#schedule} exports no ${this.#name}`);
    return run;
  }
}

function invariantsOf(run: Schedule, seed: number): readonly string[] {
  try {
    return run(seed).violations.map((text) => text.slice(0, text.indexOf(':')));
  } catch {
    return ['assertion'];
  }
}

export function noticeText({ name }: Mutant, { by, seeds }: Notice): string {
  return `${name}: ${by.join(' ')} after ${seeds} seeds`;
}
