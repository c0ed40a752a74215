/**
 * Deliveries: which queue opens a connection when, and which message goes over it. Limits of the node, of the cluster
 * and of throttles are held here. Queues that something happened to are looked at once, at the end of the step.
 */

import { type IpAddress, parseIp } from '../model/ip.ts';
import {
  type MailHost,
  OUTBOUND_CONNECTIONS_MAX,
  type Rate,
  type RecipientResult,
  type Resolution,
} from './api.ts';
import {
  type ClaimsTaken,
  ConnectionCounts,
  type Counted,
  claimsOf,
  OBTC,
  OBTM,
  THROTTLE_EPSILON,
} from './cluster-limits.ts';
import { DueHeap } from './due-heap.ts';
import type { Queue } from './held.ts';
import type { MailContext } from './mail-context.ts';
import { STAGE } from './mail-lines.ts';
import { OpenClaims } from './open-claims.ts';
import { type Outbound, Outbounds } from './outbounds.ts';
import { NOBODY, type Outcomes } from './outcomes.ts';
import { Resolver } from './resolver.ts';
import type { Shelf } from './shelf.ts';

/** Connections that are tried at once to a destination that answers none yet. */
export const PROBES_MAX = 2;
/** A destination without a connection is left alone for so long, doubled with each failure. */
export const REST_MS = 1_000;
export const REST_MAX_MS = 60_000;
/** A claim that was refused is asked for again after this, doubled with each refusal, or when one was given back. */
export const CLAIM_AGAIN_MS = 250;
export const CLAIM_AGAIN_MAX_MS = 2_000;
/** Messages of one queue that hear in one step that their destination is not there. */
export const UNREACHABLE_AT_ONCE = 1_000;

export class Dispatch {
  readonly outbounds: Outbounds<Queue>;
  readonly resolver: Resolver;
  readonly #context: MailContext;
  readonly #shelf: Shelf;
  readonly #outcomes: Outcomes;
  readonly #counts: ConnectionCounts;
  readonly #touched = new Set<Queue>();
  readonly #wakes = new DueHeap<Queue>();
  readonly #claims: OpenClaims;
  readonly #refused = new Set<Queue>();
  /** Would open a connection if there was room for one more in this process. */
  readonly #roomless = new Set<Queue>();
  /** Connections of the process that are not deliveries. */
  readonly #others: () => number;

  constructor(context: MailContext, shelf: Shelf, outcomes: Outcomes, others: () => number) {
    this.#context = context;
    this.#shelf = shelf;
    this.#outcomes = outcomes;
    this.#others = others;
    this.#counts = new ConnectionCounts(context.cluster);
    this.#claims = new OpenClaims(context.cluster);
    this.outbounds = new Outbounds(context);
    this.resolver = new Resolver((domain) => context.emit({ type: 'resolve', domain }));
  }

