/**
 * The live socket: performs what `live-connection.ts` decides with fetch, socket.io and timers, and hands what
 * arrives, parsed, to the store. Reconnection of socket.io itself is off: its idea of "open" is not trusted.
 */

import { io, type Socket } from 'socket.io-client';
import { ApiFailure } from '../api/api-failure.ts';
import type { ConnectionEffect, ConnectionInput } from './live-connection.ts';
import { LiveConnection, PONG_TIMEOUT_MS, SLEEP_GAP_MS, TICKET_TIMEOUT_MS } from './live-connection.ts';
import type { LiveStore } from './live-store.ts';
import { parseHeartbeat, parsePatch, parseResync, parseSnapshot } from './parse-live.ts';

export type LiveSocketPorts = {
  readonly fetchTicket: (signal: AbortSignal) => Promise<string>;
  readonly onJob: (job: unknown) => void;
  readonly onSession: () => void;
  readonly onSignedOut: () => void;
};

const RESYNC_ACK_MS = 5_000;
const SLEEP_CHECK_MS = 1_000;

export class LiveSocket {
  readonly #store: LiveStore;
  readonly #ports: LiveSocketPorts;
  readonly #connection = new LiveConnection(Math.random);
  readonly #watchedJobs = new Map<string, number>();
  #socket: Socket | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #sleepCheck: ReturnType<typeof setInterval> | undefined;
  #checkedMs = 0;

  constructor(store: LiveStore, ports: LiveSocketPorts) {
    this.#store = store;
    this.#ports = ports;
  }

  /** @returns a function that closes everything. */
  start(): () => void {
    const wake = (): void => {
      if (!document.hidden) this.#step({ type: 'woke' });
    };
    const events = ['online', 'pageshow', 'focus'] as const;
    for (const name of events) window.addEventListener(name, wake);
    document.addEventListener('visibilitychange', wake);
    this.#checkedMs = performance.now();
    this.#sleepCheck = setInterval(() => this.#checkSleep(), SLEEP_CHECK_MS);
    this.#step({ type: 'start' });
    return () => {
      for (const name of events) window.removeEventListener(name, wake);
      document.removeEventListener('visibilitychange', wake);
      clearInterval(this.#sleepCheck);
      clearTimeout(this.#deadline);
      this.#drop();
    };
  }

  retryNow(): void {
    this.#step({ type: 'retryNow' });
  }

  /** Ask for the progress of a job, also after a reconnect. @returns a function that ends it. */
  watchJob(job: string): () => void {
    this.#watchedJobs.set(job, (this.#watchedJobs.get(job) ?? 0) + 1);
    this.#socket?.emit('watchJob', { job });
    return () => {
      const left = (this.#watchedJobs.get(job) ?? 1) - 1;
      if (left > 0) {
        this.#watchedJobs.set(job, left);
        return;
      }
      this.#watchedJobs.delete(job);
      this.#socket?.emit('unwatchJob', { job });
    };
  }

  #checkSleep(): void {
    const nowMs = performance.now();
    const gapMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (gapMs > SLEEP_GAP_MS) this.#step({ type: 'woke' });
  }

  #step(input: ConnectionInput): void {
    const nowMs = performance.now();
    for (const effect of this.#connection.step(input, nowMs)) this.#perform(effect);
    this.#store.setConnection(this.#connection.view);
    clearTimeout(this.#deadline);
    const { deadlineMs } = this.#connection;
    if (deadlineMs === undefined) return;
    const waitMs = Math.max(0, deadlineMs - performance.now()) + 1;
    this.#deadline = setTimeout(() => this.#step({ type: 'deadlineReached' }), waitMs);
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'fetchTicket':
        this.#fetchTicket();
        return;
      case 'open':
        this.#open(effect.ticket);
        return;
      case 'drop':
        this.#drop();
        return;
      case 'resync':
        this.#resync();
        return;
      case 'ping':
        this.#ping();
        return;
      case 'lost':
        this.#store.apply({ type: 'lost' }, performance.now());
        return;
      case 'signedOut':
        this.#ports.onSignedOut();
        return;
    }
  }

  #fetchTicket(): void {
    this.#ports
      .fetchTicket(AbortSignal.timeout(TICKET_TIMEOUT_MS))
      .then((ticket) => this.#step({ type: 'ticketReceived', ticket }))
      .catch((reason: unknown) => {
        const status = reason instanceof ApiFailure ? reason.status : null;
        this.#step({ type: 'ticketRefused', status });
      });
  }

  #open(ticket: string): void {
    this.#drop();
    const socket = io({
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { ticket },
    });
    this.#socket = socket;
    const current = (handle: (value: unknown) => void) => (value: unknown) => {
      if (this.#socket === socket) handle(value);
    };
    socket.on('connect', () => current(() => this.#opened())(undefined));
    socket.on('connect_error', (error) => current(() => this.#closed(error.message))(undefined));
    socket.on('disconnect', (reason) => current(() => this.#closed(reason))(undefined));
    socket.on(
      'snapshot',
      current((value) => this.#snapshot(value)),
    );
    socket.on(
      'patch',
      current((value) => this.#patch(value)),
    );
    socket.on(
      'heartbeat',
      current((value) => this.#heartbeat(value)),
    );
    socket.on('job', current(this.#ports.onJob));
    socket.on(
      'session',
      current(() => this.#ports.onSession()),
    );
  }

  #opened(): void {
    this.#step({ type: 'opened' });
    for (const job of this.#watchedJobs.keys()) this.#socket?.emit('watchJob', { job });
  }

  #closed(reason: string): void {
    this.#step({ type: 'closed', reason });
  }

  #snapshot(value: unknown): void {
    const snapshot = parseSnapshot(value);
    this.#apply(snapshot ? { type: 'snapshot', snapshot } : { type: 'unreadable' });
  }

  #patch(value: unknown): void {
    const patch = parsePatch(value);
    this.#apply(patch ? { type: 'patch', patch } : { type: 'unreadable' });
  }

  #heartbeat(value: unknown): void {
    const heartbeat = parseHeartbeat(value);
    if (heartbeat === undefined) return;
    this.#apply({ type: 'heartbeat', heartbeat, wallMs: Date.now() });
    this.#step({ type: 'heartbeat' });
  }

  #apply(input: Parameters<LiveStore['apply']>[0]): void {
    if (this.#store.apply(input, performance.now())) this.#resync();
  }

  #resync(): void {
    const { epoch, seq, loaded } = this.#store.newest;
    const request = loaded ? { epoch, seq } : { epoch: null, seq: null };
    this.#socket?.timeout(RESYNC_ACK_MS).emit('resync', request, (error: Error | null, answer: unknown) => {
      if (error !== null) return;
      const reply = parseResync(answer);
      this.#apply(reply ? { type: 'resynced', reply } : { type: 'unreadable' });
    });
  }

  /** Any answer proves that the other side lives; a resync of nothing is the cheapest question there is. */
  #ping(): void {
    const { epoch, seq } = this.#store.newest;
    this.#socket
      ?.timeout(PONG_TIMEOUT_MS)
      .emit('resync', { epoch, seq }, (error: Error | null, answer: unknown) => {
        if (error !== null) return;
        const reply = parseResync(answer);
        if (reply) this.#apply({ type: 'resynced', reply });
        this.#step({ type: 'pong' });
      });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.removeAllListeners();
    socket?.disconnect();
  }
}
