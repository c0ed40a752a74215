/** Which server of its list a client dials next, and when. Rules: SPEC.md BUS-60, BUS-63. */

import type { Prng } from '../base/prng.ts';
import type { MsgcClientOptions } from './options.ts';

/** How long a server may take to answer CONNECT. */
export const ACCEPT_WAIT_MS = 5_000;
/** The same while other servers of the list were not tried in this round. */
export const ACCEPT_WAIT_FIRST_MS = 1_000;
const RETRY_JITTER = 0.2;

export type ServerEndpoint = MsgcClientOptions['servers'][number];

export class ClientServers {
  readonly #prng: Prng;
  #options: MsgcClientOptions;
  #current: ServerEndpoint | undefined = undefined;
  #index = 0;
  /** Servers in a row that did not answer. */
  #failures = 0;
  #retryMs = 0;
  #retryAtMs: number;

  constructor(options: MsgcClientOptions, prng: Prng, nowMs: number) {
    this.#options = options;
    this.#prng = prng;
    this.#retryAtMs = nowMs;
  }

  /** Whom the present connection or dial is for. */
  get current(): ServerEndpoint | undefined {
    return this.#current;
  }

  /** `host:port` of it. */
  get title(): string {
    return this.#current === undefined ? '' : `${this.#current.host}:${this.#current.port}`;
  }

  /** When to dial again. */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  get acceptWaitMs(): number {
    const count = Math.max(1, this.#options.servers.length);
    return this.#failures % count < count - 1 ? ACCEPT_WAIT_FIRST_MS : ACCEPT_WAIT_MS;
  }

  /** The server to dial now; undefined when none is configured. */
  dial(nowMs: number): ServerEndpoint | undefined {
    const { servers, reconnectIntervalMs } = this.#options;
    this.#current = servers[this.#index % Math.max(1, servers.length)];
    if (this.#current === undefined) this.#retryAtMs = nowMs + reconnectIntervalMs;
    return this.#current;
  }

  /** A server that fell silent would only be waited for again: the next one of the list has its turn first. */
  lost(wasUp: boolean, nowMs: number): void {
    const { retryFirstMs, reconnectIntervalMs, servers } = this.#options;
    this.#failures = wasUp ? 0 : this.#failures + 1;
    this.#index = (this.#index + 1) % Math.max(1, servers.length);
    this.#retryMs = Math.min(this.#retryMs === 0 ? retryFirstMs : this.#retryMs * 2, reconnectIntervalMs);
    this.#retryAtMs = nowMs + this.#retryMs * this.#prng.between(1 - RETRY_JITTER, 1);
  }

  /** The connection is old enough to count as stable: waits start over. */
  stable(): void {
    this.#retryMs = 0;
  }

  /** The first server of the list, at once. */
  startOver(nowMs: number): void {
    this.#index = 0;
    this.#failures = 0;
    this.#retryMs = 0;
    this.#retryAtMs = nowMs;
  }

  /** @returns false when the present connection or dial is for a server that is not in the list any more. */
  reconfigure(options: MsgcClientOptions, nowMs: number): boolean {
    this.#options = options;
    this.#retryMs = Math.min(this.#retryMs, options.reconnectIntervalMs);
    this.#retryAtMs = Math.min(this.#retryAtMs, nowMs + options.reconnectIntervalMs);
    const { host, port } = this.#current ?? {};
    const kept = options.servers.findIndex((one) => one.host === host && one.port === port);
    if (kept >= 0) this.#index = kept;
    return kept >= 0;
  }
}
