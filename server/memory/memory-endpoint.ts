/** One end of connections in the in-memory network: the place of a core, and what is known of each of its streams. */

import type { StreamCloseReason, StreamEffect, StreamInput } from '../base/stream-io.ts';

export type End = {
  readonly endpoint: MemoryEndpoint;
  readonly conn: number;
  readonly pipe: Pipe;
  other: End | undefined;
  open: boolean;
  reading: boolean;
  /** Arrived while nobody read. */
  readonly unread: Segment[];
};

export type Segment = Buffer | 'fin' | 'reset';

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

type EndpointNetwork = {
  readonly dial: (from: MemoryEndpoint, effect: Extract<StreamEffect, { type: 'dial' }>) => void;
  readonly perform: (endpoint: MemoryEndpoint, effect: Exclude<StreamEffect, { type: 'dial' }>) => void;
};

/** The place of one core in the network: performs its effects, gives it facts. */
export class MemoryEndpoint {
  readonly host: string;
  readonly give: (input: StreamInput) => void;
  /** State of the network itself; not for cores. */
  readonly ends = new Map<number, End>();
  readonly dialing = new Set<number>();
  listening: string | undefined = undefined;
  alive = true;
  /** The process runs but takes nothing from its connections. */
  deaf = false;
  readonly #network: EndpointNetwork;
  #nextAccepted = 2;
  /** Set while the process does not run: what it received keeps its window. */
  #held: (() => void)[] | undefined = undefined;

  constructor(network: EndpointNetwork, host: string, give: (input: StreamInput) => void) {
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

export function newEnd(endpoint: MemoryEndpoint, conn: number): End {
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

export function closedInput(conn: number, reason: StreamCloseReason, detail: string): StreamInput {
  return { type: 'closed', conn, reason, detail };
}
