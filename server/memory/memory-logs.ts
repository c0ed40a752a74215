/**
 * Published logs in memory, behind the commands of the log file service: segments, subscribers, damage. Commands are
 * performed one after the other and answered later, as on a disk.
 */

import type { Clock } from '../base/ports.ts';
import { err, ok } from '../base/result.ts';
import type { LogBatch, LogGap, LogRecord } from '../logs/api.ts';
import type { LogsCommand, LogsFact } from '../logs/service-api.ts';
import { comparePositions, LOG_BEGIN, type LogPosition } from '../model/log-position.ts';

/** Bytes of messages in one answer. */
const SLICE_BYTES = 256 * 1024;

export class MemoryLog {
  readonly records: LogRecord[] = [];
  readonly gaps: LogGap[] = [];
  readonly subscribers = new Map<string, LogPosition>();
  /** Said instead of anything else. */
  broken: string | undefined;
  /** The disk takes no checkpoints. */
  readOnly: string | undefined;
  /** So many answers to reads find nothing although something is there: the place is being looked for. */
  searches = 0;
  #end: LogPosition = LOG_BEGIN;

  get end(): LogPosition {
    return this.#end;
  }

  append(...messages: readonly (string | Buffer)[]): void {
    for (const message of messages) {
      const data = typeof message === 'string' ? Buffer.from(message) : message;
      this.#end = { segment: this.#end.segment, marker: this.#end.marker + 1 };
      this.records.push({ id: this.#end, timeUs: this.records.length, data });
    }
  }

  /** The next record begins another segment. */
  roll(): void {
    this.#end = { segment: this.#end.segment + 1, marker: 0 };
  }

  /** So many bytes after the last record cannot be read. */
  damage(bytes: number | null, text: string): void {
    const { segment, marker } = this.#end;
    this.gaps.push({ from: this.#end, to: { segment, marker: marker + 1 }, bytes, text });
  }

  /** The log is another one, with no more than this. */
  cutTo(end: LogPosition): void {
    this.#end = end;
    const kept = this.records.filter(({ id }) => comparePositions(id, end) <= 0);
    this.records.splice(0, this.records.length, ...kept);
  }

  read(from: LogPosition): LogBatch {
    if (comparePositions(from, this.#end) > 0) {
      const gap = { from, to: this.#end, bytes: null, text: 'the position lies behind the end' };
      return { records: [], gaps: [gap], upTo: this.#end, ended: true };
    }
    if (this.searches > 0) {
      this.searches -= 1;
      return { records: [], gaps: [], upTo: from, ended: false };
    }
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.records) {
      if (comparePositions(record.id, from) <= 0) continue;
      if (records.length > 0 && bytes + record.data.length > SLICE_BYTES) break;
      records.push(record);
      bytes += record.data.length;
    }
    const last = records.at(-1)?.id ?? from;
    const ended = this.records.every(({ id }) => comparePositions(id, last) <= 0);
    const upTo = ended ? this.#end : last;
    const gaps = this.gaps.filter(
      (gap) => comparePositions(gap.from, from) >= 0 && comparePositions(gap.from, upTo) <= 0,
    );
    const unread = gaps.filter((gap) => comparePositions(gap.from, upTo) < 0 || !this.#told.has(gap));
    for (const gap of unread) this.#told.add(gap);
    return { records, gaps: unread, upTo, ended };
  }

  /** Damage at the very end is told once. */
  readonly #told = new Set<LogGap>();
}

export class MemoryLogs {
  /** By path. */
  readonly logs = new Map<string, MemoryLog>();
  /** All that was asked, oldest first. */
  readonly commands: LogsCommand[] = [];
  readonly #clock: Clock;
  readonly #give: (fact: LogsFact) => void;
  /** How long a command takes. */
  readonly #delayMs: () => number;

  constructor(clock: Clock, give: (fact: LogsFact) => void, delayMs: () => number = () => 0.2) {
    this.#clock = clock;
    this.#give = give;
    this.#delayMs = delayMs;
  }

  /** The log of a path, made where there is none. @param subscribers stand at its beginning. */
  log(path: string, ...subscribers: readonly string[]): MemoryLog {
    const log = this.logs.get(path) ?? new MemoryLog();
    this.logs.set(path, log);
    for (const name of subscribers) log.subscribers.set(name, LOG_BEGIN);
    return log;
  }

  perform(command: LogsCommand): void {
    this.commands.push(command);
    if (command.type === 'release') return;
    const log = this.logs.get(command.path);
    const fact = this.#answer(command, log);
    this.#freeMs = Math.max(this.#freeMs, this.#clock.nowMs()) + this.#delayMs();
    this.#clock.at(this.#freeMs, () => this.#give(fact));
  }

  /** One command at a time. */
  #freeMs = 0;

  #answer(command: Exclude<LogsCommand, { type: 'release' }>, log: MemoryLog | undefined): LogsFact {
    const { type, ticket } = command;
    if (type === 'checkpoint') return { type: 'checkpointed', ticket, outcome: outcomeOf(command, log) };
    if (type === 'read') {
      const broken = log === undefined ? 'there is no such log' : log.broken;
      const batch =
        log === undefined || broken !== undefined ? err(broken ?? '') : ok(log.read(command.from));
      return { type: 'read', ticket, batch };
    }
    const found = [...(log?.subscribers ?? [])].map(([name, position]) => ({ name, position }));
    return { type: 'lookedAt', ticket, subscribers: log?.broken === undefined ? ok(found) : err(log.broken) };
  }
}

function outcomeOf(
  { subscriber, expected, position }: Extract<LogsCommand, { type: 'checkpoint' }>,
  log: MemoryLog | undefined,
): Extract<LogsFact, { type: 'checkpointed' }>['outcome'] {
  const at = log?.subscribers.get(subscriber);
  if (log === undefined || at === undefined) return { type: 'removed' };
  if (comparePositions(at, expected) !== 0) return { type: 'moved', position: at };
  if (log.readOnly !== undefined) return { type: 'failed', text: log.readOnly };
  log.subscribers.set(subscriber, position);
  return { type: 'set' };
}
