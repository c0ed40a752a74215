/**
 * TCP in memory between cores: each direction of a connection is a FIFO with random delay and a window, hosts can be
 * cut off from each other in one or both directions, connections can break at independent moments, readers can stop.
 * Speaks the facts and commands of base/stream-io.ts. Bytes are only ever lost as the tail of a broken connection.
 */

import { assert, unreachable } from '../base/assert.ts';
import type { Prng } from '../base/prng.ts';
import type { StreamCloseReason, StreamEffect, StreamInput } from '../base/stream-io.ts';
import { closedInput, type End, MemoryEndpoint, newEnd, type Segment } from './memory-endpoint.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type MemoryNetworkOptions = {
  /** Delay of one segment in one direction. */
  readonly delayMs: (prng: Prng) => number;
  /** Bytes that may be on the way or unread in one direction. */
  readonly windowBytes: number;
  /** Chance that a segment arrives in two parts. */
  readonly splitChance: number;
  /** What the first segment of a connection takes beside `delayMs`. */
  readonly dialDelayMs: (prng: Prng) => number;
  /** How long after bytes left their process its core is told. */
  readonly drainedDelayMs: number;
};

export const MEMORY_NETWORK_OPTIONS: MemoryNetworkOptions = {
  delayMs: (prng) => prng.between(0.05, 0.5),
  windowBytes: 256 * 1024,
  splitChance: 0.02,
  dialDelayMs: () => 0,
  drainedDelayMs: 1,
};

/** How often a dial and blocked bytes are tried again: the kernel's retransmission. */
const RETRANSMIT_MS = 200;

export class MemoryNetwork {
  readonly clock: VirtualClock;
  readonly #prng: Prng;
  readonly #options: MemoryNetworkOptions;
  readonly #listeners = new Map<string, MemoryEndpoint>();
  /** `from>to` pairs of hosts between which nothing passes. */
  readonly #blocked = new Set<string>();
  readonly #slow = new Map<string, number>();
  /** As `#slow`, for one way between two hosts. */
  readonly #slowWays = new Map<string, number>();
  readonly #endpoints = new Set<MemoryEndpoint>();
  #lastArrivalMs = 0;
  /** Sees each write before it is performed; it may block ways and crash processes. */
  tap: ((from: MemoryEndpoint, bytes: Buffer) => void) | undefined = undefined;

  constructor(clock: VirtualClock, prng: Prng, options: Partial<MemoryNetworkOptions> = {}) {
    this.clock = clock;
    this.#prng = prng;
    this.#options = { ...MEMORY_NETWORK_OPTIONS, ...options };
  }

