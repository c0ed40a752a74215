/** What is said before a subscriber is moved or removed, what a followed log shows, and how a lag is drawn. */

import { describe, expect, test } from 'vitest';
import { decommissionChecks } from '../../../components/logs/actions/decommission.ts';
import { linkedAction } from '../../../components/logs/actions/log-action.ts';
import {
  amountWords,
  effectWords,
  movedPreconditions,
  type OffsetDraft,
  targetOf,
} from '../../../components/logs/actions/review-words.ts';
import { outcomeOfJob } from '../../../components/logs/actions/use-log-command.ts';
import { lagPicture } from '../../../components/logs/lag-picture.ts';
import {
  filteredTail,
  TAIL_LINES_MAX,
  TAIL_START,
  withTail,
} from '../../../components/logs/tail/tail-lines.ts';
import type { Job, JobReply } from '../../../server/wire/http.ts';
import type { LogReview, LogRow, LogTail } from '../../../server/wire/logs.ts';
import { LOGS_NOW_MS, linesOf, logRowOf, managerOf, subscriberOf } from './log-rows.ts';

const REVIEW: LogReview = {
  before: '00000000:0000a43a',
  after: '00000000:0000a000',
  replayed: { records: 1_082, bytes: 243_450 },
  lost: { records: 0, bytes: 0 },
  freedBytes: 0,
  refusal: null,
  command: 'cluster logs reset mainlog master 00000000:0000a000 from 00000000:0000a43a',
};
const ROWS = [logRowOf('labrat-1', 'mainlog'), logRowOf('labrat-2', 'mainlog')];
const lineOf = (rows: readonly LogRow[] = ROWS) => {
  const line = linesOf(rows).find(({ row }) => row.node === 'labrat-1');
  if (line === undefined) throw new Error('there is such a line');
  return line;
};

describe('a review', () => {
  test('says what is read again, what is never read and what is deleted', () => {
    expect(effectWords(REVIEW)).toEqual([
      '1\u2009082 records, 243.4 kB are read a second time: its aggregator writes them again.',
    ]);
    const removal = {
      ...REVIEW,
      after: null,
      replayed: null,
      lost: { records: 3, bytes: 9 },
      freedBytes: null,
    };
    expect(effectWords(removal)).toHaveLength(3);
    expect(effectWords({ ...REVIEW, replayed: { records: 0, bytes: 0 } })).toEqual([
      'It goes where it is: nothing is read again or lost.',
    ]);
    expect([amountWords(null), amountWords({ records: 0, bytes: 0 })]).toEqual([
      'cannot be counted',
      'nothing',
    ]);
  });

  test('[LS-7] of a place where it does not stand any more has to be looked at again', () => {
    expect(movedPreconditions(REVIEW, lineOf())).toMatchObject([{ state: 'holds' }]);
    const moved = lineOf([
      logRowOf('labrat-1', 'mainlog', {
        subscribers: [subscriberOf('master', { position: '00000000:0000a43b' })],
      }),
    ]);
    expect(movedPreconditions(REVIEW, moved)).toMatchObject([
      { state: 'changed', text: expect.stringContaining('00000000:0000a43b') },
    ]);
  });

  test('asks only for places that there are', () => {
    const draft = (change: Partial<OffsetDraft>): OffsetDraft => {
      return { kind: 'begin', position: '', records: '', direction: 'back', ...change };
    };
    expect(targetOf(draft({ kind: 'end' }))).toEqual({ kind: 'end' });
    expect(targetOf(draft({ kind: 'position', position: '3/7936' }))).toEqual({
      kind: 'position',
      position: '00000003:00001f00',
    });
    expect(targetOf(draft({ kind: 'records', records: '20' }))).toEqual({ kind: 'records', records: -20 });
    expect(targetOf(draft({ kind: 'records', records: '20', direction: 'on' }))).toEqual({
      kind: 'records',
      records: 20,
    });
    for (const records of ['', '0', '-3', '1.5', '1e3', '9999999999', 'all']) {
      expect(targetOf(draft({ kind: 'records', records }))).toBeUndefined();
    }
    expect(targetOf(draft({ kind: 'position', position: '3:1' }))).toBeUndefined();
  });

  test('a link opens a preview that there is, and nothing else', () => {
    expect(linkedAction('offset', 'a/b/c')).toEqual({ act: 'offset', id: 'a/b/c' });
    expect([linkedAction('offset', ''), linkedAction('drop', 'a/b/c')]).toEqual([null, null]);
  });

  test('an answer is accepted or refused in the words of the node; silence is an outcome that is not known', () => {
    const reply: JobReply = {
      node: 'labrat-1',
      state: 'answered',
      tookMs: 20,
      late: false,
      ok: true,
      bytes: 5,
      hash: null,
      text: 'moved',
      truncated: false,
    };
    const jobOf = (change: Partial<JobReply>): Job => ({
      id: 'j',
      command: REVIEW.command,
      redacted: false,
      class: 'W3',
      target: { kind: 'nodes', names: ['labrat-1'] },
      actor: 'ana',
      sentMs: 0,
      timeoutMs: 1,
      state: 'running',
      replies: [{ ...reply, ...change }],
    });
    expect(outcomeOfJob(jobOf({}))).toEqual({ kind: 'accepted', text: 'moved' });
    expect(outcomeOfJob(jobOf({ ok: false, text: 'in use' }))).toEqual({ kind: 'refused', text: 'in use' });
    expect(outcomeOfJob(jobOf({ state: 'asked', text: null }))).toBeNull();
    for (const state of ['silent', 'left', 'unknown'] as const) {
      expect(outcomeOfJob(jobOf({ state, text: null }))?.kind).toBe('unknown');
    }
  });
});

