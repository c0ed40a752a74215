/**
 * Who had which address when (ui.md 4.5, D10): every change of owner that the observer tells of goes to the store, and
 * so does when the gateway saw nothing: without the bus, and while it was not running. What changed then is written
 * down when it is seen again, without a cause.
 */

import type { Clock, Logger, Timer } from '../base/ports.ts';
import type { Observer, ObserverEvent } from '../cluster/observer-api.ts';
import type { HistoryReply, VipRow } from '../wire/duravip.ts';
import { ApiProblem } from './api-problem.ts';
import { busJoined } from './bus-state.ts';
import type { Metrics } from './metrics.ts';
import type { OwnershipEvent, Store } from './store-port.ts';
import { laneOf } from './vip-segments.ts';

export const HISTORY_KEPT_MS = 30 * 24 * 3_600_000;
/** Events kept over all addresses; the oldest go first. */
export const HISTORY_EVENTS_MAX = 200_000;
/** Events of one answer; more are refused, and a shorter time or fewer addresses help. */
export const HISTORY_ANSWER_EVENTS_MAX = 50_000;
/** Events that may wait for the disk; more are lost, and that is told. */
export const HISTORY_WAITING_MAX = 50_000;
/** A gateway that is killed takes at most so much for unseen that it saw. */
export const SEEN_INTERVAL_MS = 5_000;
const DROP_INTERVAL_MS = 3_600_000;
/** What happens in a drain comes within moments of each other, and is one write. */
const FLUSH_AFTER_MS = 50;

export type VipHistoryParts = {
  readonly observer: Observer;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The person behind a command of this gateway that just gave the address to `owner`. */
  readonly actorOf: (address: string, owner: string | null) => string | undefined;
};

type Held = Pick<OwnershipEvent, 'owner' | 'claims'>;
type Row = Pick<VipRow, 'phase' | 'owner' | 'claims' | 'cause'>;

export class VipHistory {
  readonly #parts: VipHistoryParts;
  /** As written down last, by address. */
  readonly #held: Map<string, Held>;
  /** Not yet with the store, by address. */
  #turn = new Map<string, OwnershipEvent[]>();
  #waiting = 0;
  #blind: boolean;
  #lastMs = 0;
  #work: Promise<void> = Promise.resolve();
  readonly #timers = new Map<string, Timer>();
  readonly #unsubscribe: () => void;

  static async load(parts: VipHistoryParts): Promise<VipHistory> {
    const { store, clock } = parts;
    const nowMs = clock.wallMs();
    await store.vips.dropEvents(nowMs - HISTORY_KEPT_MS, HISTORY_EVENTS_MAX);
    const seenMs = await store.vips.seenMs();
    const open = (await store.vips.blind(nowMs, nowMs)).some(({ toMs }) => toMs === null);
    if (seenMs !== undefined && !open) await store.vips.beginBlind(Math.min(seenMs, nowMs));
    const last = await store.vips.eventsAt(nowMs);
    return new VipHistory(parts, new Map(last.map((event) => [event.address, event])));
  }

  private constructor(parts: VipHistoryParts, held: Map<string, Held>) {
    this.#parts = parts;
    this.#held = held;
    this.#blind = true;
    this.#unsubscribe = parts.observer.subscribe((event) => this.#hear(event));
    this.#look(parts.clock.wallMs());
    this.#every('seen', SEEN_INTERVAL_MS, () => this.#markSeen());
    this.#every('drop', DROP_INTERVAL_MS, () => this.#drop());
  }

