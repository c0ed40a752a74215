import { describe, expect, test } from 'vitest';
import { approvalText } from '../../../components/console/approval-view.tsx';
import { CONTEXT_LINES, foldRows, pairRows } from '../../../components/console/diff-rows.ts';
import { readDraft, writeDraft } from '../../../components/console/draft.ts';
import { diffLines } from '../../../components/console/line-diff.ts';
import { wholeJob } from '../../../components/console/reply-download.ts';
import { comparableText } from '../../../components/console/reply-groups.ts';
import { repliesSentence } from '../../../components/console/spoken-job.ts';
import { type Approval, COMMAND_CHARACTERS_MAX, type Job, type JobReply } from '../../../server/wire/http.ts';
import { replyOf } from './rows.ts';

describe('a draft', () => {
  const draft = {
    command: 'cluster duravip announce view',
    choice: { kind: 'nodes', subcluster: null, nodes: ['labrat-1'] },
    timeoutMs: 30_000,
  } as const;

  test('comes back whole, and only to the account that wrote it', () => {
    const kept = writeDraft(draft, 'ada');
    expect(readDraft(kept, 'ada')).toEqual(draft);
    expect(readDraft(kept, 'grace')).toBeUndefined();
  });

  test('of another shape is none', () => {
    for (const text of [null, '', 'null', '[]', '{"account":"ada"}', '{"account":"ada","command":5}']) {
      expect(readDraft(text, 'ada')).toBeUndefined();
    }
    const wrong = JSON.stringify({ account: 'ada', ...draft, choice: { kind: 'moon', nodes: [] } });
    expect(readDraft(wrong, 'ada')).toBeUndefined();
  });

  test('is not longer than a command', () => {
    const long = writeDraft({ ...draft, command: 'x'.repeat(COMMAND_CHARACTERS_MAX + 1) }, 'ada');
    expect(readDraft(long, 'ada')?.command).toHaveLength(COMMAND_CHARACTERS_MAX);
  });
});

describe('rows of a difference', () => {
  test('lines that gave way to each other stand in one row', () => {
    const rows = pairRows(diffLines('a\nb\nc\nz', 'a\nx\nz') ?? []);
    expect(rows.map(({ left, right }) => [left?.text ?? null, right?.text ?? null])).toEqual([
      ['a', 'a'],
      ['b', 'x'],
      ['c', null],
      ['z', 'z'],
    ]);
  });

  test('equal lines far from a change are folded, a single one is not', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const changed = lines.with(20, 'other').join('\n');
    const rows = foldRows(pairRows(diffLines(lines.join('\n'), changed) ?? []));
    expect(rows.map(({ kind }) => kind)).toEqual([
      'folded',
      ...Array.from({ length: 2 * CONTEXT_LINES + 1 }, () => 'lines'),
      'folded',
    ]);
    const near = lines.slice(0, CONTEXT_LINES + 2).with(CONTEXT_LINES + 1, 'other');
    const short = foldRows(
      pairRows(diffLines(lines.slice(0, CONTEXT_LINES + 2).join('\n'), near.join('\n')) ?? []),
    );
    expect(short.every(({ kind }) => kind === 'lines')).toBe(true);
  });
});

test('what groups replies also compares them: line ends and trailing blanks do not differ', () => {
  expect(comparableText('a  b  \r\nc\t\r\n\r\n')).toBe('a  b\nc');
  expect(comparableText(' a')).toBe(' a');
});

const REQUEST: Approval = {
  id: '1',
  command: 'shutdown',
  class: 'W3',
  target: { kind: 'all' },
  nodesThen: ['labrat-1'],
  nodesNow: null,
  reason: 'r',
  requestedBy: 'ada',
  requestedMs: 0,
  expiresMs: 1_800_000,
  state: 'waiting',
  decidedBy: null,
  decidedMs: null,
  note: '',
  job: null,
};

test('a waiting request says how long it waits, in whole minutes until the last', () => {
  const at = (ms: number | null): string => approvalText(REQUEST, ms);
  expect(at(90_000)).toBe('waiting for approval by an admin, expires in 29 min');
  expect(at(1_760_000)).toBe('waiting for approval by an admin, expires in 40 s');
  expect(at(null)).toBe('waiting for approval by an admin');
  expect(approvalText({ ...REQUEST, state: 'void', note: 'labrat-2 joined' }, 0)).toBe(
    'void: labrat-2 joined; nothing was sent',
  );
});

function reply(node: string, change: Partial<JobReply> = {}): JobReply {
  return replyOf(node, { text: 'hello', hash: 'h', bytes: 5, ...change });
}

test('equal replies are spoken once, long ones are cut', () => {
  expect(repliesSentence([reply('a'), reply('b'), reply('c', { hash: 'i', text: '' })])).toBe(
    'a, b: hello. c: an empty reply.',
  );
  expect(repliesSentence([reply('a', { text: 'x'.repeat(5_000) })]).length).toBeLessThan(300);
});

test('one file of a job holds every reply unchanged, and names who did not answer', async () => {
  const job: Job = {
    id: 'j',
    command: 'version',
    redacted: false,
    class: 'R',
    target: { kind: 'all' },
    actor: 'ada',
    sentMs: 0,
    timeoutMs: 2_000,
    state: 'done',
    replies: [reply('a'), reply('b', { state: 'silent', text: null, ok: null, hash: null }), reply('c')],
  };
  const whole: Record<string, string> = { '/api/jobs/j/replies/a': '\u001b[2Jas it is' };
  const fetched = async (href: string): Promise<Blob | undefined> =>
    whole[href] === undefined ? undefined : new Blob([whole[href]]);
  const text = await (await wholeJob(job, fetched, new AbortController().signal)).text();
  expect(text).toContain('replies: 3 asked · 2 answered · 1 silent');
  expect(text).toContain('===== a: answered after 12 ms, 5 B =====\n\u001b[2Jas it is\n');
  expect(text).toContain('===== b: no reply after 2 s =====');
  expect(text).toContain('===== c: the whole reply is not kept =====');
});
