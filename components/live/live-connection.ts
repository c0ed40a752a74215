/**
 * When to fetch a ticket, open, distrust, drop and retry the live socket. Pure: a small state machine with a
 * deadline. It trusts heartbeats and never the socket's own idea of being open (ui.md 2.4).
 */

import { FRESHNESS, HEARTBEAT_INTERVAL_MS } from '../../server/wire/freshness.ts';

export type ConnectionInput =
  | { readonly type: 'start' }
  /** Nobody needs it any more. */
  | { readonly type: 'stop' }
  | { readonly type: 'ticketReceived'; readonly ticket: string }
  /** `status` is the HTTP status; null where there was no answer at all. */
  | { readonly type: 'ticketRefused'; readonly status: number | null }
  | { readonly type: 'opened' }
  | { readonly type: 'closed'; readonly reason: string }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'pong' }
  /** The page came back: visible again, online again, or a timer fired far too late. */
  | { readonly type: 'woke' }
  | { readonly type: 'retryNow' }
  | { readonly type: 'deadlineReached' };

export type ConnectionEffect =
  | { readonly type: 'fetchTicket' }
  | { readonly type: 'open'; readonly ticket: string }
  | { readonly type: 'drop' }
  | { readonly type: 'resync' }
  | { readonly type: 'ping' }
  | { readonly type: 'lost' }
  | { readonly type: 'signedOut' };

export type ConnectionPhase = 'idle' | 'ticket' | 'opening' | 'open' | 'waiting' | 'signedOut';

export type ConnectionView = {
  readonly phase: ConnectionPhase;
  /** Local monotonic moment from which no heartbeat was heard; null while connected. */
  readonly lostSinceMs: number | null;
  /** Next attempt, local monotonic clock; null unless waiting. */
  readonly retryAtMs: number | null;
  readonly reason: string | null;
};

export const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const;
export const TICKET_TIMEOUT_MS = 8_000;
export const OPENING_TIMEOUT_MS = 8_000;
export const PONG_TIMEOUT_MS = 2_000;
/** A timer that is this late means that the page slept. */
export const SLEEP_GAP_MS = 3_000;

export class LiveConnection {
  readonly #random: () => number;
  #phase: ConnectionPhase = 'idle';
  #attempt = 0;
  #sinceMs = 0;
  #retryAtMs: number | null = null;
  #heardMs: number | null = null;
  #pingedMs: number | null = null;
  #lostSinceMs: number | null = null;
  #reason: string | null = null;

