import { describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import {
  LOOK_INTERVAL_MS,
  PANIC_LINES_TOLD_MAX,
  TELL_INTERVAL_MS,
} from '../../../server/cluster/log-board.ts';
import { LOGS_PARTS_MAX, type LogsPart, partsOf, toldOf } from '../../../server/cluster/logs-message.ts';
import { encodeMessage } from '../../../server/cluster/messages.ts';
import { IN_USE_MS } from '../../../server/cluster/watched-logs.ts';
import { formatPosition } from '../../../server/model/log-position.ts';
import type { GroupName } from '../../../server/model/names.ts';
import type { LogReview, LogTail } from '../../../server/wire/logs.ts';
import { LOGS_PER_NODE_MAX, TAIL_RECORDS_MAX, TAIL_TEXT_CHARACTERS_MAX } from '../../../server/wire/logs.ts';
import { LogBoardWorld, MAIN, published } from '../../support/log-board-world.ts';

const told = (world: LogBoardWorld, ms: number): LogsPart | undefined =>
  published(world.pass(ms), 'logs').at(-1) as LogsPart | undefined;
const mainOf = (part: LogsPart | undefined) => must(part?.logs[0], 'a log was told');

describe('what a node tells of its logs', () => {
  test('a log that nobody wrote is missing, and its subscribers are none', () => {
    const world = new LogBoardWorld();
    expect(mainOf(told(world, 100))).toMatchObject({
      log: 'mainlog',
      path: MAIN,
      state: 'missing',
      onDiskBytes: null,
      latest: null,
      recordsPerS: null,
      subscribers: [],
    });
  });

  test('[LOG-13] [LS-3] size, position and lag are those of the log; one that never read says so', () => {
    const world = new LogBoardWorld();
    world.write(100);
    const log = mainOf(told(world, 100));
    expect(log).toMatchObject({ state: 'ok', first: '00000000:00000000', gaps: 0, text: '' });
    expect(log.subscribers[0]).toMatchObject({
      name: 'master',
      position: '00000000:00000000',
      lag: { records: 100 },
      neverRead: true,
      movedAgoMs: null,
      active: false,
      recordsPerS: null,
    });
    expect(log.onDiskBytes).toBeGreaterThan(100 * 116);
  });

  test.each([false, true])(
    '[LS-5] rates are averages over the last minute, foreign writer: %s',
    (foreignWriter) => {
      const world = new LogBoardWorld(undefined, { foreignWriter });
      world.write(1);
      for (let second = 0; second < 90; second += 1) {
        world.write(20);
        world.read('master', 10);
        world.pass(1_000);
      }
      const log = mainOf(told(world, LOOK_INTERVAL_MS + 100));
      const within = (value: number | null | undefined, wanted: number): void => {
        expect(Math.abs((value ?? 0) / wanted - 1)).toBeLessThan(0.05);
      };
      within(log.recordsPerS, 20);
      within(log.bytesPerS, 20 * 116);
      within(log.subscribers[0]?.recordsPerS, 10);
      within(log.subscribers[0]?.bytesPerS, 10 * 116);
      expect(log.subscribers[0]).toMatchObject({ neverRead: false, active: true, lag: { records: 901 } });
    },
  );

  test('what changes is told each 2 s at most, and what does not each 15 s', () => {
    const world = new LogBoardWorld();
    world.write(5);
    world.pass(10_000);
    expect(published(world.pass(30_000), 'logs').length).toBe(30_000 / TELL_INTERVAL_MS);
    let messages = 0;
    for (let step = 0; step < 100; step += 1) {
      world.write(1);
      messages += published(world.pass(100), 'logs').length;
    }
    expect(messages).toBe(10_000 / LOOK_INTERVAL_MS);
  });

  test('[LS-2] a checkpoint before the oldest segment is data lost, one behind the end is told, too', () => {
    const world = new LogBoardWorld();
    world.write(200);
    world.disk.process().unlink(`${MAIN}/00000000`);
    expect(mainOf(told(world, 100)).subscribers[0]).toMatchObject({ lag: null, unknown: 'dataLost' });
    const behind = Buffer.from('ffff000000000000', 'hex');
    world.disk.put(`${MAIN}/cp.${Buffer.from('late').toString('hex')}`, behind);
    world.disk.put(`${MAIN}/cp.${Buffer.from('torn').toString('hex')}`, Buffer.alloc(3));
    const log = mainOf(told(world, LOOK_INTERVAL_MS + 100));
    expect(log.subscribers.map(({ name, unknown }) => `${name} ${unknown}`)).toEqual([
      'late pastEnd',
      'master dataLost',
      'torn badCheckpoint',
    ]);
  });

  test('a log that cannot be read is unreadable with a reason, and the others are told', () => {
    const world = new LogBoardWorld({ mainlog: MAIN, acctlog: '/var/log/acct.cluster' });
    world.write(5);
    world.disk.refuse = (path, what) =>
      path.startsWith(MAIN) && (what === 'open' || what === 'read')
        ? { kind: 'denied', reason: 'no' }
        : undefined;
    const part = told(world, 100);
    expect(part?.logs.map(({ log, state }) => `${log} ${state}`)).toEqual([
      'mainlog unreadable',
      'acctlog missing',
    ]);
    expect(part?.logs[0]?.onDiskBytes).toBeNull();
  });

  test('fits into messages whatever it is', () => {
    const world = new LogBoardWorld();
    world.write(
      1,
      10,
      Array.from({ length: 40 }, (_, at) => `${at} ${'\u0001"\\'.repeat(30)}`),
    );
    world.pass(100);
    const look = must(world.board.published?.lookOf('mainlog'), 'it was looked at');
    const one = toldOf({ ...look, text: '\u0007'.repeat(999), directory: `/${'"'.repeat(4_000)}` }, 0);
    expect(one.subscribers.length + one.omitted).toBe(40);
    const parts = partsOf(
      Array.from({ length: LOGS_PER_NODE_MAX + 1 }, () => one),
      1,
    );
    expect(parts.length).toBeLessThanOrEqual(LOGS_PARTS_MAX);
    expect(parts.flatMap(({ logs }) => logs)).toHaveLength(LOGS_PER_NODE_MAX);
    for (const part of parts) {
      expect(encodeMessage({ type: 'logs', ...part }).payload.length).toBeLessThan(256 * 1_024);
    }
  });
});

test('[CLU-10] lines of the paniclog go to log_group, in order and in bounded number', () => {
  const world = new LogBoardWorld({}, { logGroup: 'ec_logs' as GroupName });
  for (let line = 0; line < PANIC_LINES_TOLD_MAX + 3; line += 1)
    world.panics.note('error', `e${line}`, {}, 5_000);
  const sent = world
    .pass(10)
    .flatMap((request) => (request.type === 'publish' && request.kind === 0 ? [request] : []));
  expect(sent[0]).toMatchObject({ groups: ['ec_logs'] });
  expect(sent.map(({ payload }) => payload.toString()).slice(-2)).toEqual(['5:e19', '5:3 more lines']);
  const silent = new LogBoardWorld();
  silent.panics.note('error', 'e', {}, 0);
  expect(silent.pass(10).map((request) => (request.type === 'publish' ? request.kind : 0))).not.toContain(0);
});

describe('offsets', () => {
  const review = (world: LogBoardWorld, to: unknown, subscriber = 'master') => {
    const about = JSON.stringify({ node: 'node1', log: 'mainlog', subscriber, to });
    return world.board.answer('logReview', about, world.nowMs);
  };
  const reviewed = (world: LogBoardWorld, to: unknown): LogReview => JSON.parse(review(world, to).text);
  const positionOf = (world: LogBoardWorld): string => {
    const subscribers = world.log.subscribers();
    const position = subscribers.ok ? subscribers.value[0]?.position : undefined;
    return position === undefined ? '' : formatPosition(position);
  };

  test('a review says what is read again or left out, changes nothing, and names the exact command', () => {
    const world = new LogBoardWorld();
    world.write(100);
    world.pass(100);
    expect(reviewed(world, { kind: 'end' })).toMatchObject({
      before: '00000000:00000000',
      replayed: { records: 0, bytes: 0 },
      lost: { records: 100, bytes: 100 * 116 },
      refusal: null,
      command: 'cluster logs reset mainlog master end from 00000000:00000000',
    });
    expect(reviewed(world, { kind: 'records', records: 40 }).lost).toEqual({ records: 40, bytes: 40 * 116 });
    expect(positionOf(world)).toBe('00000000:00000000');
    world.read('master', 30);
    const back = reviewed(world, { kind: 'records', records: -20 });
    expect(back).toMatchObject({
      replayed: { records: 20, bytes: 20 * 116 },
      lost: { records: 0, bytes: 0 },
    });
    expect(reviewed(world, null)).toMatchObject({
      after: null,
      lost: { records: 70, bytes: 70 * 116 },
      command: expect.stringMatching(/^cluster logs remove mainlog master from /),
    });
  });

  test('what is done is what was reviewed, and only from where it was reviewed', () => {
    const world = new LogBoardWorld();
    world.write(200);
    world.pass(100);
    const { after, before } = reviewed(world, { kind: 'records', records: 150 });
    const to = { kind: 'records', records: 150 } as const;
    const change = { log: 'mainlog', subscriber: 'master', to };
    const wrong = world.board.change(change, '00000000:00000001', world.nowMs);
    expect(wrong).toEqual({ ok: false, text: 'it is at 00000000:00000000 and not at 00000000:00000001' });
    const done = world.board.change(change, before ?? '', world.nowMs);
    expect(done).toEqual({
      ok: true,
      text: `mainlog: subscriber 'master' moved from ${before} to ${after}: 150 records are left out`,
    });
    expect(positionOf(world)).toBe(after);
    expect(world.disk.files(MAIN).has('00000000')).toBe(false);
  });

  test('[LS-7] is refused while the subscriber is in use, with the reason, and done later', () => {
    const world = new LogBoardWorld();
    world.write(100);
    world.pass(LOOK_INTERVAL_MS);
    world.read('master', 10);
    world.pass(LOOK_INTERVAL_MS + 100);
    const change = { log: 'mainlog', subscriber: 'master', to: { kind: 'end' } } as const;
    const refusal = /in use: its checkpoint moved \d s ago/;
    expect(reviewed(world, { kind: 'end' }).refusal).toMatch(refusal);
    expect(world.board.change(change, undefined, world.nowMs).text).toMatch(refusal);
    world.pass(IN_USE_MS);
    expect(reviewed(world, { kind: 'end' }).refusal).toBeNull();
    const begin = { segment: 0, marker: 0 };
    world.jobs.push({
      id: 4,
      log: 'mainlog',
      subscriber: 'master',
      by: 'manager',
      peer: '127.0.0.1:1',
      startedMs: 0,
      records: 0,
      bytes: 0,
      sentTo: undefined,
      checkpoint: begin,
      state: 'sleeping',
    });
    expect(reviewed(world, null).refusal).toBe('the subscriber is in use: job 4 serves it to manager');
    expect(world.board.change(change, undefined, world.nowMs).ok).toBe(false);
    world.jobs.pop();
    expect(world.board.change(change, undefined, world.nowMs).ok).toBe(true);
  });

  test('[LOG-22] a removal frees what only that subscriber needed', () => {
    const world = new LogBoardWorld();
    world.write(200, 100, ['archive', 'master']);
    world.read('master', 200);
    world.pass(100);
    const about = { log: 'mainlog', subscriber: 'archive', to: null };
    const freed = (JSON.parse(review(world, null, 'archive').text) as LogReview).freedBytes ?? 0;
    const before = [...world.disk.files(MAIN).values()].reduce((sum, { length }) => sum + length, 0);
    expect(world.board.change(about, undefined, world.nowMs).text).toMatch(/removed, \d+ segments deleted/);
    const after = [...world.disk.files(MAIN).values()].reduce((sum, { length }) => sum + length, 0);
    expect(before - after - 8).toBe(freed);
    expect(freed).toBeGreaterThan(10_000);
  });

  test('nonsense is refused in words', () => {
    const world = new LogBoardWorld();
    world.write(10);
    const refused = (about: unknown) => world.board.answer('logReview', JSON.stringify(about), 0);
    const asked = { node: 'n', log: 'mainlog', subscriber: 'master', to: { kind: 'end' } };
    expect(refused({ ...asked, log: 'x\u001b' }).text).toBe('x\u001b is not published here; mainlog are');
    expect(refused({ ...asked, subscriber: 'nobody' }).text).toContain('no subscriber nobody');
    expect(refused({ ...asked, to: 5 })).toEqual({ ok: false, text: 'the question cannot be read' });
    expect(world.board.answer('logReview', '{', 0).ok).toBe(false);
    expect(world.board.answer('logTail', undefined, 0).ok).toBe(false);
    const at = (position: string) => reviewed(world, { kind: 'position', position }).refusal;
    expect(at('00000000:00000005')).toBeNull();
    expect(at('00000000:0000000b')).toContain('behind the end');
    expect(at('00000009:00000000')).toContain('behind the end');
    expect(world.board.add('mainlog', 'master', 'end', 0).text).toContain('already');
  });
});

describe('the tail of a log', () => {
  const tail = (world: LogBoardWorld, from?: string): LogTail =>
    JSON.parse(
      world.board.answer('logTail', JSON.stringify({ node: 'n', log: 'mainlog', from }), world.nowMs).text,
    );

  test('is its last records, then what came behind them', () => {
    const world = new LogBoardWorld();
    world.write(TAIL_RECORDS_MAX + 50, 20);
    const first = tail(world);
    expect(first.records).toHaveLength(TAIL_RECORDS_MAX);
    expect(first.records[0]?.text).toMatch(/^50 /);
    expect(first.skipped).toBe(0);
    expect(tail(world, first.next ?? '').records).toEqual([]);
    world.write(3, 20);
    expect(tail(world, first.next ?? '').records.map(({ text }) => text.trim().split(' ')[0])).toEqual([
      '0',
      '1',
      '2',
    ]);
    world.write(TAIL_RECORDS_MAX + 7, 20);
    const late = tail(world, first.next ?? '');
    expect([late.skipped, late.records.length]).toEqual([10, TAIL_RECORDS_MAX]);
  });

  test('is bounded by bytes and by the length of a line, and moves nothing', () => {
    const world = new LogBoardWorld();
    world.write(100, 20_000);
    const long = tail(world);
    expect(long.records.length).toBeLessThan(20);
    expect(long.records[0]).toMatchObject({ cut: true });
    expect(long.records[0]?.text).toHaveLength(TAIL_TEXT_CHARACTERS_MAX);
    expect(mainOf(told(world, 100)).subscribers[0]?.neverRead).toBe(true);
  });

  test('of a log without records is empty', () => {
    const world = new LogBoardWorld();
    world.write(0);
    expect(tail(world)).toEqual({ records: [], next: '00000000:00000000', skipped: 0, gaps: [] });
  });
});