  get dueMs(): number | undefined {
    return least(this.#wakes.dueMs, this.outbounds.dueMs, this.resolver.dueMs, this.#claims.dueMs);
  }

  /** Something happened that may let it deliver. */
  touch(queue: Queue): void {
    this.#touched.add(queue);
  }

  forget(queue: Queue): void {
    this.#touched.delete(queue);
    this.#refused.delete(queue);
    this.#roomless.delete(queue);
    this.#wakes.remove(queue);
  }

  resolved(domain: string, answer: Resolution, nowMs: number): void {
    this.resolver.answered(domain, bounded(answer), nowMs);
    for (const queue of this.#shelf.queuesOf(domain)) this.touch(queue);
  }

  claimed(id: number, granted: boolean, nowMs: number): void {
    const claim = this.#claims.answered(id);
    if (claim === undefined) return;
    const { queue, claims } = claim;
    if (queue === undefined) {
      if (granted) this.#giveBack(claims, nowMs);
      return;
    }
    if (!granted) {
      this.#waitForClaim(queue, nowMs);
      return;
    }
    queue.refusals = 0;
    const hosts = this.#hosts(queue, nowMs);
    // Other claims of this queue may be granted or not: they are not counted on.
    const wanted = hosts !== undefined && hosts.length > 0 && this.#mayDeliver(queue) && lacks(queue, 0) > 0;
    if (wanted) this.#connect(queue, hosts, claims, nowMs);
    else this.#giveBack(claims, nowMs);
    this.touch(queue);
  }

  connected(connection: Outbound<Queue>, host: string, address: IpAddress | undefined, nowMs: number): void {
    if (connection.state !== 'connecting') return;
    const { user: queue } = connection;
    connection.host = host;
    connection.address = address;
    if (address !== undefined) this.#counts.connected(countedAs(connection), address, nowMs);
    this.outbounds.ready(connection, queue.policy, nowMs);
    queue.notBeforeMs = 0;
    this.touch(queue);
  }

  sent(connection: Outbound<Queue>, results: readonly RecipientResult[], nowMs: number): void {
    const { user: queue, message } = connection;
    if (message === undefined) return;
    connection.message = undefined;
    queue.failures = 0;
    this.#outcomes.settle(message, results, { connection: connection.id, ip: connection.address }, nowMs);
    this.outbounds.ready(connection, queue.policy, nowMs);
    this.touch(queue);
  }

  disconnected(
    connection: Outbound<Queue>,
    why: { readonly reason: string; readonly stage: number | undefined },
    nowMs: number,
  ): void {
    const { user: queue, message, claims, address, handed } = connection;
    const served = handed > 0 && message === undefined;
    const closing = connection.state === 'closing';
    this.outbounds.ended(connection);
    this.#counts.closed(countedAs(connection), address, nowMs);
    this.#wakeRefused(claims);
    if (message !== undefined) {
      const stage = why.stage ?? STAGE.unknown;
      const result = { code: 0, text: `connection lost: ${why.reason}`, stage };
      const all = message.envelope.recipients.map(() => result);
      this.#outcomes.settle(message, all, { connection: connection.id, ip: address }, nowMs);
    }
    if (!served && !(closing && connection.host !== undefined))
      this.#rest(queue, connection.host, why.reason, nowMs);
    this.touch(queue);
    for (const roomless of this.#roomless) {
      this.#roomless.delete(roomless);
      this.touch(roomless);
      break;
    }
  }

  /** What became due, then everything that was touched. */
  work(nowMs: number): void {
    this.outbounds.endLate(nowMs);
    for (const domain of this.resolver.takeLate(nowMs)) {
      for (const queue of this.#shelf.queuesOf(domain)) this.touch(queue);
    }
    for (const queue of this.#claims.takeLate(nowMs)) this.#waitForClaim(queue, nowMs);
    for (;;) {
      const queue = this.#wakes.takeDue(nowMs);
      if (queue === undefined) break;
      this.touch(queue);
    }
    for (const queue of this.#touched) {
      this.#touched.delete(queue);
      this.#look(queue, nowMs);
    }
  }

  #look(queue: Queue, nowMs: number): void {
    this.#tellUnreachable(queue, nowMs);
    if (this.#mayDeliver(queue)) {
      this.#handOut(queue, nowMs);
      this.#open(queue, nowMs);
    } else if (this.#context.stopped || this.#context.routeOf(queue.binding).at !== 'here') {
      this.outbounds.closeIdle(queue, nowMs);
    }
    this.#shelf.settle(queue, nowMs);
  }

  #mayDeliver(queue: Queue): boolean {
    if (this.#context.stopped || queue.policy.suspended) return false;
    return this.#context.routeOf(queue.binding).at === 'here';
  }

  #handOut(queue: Queue, nowMs: number): void {
    for (;;) {
      const message = queue.active.first;
      if (message === undefined || queue.idle.length === 0) return;
      const waitMs = this.#throttle(OBTM, queue.policy.throttleMessages, nowMs);
      if (waitMs > 0) {
        queue.throttledUntilMs = nowMs + waitMs;
        this.#wake(queue, queue.throttledUntilMs);
        return;
      }
      const connection = this.outbounds.takeIdle(queue);
      if (connection === undefined) return;
      this.#shelf.take(message, 'sending');
      this.outbounds.send(connection, message, nowMs);
    }
  }

  #open(queue: Queue, nowMs: number): void {
    while (lacks(queue) > 0) {
      if (queue.throttledUntilMs > nowMs) return;
      if (queue.notBeforeMs > nowMs) {
        this.#wake(queue, queue.notBeforeMs);
        return;
      }
      const hosts = this.#hosts(queue, nowMs);
      if (hosts === undefined) return;
      if (hosts.length === 0) {
        this.#wake(queue, nowMs + REST_MS);
        return;
      }
      if (!this.#hasRoom(queue, nowMs) || !this.#takeToken(queue, nowMs)) return;
      const claims = claimsOf(queue);
      if (claims.length === 0) this.#connect(queue, hosts, claims, nowMs);
      else this.#claims.ask(queue, claims, nowMs);
    }
  }

  /** Undefined: not known yet, or there are none, which the waiting messages hear. Empty: none has room. */
  #hosts(queue: Queue, nowMs: number): readonly MailHost[] | undefined {
    const { binding, policy, domain } = queue;
    const resolution: Resolution | undefined =
      policy.routes.length > 0
        ? { ok: true, hosts: policy.routes.map(hostOfRoute) }
        : this.resolver.find(domain, nowMs);
    if (resolution === undefined) return undefined;
    if (resolution.ok && resolution.hosts.length > 0) {
      return this.#counts.hostsWithRoom(resolution.hosts, (host) =>
        this.#context.plan.hostMax(binding, host),
      );
    }
    if (queue.established > 0) return undefined;
    const text = resolution.ok ? 'no adequate servers' : resolution.text;
    const gone = !resolution.ok && resolution.gone;
    this.#unreachable(queue, gone ? 554 : 421, gone ? `5.1.2 ${text}` : `4.4.3 ${text}`, nowMs);
    return undefined;
  }

