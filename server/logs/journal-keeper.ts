/**
 * The journal of an aggregator on its disk: frames are appended one at a time; it is made anew when it has grown long, and
 * before anything else when nobody knows what its end is. What is to be written is true already, so it is tried until
 * it succeeds.
 */

import type { LogPosition } from '../model/log-position.ts';
import type { DiskError } from './aggregation-disk.ts';
import {
  encodeEntry,
  type JournalEntry,
  JournalState,
  markKey,
  type StreamMark,
} from './aggregation-journal.ts';
import type { DiskRounds } from './disk-rounds.ts';

export const DISK_RETRY_FIRST_MS = 250;
export const DISK_RETRY_MAX_MS = 5_000;
/** A journal that is shorter is not made anew. */
const COMPACT_BYTES_MIN = 64 * 1024;
/** It is made anew when it is so many times as long as it was when it was new. */
const COMPACT_FACTOR = 8;

export class JournalKeeper {
  state = new JournalState();
  readonly #rounds: DiskRounds;
  readonly #tell: (stuck: DiskError | undefined) => void;
  #bytes = 0;
  #newBytes = 0;
  #suspect = true;
  readonly #confirmed = new Map<string, LogPosition>();
  #retry: { readonly atMs: number; readonly again: () => void } | undefined;
  #retryMs = DISK_RETRY_FIRST_MS;
  #stuck = false;
  #nowMs = 0;

  /** @param tell the disk stands in the way; undefined: it no longer does. */
  constructor(rounds: DiskRounds, tell: (stuck: DiskError | undefined) => void) {
    this.#rounds = rounds;
    this.#tell = tell;
  }

  /** When something that failed is tried again. */
  get retryAtMs(): number | undefined {
    return this.#retry?.atMs;
  }

  setNow(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#retry === undefined || nowMs < this.#retry.atMs) return;
    const { again } = this.#retry;
    this.#retry = undefined;
    again();
  }

  /** Becomes part of the next entry. */
  confirm(stream: Pick<StreamMark, 'node' | 'log' | 'subscriber'>, position: LogPosition): void {
    this.#confirmed.set(markKey(stream), position);
  }

  /** @param then called once the entry is durable. */
  write(entry: JournalEntry, then: () => void): void {
    const whole = { ...entry, streams: this.#withConfirmed(entry.streams) };
    this.state.apply(whole);
    const frame = encodeEntry(whole);
    const long = Math.max(COMPACT_BYTES_MIN, this.#newBytes * COMPACT_FACTOR);
    if (this.#suspect || this.#bytes + frame.length > long) {
      this.#replace(then);
      return;
    }
    this.#rounds.ask([{ type: 'appendJournal', bytes: frame }], ([result]) => {
      if (result?.type === 'failed') return this.again(result.error, () => this.#replace(then));
      this.#bytes += frame.length;
      this.#well();
      then();
    });
  }

  again(error: DiskError, again: () => void): void {
    this.#retry = { atMs: this.#nowMs + this.#retryMs, again };
    this.#retryMs = Math.min(DISK_RETRY_MAX_MS, this.#retryMs * 2);
    this.#stuck = true;
    this.#tell(error);
  }

  #replace(then: () => void): void {
    const bytes = encodeEntry(this.state.entry());
    this.#suspect = true;
    this.#rounds.ask([{ type: 'replaceJournal', bytes }], ([result]) => {
      if (result?.type === 'failed') return this.again(result.error, () => this.#replace(then));
      this.#suspect = false;
      this.#bytes = bytes.length;
      this.#newBytes = bytes.length;
      this.#well();
      then();
    });
  }

  #withConfirmed(streams: readonly StreamMark[]): readonly StreamMark[] {
    if (this.#confirmed.size === 0) return streams;
    const marks = new Map(streams.map((mark) => [markKey(mark), mark]));
    for (const [key, confirmed] of this.#confirmed) {
      const mark = marks.get(key) ?? this.state.stream(key);
      if (mark !== undefined) marks.set(key, { ...mark, confirmed });
    }
    this.#confirmed.clear();
    return [...marks.values()];
  }

  #well(): void {
    this.#retryMs = DISK_RETRY_FIRST_MS;
    if (!this.#stuck) return;
    this.#stuck = false;
    this.#tell(undefined);
  }
}
