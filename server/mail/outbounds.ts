/**
 * Outbound connections and what each does. Whose message goes over which one is decided elsewhere; how long one may
 * stay in a state, and when it has served long enough, is decided here.
 */

import type { IpAddress } from '../model/ip.ts';
import type { ConnectionId } from './api.ts';
import type { ClaimsTaken } from './cluster-limits.ts';
import { type Due, DueHeap } from './due-heap.ts';
import type { Held } from './held.ts';
import type { MailContext } from './mail-context.ts';

/**
 * Adapters end what is slow by themselves; these end what they forgot. Greeting and each command may take 5 minutes, the
 * answer to a body 10 (RFC 5321 4.5.3.2).
 */
export const CONNECTING_MAX_MS = 600_000;
export const SENDING_MAX_MS = 3_600_000;
/** A connection that counts against a limit of the cluster does not idle for long, and makes room after a while. */
export const CLAIMED_IDLE_MS = 500;
export const CLAIMED_TURN_MS = 10_000;

/** Who uses connections: a queue, or the way to a node. */
export type OutboundUser = {
  readonly connections: Set<ConnectionId>;
  readonly idle: ConnectionId[];
  connecting: number;
};

export type ConnectionPolicy = {
  readonly idleMs: number;
  readonly deliveriesPerConnection: number | undefined;
};

export type Outbound<U extends OutboundUser = OutboundUser> = Due & {
  readonly id: ConnectionId;
  readonly user: U;
  readonly claims: ClaimsTaken | undefined;
  /** Binding group as it was counted, whatever is configured later. */
  readonly group: string;
  state: 'connecting' | 'idle' | 'sending' | 'closing';
  message: Held | undefined;
  host: string | undefined;
  address: IpAddress | undefined;
  /** Messages it was given. */
  handed: number;
  /** In this state. */
  sinceMs: number;
  readonly openedMs: number;
};

export class Outbounds<U extends OutboundUser = OutboundUser> {
  readonly #context: MailContext;
  readonly #all = new Map<ConnectionId, Outbound<U>>();
  readonly #due = new DueHeap<Outbound<U>>();

  constructor(context: MailContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#all.size;
  }

  get dueMs(): number | undefined {
    return this.#due.dueMs;
  }

  get(id: ConnectionId): Outbound<U> | undefined {
    return this.#all.get(id);
  }

  all(): Iterable<Outbound<U>> {
    return this.#all.values();
  }

  open(user: U, counted: Pick<Outbound, 'claims' | 'group'>, nowMs: number): Outbound<U> {
    const connection: Outbound<U> = {
      id: this.#context.nextConnection(),
      user,
      ...counted,
      state: 'connecting',
      message: undefined,
      host: undefined,
      address: undefined,
      handed: 0,
      sinceMs: nowMs,
      openedMs: nowMs,
      dueMs: 0,
      heapAt: -1,
    };
    this.#all.set(connection.id, connection);
    user.connections.add(connection.id);
    user.connecting += 1;
    this.#due.set(connection, nowMs + CONNECTING_MAX_MS);
    return connection;
  }

  ready(connection: Outbound<U>, policy: ConnectionPolicy, nowMs: number): void {
    if (connection.state === 'connecting') connection.user.connecting -= 1;
    if (connection.state === 'closing') return;
    connection.message = undefined;
    connection.state = 'idle';
    connection.sinceMs = nowMs;
    const { handed, claims, openedMs } = connection;
    const served =
      handed >= (policy.deliveriesPerConnection ?? Number.POSITIVE_INFINITY) ||
      (claims !== undefined && handed > 0 && nowMs - openedMs >= CLAIMED_TURN_MS);
    if (served) {
      this.disconnect(connection, nowMs);
      return;
    }
    connection.user.idle.push(connection.id);
    const idleMs = claims === undefined ? policy.idleMs : Math.min(policy.idleMs, CLAIMED_IDLE_MS);
    this.#due.set(connection, nowMs + idleMs);
  }

  /** The one that was used last. */
  takeIdle(user: U): Outbound<U> | undefined {
    const id = user.idle.pop();
    return id === undefined ? undefined : this.#all.get(id);
  }

  giveBack(connection: Outbound<U>): void {
    connection.user.idle.push(connection.id);
  }

  send(connection: Outbound<U>, message: Held, nowMs: number): void {
    connection.state = 'sending';
    connection.sinceMs = nowMs;
    connection.message = message;
    connection.handed += 1;
    this.#due.set(connection, nowMs + SENDING_MAX_MS);
    this.#context.emit({ type: 'send', connection: connection.id, envelope: message.envelope });
  }

  disconnect(connection: Outbound<U>, nowMs: number): void {
    if (connection.state === 'closing') return;
    const { user, id } = connection;
    if (connection.state === 'connecting') user.connecting -= 1;
    const at = user.idle.indexOf(id);
    if (at >= 0) user.idle.splice(at, 1);
    connection.state = 'closing';
    connection.sinceMs = nowMs;
    this.#due.remove(connection);
    this.#context.emit({ type: 'disconnect', connection: id });
  }

  closeIdle(user: U, nowMs: number): void {
    for (const id of [...user.idle]) {
      const connection = this.#all.get(id);
      if (connection !== undefined) this.disconnect(connection, nowMs);
    }
  }

  ended(connection: Outbound<U>): void {
    const { user, id } = connection;
    if (connection.state === 'connecting') user.connecting -= 1;
    const at = user.idle.indexOf(id);
    if (at >= 0) user.idle.splice(at, 1);
    user.connections.delete(id);
    this.#due.remove(connection);
    this.#all.delete(id);
  }

  /** Ends what idles or hangs for too long. Its end comes back as a fact. */
  endLate(nowMs: number): void {
    for (;;) {
      const connection = this.#due.takeDue(nowMs);
      if (connection === undefined) return;
      this.disconnect(connection, nowMs);
    }
  }
}
