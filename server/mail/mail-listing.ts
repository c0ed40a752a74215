/** What the console and the pages see of the mail core. Counts by recipient, queue sizes by message. */

import {
  type BindingFacts,
  type ConnectionFacts,
  DEFAULT_GROUP,
  type MailCounters,
  MMOVE_BINDING,
  type QueuedMessage,
  type QueueFacts,
} from './api.ts';
import type { Dispatch } from './dispatch.ts';
import { noTotals, type Queue, type Totals } from './held.ts';
import type { MailContext } from './mail-context.ts';
import type { ReceptionDesk } from './reception-desk.ts';
import type { Shelf } from './shelf.ts';
import type { Transfers } from './transfers.ts';

/** Messages that one listing may skip and show. */
export const LISTED_MAX = 10_000;

type Parts = {
  readonly desk: ReceptionDesk;
  readonly dispatch: Dispatch;
  readonly transfers: Transfers;
};

export class MailListing {
  readonly #context: MailContext;
  readonly #shelf: Shelf;
  readonly #parts: Parts;
  /** Totals as they were at the last reset. */
  #base: Totals = noTotals();
  #bindingBase = new Map<string, Totals>();
  resetAtMs: number | undefined = undefined;

  constructor(context: MailContext, shelf: Shelf, parts: Parts) {
    this.#context = context;
    this.#shelf = shelf;
    this.#parts = parts;
  }

  get counters(): MailCounters {
    const { desk, dispatch, transfers } = this.#parts;
    const { size, delayedSize, domains } = this.#shelf;
    return {
      ...since(this.#context.totals, this.#base),
      inbound: desk.connections,
      outbound: dispatch.outbounds.size + transfers.outbounds.size,
      active: size - delayedSize,
      delayed: delayedSize,
      domains,
    };
  }

  reset(nowMs: number): void {
    this.resetAtMs = nowMs;
    this.#base = { ...this.#context.totals };
    this.#bindingBase = new Map(
      this.#context.plan.bindings.map(({ name }) => [name, { ...this.#context.totalsOf(name) }]),
    );
  }

  queues(): readonly QueueFacts[] {
    const rows = [...this.#shelf.queues()].map((queue) => this.#queueFacts(queue));
    return rows.sort(
      (a, b) =>
        compare(a.group, b.group) ||
        Number(a.binding === MMOVE_BINDING) - Number(b.binding === MMOVE_BINDING) ||
        compare(a.binding, b.binding) ||
        compare(a.domain, b.domain),
    );
  }

  bindings(): readonly BindingFacts[] {
    const rows = new Map<string, Mutable<BindingFacts>>();
    for (const { name, group } of this.#context.plan.bindings) {
      const { deliveries, failures, receptions } = since(
        this.#context.totalsOf(name),
        this.#bindingBase.get(name) ?? noTotals(),
      );
      rows.set(name, { ...noFacts(group, name), deliveries, failures, receptions });
    }
    const { moved } = since(this.#context.totals, this.#base);
    const connections = this.#parts.transfers.outbounds.size;
    rows.set(MMOVE_BINDING, { ...noFacts(DEFAULT_GROUP, MMOVE_BINDING), connections, deliveries: moved });
    for (const queue of this.#shelf.queues()) {
      const row = rows.get(this.#shownBinding(queue));
      if (row === undefined) continue;
      row.active += queue.active.size + queue.inFlight;
      row.total += queue.messages;
      row.connections += queue.connections.size;
    }
    return [...rows.values()];
  }

  outbound(): readonly ConnectionFacts[] {
    const { dispatch, transfers } = this.#parts;
    const deliveries = [...dispatch.outbounds.all()].map(({ user, id, host, state, sinceMs }) => ({
      connection: id,
      peer: user.domain,
      host,
      binding: user.binding,
      state,
      sinceMs,
    }));
    const moves = [...transfers.outbounds.all()].map(({ user, id, host, state, sinceMs }) => ({
      connection: id,
      peer: user.node,
      host,
      binding: MMOVE_BINDING,
      state,
      sinceMs,
    }));
    return [...deliveries, ...moves];
  }

  messages(
    domain: string,
    binding: string | undefined,
    from: number,
    most: number,
  ): readonly QueuedMessage[] {
    const found: QueuedMessage[] = [];
    let skip = Math.min(from, LISTED_MAX);
    const queues = [...this.#shelf.queuesOf(domain)].filter(
      (queue) => binding === undefined || queue.binding === binding,
    );
    for (const kind of ['active', 'delayed'] as const) {
      for (const queue of queues) {
        for (const { envelope } of queue[kind]) {
          if (found.length >= Math.min(most, LISTED_MAX)) return found;
          if (skip > 0) skip -= 1;
          else found.push({ envelope, queue: kind });
        }
      }
    }
    return found;
  }

  #queueFacts(queue: Queue): QueueFacts {
    const binding = this.#shownBinding(queue);
    return {
      group: binding === MMOVE_BINDING ? DEFAULT_GROUP : queue.group,
      binding,
      domain: queue.domain,
      active: queue.active.size + queue.inFlight,
      delayed: queue.delayed.size,
      connections: queue.connections.size,
      delivered: queue.delivered,
      failed: queue.failed,
    };
  }

  /** A queue whose binding is on another node is on its way there. */
  #shownBinding(queue: Queue): string {
    return this.#context.routeOf(queue.binding).at === 'node' ? MMOVE_BINDING : queue.binding;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function noFacts(group: string, binding: string): Mutable<BindingFacts> {
  return {
    group,
    binding,
    connections: 0,
    active: 0,
    total: 0,
    deliveries: 0,
    failures: 0,
    receptions: 0,
  };
}

function since(now: Totals, base: Totals): Totals {
  const difference = noTotals();
  for (const key of Object.keys(difference) as (keyof Totals)[]) difference[key] = now[key] - base[key];
  return difference;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
