/**
 * Replication of one process on the bus: what members share is published from the second mailbox to the cluster group and
 * heard by the first one, so that nobody shows up twice in the membership (momentum.md 3.3). Makes the views of that group
 * into those of the members that share data. Knows the bus, and neither console nor mail.
 */

import { unreachable } from '../base/assert.ts';
import { type Core, DEADLINE_REACHED, type DeadlineReached } from '../base/core.ts';
import type { GroupName, NodeName, PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest, GroupView } from '../msgc/client-api.ts';
import {
  type MetricWindow,
  REPLICATION_KIND,
  type ReplicatorEffect,
  type ReplicatorInput,
  type RowAnswer,
  type RowQuery,
  type SharedData,
  type SharedMetrics,
  type SharedObjectFacts,
  type SharedObjectPlan,
  type SharedRow,
  type ThrottleRate,
} from '../replication/api.ts';
import { type CacheEntry, CacheStore } from '../replication/cache-store.ts';
import { MetricStore } from '../replication/metric-store.ts';
import { Replicator } from '../replication/replicator.ts';
import { ThrottleStore } from '../replication/throttle-store.ts';
import { ObjectBoard } from './object-board.ts';
import type { AppEffect } from './process-app.ts';
import { RefusedRequests } from './refused-requests.ts';
import type { ReplicationPlan } from './replication-plan.ts';
import { MetricDesk, type MetricObject } from './shared-metrics.ts';
import { replicationMembers, sharedNameOf } from './shared-names.ts';
import type { WallClock } from './wall-clock.ts';

/** Requests that may wait; more means that the bus takes nothing, and the connection is made anew. */
export const WAITING_MAX = 8_192;

export type NodeReplicationOptions = {
  readonly node: NodeName;
  /** Mailbox in the groups, and the one that shares data; a manager has one for both. */
  readonly session: string;
  readonly sharedSession: string;
  readonly clusterGroup: GroupName;
  readonly plan: ReplicationPlan;
  /** Of `inbound_audit`. */
  readonly windows: readonly MetricWindow[];
  readonly wall: WallClock;
  readonly nowMs: number;
};

export type NodeReplicationInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | {
      readonly type: 'configured';
      readonly clusterGroup: GroupName;
      readonly plan: ReplicationPlan;
      readonly windows: readonly MetricWindow[];
    };

export type Claimed = { readonly id: number; readonly granted: boolean };

export class NodeReplication implements Core<NodeReplicationInput | DeadlineReached, AppEffect> {
  readonly #options: NodeReplicationOptions;
  readonly #replicator: Replicator;
  readonly #metrics: MetricDesk;
  readonly #board: ObjectBoard;
  #clusterGroup: GroupName;
  #own: PrivateName | undefined;
  readonly #refused = new RefusedRequests(WAITING_MAX);
  #claimed: Claimed[] = [];
  #effects: AppEffect[] = [];

