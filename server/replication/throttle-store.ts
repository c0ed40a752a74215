/**
 * Throttles that all members share (REP-07, REP-08, REP-24). Whoever needs more than it has *holds* a part of what is left
 * and says so; once that came back in agreed order it knows what others held before it, and may use what then remains.
 * So the rate holds exactly while members see each other. `epsilon` is the most of what is left that one such round may
 * take; a part that is not used goes back. Windows are judged by the time of hearing: no clock of others is trusted.
 *
 * Known excess: parts of a divided cluster have the whole rate each; a member that joins knows of others what is in their
 * snapshots; and what was held, not told, when a member died is free again at once.
 */

import { ENTRIES_MAX, KEY_BYTES_MAX, type RowAnswer, type SharedRow, type ThrottleRate } from './api.ts';
import { EntryStore } from './entry-store.ts';
import { FieldReader, FieldWriter } from './fields.ts';
import { OWN, type Owner, type StoreQuery } from './object-store.ts';
import { topRows } from './top-rows.ts';
import { UsageWindow } from './usage-window.ts';

export const EPSILON_DEFAULT = 0.95;
/** A round takes about as long as a message and its way back. */
export const ROUND_WAIT_MS = 10;
/** A round that brought nothing back, and names whose throttle nobody used. */
export const ROUND_LOST_MS = 1_000;
/** What was held and not used for so long goes back. */
export const HELD_IDLE_MS = 500;
export const PER_MS_MAX = 31 * 86_400_000;
const PER_MS_MIN = 1;
const SWEEP_EVERY_MS = 250;
const SWEEP_NAMES = 4_096;
/** Others hold what is left: they use it, or give it back soon. */
const HELD_BY_OTHERS_WAIT_MS = 50;

/** What a member tells of a throttle. */
type Told = {
  readonly perMs: number;
  /** Since the entry began. */
  readonly used: number;
  /** Of that in the window that ends now. */
  readonly recent: number;
  /** May be used without a word. */
  readonly hold: number;
  /** Counts the rounds of this member. */
  readonly round: number;
};

type Bucket = {
  rate: ThrottleRate | undefined;
  own: UsageWindow;
  others: UsageWindow;
  /** Outlives snapshots, so that nothing is counted twice. */
  readonly seen: Map<Owner, Pick<Told, 'used' | 'hold'>>;
  used: number;
  left: number;
  round: number;
  /** Under way: not known yet how much of it is there. */
  asked: number;
  askedAtMs: number;
  usedAtMs: number;
  spentSinceRound: number;
};

export class ThrottleStore extends EntryStore {
  readonly #buckets = new Map<string, Bucket>();
  /** Names of which something is held here. */
  readonly #holding = new Set<string>();
  #sweepAtMs: number | undefined;
  #sweep: IterableIterator<[string, Bucket]> | undefined;
  #urgent = false;

  get deadlineMs(): number | undefined {
    return this.#sweepAtMs;
  }

  /** Somebody waits for a round: what changed should be told now. */
  get urgent(): boolean {
    return this.#urgent && this.changes.size > 0;
  }

  /**
   * @param amount more than the rate holds counts as all of it.
   * @returns 0 when taken, else after how many ms to ask again; also 0 for what cannot be throttled, such as a name that
   * is too long.
   */
  take(name: string, rate: ThrottleRate, amount: number, nowMs: number): number {
    const bucket = isUsable(name, rate) ? this.#bucket(name, rate.perMs) : undefined;
    if (bucket === undefined) return 0;
    if (rate.amount < 1) return rate.perMs;
    const needed = Math.min(Math.max(0, Math.ceil(amount)), Math.floor(rate.amount));
    setRate(bucket, rate);
    if (bucket.left < needed) {
      const waitMs = this.#ask(name, bucket, rate, needed, nowMs);
      if (waitMs > 0) return waitMs;
    }
    bucket.left -= needed;
    bucket.used += needed;
    bucket.spentSinceRound += needed;
    bucket.usedAtMs = nowMs;
    bucket.own.add(needed, nowMs);
    this.#tell(name, bucket, nowMs);
    return 0;
  }

