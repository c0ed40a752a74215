/**
 * Messages on their way to another node (momentum.md 5.9, VIP-31): those whose binding floats and is there. They leave
 * by the cluster listener of that node, keep their name, age and attempts, and stay here until the node has them.
 * A queue whose binding is elsewhere hands over what it holds, so nothing is done message by message when a binding
 * moves. A failed move is no attempt of the message.
 */

import type { NodeName } from '../model/names.ts';
import {
  type ConnectionId,
  DEFAULT_GROUP,
  type DeliveryPolicy,
  MMOVE_BINDING,
  type RecipientResult,
} from './api.ts';
import { least } from './dispatch.ts';
import { type Due, DueHeap } from './due-heap.ts';
import type { Held, Queue } from './held.ts';
import type { MailContext } from './mail-context.ts';
import { type Outbound, Outbounds } from './outbounds.ts';
import type { Outcomes } from './outcomes.ts';
import type { Shelf } from './shelf.ts';

/** Connections to one node, unless its policy allows fewer. */
export const WAY_CONNECTIONS_MAX = 4;
/** A node that took nothing is left alone for so long, doubled with each failure. */
export const WAY_REST_MS = 500;
export const WAY_REST_MAX_MS = 30_000;

/** To one node. */
class Way implements Due {
  readonly node: NodeName;
  listener: string;
  policy: DeliveryPolicy;
  readonly connections = new Set<ConnectionId>();
  readonly idle: ConnectionId[] = [];
  connecting = 0;
  /** With messages for that node, in turn. */
  readonly queues = new Set<Queue>();
  failures = 0;
  notBeforeMs = 0;
  dueMs = 0;
  heapAt = -1;

  constructor(node: NodeName, listener: string, policy: DeliveryPolicy) {
    this.node = node;
    this.listener = listener;
    this.policy = policy;
  }
}

export class Transfers {
  readonly outbounds: Outbounds<Way>;
  readonly #context: MailContext;
  readonly #shelf: Shelf;
  readonly #outcomes: Outcomes;
  readonly #ways = new Map<NodeName, Way>();
  readonly #touched = new Set<Way>();
  readonly #wakes = new DueHeap<Way>();

  constructor(context: MailContext, shelf: Shelf, outcomes: Outcomes) {
    this.#context = context;
    this.#shelf = shelf;
    this.#outcomes = outcomes;
    this.outbounds = new Outbounds(context);
  }