  /** @param random 0 (inclusive) to 1, for full jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get view(): ConnectionView {
    return {
      phase: this.#phase,
      lostSinceMs: this.#lostSinceMs,
      retryAtMs: this.#retryAtMs,
      reason: this.#reason,
    };
  }

  get deadlineMs(): number | undefined {
    return this.#deadlineMs();
  }

  #deadlineMs(): number | undefined {
    switch (this.#phase) {
      case 'waiting':
        return this.#retryAtMs ?? undefined;
      case 'ticket':
        return this.#sinceMs + TICKET_TIMEOUT_MS;
      case 'opening':
        return this.#sinceMs + OPENING_TIMEOUT_MS;
      case 'open':
        return Math.min(
          this.#silentAtMs(),
          this.#pingedMs === null ? Infinity : this.#pingedMs + PONG_TIMEOUT_MS,
        );
      case 'idle':
      case 'signedOut':
        return undefined;
    }
  }

  step(input: ConnectionInput, nowMs: number): readonly ConnectionEffect[] {
    switch (input.type) {
      case 'start':
        return this.#phase === 'idle' || this.#phase === 'signedOut' ? this.#ask(nowMs) : [];
      case 'stop':
        return this.#stop(nowMs);
      case 'ticketReceived':
        if (this.#phase !== 'ticket') return [];
        this.#enter('opening', nowMs);
        return [{ type: 'open', ticket: input.ticket }];
      case 'ticketRefused':
        return this.#phase === 'ticket' ? this.#refused(input.status, nowMs) : [];
      case 'opened':
        if (this.#phase !== 'opening') return [];
        this.#enter('open', nowMs);
        return [{ type: 'resync' }];
      case 'closed':
        return this.#phase === 'open' || this.#phase === 'opening' ? this.#giveUp(input.reason, nowMs) : [];
      case 'heartbeat':
        return this.#beat(nowMs);
      case 'pong':
        this.#pingedMs = null;
        return [];
      case 'woke':
        return this.#woke(nowMs);
      case 'retryNow':
        return this.#phase === 'waiting' ? this.#ask(nowMs) : [];
      case 'deadlineReached':
        return this.#deadline(nowMs);
    }
  }

  #enter(phase: ConnectionPhase, nowMs: number): void {
    this.#phase = phase;
    this.#sinceMs = nowMs;
    this.#retryAtMs = null;
    this.#pingedMs = null;
    if (phase === 'open') this.#heardMs = nowMs;
  }

  #stop(nowMs: number): readonly ConnectionEffect[] {
    const connected = this.#phase === 'open' || this.#phase === 'opening';
    this.#enter('idle', nowMs);
    this.#attempt = 0;
    this.#lostSinceMs = null;
    this.#reason = null;
    return connected ? [{ type: 'drop' }] : [];
  }

  #silentAtMs(): number {
    return (this.#heardMs ?? this.#sinceMs) + FRESHNESS.staleMs;
  }

  #ask(nowMs: number): readonly ConnectionEffect[] {
    this.#enter('ticket', nowMs);
    return [{ type: 'fetchTicket' }];
  }

  #refused(status: number | null, nowMs: number): readonly ConnectionEffect[] {
    if (status !== 401)
      return this.#wait(status === null ? 'the gateway does not answer' : `HTTP ${status}`, nowMs);
    this.#enter('signedOut', nowMs);
    return [{ type: 'signedOut' }];
  }

  #beat(nowMs: number): readonly ConnectionEffect[] {
    if (this.#phase !== 'open') return [];
    this.#heardMs = nowMs;
    this.#attempt = 0;
    this.#lostSinceMs = null;
    this.#reason = null;
    return [];
  }

  #woke(nowMs: number): readonly ConnectionEffect[] {
    if (this.#phase === 'waiting') return this.#ask(nowMs);
    if (this.#phase !== 'open' || this.#pingedMs !== null) return [];
    const quietMs = nowMs - (this.#heardMs ?? this.#sinceMs);
    if (quietMs < HEARTBEAT_INTERVAL_MS) return [];
    this.#pingedMs = nowMs;
    return [{ type: 'ping' }];
  }

  #giveUp(reason: string, nowMs: number): readonly ConnectionEffect[] {
    return [{ type: 'drop' }, ...this.#wait(reason, nowMs)];
  }

  #wait(reason: string, nowMs: number): readonly ConnectionEffect[] {
    const capMs = BACKOFF_MS[Math.min(this.#attempt, BACKOFF_MS.length - 1)] ?? 0;
    this.#enter('waiting', nowMs);
    this.#attempt += 1;
    this.#retryAtMs = nowMs + Math.round(capMs * this.#random());
    this.#reason = reason;
    if (this.#lostSinceMs !== null) return [];
    this.#lostSinceMs = this.#heardMs ?? nowMs;
    return [{ type: 'lost' }];
  }

  #deadline(nowMs: number): readonly ConnectionEffect[] {
    if (nowMs < (this.deadlineMs ?? Infinity)) return [];
    switch (this.#phase) {
      case 'waiting':
        return this.#ask(nowMs);
      case 'ticket':
        return this.#wait('the gateway does not answer', nowMs);
      case 'opening':
        return this.#giveUp('the connection does not open', nowMs);
      case 'open':
        return this.#giveUp('no heartbeat from the gateway', nowMs);
      case 'idle':
      case 'signedOut':
        return [];
    }
  }
}