  /** What of the rate nobody used or holds, with what is held here. */
  available(name: string, rate: ThrottleRate, nowMs: number): number {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return Math.floor(rate.amount);
    return Math.max(0, Math.floor(rate.amount) - this.#usedOf(bucket, nowMs) - heldByOthers(bucket));
  }

  due(nowMs: number): void {
    if (this.#sweepAtMs === undefined || nowMs < this.#sweepAtMs) return;
    for (const name of this.#holding) this.#giveBack(name, nowMs);
    this.#forgetIdle(nowMs);
    this.#sweepAtMs = this.#buckets.size === 0 ? undefined : nowMs + SWEEP_EVERY_MS;
  }

  /** What it used stays used; what it held is free. */
  depart(owner: Owner): void {
    this.clear(owner);
    for (const bucket of this.#buckets.values()) bucket.seen.delete(owner);
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

  protected isFair(_key: string, value: Buffer): boolean {
    return decodeTold(value) !== undefined;
  }

  protected override hearing(owner: Owner, key: string, after: Buffer | undefined, nowMs: number): void {
    const told = after && decodeTold(after);
    if (told === undefined) {
      this.#buckets.get(key)?.seen.delete(owner);
      return;
    }
    const bucket = this.#bucket(key, told.perMs);
    if (bucket === undefined) return;
    const before = bucket.seen.get(owner);
    // A counter that went back began anew.
    const since = before === undefined || told.used < before.used ? told.recent : told.used - before.used;
    bucket.others.add(since, nowMs);
    bucket.seen.set(owner, told);
    this.#arm(nowMs);
  }

  protected override changed(owner: Owner, key: string): void {
    if (owner === OWN || this.valueOf(owner, key) !== undefined) return;
    const seen = this.#buckets.get(key)?.seen;
    const before = seen?.get(owner);
    if (before !== undefined) seen?.set(owner, { ...before, hold: 0 });
  }

  /** Everything that others held before this round began is known now. */
  protected override cameBack(key: string, value: Buffer | undefined, nowMs: number): void {
    const bucket = this.#buckets.get(key);
    const told = value && decodeTold(value);
    if (bucket === undefined || told?.round !== bucket.round || bucket.asked === 0) return;
    this.#settle(key, bucket, nowMs);
  }

  /** A round begins, or the one under way goes on. @returns 0 where enough is there by now. */
  #ask(name: string, bucket: Bucket, rate: ThrottleRate, needed: number, nowMs: number): number {
    if (bucket.asked > 0 && this.changes.heard && nowMs < bucket.askedAtMs + ROUND_LOST_MS)
      return ROUND_WAIT_MS;
    bucket.asked = 0;
    const free = this.#free(bucket, rate, nowMs);
    const missing = needed - bucket.left;
    if (free < missing) return this.#waitFor(bucket, nowMs);
    const most = Math.max(1, Math.floor(free * epsilonOf(rate)));
    bucket.asked = Math.max(missing, Math.min(most, bucket.spentSinceRound * 2));
    bucket.askedAtMs = nowMs;
    bucket.round += 1;
    bucket.spentSinceRound = 0;
    this.#holding.add(name);
    if (this.changes.heard) {
      this.#urgent = true;
      this.#tell(name, bucket, nowMs);
      return ROUND_WAIT_MS;
    }
    this.#settle(name, bucket, nowMs);
    return 0;
  }

  /** As much of what was asked for as is there belongs to this process. */
  #settle(name: string, bucket: Bucket, nowMs: number): void {
    const { rate, asked } = bucket;
    const free = rate === undefined ? 0 : this.#free(bucket, rate, nowMs);
    bucket.asked = 0;
    bucket.left += Math.max(0, Math.min(asked, free));
    bucket.usedAtMs = nowMs;
    if (bucket.left > 0) this.#holding.add(name);
    else this.#holding.delete(name);
    this.#tell(name, bucket, nowMs);
  }

  /** What neither anybody used nor holds, without what is asked for here. */
  #free(bucket: Bucket, rate: ThrottleRate, nowMs: number): number {
    return Math.floor(rate.amount) - this.#usedOf(bucket, nowMs) - heldByOthers(bucket) - bucket.left;
  }

  #waitFor(bucket: Bucket, nowMs: number): number {
    const nextMs = Math.min(
      bucket.own.nextMs(nowMs) ?? Number.POSITIVE_INFINITY,
      bucket.others.nextMs(nowMs) ?? Number.POSITIVE_INFINITY,
      heldByOthers(bucket) > 0 ? nowMs + HELD_BY_OTHERS_WAIT_MS : Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(nextMs) ? Math.max(ROUND_WAIT_MS, Math.ceil(nextMs - nowMs)) : ROUND_WAIT_MS;
  }

  #giveBack(name: string, nowMs: number): void {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined || (bucket.left === 0 && bucket.asked === 0)) this.#holding.delete(name);
    if (bucket === undefined || nowMs < Math.max(bucket.usedAtMs, bucket.askedAtMs) + HELD_IDLE_MS) return;
    if (bucket.asked > 0 && nowMs < bucket.askedAtMs + ROUND_LOST_MS) return;
    [bucket.left, bucket.asked] = [0, 0];
    // A round that comes back later finds nothing to settle.
    bucket.round += 1;
    this.#holding.delete(name);
    this.#tell(name, bucket, nowMs);
  }

  /** Some names at a time. */
  #forgetIdle(nowMs: number): void {
    this.#sweep ??= this.#buckets.entries();
    for (let count = 0; count < SWEEP_NAMES; count += 1) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      const [name, bucket] = next.value;
      const { left, asked, own, others, seen } = bucket;
      if (left > 0 || asked > 0 || own.sum(nowMs) > 0) continue;
      if (this.ownValue(name) !== undefined) this.put(name, undefined, nowMs);
      const heard = [...seen.keys()].some((owner) => this.valueOf(owner, name) !== undefined);
      if (!heard && others.sum(nowMs) === 0) this.#buckets.delete(name);
    }
  }

  #tell(name: string, bucket: Bucket, nowMs: number): void {
    const { used, round, left, asked, own } = bucket;
    const told = { perMs: own.perMs, used, recent: own.sum(nowMs), hold: left + asked, round };
    this.put(name, encodeTold(told), nowMs);
    this.#arm(nowMs);
  }

  /** What is told is told: nobody waits for it any more. */
  override writeChange(entry: number, w: FieldWriter): void {
    this.#urgent = false;
    super.writeChange(entry, w);
  }

  #usedOf(bucket: Bucket, nowMs: number): number {
    return bucket.own.sum(nowMs) + bucket.others.sum(nowMs);
  }

  /** Undefined where there are too many. */
  #bucket(name: string, perMs: number): Bucket | undefined {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= ENTRIES_MAX) return undefined;
    const made: Bucket = {
      rate: undefined,
      own: new UsageWindow(perMs),
      others: new UsageWindow(perMs),
      seen: new Map(),
      used: 0,
      left: 0,
      round: 0,
      asked: 0,
      askedAtMs: Number.NEGATIVE_INFINITY,
      usedAtMs: Number.NEGATIVE_INFINITY,
      spentSinceRound: 0,
    };
    this.#buckets.set(name, made);
    return made;
  }

  *#listed(view: Owner | 'global', nowMs: number): Iterable<SharedRow> {
    if (view !== 'global' && view !== OWN) {
      for (const [key, bytes] of this.entriesOf(view)) {
        yield { key, value: decodeTold(bytes)?.recent ?? 0, children: false };
      }
      return;
    }
    for (const [key, bucket] of this.#buckets) {
      const value = view === OWN ? bucket.own.sum(nowMs) : this.#usedOf(bucket, nowMs);
      yield { key, value, children: false };
    }
  }

  #arm(nowMs: number): void {
    this.#sweepAtMs ??= nowMs + SWEEP_EVERY_MS;
  }
}

