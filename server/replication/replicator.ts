/**
 * Replication in one process: keeps the shares of all members of each object, tells its own, and decides claims. Knows
 * members and messages in agreed order, nothing of buses, files or mail. Rules: SPEC.md.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type {
  CacheRefusal,
  ClaimedKey,
  ReplicationMember,
  ReplicatorEffect,
  ReplicatorInput,
  RowAnswer,
  RowQuery,
  SharedData,
  SharedObjectFacts,
  SharedRow,
  SharedView,
  ThrottleRate,
} from './api.ts';
import { CacheStore } from './cache-store.ts';
import { fairClaim } from './claims.ts';
import { Exchange } from './exchange.ts';
import { factsOf } from './object-facts.ts';
import type { Owner } from './object-store.ts';
import type { ReplicatorParts, SharedObject } from './shared-object.ts';
import { ThrottleStore } from './throttle-store.ts';

/** After this what was given back is told, however lazy the object is: others may wait for it. */
export const RELEASE_TOLD_MS = 50;

/**
 * What is asked of `SharedData` outside a step has its effects in the next one, which `deadlineMs` asks for: whoever asks
 * lets its driver look at it again.
 */
export class Replicator implements Core<ReplicatorInput | DeadlineReached, ReplicatorEffect>, SharedData {
  readonly #exchange: Exchange;
  #stopped = false;
  #nowMs = 0;

  constructor(parts: ReplicatorParts) {
    this.#exchange = new Exchange(parts);
  }

  get deadlineMs(): number | undefined {
    if (this.#stopped) return undefined;
    const claims = this.#exchange.claims.deadlineMs(this.#nowMs);
    const { deadlineMs } = this.#exchange;
    return claims === undefined || deadlineMs === undefined
      ? (claims ?? deadlineMs)
      : Math.min(claims, deadlineMs);
  }

  /** Messages from others that could not be read. */
  get refused(): number {
    return this.#exchange.refused;
  }

  /** Chunks of snapshots that were sent and not acknowledged. */
  get chunksUnderWay(): number {
    return this.#exchange.chunksUnderWay;
  }

  step(input: ReplicatorInput | DeadlineReached, nowMs: number): readonly ReplicatorEffect[] {
    if (this.#stopped) return [];
    this.#nowMs = nowMs;
    this.#take(input, nowMs);
    this.#exchange.run(nowMs);
    return this.#exchange.outbox.take();
  }

  #take(input: ReplicatorInput | DeadlineReached, nowMs: number): void {
    const exchange = this.#exchange;
    switch (input.type) {
      case 'start':
      case 'deadlineReached':
        return;
      case 'stop':
        this.#stopped = true;
        return;
      case 'view':
        if (input.members.some(({ name }) => name === input.me)) {
          exchange.view(input.members, input.me, input.transitional, nowMs);
        } else exchange.disconnect(nowMs);
        return;
      case 'disconnected':
        exchange.disconnect(nowMs);
        return;
      case 'message':
        exchange.hear(input.from, input.payload, nowMs);
        return;
      case 'configured':
        exchange.configure(input.objects, nowMs);
        return;
      default:
        unreachable(input);
    }
  }

  count(object: string, key: string, change: number, nowMs: number): void {
    this.#exchange.counted(object)?.count(key, change, nowMs);
  }

  claim(keys: readonly ClaimedKey[], nowMs: number): number {
    return this.#exchange.claims.claim(fairClaim(keys, this.#exchange.counted), nowMs);
  }

  release(keys: readonly Omit<ClaimedKey, 'limit'>[], nowMs: number): void {
    for (const { object: name, key } of keys) {
      const object = this.#exchange.objects.get(name);
      this.count(name, key, -1, nowMs);
      if (object !== undefined) object.urgentAtMs ??= nowMs + RELEASE_TOLD_MS;
    }
  }

  total(object: string, key: string): number | undefined {
    return this.#exchange.counted(object)?.sum(key);
  }

  throttle(object: string, name: string, rate: ThrottleRate, amount: number, nowMs: number): number {
    const store = this.#exchange.objects.get(object)?.store;
    return store instanceof ThrottleStore ? store.take(name, rate, amount, nowMs) : 0;
  }

  cacheSet(
    object: string,
    key: string,
    value: Buffer,
    ttlMs: number,
    nowMs: number,
  ): CacheRefusal | undefined {
    const cache = this.#cache(object);
    return cache === undefined ? 'noSuchCache' : cache.set(key, value, ttlMs, nowMs);
  }

  cacheGet(object: string, key: string, nowMs: number): Buffer | undefined {
    return this.#cache(object)?.get(key, nowMs);
  }

  cacheDelete(object: string, key: string, nowMs: number): boolean {
    return this.#cache(object)?.remove(key, nowMs) ?? false;
  }

  /** For what only one kind of object can do. */
  get objects(): ReadonlyMap<string, SharedObject> {
    return this.#exchange.objects;
  }

  /** Members of the view; empty while there is none. */
  get members(): readonly ReplicationMember[] {
    return this.#exchange.peers.all.map(({ member }) => member);
  }

  facts(): readonly SharedObjectFacts[] {
    return [...this.#exchange.objects.values()].map((object) => factsOf(this.#exchange, object));
  }

  /** Undefined: no such object, or no such member. */
  rows(object: string, { view, ...query }: RowQuery, nowMs: number): RowAnswer | undefined {
    const [shared, owner] = [this.#exchange.objects.get(object), this.ownerOf(view)];
    if (shared === undefined || owner === undefined) return undefined;
    return shared.store.rows({ ...query, view: owner, nowMs });
  }

  /** All rows in the order of the console. Undefined: no such object, or no such member. */
  listing(object: string, view: SharedView, nowMs: number): Iterable<SharedRow> | undefined {
    const [shared, owner] = [this.#exchange.objects.get(object), this.ownerOf(view)];
    return shared === undefined || owner === undefined ? undefined : shared.store.listing(owner, nowMs);
  }

  /** Number of a view in all stores; undefined for somebody who is not there. */
  ownerOf(view: SharedView): Owner | 'global' | undefined {
    return view === 'global' ? 'global' : this.#exchange.peers.of(view)?.owner;
  }

  #cache(object: string): CacheStore | undefined {
    const store = this.#exchange.objects.get(object)?.store;
    return store instanceof CacheStore ? store : undefined;
  }
}