  /** Resolves once everything that is known is on disk. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#flush();
    this.#markSeen();
    await this.#work;
  }

  /** @throws ApiProblem `too_large` */
  async lanes(ask: {
    readonly addresses: readonly string[];
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<HistoryReply> {
    const { vips } = this.#parts.store;
    const nowMs = this.#parts.clock.wallMs();
    await this.#settled();
    const addresses = [...new Set(ask.addresses)];
    const events = await vips.events({ ...ask, addresses, limit: HISTORY_ANSWER_EVENTS_MAX + 1 });
    if (events.length > HISTORY_ANSWER_EVENTS_MAX) {
      throw new ApiProblem(
        'too_large',
        'too much happened in that time: ask for less of it, or for fewer addresses',
      );
    }
    const blind = await vips.blind(ask.fromMs, ask.toMs);
    const byAddress = new Map<string, OwnershipEvent[]>(addresses.map((address) => [address, []]));
    for (const event of events) byAddress.get(event.address)?.push(event);
    return {
      fromMs: ask.fromMs,
      toMs: ask.toMs,
      keptSinceMs: (await vips.keptSinceMs()) ?? null,
      lanes: addresses.map((address) =>
        laneOf(address, byAddress.get(address) ?? [], blind, { ...ask, nowMs }),
      ),
    };
  }

  async at(atMs: number) {
    const { vips } = this.#parts.store;
    await this.#settled();
    const [events, blind] = [await vips.eventsAt(atMs), await vips.blind(atMs, atMs)];
    const dark = blind.some(({ fromMs, toMs }) => fromMs <= atMs && (toMs === null || toMs > atMs));
    return { atMs, owners: events.map(({ address, owner }) => ({ address, owner, blind: dark })) };
  }

  #hear(event: ObserverEvent): void {
    if (event.type === 'vips') {
      if (this.#blind) return; // what was so at the end of it is looked up then
      for (const what of event.happenings) {
        if (what.type !== 'owner') continue;
        const { address, to: owner = null, cause } = what;
        const asked = cause === 'operator' || cause === 'drain';
        const by = (asked ? this.#parts.actorOf(address, owner) : undefined) ?? what.by ?? null;
        this.#owned(address, { owner, cause, by }, event.receivedWallMs);
      }
      return;
    }
    if (event.type !== 'changed') return;
    if (this.#blind || event.changes.some(({ c }) => c === 'bus')) this.#look(event.receivedWallMs);
    if (this.#blind) return;
    const { vips } = this.#parts.observer.model();
    for (const { c, k } of event.changes) if (c === 'vips') this.#row(k, vips[k], event.receivedWallMs);
  }

  /** Whether the gateway sees the cluster: it is on the bus and knows a table that was agreed on. */
  #look(atMs: number): void {
    const { observer, store } = this.#parts;
    const model = observer.model();
    const sees = busJoined(observer) && (model.duravip['duravip']?.synced === true || !this.#blind);
    if (sees === !this.#blind) return;
    this.#flush();
    this.#blind = !sees;
    if (!sees) {
      const fromMs = Math.max(this.#lastMs, atMs - (observer.busAgeMs() ?? 0));
      this.#write(() => store.vips.beginBlind(fromMs));
      return;
    }
    this.#write(() => store.vips.endBlind(atMs));
    for (const [address, row] of Object.entries(model.vips)) this.#row(address, row, atMs);
    for (const address of [...this.#held.keys()]) {
      if (model.vips[address] === undefined) this.#row(address, undefined, atMs);
    }
    this.#markSeen();
  }

  #owned(address: string, now: Pick<OwnershipEvent, 'owner' | 'cause' | 'by'>, atMs: number): void {
    const turn = this.#turn.get(address) ?? [];
    const last = turn.at(-1);
    if (last !== undefined && last.owner === now.owner && last.by === null) {
      turn[turn.length - 1] = { ...last, ...now }; // its row came first and does not say who
      return;
    }
    if (this.#held.get(address)?.owner === now.owner) return;
    this.#add({ address, ...now, claims: [], atMs });
  }

  #row(address: string, row: Row | undefined, atMs: number): void {
    const held = this.#held.get(address);
    if (row === undefined) {
      if (held !== undefined && held.owner !== null) {
        this.#add({ address, owner: null, cause: this.#blind ? null : 'config', by: null, claims: [], atMs });
      }
      this.#held.delete(address);
      return;
    }
    if (row.phase === 'unknown') return;
    const { owner, claims } = row;
    const sameOwner = held !== undefined && held.owner === owner;
    if (sameOwner && sameNames(held.claims, claims)) return;
    const cause = sameOwner ? null : row.cause;
    this.#add({ address, owner, cause, by: null, claims: [...claims].sort(), atMs });
  }

  #add(event: OwnershipEvent): void {
    this.#lastMs = Math.max(this.#lastMs, event.atMs); // a clock that is set back does not turn the order
    const { address, owner, claims } = event;
    this.#held.set(address, { owner, claims });
    const turn = this.#turn.get(address) ?? [];
    turn.push({ ...event, atMs: this.#lastMs });
    this.#turn.set(address, turn);
    this.#once('flush', FLUSH_AFTER_MS, () => this.#flush());
  }

  #flush(): void {
    const events = [...this.#turn.values()].flat();
    this.#turn = new Map();
    if (events.length === 0) return;
    const { store, metrics, logger } = this.#parts;
    if (this.#waiting + events.length > HISTORY_WAITING_MAX) {
      metrics.storeFailures.inc();
      logger.error('history.lost', { events: events.length });
      return;
    }
    this.#waiting += events.length;
    this.#write(async () => {
      this.#waiting -= events.length;
      await store.vips.addEvents(events);
    });
  }

  #markSeen(): void {
    const { store, clock } = this.#parts;
    const nowMs = clock.wallMs();
    if (!this.#blind) this.#write(() => store.vips.markSeen(nowMs));
  }

  #drop(): void {
    const { store, clock } = this.#parts;
    const beforeMs = clock.wallMs() - HISTORY_KEPT_MS;
    this.#write(() => store.vips.dropEvents(beforeMs, HISTORY_EVENTS_MAX));
  }

  async #settled(): Promise<void> {
    this.#flush();
    await this.#work;
  }

  #write(write: () => Promise<void>): void {
    const { metrics, logger } = this.#parts;
    this.#work = this.#work.then(write).catch((error: unknown) => {
      metrics.storeFailures.inc();
      logger.error('store.failed', { what: 'history', reason: String(error) });
    });
  }

  #every(name: string, spanMs: number, work: () => void): void {
    const { clock } = this.#parts;
    const again = (): void => {
      this.#timers.set(name, clock.at(clock.nowMs() + spanMs, again));
      work();
    };
    this.#timers.set(name, clock.at(clock.nowMs() + spanMs, again));
  }

  /** However often it is asked for. */
  #once(name: string, afterMs: number, work: () => void): void {
    if (this.#timers.has(name)) return;
    const { clock } = this.#parts;
    const run = (): void => {
      this.#timers.delete(name);
      work();
    };
    this.#timers.set(name, clock.at(clock.nowMs() + afterMs, run));
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
