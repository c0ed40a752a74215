/**
 * TCP in memory between cores: each direction of a connection is a FIFO with random delay and a window, hosts can be
 * cut off from each other in one or both directions, connections can break at independent moments, readers can stop.
 * Speaks the facts and commands of base/stream-io.ts. Bytes are only ever lost as the tail of a broken connection.
 */

import { assert, unreachable } from '../base/assert.ts';
import type { Prng } from '../base/prng.ts';
import type { StreamCloseReason, StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type MemoryNetworkOptions = {
  /** Delay of one segment in one direction. */
  readonly delayMs: (prng: Prng) => number;
  /** Bytes that may be on the way or unread in one direction. */
  readonly windowBytes: number;
  /** Chance that a segment arrives in two parts. */
  readonly splitChance: number;
};

export const MEMORY_NETWORK_OPTIONS: MemoryNetworkOptions = {
  delayMs: (prng) => prng.between(0.05, 0.5),
  windowBytes: 256 * 1024,
  splitChance: 0.02,
};

/** How often a dial and blocked bytes are tried again: the kernel's retransmission. */
const RETRANSMIT_MS = 200;
const DRAINED_DELAY_MS = 1;

type End = {
  readonly endpoint: MemoryEndpoint;
  readonly conn: number;
  readonly pipe: Pipe;
  other: End | undefined;
  open: boolean;
  reading: boolean;
  /** Arrived while reading was stopped. */
  readonly unread: Segment[];
};

type Segment = Buffer | 'fin' | 'reset';

/** What one end sends to the other. */
type Pipe = {
  waiting: Segment[];
  waitingBytes: number;
  flyingBytes: number;
  lastArrivalMs: number;
  retrying: boolean;
  drainedDue: boolean;
  broken: boolean;
};

export class MemoryNetwork {
  readonly clock: VirtualClock;
  readonly #prng: Prng;
  readonly #options: MemoryNetworkOptions;
  readonly #listeners = new Map<string, MemoryEndpoint>();
  /** `from>to` pairs of hosts between which nothing passes. */
  readonly #blocked = new Set<string>();
  readonly #slow = new Map<string, number>();

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

  /** Ends every block and every slowness. */
  heal(): void {
    this.#blocked.clear();
    this.#slow.clear();
  }

  /** Adds a fixed delay to all that leaves a host. */
  slowDown(host: string, extraMs: number): void {
    this.#slow.set(host, extraMs);
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`);
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
      this.clock.at(nowMs + this.#delay(from.host), () => this.#arrive(from, conn, `${host}:${port}`));
    };
    attempt();
  }

  perform(endpoint: MemoryEndpoint, effect: Exclude<StreamEffect, { type: 'dial' }>): void {
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
        for (const segment of end.unread.splice(0)) this.#read(end, segment);
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
      this.clock.at(this.clock.nowMs() + this.#delay(address), () => this.#dialFailed(from, conn, 'refused'));
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
    const atMs = this.clock.nowMs() + this.#delay(to.host);
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
    const atMs = Math.max(pipe.lastArrivalMs, this.clock.nowMs() + this.#delay(end.endpoint.host));
    pipe.lastArrivalMs = atMs;
    // A receiver owns its buffer; the sender must not see what it does with it.
    const own = typeof segment === 'string' ? segment : Buffer.from(segment);
    this.clock.at(atMs, () => {
      if (pipe.broken || !other.open) return;
      if (other.reading) this.#read(other, own);
      else other.unread.push(own);
    });
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
    this.clock.at(this.clock.nowMs() + DRAINED_DELAY_MS, () => {
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

  #delay(host: string): number {
    return this.#options.delayMs(this.#prng) + (this.#slow.get(host) ?? 0);
  }
}

/** The place of one core in the network: performs its effects, gives it facts. */
export class MemoryEndpoint {
  readonly host: string;
  readonly give: (input: StreamInput) => void;
  /** State of the network itself; not for cores. */
  readonly ends = new Map<number, End>();
  readonly dialing = new Set<number>();
  listening: string | undefined = undefined;
  alive = true;
  readonly #network: MemoryNetwork;
  #nextAccepted = 2;
  /** Set while the process does not run: what it received keeps its window. */
  #held: (() => void)[] | undefined = undefined;

  constructor(network: MemoryNetwork, host: string, give: (input: StreamInput) => void) {
    this.#network = network;
    this.host = host;
    this.give = (input) => {
      if (this.alive) give(input);
    };
  }

  perform(effect: StreamEffect): void {
    if (!this.alive) return;
    if (effect.type === 'dial') this.#network.dial(this, effect);
    else this.#network.perform(this, effect);
  }

  /** The process stops, or goes on: while it stands still its receive windows fill up. */
  stall(stalled: boolean): void {
    if (stalled) {
      this.#held ??= [];
      return;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const release of held) release();
  }

  received(_bytes: number, release: () => void): void {
    if (this.#held === undefined) release();
    else this.#held.push(release);
  }

  nextAccepted(): number {
    const conn = this.#nextAccepted;
    this.#nextAccepted += 2;
    return conn;
  }
}

function newEnd(endpoint: MemoryEndpoint, conn: number): End {
  const pipe: Pipe = {
    waiting: [],
    waitingBytes: 0,
    flyingBytes: 0,
    lastArrivalMs: 0,
    retrying: false,
    drainedDue: false,
    broken: false,
  };
  return { endpoint, conn, pipe, other: undefined, open: true, reading: true, unread: [] };
}

function closedInput(conn: number, reason: StreamCloseReason, detail: string): StreamInput {
  return { type: 'closed', conn, reason, detail };
}