  /**
   * One per core.
   * @param listen `port` on which the endpoint accepts, if it does.
   */
  endpoint(parts: {
    readonly host: string;
    readonly port?: number;
    readonly give: (input: StreamInput) => void;
  }): MemoryEndpoint {
    const endpoint = new MemoryEndpoint(this, parts.host, parts.give);
    this.#endpoints.add(endpoint);
    if (parts.port !== undefined) {
      const address = `${parts.host}:${parts.port}`;
      assert(!this.#listeners.has(address), 'one listener per address');
      this.#listeners.set(address, endpoint);
      endpoint.listening = address;
    }
    return endpoint;
  }

  /** Nothing passes from one host to another until `unblock`. */
  block(from: string, to: string): void {
    this.#blocked.add(`${from}>${to}`);
  }

  unblock(from: string, to: string): void {
    this.#blocked.delete(`${from}>${to}`);
  }

  /** Ends every block, every slowness and every deafness. */
  heal(): void {
    this.#blocked.clear();
    this.#slow.clear();
    this.#slowWays.clear();
    for (const endpoint of this.#endpoints) this.deafen(endpoint, false);
  }

  /** Nothing that was sent before now arrives after this moment, unless it is blocked or a window is full. */
  get lastArrivalMs(): number {
    return this.#lastArrivalMs;
  }

  /** A dial is under way, a connection stands on one side only, or bytes wait for a block or a window to end. */
  get unsettled(): boolean {
    for (const { dialing, ends } of this.#endpoints) {
      if (dialing.size > 0) return true;
      for (const { other, pipe } of ends.values()) {
        if (other?.open !== true || pipe.broken || pipe.waiting.length > 0) return true;
      }
    }
    return false;
  }

  /** Adds a fixed delay to all that leaves a host. */
  slowDown(host: string, extraMs: number): void {
    this.#slow.set(host, extraMs);
  }

  slowWay(from: string, to: string, extraMs: number): void {
    this.#slowWays.set(`${from}>${to}`, extraMs);
  }

  /** The process of an endpoint runs, but what arrives for it waits; its windows fill up. */
  deafen(endpoint: MemoryEndpoint, deaf: boolean): void {
    if (endpoint.deaf === deaf) return;
    endpoint.deaf = deaf;
    if (deaf) return;
    for (const end of [...endpoint.ends.values()]) this.#readUnread(end);
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.size > 0 && this.#blocked.has(`${from}>${to}`);
  }

  /** Breaks one connection: both ends see it at independent moments; what is on the way is lost from some point on. */
  breakConnection(endpoint: MemoryEndpoint, conn: number): void {
    const end = endpoint.ends.get(conn);
    const other = end?.other;
    if (end === undefined || other === undefined) return;
    for (const one of [end, other]) {
      one.pipe.broken = true;
      this.clock.at(this.clock.nowMs() + this.#prng.between(0, 30), () =>
        this.#closeEnd(one, 'reset', 'broken'),
      );
    }
  }

  unlisten(address: string): void {
    this.#listeners.delete(address);
  }

  dial(from: MemoryEndpoint, effect: Extract<StreamEffect, { type: 'dial' }>): void {
    const { conn, host, port, timeoutMs } = effect;
    const deadlineMs = this.clock.nowMs() + timeoutMs;
    from.dialing.add(conn);
    const attempt = (): void => {
      if (!from.dialing.has(conn)) return;
      const nowMs = this.clock.nowMs();
      if (this.isBlocked(from.host, host) || this.isBlocked(host, from.host)) {
        if (nowMs + RETRANSMIT_MS < deadlineMs) this.clock.at(nowMs + RETRANSMIT_MS, attempt);
        else this.clock.at(deadlineMs, () => this.#dialFailed(from, conn, 'timeout'));
        return;
      }
      const atMs = nowMs + this.#delay(from.host, host) + this.#options.dialDelayMs(this.#prng);
      if (atMs < deadlineMs) this.clock.at(atMs, () => this.#arrive(from, conn, `${host}:${port}`));
      else this.clock.at(deadlineMs, () => this.#dialFailed(from, conn, 'timeout'));
    };
    attempt();
  }

  perform(endpoint: MemoryEndpoint, effect: Exclude<StreamEffect, { type: 'dial' }>): void {
    if (effect.type === 'write') this.tap?.(endpoint, effect.bytes);
    const end = endpoint.ends.get(effect.conn);
    if (end === undefined) {
      const dropped = endpoint.dialing.delete(effect.conn);
      if (dropped) this.#later(() => endpoint.give(closedInput(effect.conn, 'local', '')));
      return;
    }
    switch (effect.type) {
      case 'write':
        end.pipe.waiting.push(effect.bytes);
        end.pipe.waitingBytes += effect.bytes.length;
        this.#pump(end);
        return;
      case 'pause':
        end.reading = false;
        return;
      case 'resume':
        end.reading = true;
        this.#readUnread(end);
        return;
      case 'end':
        end.pipe.waiting.push('fin');
        this.#pump(end);
        this.#later(() => this.#closeEnd(end, 'local', ''));
        return;
      case 'destroy':
        this.#abandon(end);
        this.#later(() => this.#closeEnd(end, 'local', ''));
        return;
      default:
        unreachable(effect);
    }
  }

  /** The process died: its kernel resets what it had, as far as the network lets it. */
  crash(endpoint: MemoryEndpoint): void {
    if (endpoint.listening !== undefined) this.unlisten(endpoint.listening);
    endpoint.dialing.clear();
    endpoint.alive = false;
    this.#endpoints.delete(endpoint);
    for (const end of [...endpoint.ends.values()]) {
      this.#abandon(end);
      end.open = false;
    }
    endpoint.ends.clear();
  }

  #abandon(end: End): void {
    end.pipe.waiting = ['reset'];
    end.pipe.waitingBytes = 0;
    this.#pump(end);
  }

  #arrive(from: MemoryEndpoint, conn: number, address: string): void {
    if (!from.dialing.has(conn)) return;
    const to = this.#listeners.get(address);
    if (to === undefined) {
      const atMs = this.clock.nowMs() + this.#delay(address, from.host);
      this.clock.at(atMs, () => this.#dialFailed(from, conn, 'refused'));
      return;
    }
    const accepted = to.nextAccepted();
    const far = newEnd(to, accepted);
    const near = newEnd(from, conn);
    near.other = far;
    far.other = near;
    to.ends.set(accepted, far);
    const remote = `${from.host}:${conn}`;
    to.give({ type: 'accepted', conn: accepted, local: address, remote });
    const atMs = this.clock.nowMs() + this.#delay(to.host, from.host);
    far.pipe.lastArrivalMs = atMs;
    this.clock.at(atMs, () => {
      if (!from.dialing.delete(conn)) {
        near.open = false;
        this.#abandon(near);
        return;
      }
      from.ends.set(conn, near);
      from.give({ type: 'connected', conn, local: remote, remote: address });
    });
  }

  #dialFailed(from: MemoryEndpoint, conn: number, reason: StreamCloseReason): void {
    if (from.dialing.delete(conn)) from.give(closedInput(conn, reason, 'not connected'));
  }

  /** Moves what waits onto the way, as far as blocks and the window allow. */
  #pump(end: End): void {
    const { pipe } = end;
    const { other } = end;
    if (other === undefined || pipe.retrying) return;
    while (pipe.waiting.length > 0 && !pipe.broken) {
      if (this.isBlocked(end.endpoint.host, other.endpoint.host)) {
        pipe.retrying = true;
        this.clock.at(this.clock.nowMs() + RETRANSMIT_MS, () => {
          pipe.retrying = false;
          this.#pump(end);
        });
        return;
      }
      const [segment] = pipe.waiting;
      if (segment === undefined) return;
      if (typeof segment !== 'string') {
        if (pipe.flyingBytes > 0 && pipe.flyingBytes + segment.length > this.#options.windowBytes) return;
        pipe.flyingBytes += segment.length;
        pipe.waitingBytes -= segment.length;
        this.#drainedSoon(end);
      }
      pipe.waiting.shift();
      this.#fly(end, other, segment);
    }
  }

  #fly(end: End, other: End, segment: Segment): void {
    const { pipe } = end;
    if (typeof segment !== 'string' && segment.length > 1 && this.#prng.chance(this.#options.splitChance)) {
      const at = 1 + this.#prng.below(segment.length - 1);
      this.#flyPart(end, other, segment.subarray(0, at));
      this.#flyPart(end, other, segment.subarray(at));
      return;
    }
    this.#flyPart(end, other, segment);
    assert(pipe.lastArrivalMs >= this.clock.nowMs(), 'a segment arrives later');
  }

  #flyPart(end: End, other: End, segment: Segment): void {
    const { pipe } = end;
    const atMs = Math.max(
      pipe.lastArrivalMs,
      this.clock.nowMs() + this.#delay(end.endpoint.host, other.endpoint.host),
    );
    pipe.lastArrivalMs = atMs;
    if (atMs > this.#lastArrivalMs) this.#lastArrivalMs = atMs;
    // A receiver owns its buffer; the sender must not see what it does with it.
    const own = typeof segment === 'string' ? segment : Buffer.from(segment);
    this.clock.at(atMs, () => {
      if (pipe.broken || !other.open) return;
      if (other.reading && !other.endpoint.deaf && other.unread.length === 0) this.#read(other, own);
      else other.unread.push(own);
    });
  }

  /** The reader may stop again with any of them. */
  #readUnread(end: End): void {
    while (end.reading && !end.endpoint.deaf) {
      const segment = end.unread.shift();
      if (segment === undefined) return;
      this.#read(end, segment);
    }
  }

  #read(end: End, segment: Segment): void {
    if (!end.open) return;
    if (typeof segment === 'string') {
      this.#closeEnd(end, segment === 'fin' ? 'ended' : 'reset', '');
      return;
    }
    const sender = end.other;
    end.endpoint.received(segment.length, () => {
      if (sender === undefined) return;
      sender.pipe.flyingBytes -= segment.length;
      this.#pump(sender);
    });
    end.endpoint.give({ type: 'received', conn: end.conn, bytes: segment });
  }

  #drainedSoon(end: End): void {
    if (end.pipe.drainedDue) return;
    end.pipe.drainedDue = true;
    this.clock.at(this.clock.nowMs() + this.#options.drainedDelayMs, () => {
      end.pipe.drainedDue = false;
      if (!end.open) return;
      end.endpoint.give({ type: 'drained', conn: end.conn, pendingBytes: end.pipe.waitingBytes });
    });
  }

  #closeEnd(end: End, reason: StreamCloseReason, detail: string): void {
    if (!end.open) return;
    end.open = false;
    end.endpoint.ends.delete(end.conn);
    end.endpoint.give(closedInput(end.conn, reason, detail));
    // A peer that still writes learns that nobody is here.
    if (reason !== 'local') this.#abandon(end);
  }

  #later(callback: () => void): void {
    this.clock.at(this.clock.nowMs(), callback);
  }

  #delay(from: string, to: string): number {
    const delayMs = this.#options.delayMs(this.#prng) + (this.#slow.get(from) ?? 0);
    return this.#slowWays.size === 0 ? delayMs : delayMs + (this.#slowWays.get(`${from}>${to}`) ?? 0);
  }
}
