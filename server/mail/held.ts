/** One queued message, the lists it stands in, and the queue of one binding to one domain. */

import type { DeliveryPolicy, Envelope, MessageId } from './api.ts';
import type { Due } from './due-heap.ts';

export type HeldState =
  /** Waits for a connection. */
  | 'active'
  /** Waits for its next attempt. */
  | 'delayed'
  /** On a connection. */
  | 'sending'
  /** Waits until the bounce about it is on disk. */
  | 'bouncing';

export type Held = Due & {
  envelope: Envelope;
  queue: Queue;
  state: HeldState;
  /** Of the reception; its own id where that is not known any more. */
  readonly batch: MessageId;
  previous: Held | undefined;
  next: Held | undefined;
};

/** First in, first out, and any one can be taken out. */
export class HeldList {
  #first: Held | undefined;
  #last: Held | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Held | undefined {
    return this.#first;
  }

  append(held: Held): void {
    held.previous = this.#last;
    held.next = undefined;
    if (this.#last === undefined) this.#first = held;
    else this.#last.next = held;
    this.#last = held;
    this.#size += 1;
  }

  remove(held: Held): void {
    if (held.previous === undefined) this.#first = held.next;
    else held.previous.next = held.next;
    if (held.next === undefined) this.#last = held.previous;
    else held.next.previous = held.previous;
    held.previous = undefined;
    held.next = undefined;
    this.#size -= 1;
  }

  *[Symbol.iterator](): Generator<Held> {
    for (let held = this.#first; held !== undefined; held = held.next) yield held;
  }
}

/** Counted by recipient: a message for three counts three. */
export type Totals = {
  receptions: number;
  deliveries: number;
  transients: number;
  failures: number;
  rejections: number;
  moved: number;
};

export function noTotals(): Totals {
  return { receptions: 0, deliveries: 0, transients: 0, failures: 0, rejections: 0, moved: 0 };
}

/** Its moment is the next one at which it is worth looking at it again. */
export class Queue implements Due {
  readonly binding: string;
  readonly domain: string;
  group: string;
  policy: DeliveryPolicy;
  readonly active = new HeldList();
  readonly delayed = new HeldList();
  /** Messages that are sent or bounced at this moment. */
  inFlight = 0;
  /** Connections of this queue: under way, ready for a message, all. Claims for more that have no answer. */
  connecting = 0;
  readonly idle: number[] = [];
  readonly connections = new Set<number>();
  claims = 0;
  /** Taken from the connection throttle and not used yet. */
  hasToken = false;
  /** Connection failures in a row, claims refused in a row. */
  failures = 0;
  refusals = 0;
  notBeforeMs = 0;
  throttledUntilMs = 0;
  /** So many of the active ones still have to hear why there is no connection. */
  unreachable: { left: number; readonly code: number; readonly text: string } | undefined = undefined;
  /** A `rebind` asked for it: delayed messages move as well. */
  rebound = false;
  delivered = 0;
  failed = 0;
  usedAtMs: number;
  dueMs = 0;
  heapAt = -1;

  constructor(name: { readonly binding: string; readonly domain: string }, plan: QueuePlan, nowMs: number) {
    this.binding = name.binding;
    this.domain = name.domain;
    this.group = plan.group;
    this.policy = plan.policy;
    this.usedAtMs = nowMs;
  }

  get messages(): number {
    return this.active.size + this.delayed.size + this.inFlight;
  }

  /** Without messages, connections and claims. */
  get empty(): boolean {
    return this.messages === 0 && this.connections.size === 0 && this.claims === 0;
  }

  get established(): number {
    return this.connections.size - this.connecting;
  }
}

export type QueuePlan = { readonly group: string; readonly policy: DeliveryPolicy };
