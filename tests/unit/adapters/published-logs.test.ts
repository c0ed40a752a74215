import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiskStore } from '../../../server/adapters/file-store.ts';
import { PublishedLogs } from '../../../server/adapters/published-logs.ts';
import type { JournalWriter } from '../../../server/jlog/api.ts';
import { createLog, openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { type LogsFact, SLICE_BYTES } from '../../../server/logs/service-api.ts';
import { LOG_BEGIN } from '../../../server/model/log-position.ts';
import { until } from '../../support/until.ts';

const at = (marker: number, segment = 0) => ({ segment, marker });

describe('published logs', () => {
  let folder: string;
  let log: string;
  const store = new DiskStore();
  const facts: LogsFact[] = [];
  let logs: PublishedLogs;

  function writerOf(unitBytes = 4 * 1024 * 1024): JournalWriter {
    const made = createLog(store, log, { unitBytes, subscribers: ['master', 'slow'] });
    const writer = openWriter(store, log);
    if (!made.ok || !writer.ok) throw new Error('the log of the test');
    return writer.value;
  }
  const answers = (count: number): Promise<readonly LogsFact[]> =>
    until(() => facts.length >= count && facts);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'published-'));
    log = path.join(folder, 'mainlog.cluster');
    facts.length = 0;
    logs = new PublishedLogs({ store, openLog, give: (fact) => facts.push(fact) });
  });
  afterEach(() => {
    logs.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a log that was never written to has no subscribers, and cannot be read', async () => {
    logs.perform({ type: 'lookAt', ticket: 1, path: log });
    logs.perform({ type: 'read', ticket: 2, path: log, from: LOG_BEGIN });
    const [looked, read] = await answers(2);
    expect(looked).toEqual({ type: 'lookedAt', ticket: 1, subscribers: { ok: true, value: [] } });
    expect(read).toMatchObject({ type: 'read', ticket: 2, batch: { ok: false } });
  });

  test('[LOG-06] reads on after a position, a bounded piece at a time', async () => {
    const line = 'x'.repeat(1_000);
    writerOf().append(Array<string>(1_000).fill(line), 7_000_000);
    logs.perform({ type: 'read', ticket: 1, path: log, from: at(3) });
    const [fact] = await answers(1);
    if (fact?.type !== 'read' || !fact.batch.ok) throw new Error('not read');
    const { records, upTo, ended, gaps } = fact.batch.value;
    expect(records[0]).toMatchObject({ id: at(4), timeUs: 7_000_000 });
    expect(records[0]?.data.toString()).toBe(line);
    const bytes = records.reduce((sum, { data }) => sum + data.length, 0);
    expect(bytes).toBeGreaterThan(SLICE_BYTES / 2);
    expect(bytes).toBeLessThan(SLICE_BYTES * 1.1);
    expect({ upTo, ended, gaps }).toEqual({ upTo: records.at(-1)?.id, ended: false, gaps: [] });
  });

  test('each command has a turn of the event loop of its own', async () => {
    writerOf().append(['one'], 0);
    const turns: number[] = [];
    let turn = 0;
    const count = (): void => {
      turn += 1;
      if (facts.length < 20) setImmediate(count);
    };
    const own = new PublishedLogs({
      store,
      openLog,
      give: (fact) => {
        facts.push(fact);
        turns.push(turn);
      },
    });
    setImmediate(count);
    for (let ticket = 0; ticket < 20; ticket += 1)
      own.perform({ type: 'read', ticket, path: log, from: LOG_BEGIN });
    await answers(20);
    expect(facts.map(({ ticket }) => ticket)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(new Set(turns).size).toBe(20);
  });

  test('[LOG-09] a checkpoint is moved from where it is expected, and frees segments', async () => {
    const writer = writerOf(4_096);
    for (let count = 0; count < 10; count += 1) writer.append(Array<string>(10).fill('x'.repeat(500)), 0);
    const checkpoint = { type: 'checkpoint', path: log, expected: LOG_BEGIN } as const;
    logs.perform({ ...checkpoint, ticket: 1, subscriber: 'master', position: at(0, 3) });
    logs.perform({ ...checkpoint, ticket: 2, subscriber: 'master', position: at(0, 4) });
    logs.perform({ ...checkpoint, ticket: 3, subscriber: 'nobody', position: at(0, 3) });
    logs.perform({ ...checkpoint, ticket: 4, subscriber: 'slow', position: at(0, 3) });
    const outcomes = (await answers(4)).map((fact) => fact.type === 'checkpointed' && fact.outcome);
    expect(outcomes).toEqual([
      { type: 'set' },
      { type: 'moved', position: at(0, 3) },
      { type: 'removed' },
      { type: 'set' },
    ]);
    logs.perform({ type: 'read', ticket: 5, path: log, from: LOG_BEGIN });
    const read = (await answers(5))[4];
    if (read?.type !== 'read' || !read.batch.ok) throw new Error('not read');
    expect(read.batch.value.records[0]?.id).toEqual(at(1, 3));
    expect(read.batch.value.gaps).toMatchObject([
      { from: LOG_BEGIN, to: at(1, 3), text: 'segments are missing' },
    ]);
  });

  test('a position behind the end is not checkpointed', async () => {
    writerOf().append(['one'], 0);
    const position = at(9);
    logs.perform({
      type: 'checkpoint',
      ticket: 1,
      path: log,
      subscriber: 'master',
      expected: LOG_BEGIN,
      position,
    });
    expect(await answers(1)).toMatchObject([{ outcome: { type: 'failed' } }]);
  });

  test('[LOG-24] damage becomes a gap in its place', async () => {
    const writer = writerOf();
    writer.append(['one', 'two', 'three'], 0);
    const segment = path.join(log, '00000000');
    const bytes = readFileSync(segment);
    bytes.fill(0xee, bytes.indexOf('two') - 16, bytes.indexOf('two'));
    writeFileSync(segment, bytes);
    logs.perform({ type: 'read', ticket: 1, path: log, from: LOG_BEGIN });
    const [fact] = await answers(1);
    if (fact?.type !== 'read' || !fact.batch.ok) throw new Error('not read');
    const { records, gaps } = fact.batch.value;
    expect(records.map(({ data }) => data.toString())).toEqual(['one', 'three']);
    expect(gaps).toEqual([
      {
        from: at(1),
        to: records[1]?.id,
        bytes: 19,
        text: expect.stringMatching(/^bytes that are no record at byte/),
      },
    ]);
  });

  test('a log that is made anew under the same path is opened anew', async () => {
    writerOf().append(['one'], 0);
    logs.perform({ type: 'lookAt', ticket: 1, path: log });
    await answers(1);
    rmSync(log, { recursive: true });
    logs.perform({ type: 'lookAt', ticket: 2, path: log });
    logs.perform({ type: 'release', path: log });
    expect((await answers(2))[1]).toMatchObject({ subscribers: { ok: true, value: [] } });
  });
});
