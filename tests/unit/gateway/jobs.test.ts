import { describe, expect, test } from 'vitest';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import {
  type BegunJob,
  JOB_BYTES_MAX,
  JOB_CHARACTERS_KEPT_MAX,
  JOBS_KEPT_MAX,
  type JobEffect,
  JobTable,
} from '../../../server/gateway/jobs.ts';
import { measureReply, normaliseReply } from '../../../server/gateway/reply-text.ts';
import { JOB_TEXT_VIEW_CHARACTERS, type Job } from '../../../server/wire/http.ts';

const begun = (id: string): BegunJob => ({
  id,
  command: 'version',
  redacted: false,
  class: 'R',
  target: { kind: 'all' },
  actor: 'ana',
  sentMs: 1_000,
  timeoutMs: 10_000,
});
const reply = (job: string, node: string, text = 'ok') =>
  ({ type: 'replied', job, node, reply: measureReply(true, text) }) as const;
const gone = (job: string, node: string, silent: boolean) =>
  ({ type: 'askedGone', job, node, silent }) as const;

function tableWith(...asked: readonly string[]): JobTable {
  const table = new JobTable();
  table.step({ type: 'begun', job: begun('j1'), asked }, 100);
  return table;
}

function states(job: Job | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((job?.replies ?? []).map(({ node, state }) => [node, state]));
}

const kinds = (effects: readonly JobEffect[]): readonly string[] => effects.map(({ type }) => type);