  constructor(options: NodeReplicationOptions) {
    const { node, wall, plan, windows, nowMs } = options;
    this.#options = options;
    this.#clusterGroup = options.clusterGroup;
    const wallMs = (atMs: number): number => wall.at(atMs);
    this.#replicator = new Replicator({ node, wallMs });
    this.#metrics = new MetricDesk(wallMs, () => this.#metricObjects(), windows);
    this.#board = new ObjectBoard({
      // Dashboards believe members only, and those are known by the first mailbox.
      session: options.session,
      facts: () => this.#replicator.facts(),
      startedMs: nowMs,
    });
    this.#give({ type: 'configured', objects: plan.objects }, nowMs);
  }

  /** For mail, modules and the socket API: counts, claims, throttles, caches. */
  get data(): SharedData {
    return this.#replicator;
  }

  get metrics(): SharedMetrics {
    return this.#metrics;
  }

  /** Of `inbound_audit`. */
  get windows(): readonly MetricWindow[] {
    return this.#metrics.windows;
  }

  /** Messages of replication that were none. */
  get refused(): number {
    return this.#replicator.refused;
  }

  /** In order of configuration. */
  get objects(): readonly SharedObjectPlan[] {
    return [...this.#replicator.objects.values()].map(({ plan }) => plan);
  }

  get deadlineMs(): number | undefined {
    const due = [
      this.#replicator.deadlineMs,
      this.#metrics.deadlineMs,
      this.#board.deadlineMs,
      this.#refused.dueMs,
    ].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: NodeReplicationInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    this.#take(input, nowMs);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Answers to claims since the last call. */
  takeClaimed(): readonly Claimed[] {
    const claimed = this.#claimed;
    this.#claimed = [];
    return claimed;
  }

  facts(): readonly SharedObjectFacts[] {
    return this.#replicator.facts();
  }

  /** Undefined: no such object, or nobody of that name shares data now. */
  rows(object: string, query: RowQuery, nowMs: number): RowAnswer | undefined {
    return this.#replicator.rows(object, query, nowMs);
  }

  /** In the order of the console; as `rows`. */
  listing(object: string, view: RowQuery['view'], nowMs: number): Iterable<SharedRow> | undefined {
    return this.#replicator.listing(object, view, nowMs);
  }

  /** The mailbox that shares data, by its own name, by that of the main mailbox, or by that of its node. */
  memberNamed(text: string): PrivateName | undefined {
    const wanted = text.toLowerCase();
    const found = this.#replicator.members.find(
      ({ name, node }) => name.toLowerCase() === sharedNameOf(wanted as PrivateName) || node === wanted,
    );
    return found?.name;
  }

  cacheEntry(object: string, key: string, nowMs: number): CacheEntry | undefined {
    return this.#cache(object)?.peek(key, nowMs);
  }

  /** What nobody used or holds of a throttle now; undefined for what is no set of throttles. */
  available(object: string, name: string, rate: ThrottleRate, nowMs: number): number | undefined {
    const store = this.#replicator.objects.get(object)?.store;
    return store instanceof ThrottleStore ? store.available(name, rate, nowMs) : undefined;
  }

  /** @returns how many entries there were; undefined for what is no cache. */
  flush(object: string, nowMs: number): number | undefined {
    return this.#cache(object)?.flush(nowMs);
  }

  #cache(object: string): CacheStore | undefined {
    const store = this.#replicator.objects.get(object)?.store;
    return store instanceof CacheStore ? store : undefined;
  }

  #metricObjects(): readonly MetricObject[] {
    return [...this.#replicator.objects.values()].flatMap(({ plan, store }) =>
      store instanceof MetricStore ? [{ plan, store }] : [],
    );
  }

  #take(input: NodeReplicationInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'start':
      case 'stop':
        this.#give(input, nowMs);
        return;
      case 'bus':
        this.#onBus(input.event, nowMs);
        return;
      case 'configured':
        this.#configure(input, nowMs);
        return;
      case 'deadlineReached':
        this.#onDeadline(nowMs);
        return;
      default:
        unreachable(input);
    }
  }

  #configure(
    { clusterGroup, plan, windows }: Extract<NodeReplicationInput, { type: 'configured' }>,
    nowMs: number,
  ): void {
    if (clusterGroup !== this.#clusterGroup) {
      this.#clusterGroup = clusterGroup;
      this.#give({ type: 'disconnected' }, nowMs);
    }
    this.#metrics.configure(windows);
    this.#give({ type: 'configured', objects: plan.objects }, nowMs);
  }

  #onDeadline(nowMs: number): void {
    if (isDue(this.#replicator.deadlineMs, nowMs)) this.#give(DEADLINE_REACHED, nowMs);
    if (isDue(this.#metrics.deadlineMs, nowMs)) this.#metrics.due(nowMs);
    for (const request of this.#board.step(DEADLINE_REACHED, nowMs)) this.#ask(request, nowMs);
    for (const request of this.#refused.takeDue(nowMs)) this.#effects.push({ type: 'bus', request });
  }

  #onBus(event: BusEvent, nowMs: number): void {
    switch (event.type) {
      case 'busConnected':
        this.#own = event.privateNames.get(this.#options.sharedSession);
        if (this.#own !== undefined) this.#board.step({ type: 'connected', name: this.#own }, nowMs);
        return;
      case 'busLost':
        this.#own = undefined;
        this.#refused.clear();
        this.#board.step({ type: 'lost' }, nowMs);
        this.#give({ type: 'disconnected' }, nowMs);
        return;
      case 'view':
        if (event.session === this.#options.session && event.view.group === this.#clusterGroup) {
          this.#onView(event.view, nowMs);
        }
        return;
      case 'message':
        this.#onMessage(event, nowMs);
        return;
      case 'requestRefused':
        if (event.reason === 'backlog') this.#again(event.request, nowMs);
        return;
      case 'transition':
      case 'busRefused':
        return;
      default:
        unreachable(event);
    }
  }

  #onView(view: GroupView, nowMs: number): void {
    if (this.#own === undefined) return;
    const transitional = new Set(view.transitional.map(sharedNameOf));
    this.#give({ type: 'view', members: replicationMembers(view), me: this.#own, transitional }, nowMs);
  }

  #onMessage(
    { session, group, sender, kind, payload }: Extract<BusEvent, { type: 'message' }>,
    nowMs: number,
  ): void {
    if (kind !== REPLICATION_KIND) return;
    const { session: main, sharedSession } = this.#options;
    const fits =
      group === undefined ? session === sharedSession : session === main && group === this.#clusterGroup;
    if (fits) this.#give({ type: 'message', from: sender, payload }, nowMs);
  }

  #give(input: ReplicatorInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.#replicator.step(input, nowMs)) this.#perform(effect, nowMs);
  }

  #perform(effect: ReplicatorEffect, nowMs: number): void {
    const { sharedSession: session } = this.#options;
    const kind = REPLICATION_KIND;
    switch (effect.type) {
      case 'publish': {
        const groups = [this.#clusterGroup];
        this.#ask(
          { type: 'publish', session, groups, service: 'agreed', kind, payload: effect.payload },
          nowMs,
        );
        return;
      }
      case 'send':
        this.#ask({ type: 'send', session, to: effect.to, kind, payload: effect.payload }, nowMs);
        return;
      case 'claimed':
        this.#claimed.push({ id: effect.id, granted: effect.granted });
        return;
      case 'diverged':
      case 'converged': {
        const { object, owner, type } = effect;
        this.#effects.push({ type: 'copyChanged', object, owner, differs: type === 'diverged' });
        return;
      }
      default:
        unreachable(effect);
    }
  }

  /** Behind what waits, so that everything of this process is heard in the order in which it was said. */
  #ask(request: BusRequest, nowMs: number): void {
    if (this.#own === undefined) return;
    if (this.#refused.any) this.#again(request, nowMs);
    else this.#effects.push({ type: 'bus', request });
  }

  #again(request: BusRequest, nowMs: number): void {
    if (request.type !== 'publish' && request.type !== 'send') return;
    // What is said of objects for people is said again by itself.
    if (request.kind !== REPLICATION_KIND || request.session !== this.#options.sharedSession) return;
    if (!this.#refused.add(request, nowMs)) this.#effects.push({ type: 'reconnect' });
  }
}

function isDue(dueMs: number | undefined, nowMs: number): boolean {
  return dueMs !== undefined && dueMs <= nowMs;
}
