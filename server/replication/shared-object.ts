/** One object of this process: its plan, what is stored, and what went to and fro. */

import type { SharedObjectPlan } from './api.ts';
import { CacheStore } from './cache-store.ts';
import { CidrTree } from './cidr-tree.ts';
import { GaugeTable } from './gauge-table.ts';
import { MetricStore } from './metric-store.ts';
import type { ObjectStore } from './object-store.ts';
import { ThrottleStore } from './throttle-store.ts';

export type AnyStore = CidrTree | GaugeTable | ThrottleStore | MetricStore | CacheStore;

export type StoreParts = { readonly node: string; readonly wallMs: (nowMs: number) => number };
export type ReplicatorParts = StoreParts & {
  /** Entries of one chunk of a snapshot; undefined for as many as a message holds. */
  readonly chunkBytes?: number;
};

export class Traffic {
  messages = 0;
  bytes = 0;
  keys = 0;

  add(bytes: number, keys: number): void {
    this.messages += 1;
    this.bytes += bytes;
    this.keys += keys;
  }
}

export class SharedObject {
  plan: SharedObjectPlan;
  readonly store: AnyStore;
  readonly sent = new Traffic();
  readonly received = new Traffic();
  /** Changed since its digest was told. */
  restless = false;
  digestToldMs: number;
  /** What was given back is told by then. */
  urgentAtMs: number | undefined;

  constructor(plan: SharedObjectPlan, parts: StoreParts, nowMs: number) {
    this.plan = plan;
    this.store = newStore(plan, parts);
    this.digestToldMs = nowMs;
  }

  configure(plan: SharedObjectPlan, nowMs: number): void {
    this.plan = plan;
    if (this.store instanceof CacheStore) this.store.configure(plan.maxSize, nowMs);
  }

  /** Whether a member keeps what others tell of it. */
  isHeardBy(role: 'node' | 'manager'): boolean {
    return this.plan.audience === 'all' || role === 'manager';
  }

  /** When what waits must be told; undefined while nothing does. */
  get tellAtMs(): number | undefined {
    const { changes, urgent }: ObjectStore = this.store;
    const { size, oldestMs } = changes;
    if (oldestMs === undefined) return undefined;
    if (size >= this.plan.maxPending || urgent === true) return oldestMs;
    return Math.min(oldestMs + this.plan.maxDelayMs, this.urgentAtMs ?? Number.POSITIVE_INFINITY);
  }
}

function newStore(plan: SharedObjectPlan, { node, wallMs }: StoreParts): AnyStore {
  switch (plan.kind) {
    case 'cidrtree':
      return new CidrTree();
    case 'gauge table':
      return new GaugeTable();
    case 'throttle set':
      return new ThrottleStore();
    case 'metrics':
      return new MetricStore(wallMs);
    case 'cache':
      return new CacheStore({ node, maxSize: plan.maxSize, wallMs });
  }
}