  get dueMs(): number | undefined {
    return least(this.#wakes.dueMs, this.outbounds.dueMs);
  }

  /** Sees where a queue's binding is now. @returns true while its messages belong to another node. */
  look(queue: Queue): boolean {
    const route = this.#context.routeOf(queue.binding);
    for (const way of this.#ways.values()) {
      if (route.at !== 'node' || way.node !== route.node) way.queues.delete(queue);
    }
    if (route.at !== 'node') return false;
    const way = this.#wayTo(route.node, route.listener);
    if (this.#next(queue) !== undefined) {
      way.queues.add(queue);
      this.#touched.add(way);
    }
    return true;
  }

  forget(queue: Queue): void {
    for (const way of this.#ways.values()) way.queues.delete(queue);
  }

  replan(): void {
    for (const way of this.#ways.values()) {
      way.policy = this.#context.policyOf(MMOVE_BINDING, way.node);
      this.#touched.add(way);
    }
  }

  /** Nobody goes on to a node after this. */
  stop(): void {
    for (const way of this.#ways.values()) this.#touched.add(way);
  }

  connected(connection: Outbound<Way>, nowMs: number): void {
    if (connection.state !== 'connecting') return;
    connection.host = connection.user.node;
    this.outbounds.ready(connection, connection.user.policy, nowMs);
    this.#touched.add(connection.user);
  }

  sent(connection: Outbound<Way>, results: readonly RecipientResult[], nowMs: number): void {
    const { user: way, message } = connection;
    if (message === undefined) return;
    connection.message = undefined;
    const by = { connection: connection.id, ip: connection.address };
    if (this.#outcomes.transferred(message, results, by, nowMs)) way.failures = 0;
    else {
      this.#putBack(message, nowMs);
      this.#rest(way, nowMs);
    }
    this.outbounds.ready(connection, way.policy, nowMs);
    this.#touched.add(way);
  }

  disconnected(connection: Outbound<Way>, nowMs: number): void {
    const { user: way, message, handed, state } = connection;
    const wasOurs = state === 'closing' && connection.host !== undefined;
    this.outbounds.ended(connection);
    if (message !== undefined) this.#putBack(message, nowMs);
    if (message !== undefined || (handed === 0 && !wasOurs)) this.#rest(way, nowMs);
    this.#touched.add(way);
  }

  work(nowMs: number): void {
    this.outbounds.endLate(nowMs);
    for (;;) {
      const way = this.#wakes.takeDue(nowMs);
      if (way === undefined) break;
      this.#touched.add(way);
    }
    for (const way of this.#touched) {
      this.#touched.delete(way);
      this.#serve(way, nowMs);
    }
  }

  #serve(way: Way, nowMs: number): void {
    const { policy } = way;
    if (this.#context.stopped || policy.suspended) this.outbounds.closeIdle(way, nowMs);
    else if (way.notBeforeMs > nowMs) {
      this.outbounds.closeIdle(way, nowMs);
      if (way.queues.size > 0) this.#wakes.set(way, way.notBeforeMs);
    } else {
      this.#handOut(way, nowMs);
      const most = Math.min(WAY_CONNECTIONS_MAX, policy.nodeMax);
      while (this.#waiting(way) > way.connecting + way.idle.length && way.connections.size < most) {
        const { id } = this.outbounds.open(way, { claims: undefined, group: DEFAULT_GROUP }, nowMs);
        const { node, listener } = way;
        this.#context.emit({ type: 'connectNode', connection: id, node, listener });
      }
    }
    if (way.connections.size === 0 && way.queues.size === 0) {
      this.#ways.delete(way.node);
      this.#wakes.remove(way);
    }
  }

  #handOut(way: Way, nowMs: number): void {
    while (way.idle.length > 0) {
      const message = this.#take(way);
      const connection = message === undefined ? undefined : this.outbounds.takeIdle(way);
      if (message === undefined || connection === undefined) return;
      this.#shelf.take(message, 'sending');
      this.outbounds.send(connection, message, nowMs);
    }
  }

  /** Of the queue whose turn it is. Queues without any are out of it until they are looked at again. */
  #take(way: Way): Held | undefined {
    for (const queue of way.queues) {
      way.queues.delete(queue);
      const message = this.#next(queue);
      if (message === undefined) continue;
      way.queues.add(queue);
      return message;
    }
    return undefined;
  }

  /** Delayed ones go at once where every message is looked at again, else when they become active. */
  #next(queue: Queue): Held | undefined {
    const all = this.#context.plan.unconditionalRebind || queue.rebound;
    return queue.active.first ?? (all ? queue.delayed.first : undefined);
  }

  /** At most as many as there may be connections; more are not counted. */
  #waiting(way: Way): number {
    let waiting = 0;
    for (const queue of way.queues) {
      waiting += this.#next(queue) === undefined ? 0 : Math.max(1, queue.active.size + queue.delayed.size);
      if (waiting > WAY_CONNECTIONS_MAX) return waiting;
    }
    return waiting;
  }

  /** As it was: it has not been tried. */
  #putBack(message: Held, nowMs: number): void {
    const waitMs = message.envelope.nextAttemptWallMs - this.#context.wallMs(nowMs);
    if (waitMs > 0) this.#shelf.delay(message, nowMs + waitMs);
    else this.#shelf.activate(message);
    this.look(message.queue);
  }

  #rest(way: Way, nowMs: number): void {
    way.notBeforeMs = nowMs + Math.min(WAY_REST_MAX_MS, WAY_REST_MS * 2 ** way.failures);
    way.failures = Math.min(way.failures + 1, 10);
  }

  #wayTo(node: NodeName, listener: string): Way {
    const known = this.#ways.get(node);
    if (known !== undefined) {
      known.listener = listener;
      return known;
    }
    const way = new Way(node, listener, this.#context.policyOf(MMOVE_BINDING, node));
    this.#ways.set(node, way);
    return way;
  }
}
