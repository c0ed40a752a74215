/**
 * `jlog [--mib N] [--large-gib N] [--directory DIR]`: messages per second appended to a log and read from it, against
 * bare `fs.write` and `fs.read` loops of the same bytes, by turns in the same run; the same with a sync after every
 * batch; memory while a log of several GiB in one segment is written, read and measured. Everything is really written.
 */

import {
  closeSync,
  fdatasync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DiskStore } from '../../server/adapters/file-store.ts';
import { must } from '../../server/base/assert.ts';
import type { JournalLog, JournalWriter } from '../../server/jlog/api.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import { LOG_BEGIN } from '../../server/model/log-position.ts';
import { given } from '../support/given.ts';
import type { BenchReport } from './report.ts';

const SIZES = [200, 2_000];
/** Messages of one turn of a busy node. */
const BATCH = 256;
const ROUNDS = 5;
const HEADER_BYTES = 16;
const SYNCED_BATCHES = 200;
const READ_BYTES = 256 * 1024;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const TIME_US = 1_700_000_000_000_000;

const store = new DiskStore();
let directories = 0;

class Place {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  next(): string {
    directories += 1;
    return path.join(this.#root, String(directories));
  }
}

function median(values: readonly number[]): number {
  return must([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)], 'a value');
}

function rate(messages: number, work: () => void): number {
  const startedMs = performance.now();
  work();
  return messages / ((performance.now() - startedMs) / 1_000);
}

async function rateOf(messages: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return messages / ((performance.now() - startedMs) / 1_000);
}

function newWriter(directory: string, unitBytes?: number): JournalWriter {
  given(createLog(store, directory, unitBytes === undefined ? {} : { unitBytes }));
  return given(openWriter(store, directory));
}

function closing(writer: JournalWriter): Promise<void> {
  return new Promise((done, failed) =>
    writer.close((error) => (error === undefined ? done() : failed(error))),
  );
}

function append(writer: JournalWriter, batch: readonly string[], batches: number): void {
  for (let index = 0; index < batches; index += 1)
    must(writer.append(batch, TIME_US).last, 'room on the disk');
}

/** The same bytes in as many writes. */
function bareWrite(file: string, bytes: Uint8Array, writes: number): void {
  const fd = openSync(file, 'w');
  for (let index = 0; index < writes; index += 1) writeSync(fd, bytes, 0, bytes.length, null);
  closeSync(fd);
}

function bareRead(directory: string): void {
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  for (const name of readdirSync(directory).filter((one) => /^[0-9a-f]{8}$/.test(one))) {
    const fd = openSync(path.join(directory, name), 'r');
    while (readSync(fd, chunk, 0, chunk.length, null) > 0);
    closeSync(fd);
  }
}

function readAll(log: JournalLog): number {
  let records = 0;
  for (let next = LOG_BEGIN; ; ) {
    const read = given(log.readFrom(next, { records: 10_000, bytes: READ_BYTES }));
    records += read.records.length;
    next = read.next;
    if (read.atEnd) return records;
  }
}

async function measure(place: Place, size: number, mib: number): Promise<BenchReport['numbers']> {
  // From bytes: texts that were put together are flattened once, by whoever uses them first.
  const batch = Array.from({ length: BATCH }, (_, index) =>
    Buffer.alloc(size, String(index % 10)).toString('latin1'),
  );
  const batches = Math.ceil((mib * MIB) / ((size + HEADER_BYTES) * BATCH));
  const messages = batches * BATCH;
  const record = new Uint8Array(size + HEADER_BYTES).fill(120);
  const chunk = new Uint8Array(record.length * BATCH).fill(120);
  const found: Record<string, number[]> = { append: [], batches: [], single: [], read: [], bareRead: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const [directory, bare] = [place.next(), place.next()];
    const writer = newWriter(directory);
    found['append']?.push(rate(messages, () => append(writer, batch, batches)));
    await closing(writer);
    found['batches']?.push(rate(messages, () => bareWrite(bare, chunk, batches)));
    found['single']?.push(rate(messages / 8, () => bareWrite(bare, record, messages / 8)));
    const log = given(openLog(store, directory));
    found['read']?.push(rate(messages, () => must(readAll(log) === messages || undefined, 'every message')));
    found['bareRead']?.push(rate(messages, () => bareRead(directory)));
    rmSync(directory, { recursive: true });
    rmSync(bare);
  }
  const at = (name: string): number => Math.round(median(found[name] ?? []));
  const ratio = (a: string, b: string): number => Math.round((100 * at(a)) / at(b)) / 100;
  return {
    [`append ${size} B, messages/s`]: at('append'),
    [`bare write of the same batches ${size} B, messages/s`]: at('batches'),
    [`append / bare write of batches, ${size} B`]: ratio('append', 'batches'),
    [`bare write of each message ${size} B, messages/s`]: at('single'),
    [`read ${size} B, messages/s`]: at('read'),
    [`bare read of the same bytes ${size} B, messages/s`]: at('bareRead'),
    [`read / bare read, ${size} B`]: ratio('read', 'bareRead'),
  };
}