  #hasRoom(queue: Queue, nowMs: number): boolean {
    const used = this.outbounds.size + this.#claims.size + this.#others();
    if (used < OUTBOUND_CONNECTIONS_MAX) return true;
    this.#roomless.add(queue);
    for (const connection of this.outbounds.all()) {
      if (connection.state !== 'idle') continue;
      this.outbounds.disconnect(connection, nowMs);
      break;
    }
    return false;
  }

  /** One connection of the connection throttle; what was taken in vain is kept for the next try. */
  #takeToken(queue: Queue, nowMs: number): boolean {
    if (queue.hasToken) return true;
    const waitMs = this.#throttle(OBTC, queue.policy.throttleConnections, nowMs);
    if (waitMs > 0) {
      this.#wake(queue, nowMs + waitMs);
      return false;
    }
    queue.hasToken = true;
    return true;
  }

  #throttle(
    object: string,
    of: { readonly key: string; readonly rate: Rate } | undefined,
    nowMs: number,
  ): number {
    if (of === undefined) return 0;
    return this.#context.cluster.throttle(
      object,
      of.key,
      { ...of.rate, epsilon: THROTTLE_EPSILON },
      1,
      nowMs,
    );
  }

  #connect(queue: Queue, hosts: readonly MailHost[], claims: ClaimsTaken, nowMs: number): void {
    queue.hasToken = false;
    const { group } = queue;
    const counted = { claims: claims.length === 0 ? undefined : claims, group };
    const connection = this.outbounds.open(queue, counted, nowMs);
    this.#counts.opened(countedAs(connection), nowMs);
    this.#context.emit({
      type: 'connect',
      connection: connection.id,
      from: this.#context.binding(queue.binding)?.bindAddress,
      hosts,
      port: queue.policy.port,
      session: queue.policy.session,
    });
  }

  #waitForClaim(queue: Queue, nowMs: number): void {
    const waitMs = Math.min(CLAIM_AGAIN_MAX_MS, CLAIM_AGAIN_MS * 2 ** queue.refusals);
    queue.refusals = Math.min(queue.refusals + 1, 10);
    queue.notBeforeMs = nowMs + waitMs;
    this.#refused.add(queue);
    this.#wake(queue, queue.notBeforeMs);
  }

  #giveBack(claims: ClaimsTaken, nowMs: number): void {
    this.#counts.release(claims, nowMs);
    this.#wakeRefused(claims);
  }

  /** One of those that were refused asks at once: there is room again. */
  #wakeRefused(claims: ClaimsTaken | undefined): void {
    if (claims === undefined || claims.length === 0) return;
    for (const queue of this.#refused) {
      this.#refused.delete(queue);
      if (queue.failures === 0) queue.notBeforeMs = 0;
      this.touch(queue);
      return;
    }
  }

  /** No connection came about, or one that ended before it was of any use. */
  #rest(queue: Queue, host: string | undefined, reason: string, nowMs: number): void {
    queue.notBeforeMs = nowMs + Math.min(REST_MAX_MS, REST_MS * 2 ** queue.failures);
    queue.failures = Math.min(queue.failures + 1, 10);
    const last = host === undefined && queue.connections.size === 0 && queue.claims === 0;
    if (last) this.#unreachable(queue, 421, `4.4.1 no adequate servers: ${reason}`, nowMs);
  }

  /** All that wait at this moment hear it, some in each step. */
  #unreachable(queue: Queue, code: number, text: string, nowMs: number): void {
    queue.unreachable = { left: queue.active.size, code, text: `${code} ${text}` };
    this.#wake(queue, nowMs);
  }

  #tellUnreachable(queue: Queue, nowMs: number): void {
    const { unreachable } = queue;
    if (unreachable === undefined) return;
    const { code, text } = unreachable;
    for (let told = 0; told < UNREACHABLE_AT_ONCE; told += 1) {
      const message = queue.active.first;
      if (message === undefined || unreachable.left === 0) break;
      unreachable.left -= 1;
      const result = { code, text, stage: STAGE.notConnected };
      const all = message.envelope.recipients.map(() => result);
      this.#outcomes.settle(message, all, NOBODY, nowMs);
    }
    if (unreachable.left === 0 || queue.active.size === 0) queue.unreachable = undefined;
    else this.#wake(queue, nowMs);
  }

  #wake(queue: Queue, atMs: number): void {
    if (queue.heapAt >= 0 && queue.dueMs <= atMs) return;
    this.#wakes.set(queue, atMs);
  }
}

/**
 * How many more connections would have something to do at once.
 * @param claims that may still become connections.
 */
function lacks(queue: Queue, claims = queue.claims): number {
  if (queue.unreachable !== undefined) return 0;
  const starting = queue.connecting + claims;
  const room = queue.policy.nodeMax - queue.connections.size - claims;
  const probes = queue.established > 0 ? Number.POSITIVE_INFINITY : PROBES_MAX - starting;
  return Math.min(room, probes, queue.active.size - starting - queue.idle.length);
}

function countedAs({ user, group, claims }: Outbound<Queue>): Counted {
  return { binding: user.binding, domain: user.domain, group, claims: claims ?? [] };
}

function hostOfRoute(host: string): MailHost {
  const address = parseIp(host);
  return { host, addresses: address.ok ? [address.value] : [] };
}

/** No answer makes this process keep much. */
function bounded(answer: Resolution): Resolution {
  if (!answer.ok) return { ...answer, text: answer.text.slice(0, 256) };
  return { ok: true, hosts: answer.hosts.slice(0, 32) };
}

export function least(...moments: readonly (number | undefined)[]): number | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const moment of moments) if (moment !== undefined && moment < first) first = moment;
  return first === Number.POSITIVE_INFINITY ? undefined : first;
}
