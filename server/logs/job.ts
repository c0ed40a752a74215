/**
 * One job of the log file service: sends one log to one subscriber, in rounds (LGS-14 to LGS-18). A round sends all
 * that is there; then the job sleeps. It looks at its subscriber when a round begins and whenever it moves the
 * checkpoint, so that what somebody else did to it is never undone.
 */

import type { Result } from '../base/result.ts';
import { comparePositions, formatPosition, type LogPosition } from '../model/log-position.ts';
import type { LogBatch, LogJob, LogRecord } from './api.ts';
import { type BatchItem, itemsOf } from './batch-items.ts';
import { costOf, PIECE_BYTES_MAX, RECORD_HEADER_BYTES, type TellFrame } from './log-frames.ts';
import type { CheckpointOutcome } from './service-api.ts';
import { HOLD_MS_MAX, type JobEnd, type PublishedSubscriber, WINDOW_BYTES } from './session-api.ts';
import { Window } from './window.ts';

/** A read that found nothing but has not come to the end yet is followed by the next one after this. */
const SEARCH_PAUSE_MS = 2;

export type JobSeed = Pick<LogJob, 'id' | 'log' | 'subscriber' | 'by' | 'peer' | 'startedMs'> & {
  readonly conn: number;
  readonly path: string;
  /** Where the subscriber stands. */
  readonly checkpoint: LogPosition;
  /** Records after this are sent. Behind the checkpoint when the aggregator has more than the node knows of. */
  readonly start: LogPosition;
};

/** What a job needs of the service around it. */
export interface JobHost {
  readonly pace: { readonly activeMs: number; readonly idleMs: number };
  /** What waits to leave on its connection is little. */
  writable(conn: number): boolean;
  /** There is room in the window of the connection. */
  roomFor(conn: number, bytes: number): boolean;
  /** The window of the connection has so much more, or less, in it. */
  account(conn: number, bytes: number): void;
  tell(conn: number, tell: TellFrame): void;
  lookAt(job: ServedJob): void;
  read(job: ServedJob, from: LogPosition): void;
  checkpoint(job: ServedJob, expected: LogPosition, position: LogPosition): void;
  checkpointFailed(job: ServedJob, text: string): void;
  end(job: ServedJob, reason: JobEnd, text: string): void;
}

type Phase =
  /** Waits for an answer about its log. */
  | { readonly type: 'asking' }
  /** Sends what it has, and reads on. */
  | { readonly type: 'sending' }
  | { readonly type: 'sleeping'; readonly sinceMs: number; readonly active: boolean };

export class ServedJob {
  readonly seed: JobSeed;
  readonly #host: JobHost;
  readonly #window: Window;
  #phase: Phase = { type: 'asking' };
  /** Read and not sent yet; the first one may have left in part. */
  #items: BatchItem[] = [];
  /** Message bytes of the first item that have left. */
  #sentOfItem = 0;
  #readTo: LogPosition;
  #atEnd = false;
  /** This round sent a record. */
  #active = false;
  #heldUntilMs = 0;
  #searchMs = 0;
  #checkpoint: LogPosition;
  /** A checkpoint is being set; the next one waits. */
  #setting: LogPosition | undefined;
  #wanted: LogPosition | undefined;
  /** The disk refused it; it is tried again in the next round. */
  #refused: LogPosition | undefined;
  #records = 0;
  #bytes = 0;

  constructor(seed: JobSeed, host: JobHost) {
    this.seed = seed;
    this.#host = host;
    this.#window = new Window(seed.start);
    this.#readTo = seed.start;
    this.#checkpoint = seed.checkpoint;
  }

