/**
 * A replicated cache (REP-11, REP-16, REP-25). Of all that members wrote for a key the last counts, by wall time and name
 * of the node, so replicas agree in whatever order they hear of it. Who has lost removes its own. Deletions and flushes are
 * remembered for a while, so that a member that comes back brings nothing back. What a member wrote outlives it: an heir
 * takes it over.
 */

import {
  CACHE_VALUE_BYTES_MAX,
  type CacheRefusal,
  ENTRIES_MAX,
  KEY_BYTES_MAX,
  type RowAnswer,
  type SharedRow,
} from './api.ts';
import { type CacheRecord, decodeRecord, encodeRecord, isLater } from './cache-record.ts';
import { EntryStore } from './entry-store.ts';
import { OWN, type Owner, type StoreQuery } from './object-store.ts';
import { OldestFirst } from './oldest-first.ts';
import { topRows } from './top-rows.ts';

/** How long a deletion is remembered; a member that was away for longer may bring old entries back. */
export const TOMBSTONE_LIFE_MS = 3_600_000;
/** Keys and values of one cache; then the oldest go, as with `max_size`. */
export const CACHE_BYTES_MAX = 256 * 1024 * 1024;
/** Own entries looked at for their end, and how often. */
export const SWEEP_EVERY_MS = 1_000;
export const SWEEP_ENTRIES = 4_096;
/** In front of keys of users, and the one entry that is none. */
const USER = '=';
const FLUSH = '!';
const NO_VALUE = Buffer.alloc(0);

export type CacheStoreOptions = {
  readonly node: string;
  readonly maxSize: number | undefined;
  readonly wallMs: (nowMs: number) => number;
};

export type CacheEntry = {
  readonly value: Buffer;
  /** Undefined: it never does. */
  readonly expiresInMs: number | undefined;
};

/** What counts for a key, and who has it. */
type Winner = Pick<CacheRecord, 'kind' | 'stampMs' | 'node' | 'expiresWallMs'> & {
  readonly owner: Owner;
  readonly bytes: number;
};