/** Another window begins empty. */
function setRate(bucket: Bucket, rate: ThrottleRate): void {
  bucket.rate = rate;
  if (bucket.own.perMs === rate.perMs) return;
  bucket.own = new UsageWindow(rate.perMs);
  bucket.others = new UsageWindow(rate.perMs);
}

function heldByOthers({ seen }: Bucket): number {
  let held = 0;
  for (const { hold } of seen.values()) held += hold;
  return held;
}

function epsilonOf({ epsilon }: ThrottleRate): number {
  return epsilon > 0 && epsilon < 1 ? epsilon : EPSILON_DEFAULT;
}

function isUsable(name: string, { amount, perMs }: ThrottleRate): boolean {
  const fair = Number.isFinite(amount) && amount >= 0 && perMs >= PER_MS_MIN && perMs <= PER_MS_MAX;
  return fair && name !== '' && Buffer.byteLength(name) <= KEY_BYTES_MAX;
}

function encodeTold({ perMs, used, recent, hold, round }: Told): Buffer {
  return new FieldWriter(32)
    .whole(Math.ceil(perMs))
    .whole(used)
    .whole(recent)
    .whole(hold)
    .whole(round)
    .finish();
}

function decodeTold(bytes: Buffer): Told | undefined {
  const r = new FieldReader(bytes);
  const perMs = r.whole(PER_MS_MAX);
  const told = { perMs, used: r.whole(), recent: r.whole(), hold: r.whole(), round: r.whole() };
  return r.complete && perMs > 0 ? told : undefined;
}
