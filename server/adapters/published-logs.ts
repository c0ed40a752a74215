/**
 * Logs that a node publishes, behind the commands of the log file service: one command after the other, each in a turn
 * of the event loop of its own, so that nobody else waits for longer than one bounded piece of work.
 */

import type { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { FileStore, LogGap as JournalGap, JournalLog, OpenLog, ReadResult } from '../jlog/api.ts';
import { checkpointName } from '../jlog/names.ts';
import type { LogBatch, LogGap } from '../logs/api.ts';
import {
  type CheckpointOutcome,
  type LogsCommand,
  type LogsFact,
  SLICE_BYTES,
  SLICE_RECORDS_MAX,
} from '../logs/service-api.ts';
import { comparePositions } from '../model/log-position.ts';

/** Logs whose segments are remembered; one more, and the one that was not used for the longest time is forgotten. */
const LOGS_KEPT_MAX = 64;

const WORDS: Readonly<Record<JournalGap['reason'], string>> = {
  damaged: 'bytes that are no record',
  torn: 'a record that was never completed',
  unpackable: 'a record that cannot be decompressed',
  'too-large': 'a record that is too large',
  'missing-segment': 'segments are missing',
  'empty-segment': 'a segment without records',
  unreadable: 'the disk cannot read a segment',
  'past-end': 'the position lies behind the end of the log',
};

type Asked = Exclude<LogsCommand, { type: 'release' | 'checkpoint' }>;

export class PublishedLogs {
  readonly #store: FileStore;
  readonly #openLog: OpenLog;
  readonly #give: (fact: LogsFact) => void;
  readonly #later: (turn: () => void) => void;
  /** By path; the last one was used last. */
  readonly #logs = new Map<string, JournalLog>();
  readonly #waiting: LogsCommand[] = [];
  #scheduled = false;
  #syncing = false;
  #closed = false;

  /**
   * @param parts `give` takes facts, in the order of the commands and never within `perform`; `later` runs something in
   * another turn, which simulated ones make themselves.
   */
  constructor(parts: {
    readonly store: FileStore;
    readonly openLog: OpenLog;
    readonly give: (fact: LogsFact) => void;
    readonly later?: (turn: () => void) => void;
  }) {
    this.#store = parts.store;
    this.#openLog = parts.openLog;
    this.#give = parts.give;
    this.#later = parts.later ?? setImmediate;
  }

  perform(command: LogsCommand): void {
    this.#waiting.push(command);
    this.#schedule();
  }

  /** Nothing is answered after this. */
  close(): void {
    this.#closed = true;
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  #schedule(): void {
    if (this.#scheduled || this.#syncing || this.#closed || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#later(() => {
      this.#scheduled = false;
      const command = this.#closed ? undefined : this.#waiting.shift();
      if (command === undefined) return;
      if (command.type === 'checkpoint') {
        this.#checkpoint(command);
        return;
      }
      if (command.type === 'release') this.#release(command.path);
      else this.#give(this.#answer(command));
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  /** Told once it survives the loss of power: who hears of it takes an older one for a wish to read again (LGS-13). */
  #checkpoint(command: Extract<LogsCommand, { type: 'checkpoint' }>): void {
    const { path, subscriber, ticket } = command;
    const outcome = checkpoint(this.#log(path), command);
    const tell = (told: CheckpointOutcome): void => {
      this.#syncing = false;
      if (this.#closed) return;
      this.#give({ type: 'checkpointed', ticket, outcome: told });
      this.#schedule();
    };
    const name = checkpointName(subscriber);
    const file =
      outcome.type === 'set' && name.ok ? this.#store.open(`${path}/${name.value}`, 'update') : undefined;
    this.#syncing = true;
    if (file?.ok !== true) {
      tell(outcome);
      return;
    }
    file.value.sync((error) => {
      file.value.close();
      tell(error === undefined ? outcome : { type: 'failed', text: error.reason });
    });
  }

  #release(path: string): void {
    this.#logs.get(path)?.close();
    this.#logs.delete(path);
  }

  #answer(command: Asked): LogsFact {
    const log = this.#log(command.path);
    const { type, ticket } = command;
    if (type === 'read') {
      const limits = { records: SLICE_RECORDS_MAX, bytes: SLICE_BYTES };
      const read = log.ok ? log.value.readFrom(command.from, limits) : log;
      return { type: 'read', ticket, batch: read.ok ? ok(batchOf(read.value)) : err(read.error.message) };
    }
    const found = log.ok ? log.value.subscribers() : log;
    if (found.ok) return { type: 'lookedAt', ticket, subscribers: found };
    // Nothing was ever written to it; it is made with its first line.
    const missing = found.error.code === 'LOG_MISSING';
    return { type: 'lookedAt', ticket, subscribers: missing ? ok([]) : err(found.error.message) };
  }

  #log(path: string): Result<JournalLog, ClusterError> {
    const known = this.#logs.get(path);
    const opened = known === undefined ? this.#openLog(this.#store, path) : ok(known);
    if (!opened.ok) return opened;
    this.#logs.delete(path);
    this.#logs.set(path, opened.value);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > LOGS_KEPT_MAX && oldest !== undefined) this.#release(oldest);
    return opened;
  }
}

function checkpoint(
  log: Result<JournalLog, ClusterError>,
  { subscriber, expected, position }: Extract<LogsCommand, { type: 'checkpoint' }>,
): CheckpointOutcome {
  const found = log.ok ? log.value.subscribers() : log;
  if (!log.ok || !found.ok) return { type: 'failed', text: found.ok ? '' : found.error.message };
  const standing = found.value.find(({ name }) => name === subscriber);
  if (standing === undefined) return { type: 'removed' };
  if (standing.position === undefined) return { type: 'failed', text: 'its checkpoint cannot be read' };
  if (comparePositions(standing.position, expected) !== 0) {
    return { type: 'moved', position: standing.position };
  }
  const set = log.value.checkpoint(subscriber, position);
  return set.ok ? { type: 'set' } : { type: 'failed', text: set.error.message };
}

function batchOf({ records, gaps, next, atEnd }: ReadResult): LogBatch {
  return {
    records: records.map(({ position: id, timeUs, data }) => ({
      id,
      timeUs,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    })),
    gaps: gaps.map((gap) => gapOf(gap, records, next)),
    upTo: next,
    ended: atEnd,
  };
}

function gapOf(
  { after, reason, bytes, offset }: JournalGap,
  records: ReadResult['records'],
  next: ReadResult['next'],
): LogGap {
  const behind = records.find(({ position }) => comparePositions(position, after) > 0);
  const where = offset === undefined ? '' : ` at byte ${offset}`;
  return { from: after, to: behind?.position ?? next, bytes: bytes ?? null, text: WORDS[reason] + where };
}
