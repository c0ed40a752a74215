import { describe, expect, test } from 'vitest';
import {
  type AuditCompletion,
  type AuditEntry,
  type AuditOpening,
  CHAIN_START,
  mergeRecord,
  nextEntry,
  verifyChain,
} from '../../../server/gateway/audit-chain.ts';
import { JOB_EVENT_CHARACTERS_MAX, jobForEvent } from '../../../server/gateway/job-view.ts';
import { JOB_TEXT_VIEW_CHARACTERS, type Job } from '../../../server/wire/http.ts';

const START = { seq: 0, hash: CHAIN_START };
const opening = (command: string): AuditOpening => ({
  atMs: 1,
  actor: 'ana',
  role: 'admin',
  sourceAddress: '::1',
  action: 'command',
  class: 'R',
  command,
  targets: ['all'],
  result: 'pending',
  detail: '',
  perNode: {},
  completedMs: null,
  approvedBy: null,
  job: 'j1',
});
const completion: AuditCompletion = {
  result: 'done',
  detail: '',
  perNode: { a: 'answered' },
  completedMs: 9,
  targets: ['a'],
};

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let n = 0; n < length; n += 1) entries.push(nextEntry(entries.at(-1), undefined, opening(`c${n}`)));
  return entries;
}

describe('audit chain', () => {
  test('verifies in pieces as well as whole', () => {
    const entries = chain(4);
    const first = verifyChain(START, entries.slice(0, 2));
    expect(first.ok && verifyChain(first.state, entries.slice(2)).ok).toBe(true);
    expect(verifyChain(START, entries)).toMatchObject({ ok: true, state: { seq: 4 } });
    expect(verifyChain(START, [])).toEqual({ ok: true, state: START });
  });

  test.each<readonly [string, (entries: AuditEntry[]) => AuditEntry[]]>([
    ['a changed text', (all) => all.map((e) => (e.seq === 2 ? { ...e, content: `${e.content} ` } : e))],
    ['another kind', (all) => all.map((e) => (e.seq === 2 ? { ...e, kind: 'completed' } : e))],
    ['another record', (all) => all.map((e) => (e.seq === 2 ? { ...e, record: 1 } : e))],
    ['a removed entry', (all) => all.filter((e) => e.seq !== 2)],
    ['an inserted entry', (all) => [...all.slice(0, 1), ...chain(2).slice(0, 1), ...all.slice(1)]],
    ['swapped entries', ([a, b, ...rest]) => [b, a, ...rest].filter((e) => e !== undefined)],
  ])('%s is found at the first entry that does not fit', (what, tamper) => {
    const outcome = verifyChain(START, tamper(chain(4)));
    expect(outcome).toEqual({ ok: false, badSeq: what === 'swapped entries' ? 1 : 2 });
  });

  test('a record is its opening, with the outcome of its completion', () => {
    const first = nextEntry(undefined, undefined, opening('version'));
    const last = nextEntry(first, 1, completion);
    expect(mergeRecord(first, undefined)).toMatchObject({ id: 1, result: 'pending', hash: first.hash });
    expect(mergeRecord(first, last)).toMatchObject({
      id: 1,
      actor: 'ana',
      command: 'version',
      result: 'done',
      targets: ['a'],
      perNode: { a: 'answered' },
      hash: last.hash,
    });
  });

  test('what somebody wrote into the store by hand is no record', () => {
    const [entry] = chain(1);
    if (entry === undefined) throw new Error('one entry was made');
    expect(mergeRecord({ ...entry, content: 'not JSON' }, undefined)).toBeUndefined();
    expect(mergeRecord({ ...entry, content: '{}' }, undefined)).toBeUndefined();
  });
});

test('an event of a job has a bound on its texts; what is beyond is marked', () => {
  const count = JOB_EVENT_CHARACTERS_MAX / JOB_TEXT_VIEW_CHARACTERS + 1;
  const job: Job = {
    id: 'j1',
    command: 'version',
    redacted: false,
    class: 'R',
    target: { kind: 'all' },
    actor: 'ana',
    sentMs: 1,
    timeoutMs: 1_000,
    state: 'done',
    replies: Array.from({ length: count }, (_, n) => ({
      node: `n${n}`,
      state: 'answered',
      tookMs: 1,
      late: false,
      ok: true,
      bytes: 1,
      hash: 'h',
      text: 'x'.repeat(JOB_TEXT_VIEW_CHARACTERS),
      truncated: false,
    })),
  };
  const sent = jobForEvent(job).replies;
  expect(sent.slice(0, -1).every(({ text, truncated }) => text !== null && !truncated)).toBe(true);
  expect(sent.at(-1)).toMatchObject({ text: null, truncated: true });
});
