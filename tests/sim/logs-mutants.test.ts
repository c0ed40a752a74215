/** Proves the checkers of durable logs: every deliberate bug must be noticed by an invariant that is meant for it. */

import { afterAll, describe, expect, test } from 'vitest';
import { MUTANTS } from './logs/mutants.ts';
import { Mutants, noticeText, REPORT } from './mutation.ts';

const SEEDS_MAX = 400;
const mutants = new Mutants({ room: 'logs', schedule: 'logs/schedule.ts', name: 'runLogsSchedule' });

afterAll(() => mutants.end());

describe('deliberate bugs are noticed', () => {
  test.each(MUTANTS.map((mutant) => ({ mutant, name: mutant.name })))('$name', async ({ mutant }) => {
    const notice = await mutants.noticed(mutant, SEEDS_MAX);
    const report = noticeText(mutant, notice);
    if (REPORT) process.stdout.write(`${report}\n`);
    expect(notice.expected, report).toBe(true);
  });
});
