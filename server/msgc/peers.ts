/** The configured peers of a mesh and how far the way to each of them is: dialing, up, waiting, refused. */

import type { Prng } from '../base/prng.ts';
import type { DialHandshake } from './auth.ts';
import type { Connection } from './connection.ts';
import type { Link } from './link.ts';
import type { ConnectionOptions, PeerAddress } from './options.ts';
import type { LinkState, LinkTraffic } from './server-api.ts';

/** Waits are spread by up to this part, so that two servers do not meet in step. */
const JITTER = 0.2;

const NO_TRAFFIC: LinkTraffic = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 };

/** The connection and its handshake are there once it stands and HELLO was sent. */
export type Dial = {
  readonly conn: number;
  greeted: { readonly connection: Connection; readonly handshake: DialHandshake } | undefined;
};

export class Peer {
  address: PeerAddress;
  state: LinkState = 'waiting';
  sinceMs: number;
  detail = 'not dialled yet';
  reconnects = 0;
  /** Handshakes that failed. */
  refused = 0;
  /** Traffic of links that are gone. */
  #before: LinkTraffic = NO_TRAFFIC;
  retryAtMs: number;
  link: Link | undefined = undefined;
  dial: Dial | undefined = undefined;
  #retryMs = 0;

  constructor(address: PeerAddress, nowMs: number) {
    this.address = address;
    this.sinceMs = nowMs;
    this.retryAtMs = nowMs;
  }

  /** Totals over all links, the one that stands included. */
  get traffic(): LinkTraffic {
    return addTraffic(this.#before, this.link?.connection.traffic ?? NO_TRAFFIC);
  }

  /** The link is gone; what it carried stays counted. */
  unlink(): void {
    this.#before = this.traffic;
    this.link = undefined;
  }

  become(state: LinkState, detail: string, nowMs: number): void {
    if (this.state !== state) this.sinceMs = nowMs;
    this.state = state;
    this.detail = detail;
  }

  /** Next dial: first `retryFirstMs`, then doubling up to `reconnect_interval`. */
  retryLater(options: ConnectionOptions, prng: Prng, nowMs: number): void {
    const nextMs = this.#retryMs === 0 ? options.retryFirstMs : this.#retryMs * 2;
    this.#retryMs = Math.min(nextMs, options.reconnectIntervalMs);
    this.retryAtMs = nowMs + this.#retryMs * prng.between(1 - JITTER, 1);
  }

  /** A shorter `reconnect_interval` holds for a wait that has begun, too. */
  boundRetry({ reconnectIntervalMs }: ConnectionOptions, nowMs: number): void {
    this.#retryMs = Math.min(this.#retryMs, reconnectIntervalMs);
    this.retryAtMs = Math.min(this.retryAtMs, nowMs + reconnectIntervalMs);
  }

  /** The link was stable: the hold-down starts over. */
  forgetFailures(): void {
    this.#retryMs = 0;
  }
}

function addTraffic(a: LinkTraffic, b: LinkTraffic): LinkTraffic {
  return {
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    messagesIn: a.messagesIn + b.messagesIn,
    messagesOut: a.messagesOut + b.messagesOut,
  };
}