describe('decommissioning', () => {
  const states = (line = lineOf(), managers = {}, lines = linesOf(ROWS)) =>
    Object.fromEntries(decommissionChecks(line, lines, managers).map(({ id, state }) => [id, state]));

  test('everything is done only where somebody said so', () => {
    const read = logRowOf('labrat-1', 'mainlog', {
      subscribers: [subscriberOf('master', { lag: { records: 0, bytes: 0, oldestMs: null } })],
    });
    const alone = linesOf([read]);
    const managers = { mgr: managerOf('mgr', [{ wanted: ['mgr'] }]) };
    expect(states(alone[0], managers, alone)).toEqual({
      listed: 'done',
      active: 'done',
      unread: 'done',
      nodes: 'done',
    });
    expect(states(alone[0], {}, alone)['listed']).toBe('unknown');
    const cut = { mgr: { ...managerOf('mgr'), omitted: 3 } };
    expect(states(alone[0], cut, alone)['listed']).toBe('unknown');
  });

  test('what is left to do is named: managers, readers, unread records, other nodes', () => {
    const line = lineOf([
      logRowOf('labrat-1', 'mainlog', { subscribers: [subscriberOf('master', { active: true, by: 'mgr' })] }),
      ...ROWS.slice(1),
    ]);
    const checks = decommissionChecks(line, linesOf(ROWS), { mgr: managerOf('mgr', [{}]) });
    expect(checks.map(({ state }) => state)).toEqual(['open', 'open', 'open', 'open']);
    const words = checks.map(({ text }) => text).join(' ');
    for (const part of ['list of mgr', 'by mgr', '182 records', 'also on labrat-2'])
      expect(words).toContain(part);
  });

  test('a silent node is not known to be done', () => {
    const lines = linesOf([...ROWS.slice(0, 1), logRowOf('labrat-3', 'mainlog', { subscribers: [] })], {
      heard: new Set(['labrat-1']),
    });
    const [line] = lines.filter(({ row }) => row.node === 'labrat-1');
    expect(states(line ?? lineOf(), {}, lines)['nodes']).toBe('unknown');
  });
});

describe('the tail', () => {
  const record = (n: number, text = `line ${n}`) => ({
    id: `00000000:${n.toString(16).padStart(8, '0')}`,
    atMs: n,
    text,
    cut: false,
  });
  const answer = (from: number, count: number, more: Partial<LogTail> = {}): LogTail => {
    const records = Array.from({ length: count }, (_, index) => record(from + index));
    return { records, next: records.at(-1)?.id ?? null, skipped: 0, gaps: [], ...more };
  };

  test('goes on where it was, says what is missing, and drops answers to older questions', () => {
    const first = withTail(TAIL_START, null, answer(1, 2, { skipped: null }));
    const second = withTail(first, first.next, answer(9, 1, { skipped: 6, gaps: ['segment 0, 12 bytes'] }));
    expect(second.lines.map((line) => (line.kind === 'record' ? line.record.text : line.kind))).toEqual([
      'line 1',
      'line 2',
      'skipped',
      'gap',
      'line 9',
    ]);
    expect(withTail(second, first.next, answer(3, 5))).toBe(second);
    const quiet = withTail(second, second.next, answer(10, 0, { skipped: null }));
    expect([quiet.lines, quiet.next]).toEqual([second.lines, second.next]);
    expect(new Set(second.lines.map(({ key }) => key)).size).toBe(second.lines.length);
  });

  test('keeps so many lines, and counts those that it does not keep', () => {
    let state = TAIL_START;
    for (let at = 0; at < 7; at += 1) state = withTail(state, state.next, answer(1 + at * 200, 200));
    expect(state.lines).toHaveLength(TAIL_LINES_MAX);
    expect(state.dropped).toBe(400);
  });

  test('a filter hides lines, and never that some are missing', () => {
    const state = withTail(TAIL_START, null, answer(1, 12, { gaps: ['a gap'] }));
    const shown = filteredTail(state.lines, 'LINE 1');
    expect(shown.map(({ kind }) => kind)).toEqual(['gap', 'record', 'record', 'record', 'record']);
    expect(filteredTail(state.lines, '  ')).toBe(state.lines);
  });
});

describe('the picture of a lag', () => {
  const sample = (n: number, records: number | null) => ({
    atMs: LOGS_NOW_MS + n * 10_000,
    records,
    bytes: records === null ? null : records * 200,
  });

  test('is broken where nothing was known, and never falls to 0 there', () => {
    const picture = lagPicture([sample(0, 10), sample(1, 20), sample(2, null), sample(3, 40), sample(9, 5)]);
    expect(picture?.pieces.map((piece) => piece.map(({ y }) => y))).toEqual([[0.25, 0.5], [1], [0.125]]);
    expect(picture?.words).toContain('5 records now, most 40 at');
    expect(picture?.words).toContain('not known at 1 of the looks');
  });

  test('nothing sampled, nothing known and nothing unread are three things', () => {
    expect(lagPicture([])).toBeNull();
    expect(lagPicture([sample(0, null)])).toMatchObject({
      pieces: [],
      words: 'The lag was not known in this time.',
    });
    expect(lagPicture([sample(0, 0)])?.words).toContain('0 records now');
  });

  test('its table has a line for every five minutes, the newest first', () => {
    const samples = Array.from({ length: 360 }, (_, n) => sample(n, n));
    expect(lagPicture(samples)?.table.map(({ records }) => records)).toEqual([
      359, 329, 299, 269, 239, 209, 179, 149, 119, 89, 59, 29,
    ]);
  });
});