/** A sync after each batch, for both. */
async function measureSynced(place: Place, size: number): Promise<BenchReport['numbers']> {
  const batch = Array.from({ length: BATCH }, () => 'x'.repeat(size));
  const chunk = new Uint8Array((size + HEADER_BYTES) * BATCH).fill(120);
  const messages = SYNCED_BATCHES * BATCH;
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [directory, file] = [place.next(), place.next()];
    const writer = newWriter(directory);
    ours.push(
      await rateOf(messages, async () => {
        for (let index = 0; index < SYNCED_BATCHES; index += 1) {
          append(writer, batch, 1);
          await new Promise((done) => writer.flush(done));
        }
      }),
    );
    await closing(writer);
    const fd = openSync(file, 'w');
    bare.push(
      await rateOf(messages, async () => {
        for (let index = 0; index < SYNCED_BATCHES; index += 1) {
          writeSync(fd, chunk, 0, chunk.length, null);
          await new Promise((done) => fdatasync(fd, done));
        }
      }),
    );
    closeSync(fd);
    rmSync(directory, { recursive: true });
    rmSync(file);
  }
  const [appended, written] = [median(ours), median(bare)];
  return {
    [`append with a sync for each batch ${size} B, messages/s`]: Math.round(appended),
    [`bare write and fdatasync ${size} B, messages/s`]: Math.round(written),
    [`append / bare write, with syncs, ${size} B`]: Math.round((100 * appended) / written) / 100,
  };
}

/** One segment of several GiB: what a careless reader would hold in memory. */
async function measureLarge(place: Place, gib: number): Promise<BenchReport['numbers']> {
  const directory = place.next();
  const writer = newWriter(directory, 0xffff_ffff);
  const batch = Array.from({ length: BATCH }, () => 'x'.repeat(2_000 - HEADER_BYTES));
  const batches = Math.floor((gib * GIB - MIB) / (2_000 * BATCH));
  const rssAtFirst = process.memoryUsage().rss;
  let rssMax = rssAtFirst;
  const look = (): void => {
    rssMax = Math.max(rssMax, process.memoryUsage().rss);
  };
  for (let index = 0; index < batches; index += 1) {
    append(writer, batch, 1);
    if (index % 100 === 0) look();
  }
  await closing(writer);
  const bytes = statSync(path.join(directory, '00000000')).size;
  const log = given(openLog(store, directory));
  let longestMs = 0;
  const timed = <T>(work: () => T): T => {
    const startedMs = performance.now();
    const result = work();
    longestMs = Math.max(longestMs, performance.now() - startedMs);
    look();
    return result;
  };
  let records = 0;
  for (let next = LOG_BEGIN, atEnd = false; !atEnd; ) {
    const read = timed(() => given(log.readFrom(next, { records: 10_000, bytes: READ_BYTES })));
    records += read.records.length;
    next = read.next;
    atEnd = read.atEnd;
  }
  must(records === batches * BATCH || undefined, 'every message');
  const fresh = given(openLog(store, directory));
  given(fresh.addSubscriber('master', 'begin'));
  let looks = 1;
  while (timed(() => given(fresh.describe(TIME_US))).subscribers[0]?.lag.known !== true) looks += 1;
  rmSync(directory, { recursive: true });
  return {
    'large log, GiB in one segment': Math.round((100 * bytes) / GIB) / 100,
    'large log, messages': records,
    'large log, memory of the process at first, MiB': Math.round(rssAtFirst / MIB),
    'large log, memory at most while written, read and counted, MiB': Math.round(rssMax / MIB),
    'large log, longest single call, ms': Math.round(longestMs),
    'large log, descriptions until its lag is known': looks,
  };
}

export async function jlogBench(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      mib: { type: 'string', default: '128' },
      'large-gib': { type: 'string', default: '3.9' },
      directory: { type: 'string', default: tmpdir() },
    },
  });
  const [mib, gib] = [Number(values.mib), Number(values['large-gib'])];
  if (!(mib > 0) || !(gib >= 0 && gib < 4))
    throw new Error('--mib is above 0, --large-gib from 0 to below 4.');
  const root = mkdtempSync(path.join(values.directory, 'jlog-bench-'));
  try {
    const { bavail, bsize } = statfsSync(root);
    const room = bavail * bsize > 2 * gib * GIB;
    const place = new Place(root);
    const numbers: Record<string, number> = {};
    for (const size of SIZES)
      Object.assign(numbers, await measure(place, size, mib), await measureSynced(place, size));
    if (room && gib > 0) Object.assign(numbers, await measureLarge(place, gib));
    return { numbers };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
