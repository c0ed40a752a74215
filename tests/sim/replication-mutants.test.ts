/** Proves the checkers of replication: every deliberate bug must be noticed by an invariant that is meant for it. */

import { afterAll, describe, expect, test } from 'vitest';
import { Mutants, noticeText, REPORT } from './mutation.ts';
import { MUTANTS } from './replication/mutants.ts';

const SEEDS_MAX = 400;
const mutants = new Mutants({
  room: 'replication',
  schedule: 'replication/schedule.ts',
  name: 'runReplicationSchedule',
});

afterAll(() => mutants.end());

describe('deliberate bugs are noticed', () => {
  const tested = REPORT ? MUTANTS : MUTANTS.filter(({ rare }) => rare !== true);
  test.each(tested.map((mutant) => ({ mutant, name: mutant.name })))('$name', async ({ mutant }) => {
    const notice = await mutants.noticed(mutant, SEEDS_MAX);
    const report = noticeText(mutant, notice);
    if (REPORT) process.stdout.write(`${report}\n`);
    expect(notice.expected, report).toBe(true);
  });
});
