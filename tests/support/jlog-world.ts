/** Logs in memory for tests: made, filled and looked at in one line. */

import type { JournalLog, JournalWriter, LogGap, LogMessage, LogRecord } from '../../server/jlog/api.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import { MemoryDisk, type MemoryStore } from '../../server/memory/memory-store.ts';
import { LOG_BEGIN, type LogPosition } from '../../server/model/log-position.ts';
import { given } from './given.ts';

export const LOG = '/log';
/** When the first message of a test is written, in microseconds. */
export const START_US = 1_700_000_000_000_000;

export type LogWorld = {
  readonly disk: MemoryDisk;
  readonly store: MemoryStore;
  readonly log: JournalLog;
};

/** An empty log with a subscriber `master`. */
export function newLog(unitBytes = 200): LogWorld {
  const disk = new MemoryDisk();
  const store = disk.process();
  given(createLog(store, LOG, { unitBytes, subscribers: ['master'] }));
  return { disk, store, log: given(openLog(store, LOG)) };
}

/** Message number n is written n microseconds after the start. */
export function write(writer: JournalWriter, messages: readonly LogMessage[], timeUs = START_US): void {
  const { error } = writer.append(messages, timeUs);
  if (error !== undefined) throw error;
}

/** Opens a writer, writes, and closes it again. */
export function fill({ disk, store }: LogWorld, messages: readonly LogMessage[]): void {
  const writer = given(openWriter(store, LOG));
  messages.forEach((message, index) => {
    write(writer, [message], START_US + index);
  });
  writer.close();
  while (disk.syncsOpen > 0) disk.finishSync();
}

export type ReadLog = {
  readonly records: readonly LogRecord[];
  readonly gaps: readonly LogGap[];
  readonly end: LogPosition;
};

export function readToEnd(log: JournalLog, from = LOG_BEGIN, limits = { records: 3, bytes: 1_000 }): ReadLog {
  const [records, gaps]: [LogRecord[], LogGap[]] = [[], []];
  let next = from;
  for (let calls = 0; calls < 10_000; calls += 1) {
    const read = given(log.readFrom(next, limits));
    records.push(...read.records);
    gaps.push(...read.gaps);
    next = read.next;
    if (read.atEnd) return { records, gaps, end: next };
  }
  throw new Error('it never came to the end');
}

export function textsOf(records: readonly LogRecord[]): readonly string[] {
  return records.map(({ data }) => Buffer.from(data).toString('utf8'));
}

export function readTexts(log: JournalLog, from = LOG_BEGIN): readonly string[] {
  return textsOf(readToEnd(log, from).records);
}

/** Changes a file as damage does. */
export function damage({ disk }: LogWorld, name: string, change: (bytes: Buffer) => Uint8Array): void {
  disk.put(`${LOG}/${name}`, change(Buffer.from(disk.files(LOG).get(name) ?? [])));
}
