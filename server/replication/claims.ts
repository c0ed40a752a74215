/**
 * Claims: one more under some keys, only while the sum of all shares stays within limits. A claim is decided where it comes
 * in the agreed order, by values that are the same everywhere, so every member decides it alike and nobody has to answer.
 * It says with it what the claimant did not tell yet, so what was given back counts. One message of a member is under way
 * at a time; claims wait for the next one together. Rules: SPEC.md REPL-40 to REPL-47.
 */

import type { ClaimedKey } from './api.ts';
import { CountedStore } from './counted-store.ts';
import { FieldWriter } from './fields.ts';
import { CLAIM_KEYS_MAX, CLAIMS_MAX, type Claims, type WireClaimKey } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { Peer, Peers } from './peers.ts';
import type { SharedObject } from './shared-object.ts';

/** Then the rest is refused at once. */
export const CLAIMS_WAITING_MAX = 16_384;
/** Whoever waits longer, because a member does not get ready, is answered by what is known here. */
export const CLAIM_WAIT_MS = 5_000;
const BATCH_BYTES = 32 * 1024;

type Waiting = { readonly id: number; readonly keys: readonly ClaimedKey[]; readonly sinceMs: number };
type Held = { readonly store: CountedStore; readonly key: string };
type Batch = { readonly number: number; readonly claims: readonly Waiting[]; readonly held: readonly Held[] };
/** `void`: nobody could decide it alike; `unknown`: not decided by this process. */
type Verdict = 'granted' | 'refused' | 'void' | 'unknown';

export class ClaimDesk {
  readonly #outbox: Outbox;
  readonly #peers: Peers;
  #waiting: Waiting[] = [];
  #underWay: Batch | undefined;
  #ids = 0;
  #batches = 0;
  /** Something was asked since the last step. */
  #asked = false;

  constructor(outbox: Outbox, peers: Peers) {
    this.#outbox = outbox;
    this.#peers = peers;
  }

  /** Values of some keys stand still until the message under way came back. */
  get holds(): boolean {
    return this.#underWay !== undefined;
  }

  /** @param nowMs of the last step. */
  deadlineMs(nowMs: number): number | undefined {
    if (this.#asked) return nowMs;
    const [first] = this.#waiting;
    return first === undefined ? undefined : first.sinceMs + CLAIM_WAIT_MS;
  }

  /** @param keys of objects that are shared here. */
  claim(keys: readonly ClaimedKey[], nowMs: number): number {
    this.#ids += 1;
    this.#asked = true;
    this.#waiting.push({ id: this.#ids, keys, sinceMs: nowMs });
    return this.#ids;
  }

  /** What cannot be decided in agreed order is decided by what is known here. */
  disconnect(counted: Counted, nowMs: number): void {
    const lost = this.#underWay?.claims ?? [];
    this.#underWay = undefined;
    const waiting = [...lost, ...this.#waiting];
    this.#waiting = [];
    for (const claim of waiting) this.#decideHere(claim, counted, nowMs);
  }

  /** Sends what can be decided, answers what waited for too long. */
  run(counted: Counted, nowMs: number): void {
    this.#asked = false;
    if (this.#waiting.length === 0) return;
    if (!this.#peers.connected) {
      this.disconnect(counted, nowMs);
      return;
    }
    const excess = this.#waiting.splice(CLAIMS_WAITING_MAX);
    for (const { id } of excess) this.#outbox.claimed(id, false);
    if (this.#underWay === undefined) this.#send(counted);
    const late = this.#waiting.findIndex(({ sinceMs }) => nowMs < sinceMs + CLAIM_WAIT_MS);
    for (const claim of this.#waiting.splice(0, late < 0 ? this.#waiting.length : late)) {
      this.#decideHere(claim, counted, nowMs);
    }
  }

  /** In agreed order; its entries were read before. @param told the objects as this process said that it shares them. */
  hear(peer: Peer, { batch, objects, claims }: Claims, told: Told, nowMs: number): void {
    const own = peer === this.#peers.me ? this.#underWay : undefined;
    const mine = own?.number === batch ? own : undefined;
    const again: Waiting[] = [];
    for (const [index, keys] of claims.entries()) {
      const named = keys.map((key) => ({ ...key, name: objects[key.object]?.name ?? '' }));
      const verdict = this.#decide(peer, named, told);
      const claim = mine?.claims[index];
      if (claim === undefined) continue;
      if (verdict === 'void') again.push(claim);
      else this.#outbox.claimed(claim.id, verdict === 'granted');
      if (verdict === 'unknown' || (verdict === 'granted' && this.#someCannotTell(named))) {
        for (const { name, key } of named) countedOf(told.get(name))?.tellAgain(key, nowMs);
      }
    }
    if (mine === undefined) return;
    this.#underWay = undefined;
    this.#waiting = [...again, ...this.#waiting];
    for (const { store, key } of mine.held) store.free(key, nowMs);
  }

  #decide(peer: Peer, keys: readonly (WireClaimKey & { readonly name: string })[], told: Told): Verdict {
    const stores: Held[] = [];
    let complete = true;
    for (const { name, key } of keys) {
      const type = peer.objects.get(name);
      if (type === undefined || !this.#peers.isOpen(name)) return 'void';
      const object = told.get(name);
      const store = object?.plan.type === type ? countedOf(object) : undefined;
      if (store === undefined) complete = false;
      else stores.push({ store, key });
    }
    if (!complete) return 'unknown';
    const fits = keys.every(({ limit }, at) => {
      const one = stores[at];
      return one !== undefined && one.store.agreedSum(one.key) < limit;
    });
    if (!fits) return 'refused';
    for (const { store, key } of stores) store.grant(peer.owner, key);
    return 'granted';
  }

  /** A member that shares only some of the objects does not know how this ended. */
  #someCannotTell(keys: readonly { readonly name: string }[]): boolean {
    return this.#peers.others.some(({ objects }) => {
      const has = keys.filter(({ name }) => objects.has(name)).length;
      return has > 0 && has < keys.length;
    });
  }

  #send(counted: Counted): void {
    const batch = new BatchWriter(counted);
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const claim of this.#waiting) {
      const goes = !batch.isFull && claim.keys.every(({ object }) => this.#canDecide(object));
      if (goes) {
        batch.add(claim.keys);
        taken.push(claim);
      } else left.push(claim);
    }
    if (taken.length === 0) return;
    this.#batches += 1;
    this.#waiting = left;
    this.#underWay = { number: this.#batches, claims: taken, held: batch.held };
    this.#outbox.say({ type: 'claims', batch: this.#batches, ...batch.finish() });
  }

  #canDecide(object: string): boolean {
    return this.#peers.me.objects.has(object) && this.#peers.isOpen(object);
  }

