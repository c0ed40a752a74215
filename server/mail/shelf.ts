/**
 * All queued messages and their queues. Knows states, not reasons: who is active, who waits until when. Empty queues
 * stay for a while, because their counts are worth a look.
 */

import { assert } from '../base/assert.ts';
import type { Envelope, MessageId } from './api.ts';
import { DueHeap } from './due-heap.ts';
import { type Held, type HeldState, Queue, type QueuePlan } from './held.ts';

/** An empty queue is forgotten after this, or when there are too many of them. */
export const EMPTY_QUEUE_KEPT_MS = 600_000;
export const EMPTY_QUEUES_MAX = 10_000;

export class Shelf {
  readonly #messages = new Map<MessageId, Held>();
  readonly #queues = new Map<string, Queue>();
  readonly #byDomain = new Map<string, Set<Queue>>();
  readonly #delayed = new DueHeap<Held>();
  /** In the order in which they became empty. */
  readonly #empty = new Set<Queue>();
  readonly #planOf: (binding: string, domain: string) => QueuePlan;
  readonly #forgotten: (queue: Queue) => void;
  #delayedCount = 0;

  /** @param forgotten hears of each queue that is not kept any more. */
  constructor(
    planOf: (binding: string, domain: string) => QueuePlan,
    forgotten: (queue: Queue) => void = () => undefined,
  ) {
    this.#planOf = planOf;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#messages.size;
  }

  get delayedSize(): number {
    return this.#delayedCount;
  }

  get domains(): number {
    return this.#byDomain.size;
  }

  get dueMs(): number | undefined {
    return this.#delayed.dueMs;
  }

  get(id: MessageId): Held | undefined {
    return this.#messages.get(id);
  }

  queues(): Iterable<Queue> {
    return this.#queues.values();
  }

  queuesOf(domain: string): Iterable<Queue> {
    return this.#byDomain.get(domain) ?? [];
  }

  queue(binding: string, domain: string): Queue | undefined {
    return this.#queues.get(keyOf(binding, domain));
  }

  /** @param dueMs delayed until then; undefined for active. */
  add(envelope: Envelope, batch: MessageId, dueMs: number | undefined, nowMs: number): Held {
    assert(!this.#messages.has(envelope.id), 'a message is queued once');
    const queue = this.#queueFor(envelope, nowMs);
    const held: Held = {
      envelope,
      queue,
      state: 'sending',
      batch,
      previous: undefined,
      next: undefined,
      dueMs: 0,
      heapAt: -1,
    };
    queue.inFlight += 1;
    this.#messages.set(envelope.id, held);
    if (dueMs === undefined) this.activate(held);
    else this.delay(held, dueMs);
    return held;
  }

  activate(held: Held): void {
    this.#leave(held);
    held.state = 'active';
    held.queue.active.append(held);
  }

  delay(held: Held, dueMs: number): void {
    this.#leave(held);
    held.state = 'delayed';
    held.queue.delayed.append(held);
    this.#delayedCount += 1;
    this.#delayed.set(held, dueMs);
  }

  /** @param state what keeps it out of both lists. */
  take(held: Held, state: Extract<HeldState, 'sending' | 'bouncing'>): void {
    this.#leave(held);
    held.state = state;
    held.queue.inFlight += 1;
  }

  /** To the queue that its envelope now names. The message is active afterwards if it was, else delayed as before. */
  requeue(held: Held, envelope: Envelope, nowMs: number): void {
    assert(held.state === 'active' || held.state === 'delayed', 'what is under way stays in its queue');
    const { dueMs, state } = held;
    this.#leave(held);
    const before = held.queue;
    held.envelope = envelope;
    held.queue = this.#queueFor(envelope, nowMs);
    held.queue.inFlight += 1;
    held.state = 'sending';
    if (state === 'active') this.activate(held);
    else this.delay(held, dueMs);
    this.settle(before, nowMs);
  }

  remove(held: Held, nowMs: number): void {
    this.#leave(held);
    this.#messages.delete(held.envelope.id);
    this.settle(held.queue, nowMs);
  }

  /** One delayed message whose moment has come, active from now on. */
  takeDue(nowMs: number): Held | undefined {
    const held = this.#delayed.takeDue(nowMs);
    if (held !== undefined) this.activate(held);
    return held;
  }

  /** Notes that a queue became empty, or is not empty any more. */
  settle(queue: Queue, nowMs: number): void {
    this.#empty.delete(queue);
    if (!queue.empty) return;
    queue.usedAtMs = nowMs;
    this.#empty.add(queue);
    for (const oldest of this.#empty) {
      const kept = this.#empty.size <= EMPTY_QUEUES_MAX && oldest.usedAtMs + EMPTY_QUEUE_KEPT_MS > nowMs;
      if (kept) return;
      this.#forget(oldest);
    }
  }

  replan(): void {
    for (const queue of this.#queues.values()) {
      const { group, policy } = this.#planOf(queue.binding, queue.domain);
      queue.group = group;
      queue.policy = policy;
    }
  }

  #queueFor({ binding, domain }: Envelope, nowMs: number): Queue {
    const key = keyOf(binding, domain);
    const known = this.#queues.get(key);
    if (known !== undefined) {
      this.#empty.delete(known);
      return known;
    }
    const queue = new Queue({ binding, domain }, this.#planOf(binding, domain), nowMs);
    this.#queues.set(key, queue);
    const same = this.#byDomain.get(domain);
    if (same === undefined) this.#byDomain.set(domain, new Set([queue]));
    else same.add(queue);
    return queue;
  }

  #forget(queue: Queue): void {
    this.#empty.delete(queue);
    this.#queues.delete(keyOf(queue.binding, queue.domain));
    const same = this.#byDomain.get(queue.domain);
    same?.delete(queue);
    if (same?.size === 0) this.#byDomain.delete(queue.domain);
    this.#forgotten(queue);
  }

  #leave(held: Held): void {
    switch (held.state) {
      case 'active':
        held.queue.active.remove(held);
        return;
      case 'delayed':
        held.queue.delayed.remove(held);
        this.#delayed.remove(held);
        this.#delayedCount -= 1;
        return;
      case 'sending':
      case 'bouncing':
        held.queue.inFlight -= 1;
        return;
    }
  }
}

/** A binding may hold anything but this. */
function keyOf(binding: string, domain: string): string {
  return `${binding}\n${domain}`;
}
