import { describe, expect, test } from 'vitest';
import {
  type LogStreamNews,
  LogStreams,
  STREAM_BYTES_WAITING_MAX,
  STREAM_LINES_WAITING_MAX,
  STREAM_RETRY_MS,
  STREAM_SYNC_MS,
} from '../../../server/cluster/log-streams.ts';
import { createLog, openLog } from '../../../server/jlog/log.ts';
import { openWriter } from '../../../server/jlog/writer.ts';
import { MemoryDisk, type MemoryStore } from '../../../server/memory/memory-store.ts';

const MAIN = '/var/log/main.cluster';
const ACCT = '/var/log/acct.cluster';

class World {
  readonly disk = new MemoryDisk();
  readonly news: LogStreamNews[] = [];
  readonly streams: LogStreams;
  readonly #store: MemoryStore = this.disk.process();
  nowMs = 0;

  constructor(...directories: readonly string[]) {
    const tell = (news: LogStreamNews) => this.news.push(news);
    this.streams = new LogStreams({ store: this.#store, createLog, openWriter, tell, wake: () => undefined });
    this.follow(...directories);
  }

  get now() {
    return { nowMs: this.nowMs, wallUs: 1_700_000_000_000_000 + this.nowMs * 1_000 };
  }

  follow(...directories: readonly string[]): void {
    this.streams.follow(new Map(directories.map((directory) => [directory, ['master']])), this.now);
  }

  /** Adds lines and ends the turn. */
  turn(directory: string, ...lines: readonly string[]): void {
    for (const line of lines) this.streams.add(directory, line);
    this.streams.flush(this.now);
  }

  later(ms: number): void {
    this.nowMs += ms;
    while (this.disk.syncsOpen > 0) this.disk.finishSync();
    if ((this.streams.deadlineMs ?? Number.POSITIVE_INFINITY) <= this.nowMs) this.streams.flush(this.now);
  }

  read(directory: string): readonly string[] {
    const log = openLog(this.disk.process(), directory);
    if (!log.ok) throw log.error;
    const read = log.value.readFrom({ segment: 0, marker: 0 }, { records: 100_000, bytes: 1e9 });
    if (!read.ok) throw read.error;
    expect(read.value.gaps).toEqual([]);
    return read.value.records.map(({ data }) => Buffer.from(data).toString());
  }

  subscribers(directory: string): readonly string[] {
    const log = openLog(this.disk.process(), directory);
    if (!log.ok) throw log.error;
    const subscribers = log.value.subscribers();
    return subscribers.ok ? subscribers.value.map(({ name }) => name) : [];
  }
}

describe('lines of loggers', () => {
  test('[LOG-02] [LOG-03] get a directory with its subscribers, and stay in order', () => {
    const world = new World(MAIN, ACCT);
    expect(world.subscribers(MAIN)).toEqual(['master']);
    world.turn(MAIN, 'one', 'two');
    world.turn(ACCT, 'other');
    world.turn(MAIN, 'three');
    expect(world.read(MAIN)).toEqual(['one', 'two', 'three']);
    expect(world.read(ACCT)).toEqual(['other']);
    expect(world.news).toEqual([]);
    expect(world.streams.written(MAIN)).toMatchObject({ messages: 3, waiting: 0, dropped: 0 });
  });

  test('of one turn are one write', () => {
    const world = new World(MAIN);
    let writes = 0;
    world.disk.refuse = (path, what) => {
      if (what === 'write' && /\/[0-9a-f]{8}$/.test(path)) writes += 1;
      return undefined;
    };
    world.turn(MAIN, ...Array.from({ length: 100 }, (_, at) => `line ${at}`));
    expect(writes).toBe(1);
  });

  test('are synced within a second of the first of them', () => {
    const world = new World(MAIN);
    world.turn(MAIN, 'one');
    expect(world.streams.deadlineMs).toBe(STREAM_SYNC_MS);
    world.later(STREAM_SYNC_MS - 1);
    expect(world.disk.syncsOpen).toBe(0);
    world.later(1);
    expect(world.disk.syncsOpen).toBeGreaterThan(0);
    expect(world.streams.deadlineMs).toBeUndefined();
  });

  test('keep the subscribers that a log has: only what is created gets them', () => {
    const world = new World();
    createLog(world.disk.process(), MAIN, { subscribers: ['archive'] });
    world.follow(MAIN);
    world.turn(MAIN, 'one');
    expect(world.subscribers(MAIN)).toEqual(['archive']);
  });

  test('go on where a killed process was, and where options changed', () => {
    const world = new World(MAIN);
    world.turn(MAIN, 'one');
    world.follow(ACCT);
    world.turn(MAIN, 'nobody writes this');
    world.follow(MAIN);
    world.turn(MAIN, 'two');
    world.later(0);
    expect(world.read(MAIN)).toEqual(['one', 'two']);
    expect(world.news).toEqual([]);
  });

  test('are closed once, and the next process may write', () => {
    const world = new World(MAIN, ACCT);
    world.turn(MAIN, 'one');
    let closed = 0;
    world.streams.close(world.now, () => {
      closed += 1;
    });
    while (world.disk.syncsOpen > 0) world.disk.finishSync();
    expect(closed).toBe(1);
    expect(openWriter(world.disk.process(), MAIN).ok).toBe(true);
  });
});

describe('[LOG-24] a disk that refuses', () => {
  test('is told once, tried again, and gets all lines in order when it works', () => {
    const world = new World(MAIN);
    world.turn(MAIN, 'one');
    world.disk.bytesFree = 0;
    world.turn(MAIN, 'two');
    world.later(STREAM_RETRY_MS);
    world.turn(MAIN, 'three');
    world.later(STREAM_RETRY_MS);
    expect(world.news.map(({ type }) => type)).toEqual(['failed']);
    expect(world.streams.written(MAIN)).toMatchObject({ waiting: 2, dropped: 0 });
    expect(world.streams.written(MAIN)?.problem).toContain('full');
    world.disk.bytesFree = 1e9;
    world.later(STREAM_RETRY_MS);
    expect(world.read(MAIN)).toEqual(['one', 'two', 'three']);
    expect(world.news.at(-1)).toEqual({ type: 'recovered', directory: MAIN, dropped: 0 });
  });

  test('that is read-only keeps nothing else from being written', () => {
    const world = new World(MAIN, ACCT);
    world.disk.refuse = (path, what) =>
      path.startsWith(MAIN) && what !== 'read' ? { kind: 'denied', reason: 'read-only' } : undefined;
    world.turn(MAIN, 'one');
    world.turn(ACCT, 'other');
    expect(world.read(ACCT)).toEqual(['other']);
    world.disk.refuse = undefined;
    world.later(STREAM_RETRY_MS);
    world.later(STREAM_RETRY_MS);
    expect(world.read(MAIN)).toEqual(['one']);
  });

  test('lets a bounded number of lines wait: the oldest go, and are counted', () => {
    const world = new World(MAIN);
    world.disk.bytesFree = 0;
    for (let line = 0; line < STREAM_LINES_WAITING_MAX + 7; line += 1) world.streams.add(MAIN, `${line}`);
    world.streams.flush(world.now);
    expect(world.streams.written(MAIN)).toMatchObject({ waiting: STREAM_LINES_WAITING_MAX, dropped: 7 });
    const long = 'x'.repeat(STREAM_BYTES_WAITING_MAX / 2);
    for (let line = 0; line < 4; line += 1) world.streams.add(MAIN, long);
    expect(world.streams.written(MAIN)?.waiting).toBe(2);
    world.disk.bytesFree = 1e9;
    world.later(STREAM_RETRY_MS);
    expect(world.read(MAIN)).toEqual([long, long]);
    expect(world.news.at(-1)).toMatchObject({ type: 'recovered', dropped: STREAM_LINES_WAITING_MAX + 9 });
  });

  test('a second writer is refused by name, and may write when the first one has gone', () => {
    const world = new World(MAIN);
    world.turn(MAIN, 'one');
    const news: LogStreamNews[] = [];
    const store = world.disk.process();
    const tell = (one: LogStreamNews) => news.push(one);
    const second = new LogStreams({ store, createLog, openWriter, tell, wake: () => undefined });
    second.follow(new Map([[MAIN, []]]), world.now);
    second.add(MAIN, 'two');
    expect(news).toEqual([
      { type: 'failed', directory: MAIN, reason: expect.stringContaining('another writer') },
    ]);
    world.follow();
    while (world.disk.syncsOpen > 0) world.disk.finishSync();
    world.nowMs += STREAM_RETRY_MS;
    second.flush(world.now);
    expect(world.read(MAIN)).toEqual(['one', 'two']);
  });

  test('`reopen logs` opens what was moved away, with its subscribers', () => {
    const world = new World(MAIN);
    world.turn(MAIN, 'one');
    expect(world.streams.reopen(world.now)).toEqual([]);
    world.turn(MAIN, 'two');
    world.later(0);
    expect(world.read(MAIN)).toEqual(['one', 'two']);
    for (const name of world.disk.files(MAIN).keys()) world.disk.process().unlink(`${MAIN}/${name}`);
    world.streams.reopen(world.now);
    world.turn(MAIN, 'three');
    world.later(0);
    expect(world.news).toEqual([]);
    expect(world.read(MAIN)).toEqual(['three']);
    expect(world.subscribers(MAIN)).toEqual(['master']);
  });
});