  /** Begins the first round; a checkpoint that was lost on the way is made good first (LGS-31). */
  begin(): void {
    const { start } = this.seed;
    if (comparePositions(start, this.#checkpoint) !== 0) this.#set(start);
    this.#host.read(this, this.#readTo);
  }

  get unacknowledgedBytes(): number {
    return this.#window.bytes;
  }

  get deadlineMs(): number | undefined {
    const phase = this.#phase;
    if (phase.type === 'asking') return undefined;
    if (phase.type === 'sleeping') return Math.max(this.#wakeMs(phase), this.#heldUntilMs);
    // What waits for room or for the peer is woken by them.
    const dueMs = Math.max(this.#heldUntilMs, this.#searchMs);
    return dueMs > 0 ? dueMs : undefined;
  }

  describe(nowMs: number): LogJob {
    const { id, log, subscriber, by, peer, startedMs } = this.seed;
    return {
      id,
      log,
      subscriber,
      by,
      peer,
      startedMs,
      records: this.#records,
      bytes: this.#bytes,
      sentTo: this.#window.sentTo,
      checkpoint: this.#checkpoint,
      state: this.#stateAt(nowMs),
    };
  }

  /** Does whatever can be done now. */
  advance(nowMs: number): void {
    if (nowMs < this.#heldUntilMs || nowMs < this.#searchMs) return;
    this.#heldUntilMs = 0;
    this.#searchMs = 0;
    if (this.#phase.type === 'sleeping') {
      if (nowMs < this.#wakeMs(this.#phase)) return;
      this.#phase = { type: 'asking' };
      this.#host.lookAt(this);
      return;
    }
    if (this.#phase.type === 'asking') return;
    while (this.#items.length > 0) if (!this.#sendOne()) return;
    if (this.#atEnd) {
      this.#phase = { type: 'sleeping', sinceMs: nowMs, active: this.#active };
      this.#active = false;
      this.#atEnd = false;
    } else if (this.#mayRead()) {
      this.#phase = { type: 'asking' };
      this.#host.read(this, this.#readTo);
    }
  }

  onLookedAt(subscribers: Result<readonly PublishedSubscriber[], string>): void {
    if (!subscribers.ok) {
      this.#host.end(this, 'unreadable', subscribers.error);
      return;
    }
    const found = subscribers.value.find(({ name }) => name === this.seed.subscriber);
    if (found === undefined) this.#removed();
    else if (found.position !== undefined && comparePositions(found.position, this.#checkpoint) !== 0) {
      this.#moved(found.position);
    } else {
      if (this.#refused !== undefined) this.#set(this.#refused);
      this.#host.read(this, this.#readTo);
    }
  }

  onRead(batch: Result<LogBatch, string>, nowMs: number): void {
    if (!batch.ok) {
      this.#host.end(this, 'unreadable', batch.error);
      return;
    }
    const { upTo, ended } = batch.value;
    if (comparePositions(upTo, this.#readTo) < 0) {
      // The log ends before what was read of it: it is another one, or was cut. Reading goes on at its end.
      this.#host.checkpoint(this, this.#checkpoint, upTo);
      this.#moved(upTo);
      return;
    }
    this.#items = itemsOf(batch.value, this.#readTo);
    const fruitless = this.#items.length === 0;
    this.#readTo = upTo;
    this.#atEnd = ended;
    this.#phase = { type: 'sending' };
    if (fruitless && !ended) this.#searchMs = nowMs + SEARCH_PAUSE_MS;
    this.advance(nowMs);
  }

  onCheckpointed(outcome: CheckpointOutcome): void {
    const position = this.#setting;
    if (position === undefined) return;
    this.#setting = undefined;
    switch (outcome.type) {
      case 'removed':
        this.#removed();
        return;
      case 'moved':
        this.#moved(outcome.position);
        return;
      case 'set':
        this.#checkpoint = position;
        this.#refused = undefined;
        this.#answer(position, '');
        break;
      case 'failed':
        if (this.#refused === undefined) this.#host.checkpointFailed(this, outcome.text);
        this.#refused = position;
        this.#answer(position, outcome.text);
        break;
    }
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) this.#set(wanted);
  }

  /** Everything up to the position is durable at the aggregator. */
  checkpoint(position: LogPosition, nowMs: number): void {
    const freed = this.#window.checkpoint(position);
    if (freed === undefined) {
      const text = `${formatPosition(position)} was not sent in this job`;
      this.#host.end(this, 'badPosition', text);
      return;
    }
    this.#host.account(this.seed.conn, -freed);
    this.#set(position);
    this.advance(nowMs);
  }

  hold(ms: number, nowMs: number): void {
    this.#heldUntilMs = ms === 0 ? 0 : nowMs + Math.min(ms, HOLD_MS_MAX);
    if (ms === 0) this.advance(nowMs);
  }

  #set(position: LogPosition): void {
    if (this.#setting !== undefined) {
      this.#wanted = position;
      return;
    }
    this.#setting = position;
    this.#host.checkpoint(this, this.#checkpoint, position);
  }

  #answer(position: LogPosition, text: string): void {
    const { conn, id: job } = this.seed;
    this.#host.tell(conn, { type: 'checkpointed', job, position, text });
  }

  #removed(): void {
    this.#host.end(this, 'removed', `the subscriber ${this.seed.subscriber} was removed`);
  }

  #moved(position: LogPosition): void {
    const text = `the subscriber ${this.seed.subscriber} was moved to ${formatPosition(position)}`;
    this.#host.end(this, 'moved', text);
  }

  /** False when the first item has to wait. */
  #sendOne(): boolean {
    const [item] = this.#items;
    const { conn, id: job } = this.seed;
    if (item === undefined || !this.#host.writable(conn)) return false;
    if (item.type === 'gap') {
      this.#host.tell(conn, { type: 'gap', job, gap: item.gap });
    } else if (item.type === 'records') {
      if (!this.#reserve(item.upTo, item.cost)) return false;
      this.#host.tell(conn, { type: 'records', job, upTo: item.upTo, records: item.records });
      this.#count(item.records);
    } else if (!this.#sendPiece(item.record)) return false;
    this.#items.shift();
    return true;
  }

  /** True when the whole record has left. */
  #sendPiece(record: LogRecord): boolean {
    const { conn, id: job } = this.seed;
    const { id, timeUs, data } = record;
    if (this.#sentOfItem === 0 && !this.#reserve(id, costOf(record))) return false;
    while (this.#sentOfItem < data.length) {
      if (!this.#host.writable(conn)) return false;
      const offset = this.#sentOfItem;
      const part = data.subarray(offset, offset + PIECE_BYTES_MAX);
      this.#host.tell(conn, { type: 'piece', job, id, timeUs, total: data.length, offset, data: part });
      this.#sentOfItem += part.length;
    }
    this.#sentOfItem = 0;
    this.#count([record]);
    return true;
  }

  #reserve(upTo: LogPosition, cost: number): boolean {
    const { conn } = this.seed;
    if (this.#window.bytes > 0 && this.#window.bytes + cost > WINDOW_BYTES) return false;
    if (!this.#host.roomFor(conn, cost)) return false;
    this.#window.add(upTo, cost);
    this.#host.account(conn, cost);
    return true;
  }

  #count(records: readonly LogRecord[]): void {
    this.#records += records.length;
    for (const { data } of records) this.#bytes += data.length;
    if (records.length > 0) this.#active = true;
  }

  #mayRead(): boolean {
    const { conn } = this.seed;
    return (
      this.#window.bytes < WINDOW_BYTES &&
      this.#host.writable(conn) &&
      this.#host.roomFor(conn, RECORD_HEADER_BYTES)
    );
  }

  #wakeMs({ sinceMs, active }: Extract<Phase, { type: 'sleeping' }>): number {
    const { activeMs, idleMs } = this.#host.pace;
    return sinceMs + (active ? activeMs : idleMs);
  }

  #stateAt(nowMs: number): LogJob['state'] {
    if (nowMs < this.#heldUntilMs) return 'held';
    if (this.#phase.type === 'sleeping') return 'sleeping';
    return this.#phase.type === 'sending' && this.#searchMs === 0 ? 'waiting' : 'sending';
  }
}
