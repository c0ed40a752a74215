/** One log of one node as an aggregator takes it: where it stands, and what was received and is not in a file yet. */

import { comparePositions, type LogPosition } from '../model/log-position.ts';
import type { StreamMark } from './aggregation-journal.ts';
import type { LogRecord } from './api.ts';

export type Chunk = {
  readonly records: readonly LogRecord[];
  readonly upTo: LogPosition;
  readonly bytes: number;
};

/** `waiting`: there is no job; `opening`: it was asked for. */
export type PullPhase = 'waiting' | 'opening' | 'open';

export class PullStream {
  readonly node: string;
  readonly subcluster: string;
  readonly log: string;
  phase: PullPhase = 'waiting';
  /** Of the job on this side; undefined while there is none. */
  ref: number | undefined = undefined;
  subscriber: string | undefined = undefined;
  /** Not asked for before; undefined: as soon as the node publishes other logs or subscribers. */
  openAtMs: number | undefined = 0;
  openNotBeforeMs = 0;
  /** Why there is no job. */
  why: string = '';
  refused = false;
  heldUntilMs = 0;
  /** Not undefined while open. */
  durable: LogPosition | undefined = undefined;
  confirmed: LogPosition | undefined = undefined;
  /** A commit has some of it. No job is asked for before that is over: where it would begin is not known. */
  inCommit = false;
  records = 0;
  bytes = 0;
  lastMs: number | undefined = undefined;
  readonly chunks: Chunk[] = [];
  /** Records of the first chunk that are in a file already. */
  taken = 0;
  #received: LogPosition | undefined = undefined;
  #queuedRecords = 0;
  #queuedBytes = 0;

  constructor(parts: { readonly node: string; readonly subcluster: string; readonly log: string }) {
    this.node = parts.node;
    this.subcluster = parts.subcluster;
    this.log = parts.log;
  }

  get queuedRecords(): number {
    return this.#queuedRecords;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  opened(subscriber: string, start: LogPosition, confirmed: LogPosition): void {
    this.phase = 'open';
    this.subscriber = subscriber;
    this.why = '';
    this.refused = false;
    this.durable = start;
    this.confirmed = confirmed;
    this.#received = start;
  }

  /** There is no job any more; what was received of it and is in no commit comes again. */
  ended(why: string, openAtMs: number | undefined): void {
    this.phase = 'waiting';
    this.ref = undefined;
    this.why = why;
    this.openAtMs = openAtMs;
    this.heldUntilMs = 0;
    this.chunks.length = 0;
    this.taken = 0;
    this.#queuedRecords = 0;
    this.#queuedBytes = 0;
  }

  /** @returns how many of them were left out, because they came before. */
  received(records: readonly LogRecord[], upTo: LogPosition): number {
    const after = this.#received;
    const fresh = after === undefined ? records : records.filter(({ id }) => comparePositions(id, after) > 0);
    if (after === undefined || comparePositions(upTo, after) > 0) this.#received = upTo;
    const bytes = bytesOf(fresh);
    this.chunks.push({ records: fresh, upTo, bytes });
    this.#queuedRecords += fresh.length;
    this.#queuedBytes += bytes;
    return records.length - fresh.length;
  }

  /** Everything up to the position is in the files. */
  committed(position: LogPosition): void {
    this.durable = position;
    for (let chunk = this.chunks[0]; chunk !== undefined; chunk = this.chunks[0]) {
      if (comparePositions(chunk.upTo, position) <= 0) {
        this.#take(chunk, chunk.records.length);
        this.chunks.shift();
        this.taken = 0;
        continue;
      }
      const rest = chunk.records.findIndex(({ id }) => comparePositions(id, position) > 0);
      this.#take(chunk, rest < 0 ? chunk.records.length : rest);
      return;
    }
  }

  /** Undefined before it was open. */
  mark(durable: LogPosition): StreamMark | undefined {
    const { node, log, subscriber, confirmed } = this;
    if (subscriber === undefined || confirmed === undefined) return undefined;
    return { node, log, subscriber, durable, confirmed };
  }

  /** @param to how many records of the first chunk are in a file now. */
  #take(chunk: Chunk, to: number): void {
    const whole = this.taken === 0 && to === chunk.records.length;
    this.#queuedBytes -= whole ? chunk.bytes : bytesOf(chunk.records.slice(this.taken, to));
    this.#queuedRecords -= to - this.taken;
    this.taken = to;
  }
}

function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, { data }) => sum + data.length, 0);
}