  #decideHere({ id, keys }: Waiting, counted: Counted, nowMs: number): void {
    const stores = keys.flatMap(({ object, ...key }) => {
      const store = counted(object);
      return store === undefined ? [] : [{ store, ...key }];
    });
    const granted = stores.every(({ store, key, limit }) => store.sum(key) < limit);
    if (granted) for (const { store, key } of stores) store.count(key, 1, nowMs);
    this.#outbox.claimed(id, granted);
  }
}

export type Counted = (object: string) => CountedStore | undefined;
type Told = ReadonlyMap<string, SharedObject>;

export function countedOf(object: SharedObject | undefined): CountedStore | undefined {
  return object?.store instanceof CountedStore ? object.store : undefined;
}

/** Claims with different keys of one object each, few enough for one message. */
export function fairClaim(keys: readonly ClaimedKey[], counted: Counted): readonly ClaimedKey[] {
  const fair = new Map<string, ClaimedKey>();
  for (const one of keys) {
    const name = `${one.object}\n${one.key}`;
    const known = fair.get(name);
    if (counted(one.object) === undefined || !Number.isSafeInteger(one.limit)) continue;
    fair.set(name, known === undefined || one.limit < known.limit ? one : known);
  }
  return [...fair.values()].slice(0, CLAIM_KEYS_MAX);
}

/** Puts claims and what they bring along into one message. */
class BatchWriter {
  readonly #counted: Counted;
  readonly #objects = new Map<string, { readonly index: number; readonly w: FieldWriter }>();
  readonly #claims: WireClaimKey[][] = [];
  readonly #held = new Map<string, Held>();
  #bytes = 0;

  constructor(counted: Counted) {
    this.#counted = counted;
  }

  get isFull(): boolean {
    return this.#claims.length >= CLAIMS_MAX || this.#bytes >= BATCH_BYTES;
  }

  get held(): readonly Held[] {
    return [...this.#held.values()];
  }

  add(keys: readonly ClaimedKey[]): void {
    const claim: WireClaimKey[] = [];
    for (const { object, key, limit } of keys) {
      const store = this.#counted(object);
      if (store === undefined) continue;
      const known = this.#objects.get(object);
      const place = known ?? { index: this.#objects.size, w: new FieldWriter() };
      this.#objects.set(object, place);
      this.#hold(store, object, key, place.w);
      claim.push({ object: place.index, key, limit: Math.max(0, limit) });
      this.#bytes += key.length + 8;
    }
    this.#claims.push(claim);
  }

  finish(): Pick<Claims, 'objects' | 'claims'> {
    const objects = [...this.#objects].map(([name, { w }]) => ({ name, entries: w.finish() }));
    return { objects, claims: this.#claims };
  }

  #hold(store: CountedStore, object: string, key: string, w: FieldWriter): void {
    const name = `${object}\n${key}`;
    if (this.#held.has(name)) return;
    this.#held.set(name, { store, key });
    const before = w.length;
    store.hold(key, w);
    this.#bytes += w.length - before;
  }
}
