/** Durable logs while processes are killed, power fails and disks are full. `npm run -s sim -- jlog` runs more. */

import { afterAll, describe, expect, test } from 'vitest';
import { runJlogSchedule } from './jlog.ts';
import { JLOG_MUTANTS } from './jlog-mutants.ts';
import { Mutants, noticeText, REPORT } from './mutation.ts';

const SEEDS = 10_000;
const MUTANT_SEEDS_MAX = 4_000;
const mutants = new Mutants({ room: 'jlog', schedule: 'jlog.ts', name: 'runJlogSchedule' });

afterAll(() => mutants.end());

test(`J1 to J8 of durable logs hold for the seeds 1 to ${SEEDS}`, () => {
  const failed: string[] = [];
  const counts: Record<string, number> = {};
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = runJlogSchedule(seed);
    for (const [name, count] of Object.entries(result.counts ?? {}))
      counts[name] = (counts[name] ?? 0) + count;
    if (result.violations.length === 0) continue;
    failed.push(
      `seed ${seed}; replay: npm run -s sim -- jlog --seeds 1 --from ${seed}`,
      ...result.violations,
    );
  }
  expect(failed).toEqual([]);
  for (const what of ['messages', 'kills', 'powerLosses', 'refused', 'retired', 'rolled']) {
    expect(counts[what], what).toBeGreaterThan(SEEDS / 10);
  }
});

describe('deliberate bugs are noticed', () => {
  test.each(JLOG_MUTANTS.map((mutant) => ({ mutant, name: mutant.name })))('$name', async ({ mutant }) => {
    const notice = await mutants.noticed(mutant, MUTANT_SEEDS_MAX);
    const report = noticeText(mutant, notice);
    if (REPORT) process.stdout.write(`${report}\n`);
    expect(notice.expected, report).toBe(true);
  });
});