describe('job table', () => {
  test('a job is done when all asked nodes answered', () => {
    const table = tableWith('a', 'b');
    expect(kinds(table.step(reply('j1', 'a'), 150))).toEqual(['keepText', 'jobChanged']);
    expect(table.job('j1')?.state).toBe('running');
    expect(kinds(table.step(reply('j1', 'b'), 160))).toEqual(['keepText', 'jobChanged', 'jobEnded']);
    expect(table.job('j1')).toMatchObject({ state: 'done', replies: [{ tookMs: 50 }, { tookMs: 60 }] });
    expect(table.deadlineMs).toBeUndefined();
  });

  test('nodes that did not answer in time are silent', () => {
    const table = tableWith('a', 'b');
    table.step(reply('j1', 'a'), 150);
    expect(table.deadlineMs).toBe(10_100);
    expect(table.step(DEADLINE_REACHED, 10_099)).toEqual([]);
    expect(kinds(table.step(DEADLINE_REACHED, 10_100))).toEqual(['jobChanged', 'jobEnded']);
    expect(states(table.job('j1'))).toEqual({ a: 'answered', b: 'silent' });
  });

  test('[CN-2] a late reply attaches to its job, which does not end twice', () => {
    const table = tableWith('a');
    table.step(DEADLINE_REACHED, 10_100);
    expect(kinds(table.step(reply('j1', 'a'), 60_100))).toEqual(['keepText', 'jobChanged']);
    expect(table.job('j1')).toMatchObject({
      state: 'done',
      replies: [{ state: 'answered', late: true, tookMs: 60_000 }],
    });
  });

  test('[CN-5] a node that leaves has left, one that fell silent is silent', () => {
    const table = tableWith('a', 'b', 'c');
    table.step(gone('j1', 'a', false), 200);
    table.step(gone('j1', 'b', true), 200);
    table.step(reply('j1', 'c'), 250);
    expect(states(table.job('j1'))).toEqual({ a: 'left', b: 'silent', c: 'answered' });
    expect(table.job('j1')?.state).toBe('done');
  });

  test('when the bus is lost, what was not answered is unknown; a late reply still attaches', () => {
    const table = tableWith('a', 'b', 'c');
    table.step(reply('j1', 'a'), 150);
    table.step(gone('j1', 'c', false), 160);
    expect(kinds(table.step({ type: 'busLost' }, 200))).toEqual(['jobChanged', 'jobEnded']);
    expect(table.job('j1')?.state).toBe('unknown');
    expect(states(table.job('j1'))).toEqual({ a: 'answered', b: 'unknown', c: 'left' });
    expect(table.step({ type: 'busLost' }, 300)).toEqual([]);
    expect(kinds(table.step(reply('j1', 'b'), 400))).toEqual(['keepText', 'jobChanged']);
    expect(table.job('j1')).toMatchObject({
      state: 'done',
      replies: [{}, { state: 'answered', late: true }, {}],
    });
  });

  test('a node that leaves after its answer has answered', () => {
    const table = tableWith('a', 'b');
    table.step(reply('j1', 'a'), 150);
    expect(table.step(gone('j1', 'a', false), 200)).toEqual([]);
    expect(states(table.job('j1'))).toEqual({ a: 'answered', b: 'asked' });
  });

  test('a second answer of one node, an answer of a node that was not asked, and one to no job change nothing', () => {
    const table = tableWith('a', 'b');
    table.step(reply('j1', 'a', 'first'), 150);
    expect(table.step(reply('j1', 'a', 'second'), 160)).toEqual([]);
    expect(table.step(reply('j1', 'z'), 160)).toEqual([]);
    expect(table.step(reply('j9', 'a'), 160)).toEqual([]);
    expect(table.job('j1')?.replies[0]?.text).toBe('first');
  });

  test('a job that asks nobody is done at once', () => {
    expect(tableWith().job('j1')?.state).toBe('done');
  });

  test('a long reply is cut for view and kept whole for download', () => {
    const table = tableWith('a');
    const text = 'x'.repeat(JOB_TEXT_VIEW_CHARACTERS + 1);
    const effects = table.step(reply('j1', 'a', text), 150);
    expect(effects[0]).toEqual({ type: 'keepText', job: 'j1', node: 'a', text });
    const shown = table.job('j1')?.replies[0];
    expect(shown).toMatchObject({ truncated: true, bytes: JOB_TEXT_VIEW_CHARACTERS + 1 });
    expect(shown?.text?.length).toBe(JOB_TEXT_VIEW_CHARACTERS);
  });

  test('whole replies are kept up to the bound of one job; what is beyond is still shown', () => {
    const table = tableWith('a', 'b');
    const measured = { ok: true, text: 'x', view: 'x', hash: 'h' };
    const first = table.step(
      { type: 'replied', job: 'j1', node: 'a', reply: { ...measured, bytes: JOB_BYTES_MAX } },
      150,
    );
    expect(kinds(first)).toContain('keepText');
    const second = table.step(
      { type: 'replied', job: 'j1', node: 'b', reply: { ...measured, bytes: 1 } },
      150,
    );
    expect(kinds(second)).toEqual(['jobChanged', 'jobEnded']);
  });

  test('the oldest finished job goes when there are too many; running ones stay', () => {
    const table = tableWith('a');
    for (let n = 0; n < JOBS_KEPT_MAX; n += 1) {
      table.step({ type: 'begun', job: begun(`n${n}`), asked: [] }, 200);
    }
    expect(table.job('j1')?.state).toBe('running');
    expect(table.job('n0')).toBeUndefined();
    expect(table.newest().length).toBe(JOBS_KEPT_MAX);
    expect(table.newest()[0]?.id).toBe(`n${JOBS_KEPT_MAX - 1}`);
  });

  test('texts in memory are bounded over all jobs', () => {
    const table = new JobTable();
    const jobs = JOB_CHARACTERS_KEPT_MAX / JOB_TEXT_VIEW_CHARACTERS / 4 + 1;
    const dropped: JobEffect[] = [];
    for (let n = 0; n < jobs; n += 1) {
      table.step({ type: 'begun', job: begun(`n${n}`), asked: ['a', 'b', 'c', 'd'] }, 0);
      for (const node of ['a', 'b', 'c', 'd']) {
        const effects = table.step(reply(`n${n}`, node, 'x'.repeat(JOB_TEXT_VIEW_CHARACTERS)), 1);
        dropped.push(...effects.filter(({ type }) => type === 'dropJob'));
      }
    }
    expect(dropped).toEqual([{ type: 'dropJob', id: 'n0' }]);
  });

  test('what was running when the program ended is unknown', () => {
    const before = tableWith('a', 'b');
    before.step(reply('j1', 'a'), 150);
    const table = new JobTable([...before.newest()]);
    expect(table.job('j1')?.state).toBe('unknown');
    expect(states(table.job('j1'))).toEqual({ a: 'answered', b: 'unknown' });
    expect(table.deadlineMs).toBeUndefined();
  });
});

describe('reply text', () => {
  test('[CN-1] equality is exact after line ends and trailing blanks, and nothing else', () => {
    expect(normaliseReply('a \r\nb\t\n\n')).toBe('a\nb');
    expect(measureReply(true, 'a\r\nb').hash).toBe(measureReply(true, 'a\nb \n').hash);
    expect(measureReply(true, 'a b').hash).not.toBe(measureReply(true, 'a  b').hash);
    expect(measureReply(true, ' a').hash).not.toBe(measureReply(true, 'a').hash);
  });

  test('bytes are those of the reply as it came, in UTF-8', () => {
    expect(measureReply(true, 'é\r\n').bytes).toBe(4);
    expect(normaliseReply('\r\r\n\n é \t\r b\u00a0\n \t')).toBe('\n\n\n é\n b\u00a0');
    expect(normaliseReply(' \n\t\n')).toBe('');
  });
});