export class CacheStore extends EntryStore {
  readonly #options: CacheStoreOptions;
  #maxSize: number | undefined;
  /** By key with its prefix. */
  readonly #winners = new Map<string, Winner>();
  readonly #ages = new OldestFirst(({ key, stampMs, node }) => {
    const winner = this.#winners.get(key);
    return winner?.stampMs === stampMs && winner.node === node && this.#counts(winner);
  });
  #flushed: Pick<CacheRecord, 'stampMs' | 'node'> = { stampMs: -1, node: '' };
  #live = 0;
  #liveBytes = 0;
  #sweepAtMs: number | undefined;
  #sweep: IterableIterator<string> | undefined;
  #nowMs = 0;
  #shrinking = false;
  #hits = 0;
  #misses = 0;

  constructor(options: CacheStoreOptions) {
    super();
    this.#options = options;
    this.#maxSize = options.maxSize;
  }

  get deadlineMs(): number | undefined {
    return this.#sweepAtMs;
  }

  get lookups(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses };
  }

  /** Entries that are there, for people. */
  get size(): number {
    return this.#live;
  }

  configure(maxSize: number | undefined, nowMs: number): void {
    this.#maxSize = maxSize;
    this.#nowMs = nowMs;
    this.#shrink();
  }

  set(key: string, value: Buffer, ttlMs: number, nowMs: number): CacheRefusal | undefined {
    if (key === '' || Buffer.byteLength(key) > KEY_BYTES_MAX) return 'keyTooLong';
    if (value.length > CACHE_VALUE_BYTES_MAX) return 'valueTooLong';
    const expiresWallMs = ttlMs <= 0 ? 0 : Math.ceil(this.#wall(nowMs) + ttlMs);
    // A copy: whoever gave it may use its buffer for something else.
    this.#write(USER + key, { kind: 'value', expiresWallMs, value: Buffer.from(value) }, nowMs);
    return undefined;
  }

  get(key: string, nowMs: number): Buffer | undefined {
    const entry = this.peek(key, nowMs);
    if (entry === undefined) this.#misses += 1;
    else this.#hits += 1;
    return entry?.value;
  }

  /** Without counting it. */
  peek(key: string, nowMs: number): CacheEntry | undefined {
    const winner = this.#winners.get(USER + key);
    if (winner === undefined || !this.#isThere(winner, this.#wall(nowMs))) return undefined;
    const bytes = this.valueOf(winner.owner, USER + key);
    const record = bytes && decodeRecord(bytes);
    if (record === undefined) return undefined;
    const leftMs = record.expiresWallMs - this.#wall(nowMs);
    return { value: record.value, expiresInMs: record.expiresWallMs === 0 ? undefined : leftMs };
  }

  /** @returns false where there was nothing to delete. */
  remove(key: string, nowMs: number): boolean {
    if (this.peek(key, nowMs) === undefined) return false;
    this.#write(USER + key, { kind: 'deleted', expiresWallMs: 0, value: NO_VALUE }, nowMs);
    return true;
  }

  /** @returns how many were there. */
  flush(nowMs: number): number {
    const wallMs = this.#wall(nowMs);
    let there = 0;
    let latestMs = this.#flushed.stampMs;
    for (const winner of this.#winners.values()) {
      if (this.#isThere(winner, wallMs)) there += 1;
      latestMs = Math.max(latestMs, winner.stampMs);
    }
    const stampMs = Math.max(Math.floor(wallMs), latestMs + 1);
    this.#nowMs = nowMs;
    this.put(FLUSH, this.#record({ kind: 'flushed', expiresWallMs: 0, value: NO_VALUE }, stampMs), nowMs);
    this.#arm(nowMs);
    return there;
  }

  due(nowMs: number): void {
    if (this.#sweepAtMs === undefined || nowMs < this.#sweepAtMs) return;
    this.#nowMs = nowMs;
    const wallMs = this.#wall(nowMs);
    this.#sweep ??= this.entriesOf(OWN).keys();
    for (let count = 0; count < SWEEP_ENTRIES; count += 1) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        break;
      }
      if (this.#isOver(next.value, wallMs)) this.put(next.value, undefined, nowMs);
    }
    this.#sweepAtMs = this.entries(OWN) === 0 ? undefined : nowMs + SWEEP_EVERY_MS;
  }

  depart(owner: Owner, heir: Owner): void {
    for (const [key, value] of this.entriesOf(owner)) {
      const left = decodeRecord(value);
      const has = this.valueOf(heir, key);
      const kept = has && decodeRecord(has);
      if (left !== undefined && (kept === undefined || isLater(left, kept))) this.setOf(heir, key, value);
    }
    this.clear(owner);
    if (heir === OWN) this.#arm(this.#nowMs);
  }

  total(): undefined {
    return undefined;
  }

  rows(query: StoreQuery): RowAnswer {
    return topRows(this.#listed(query.view, query.nowMs), query);
  }

  *listing(view: Owner | 'global', nowMs: number): Iterable<SharedRow> {
    yield* [...this.#listed(view, nowMs)].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  protected isFair(key: string, value: Buffer): boolean {
    const record = decodeRecord(value);
    if (record === undefined) return false;
    return key === FLUSH ? record.kind === 'flushed' : key.startsWith(USER) && record.kind !== 'flushed';
  }

  protected override hearing(_owner: Owner, _key: string, _after: Buffer | undefined, nowMs: number): void {
    this.#nowMs = nowMs;
  }

  protected override changed(_owner: Owner, key: string): void {
    if (key === FLUSH) this.#noteFlush();
    else {
      this.#decide(key);
      this.#shrink();
    }
  }

  /** Of one owner: what counts of what it wrote. */
  *#listed(view: Owner | 'global', nowMs: number): Iterable<SharedRow> {
    const wallMs = this.#wall(nowMs);
    for (const [key, winner] of this.#winners) {
      if ((view !== 'global' && winner.owner !== view) || !this.#isThere(winner, wallMs)) continue;
      yield { key: key.slice(USER.length), value: winner.bytes, children: false };
    }
  }

  #write(key: string, what: Pick<CacheRecord, 'kind' | 'expiresWallMs' | 'value'>, nowMs: number): void {
    this.#nowMs = nowMs;
    const seenMs = Math.max(this.#winners.get(key)?.stampMs ?? -1, this.#flushed.stampMs);
    const stampMs = Math.max(Math.floor(this.#wall(nowMs)), seenMs + 1);
    this.put(key, this.#record(what, stampMs), nowMs);
    this.#arm(nowMs);
  }

  #record(what: Pick<CacheRecord, 'kind' | 'expiresWallMs' | 'value'>, stampMs: number): Buffer {
    return encodeRecord({ ...what, stampMs, node: this.#options.node });
  }

  /** Who of all that have the key counts; the own entry goes when it is not the one. */
  #decide(key: string): void {
    const before = this.#winners.get(key);
    let winner: Winner | undefined;
    for (const { owner, value } of this.held(key)) {
      const record = decodeRecord(value);
      if (record === undefined || (winner !== undefined && !isLater(record, winner))) continue;
      const { kind, stampMs, node, expiresWallMs } = record;
      winner = { kind, stampMs, node, expiresWallMs, owner, bytes: record.value.length };
    }
    if (before !== undefined) this.#count(key, before, -1);
    if (winner === undefined) {
      this.#winners.delete(key);
      return;
    }
    this.#winners.set(key, winner);
    this.#count(key, winner, 1);
    const { stampMs, node } = winner;
    if (before?.stampMs !== stampMs || before.node !== node) {
      this.#ages.add({ key, stampMs, node }, this.#winners.size);
    }
    if (winner.owner !== OWN && this.ownValue(key) !== undefined) this.put(key, undefined, this.#nowMs);
  }

  #noteFlush(): void {
    const records = this.held(FLUSH).flatMap(({ value }) => decodeRecord(value) ?? []);
    const latest = records.reduce((one, other) => (isLater(other, one) ? other : one), NEVER);
    if (!isLater(latest, this.#flushed)) return;
    this.#flushed = latest;
    [this.#live, this.#liveBytes] = [0, 0];
    for (const [key, winner] of this.#winners) this.#count(key, winner, 1);
  }

  /** The oldest go; each member lets go of its own, and all see the same order. */
  #shrink(): void {
    if (this.#shrinking) return;
    this.#shrinking = true;
    const sizeMax = this.#maxSize ?? ENTRIES_MAX;
    while (this.#live > sizeMax || this.#liveBytes > CACHE_BYTES_MAX) {
      const oldest = this.#ages.first();
      if (oldest === undefined || this.#winners.get(oldest.key)?.owner !== OWN) break;
      this.put(oldest.key, undefined, this.#nowMs);
    }
    this.#shrinking = false;
  }

  #count(key: string, winner: Winner, sign: 1 | -1): void {
    if (!this.#counts(winner)) return;
    this.#live += sign;
    this.#liveBytes += sign * (key.length + winner.bytes);
  }

  #counts(winner: Winner): boolean {
    return winner.kind === 'value' && isLater(winner, this.#flushed);
  }

  #isThere(winner: Winner, wallMs: number): boolean {
    return this.#counts(winner) && (winner.expiresWallMs === 0 || winner.expiresWallMs > wallMs);
  }

  /** An own entry that nobody needs any more. */
  #isOver(key: string, wallMs: number): boolean {
    const bytes = this.ownValue(key);
    const record = bytes && decodeRecord(bytes);
    if (record === undefined) return true;
    const { kind, stampMs, expiresWallMs } = record;
    if (kind !== 'value') return stampMs + TOMBSTONE_LIFE_MS <= wallMs;
    return (expiresWallMs !== 0 && expiresWallMs <= wallMs) || !isLater(record, this.#flushed);
  }

  #arm(nowMs: number): void {
    this.#sweepAtMs ??= nowMs + SWEEP_EVERY_MS;
  }

  #wall(nowMs: number): number {
    return this.#options.wallMs(nowMs);
  }
}

const NEVER: Pick<CacheRecord, 'stampMs' | 'node'> = { stampMs: -1, node: '' };
