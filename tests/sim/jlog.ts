/**
 * One log under faults: processes that append numbered messages and are killed inside any write, power that goes, a
 * disk that is full for a while, and readers beside them.
 *
 * J1 what was acknowledged comes out; J2 once and in order; J3 whole; J4 what was refused does not; J5 where power does
 * not fail nothing is damaged; J6 there is one writer; J7 nothing is refused without a reason; J8 reading ends.
 */

import { isAscii } from 'node:buffer';
import { Prng } from '../../server/base/prng.ts';
import type { JournalLog, JournalWriter, LogMessage, LogRecord } from '../../server/jlog/api.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import { Killed, MemoryDisk, type MemoryStore } from '../../server/memory/memory-store.ts';
import {
  comparePositions,
  formatPosition,
  LOG_BEGIN,
  type LogPosition,
} from '../../server/model/log-position.ts';
import type { ScheduleResult } from './registry.ts';

const LOG = '/log';
const LIVES_MAX = 4;
const TURNS_MAX = 8;
const READS_MAX = 1_000;
const MAGIC = Buffer.from('18733a66', 'hex');

type Fate = 'unknown' | 'acknowledged' | 'refused';

class JlogSchedule {
  readonly #prng: Prng;
  readonly #disk = new MemoryDisk();
  readonly #powerFails: boolean;
  readonly #keeps: boolean;
  readonly #contents: Buffer[] = [];
  readonly #fates: Fate[] = [];
  readonly #violations: string[] = [];
  readonly #counts = { messages: 0, kills: 0, powerLosses: 0, refused: 0, retired: 0, rolled: 0 };
  /** What a consumer took that keeps its own position, as an aggregator does. */
  readonly #consumed: LogRecord[] = [];
  #position: LogPosition = LOG_BEGIN;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    this.#powerFails = this.#prng.chance(0.4);
    this.#keeps = this.#prng.chance(0.5);
  }

  run(): ScheduleResult {
    const unitBytes = 40 + this.#prng.below(600);
    const subscribers = this.#keeps ? ['master', 'keeper'] : ['master'];
    const created = createLog(this.#disk.process(), LOG, { unitBytes, subscribers });
    if (!created.ok) return { violations: [created.error.message] };
    if (this.#powerFails) this.#syncAll(this.#disk.process());
    const lives = 1 + this.#prng.below(LIVES_MAX);
    for (let life = 0; life < lives && this.#violations.length === 0; life += 1)
      this.#live(life === lives - 1);
    this.#judge('a consumer', this.#consumed);
    if (this.#keeps) this.#judge('a subscriber from the beginning', this.#readAll(LOG_BEGIN));
    return { violations: this.#violations, counts: this.#counts };
  }

  /** Everything that was written up to here is on the disk. */
  #syncAll(store: MemoryStore): void {
    const names = store.list(LOG);
    store.syncDirectory(LOG, () => {});
    for (const name of names.ok ? names.value : []) {
      const file = store.open(`${LOG}/${name}`, 'read');
      if (file.ok) file.value.sync(() => {});
    }
    this.#finishSyncs();
  }

  #finishSyncs(): void {
    while (this.#disk.syncsOpen > 0) this.#disk.finishSync(this.#prng.below(this.#disk.syncsOpen));
  }

  /** One process, from its start to its end. */
  #live(isLast: boolean): void {
    const store = this.#disk.process();
    const survives = isLast || this.#prng.chance(0.1);
    if (!survives) this.#disk.killAfter(this.#prng.below(25), this.#prng.chance(0.3) ? 0 : this.#prng.unit());
    try {
      this.#work(store);
      if (!survives) this.#die(store);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.#die(store);
    }
    this.#disk.kill(store);
    if (!this.#powerFails || isLast) this.#consume(this.#disk.process());
  }

  #die(store: MemoryStore): void {
    this.#disk.killAfter(Number.POSITIVE_INFINITY, 0);
    this.#disk.kill(store);
    this.#disk.bytesFree = Number.POSITIVE_INFINITY;
    this.#counts.kills += 1;
    if (!this.#powerFails || this.#prng.chance(0.3)) return;
    this.#counts.powerLosses += 1;
    this.#disk.losePower(this.#prng);
  }

  #work(store: MemoryStore): void {
    const writer = openWriter(store, LOG);
    if (!writer.ok) {
      this.#violations.push(`J7: it does not open: ${writer.error.message}`);
      return;
    }
    if (this.#powerFails) this.#finishSyncs();
    const turns = 1 + this.#prng.below(TURNS_MAX);
    for (let turn = 0; turn < turns; turn += 1) {
      this.#append(writer.value);
      if (this.#prng.chance(0.3)) this.#consume(store, this.#powerFails ? writer.value : undefined);
      if (this.#prng.chance(0.05)) this.#tryAnother();
    }
    this.#disk.bytesFree = Number.POSITIVE_INFINITY;
    this.#counts.rolled += writer.value.stats().rolled;
    if (this.#prng.chance(0.5)) {
      writer.value.close();
      this.#finishSyncs();
    }
  }

  #append(writer: JournalWriter): void {
    if (this.#prng.chance(0.1)) this.#disk.bytesFree = this.#prng.below(200);
    else this.#disk.bytesFree = Number.POSITIVE_INFINITY;
    const from = this.#contents.length;
    const count = 1 + this.#prng.below(5);
    for (let index = 0; index < count; index += 1) {
      this.#contents.push(this.#content(this.#contents.length));
      this.#fates.push('unknown');
    }
    const appended = writer.append(this.#contents.slice(from).map(asLogged), 1_700_000_000_000_000 + from);
    this.#counts.messages += appended.messages;
    this.#fates.fill('refused', from + appended.messages);
    this.#counts.refused += count - appended.messages;
    if (appended.messages < count !== (appended.error !== undefined))
      this.#violations.push('J7: append says two things');
    const acknowledge = (): void => {
      this.#fates.fill('acknowledged', from, from + appended.messages);
    };
    if (!this.#powerFails) acknowledge();
    else if (this.#prng.chance(0.7)) {
      writer.flush((error) => {
        if (error === undefined) acknowledge();
      });
      const finished = this.#prng.below(this.#disk.syncsOpen + 1);
      for (let index = 0; index < finished && this.#disk.syncsOpen > 0; index += 1) {
        this.#disk.finishSync(this.#prng.below(this.#disk.syncsOpen));
      }
      if (this.#prng.chance(0.5)) this.#finishSyncs();
    }
  }

  /** A number and padding; sometimes with what looks like records. */
  #content(number: number): Buffer {
    const padding = Buffer.alloc(this.#prng.below(this.#prng.chance(0.1) ? 900 : 90), 'x');
    const parts = [Buffer.from(`${number};`), padding];
    while (this.#prng.chance(0.2)) {
      const length = this.#prng.chance(0.5) ? this.#prng.below(8) : this.#prng.below(500);
      const fake = Buffer.alloc(16 + this.#prng.below(10), 'y');
      MAGIC.copy(fake);
      fake.writeUInt32LE(1_600_000_000, 4);
      fake.writeUInt32LE(length, 12);
      parts.push(fake);
    }
    return Buffer.concat(parts);
  }

  #tryAnother(): void {
    const other = openWriter(this.#disk.process(), LOG);
    if (other.ok || other.error.code !== 'LOG_IN_USE')
      this.#violations.push('J6: a second writer was let in');
  }

  /** Takes what is there and says so; with a writer only what survives the loss of power. */
  #consume(store: MemoryStore, writer?: JournalWriter): void {
    const log = openLog(store, LOG);
    if (!log.ok) {
      this.#violations.push(`J7: ${log.error.message}`);
      return;
    }
    const until = writer?.stats().synced;
    if (writer !== undefined && until === undefined) return;
    for (let reads = 0; reads < READS_MAX; reads += 1) {
      const taken = this.#readOnce(log.value, until);
      if (taken === 'end') return;
      const set = log.value.checkpoint('master', this.#position);
      if (set.ok) this.#counts.retired += set.value.retired.length;
      else if (!this.#powerFails) this.#violations.push(`J7: ${set.error.message}`);
      if (taken === 'some') return;
    }
    this.#violations.push('J8: reading never ends');
  }

  #readOnce(log: JournalLog, until: LogPosition | undefined): 'more' | 'some' | 'end' {
    const limits = { records: 1 + this.#prng.below(8), bytes: 1 + this.#prng.below(2_000) };
    const read = log.readFrom(this.#position, limits);
    if (!read.ok) {
      this.#violations.push(`J7: ${read.error.message}`);
      return 'end';
    }
    const { records, gaps, next, atEnd } = read.value;
    for (const gap of this.#powerFails ? [] : gaps) {
      this.#violations.push(`J5: ${gap.reason} behind ${formatPosition(gap.after)}`);
    }
    const durable =
      until === undefined
        ? records
        : records.filter(({ position }) => comparePositions(position, until) <= 0);
    this.#consumed.push(...durable.map((record) => ({ ...record, data: record.data.slice() })));
    const cut = durable.length < records.length || (until !== undefined && comparePositions(next, until) > 0);
    this.#position = cut ? (durable.at(-1)?.position ?? this.#position) : next;
    if (cut || atEnd) return durable.length === 0 && cut ? 'end' : 'some';
    return 'more';
  }

  #readAll(from: LogPosition): readonly LogRecord[] {
    const log = openLog(this.#disk.process(), LOG);
    const records: LogRecord[] = [];
    let next = from;
    for (let reads = 0; log.ok && reads < READS_MAX; reads += 1) {
      const read = log.value.readFrom(next, { records: 50, bytes: 100_000 });
      if (!read.ok) break;
      records.push(...read.value.records);
      next = read.value.next;
      if (read.value.atEnd) return records;
    }
    this.#violations.push('J8: reading from the beginning never ends');
    return records;
  }

  #judge(who: string, records: readonly LogRecord[]): void {
    let last = -1;
    let position: LogPosition = { segment: 0, marker: 0 };
    const seen = new Set<number>();
    for (const record of records) {
      const number = Number.parseInt(String.fromCharCode(...record.data.subarray(0, 8)), 10);
      const whole = this.#contents[number]?.equals(record.data) === true;
      // What was not synced may come back changed, or although it was cut off: the format has no checksum.
      if (this.#powerFails && (!whole || this.#fates[number] !== 'acknowledged')) continue;
      if (!whole)
        this.#violations.push(`J3: ${who} got what was never written at ${formatPosition(record.position)}`);
      if (number <= last) this.#violations.push(`J2: ${who} got ${number} after ${last}`);
      if (this.#fates[number] === 'refused')
        this.#violations.push(`J4: ${who} got ${number}, which was refused`);
      if (comparePositions(record.position, position) <= 0) this.#violations.push(`J2: ${who} went back`);
      [last, position] = [number, record.position];
      seen.add(number);
    }
    const missing = this.#fates.flatMap((fate, number) =>
      fate === 'acknowledged' && !seen.has(number) ? [number] : [],
    );
    if (missing.length > 0) this.#violations.push(`J1: ${who} never got ${missing.slice(0, 5).join(', ')}`);
  }
}

/** Texts take a way of their own. */
function asLogged(content: Buffer): LogMessage {
  return isAscii(content) ? content.toString('latin1') : content;
}

export function runJlogSchedule(seed: number): ScheduleResult {
  return new JlogSchedule(seed).run();
}
