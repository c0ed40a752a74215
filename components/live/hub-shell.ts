/**
 * Performs what the hub decides with fetch, socket.io and timers; the same code in a shared worker and in a tab.
 * Reconnection of socket.io itself is off: its idea of "open" is not trusted. Touches no document.
 */

import { io, type Socket } from 'socket.io-client';
import { callApi, parsed } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { HubCore, type HubEffect, type HubInput } from './hub-core.ts';
import type { HubMessage, TabMessage } from './hub-protocol.ts';
import { PONG_TIMEOUT_MS, SLEEP_GAP_MS, TICKET_TIMEOUT_MS } from './live-connection.ts';
import type { LiveInput } from './live-state.ts';
import { parseHeartbeat, parsePatch, parseResync, parseSnapshot } from './parse-live.ts';

const RESYNC_ACK_MS = 5_000;
const SLEEP_CHECK_MS = 1_000;

export type HubPorts = {
  readonly post: (tab: number, message: HubMessage) => void;
  readonly forget: (tab: number) => void;
};

export class HubShell {
  readonly #core = new HubCore(Math.random);
  readonly #ports: HubPorts;
  #socket: Socket | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #sleepCheck: ReturnType<typeof setInterval> | undefined;
  #checkedMs = performance.now();

  constructor(ports: HubPorts) {
    this.#ports = ports;
    this.#sleepCheck = setInterval(() => this.#checkSleep(), SLEEP_CHECK_MS);
  }

  readonly said = (tab: number, message: TabMessage): void => this.#step({ type: 'tab', tab, message });

  readonly left = (tab: number): void => this.#step({ type: 'tabLeft', tab });

  /** For a hub in a tab that gives up leading. */
  stop(): void {
    clearInterval(this.#sleepCheck);
    this.#sleepCheck = undefined;
    clearTimeout(this.#deadline);
    this.#drop();
  }

  get #stopped(): boolean {
    return this.#sleepCheck === undefined;
  }

  #checkSleep(): void {
    const nowMs = performance.now();
    const gapMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (gapMs > SLEEP_GAP_MS) this.#step({ type: 'connection', input: { type: 'woke' } });
  }

  #step(input: HubInput): void {
    if (this.#stopped) return;
    for (const effect of this.#core.step(input, performance.now())) this.#perform(effect);
    clearTimeout(this.#deadline);
    const { deadlineMs } = this.#core;
    if (deadlineMs === undefined) return;
    const waitMs = Math.max(0, deadlineMs - performance.now()) + 1;
    this.#deadline = setTimeout(() => this.#step({ type: 'deadlineReached' }), waitMs);
  }

  #perform(effect: HubEffect): void {
    switch (effect.type) {
      case 'post':
        this.#ports.post(effect.tab, effect.message);
        return;
      case 'forget':
        this.#ports.forget(effect.tab);
        return;
      case 'fetchTicket':
        this.#fetchTicket(effect.csrf);
        return;
      case 'open':
        this.#open(effect.ticket);
        return;
      case 'drop':
        this.#drop();
        return;
      case 'resync':
        this.#ask(effect, RESYNC_ACK_MS, () => {});
        return;
      case 'ping':
        // Any answer proves that the other side lives; a resync of nothing is the cheapest question there is.
        this.#ask(effect, PONG_TIMEOUT_MS, () => this.#connection('pong'));
        return;
      case 'watchJob':
      case 'unwatchJob':
        this.#socket?.emit(effect.type, { job: effect.job });
        return;
      case 'watchBus':
        this.#watchBus();
        return;
      case 'unwatchBus':
        this.#socket?.emit(effect.type);
        return;
    }
  }

  #connection(type: 'opened' | 'pong'): void {
    this.#step({ type: 'connection', input: { type } });
  }

  #live(input: LiveInput | undefined): void {
    this.#step({ type: 'live', input: input ?? { type: 'unreadable' } });
  }

  #fetchTicket(csrf: string): void {
    const signal = AbortSignal.timeout(TICKET_TIMEOUT_MS);
    callApi('/api/live-ticket', { method: 'POST', csrf, body: {}, signal })
      .then((reply) => parsed(reply, readTicket))
      .then((ticket) => this.#step({ type: 'connection', input: { type: 'ticketReceived', ticket } }))
      .catch((reason: unknown) => {
        const status = reason instanceof ApiFailure && reason.status !== 0 ? reason.status : null;
        this.#step({ type: 'connection', input: { type: 'ticketRefused', status } });
      });
  }

  #open(ticket: string): void {
    this.#drop();
    const socket = io({ transports: ['websocket'], reconnection: false, forceNew: true, auth: { ticket } });
    this.#socket = socket;
    const on = (event: string, handle: (value: unknown) => void): void => {
      socket.on(event, (value: unknown) => {
        if (this.#socket === socket) handle(value);
      });
    };
    const closed = (reason: unknown): void => {
      const text = reason instanceof Error ? reason.message : String(reason);
      this.#step({ type: 'connection', input: { type: 'closed', reason: text } });
    };
    on('connect', () => this.#connection('opened'));
    on('connect_error', closed);
    on('disconnect', closed);
    on('snapshot', (value) => {
      const snapshot = parseSnapshot(value);
      this.#live(snapshot && { type: 'snapshot', snapshot });
    });
    on('patch', (value) => {
      const patch = parsePatch(value);
      this.#live(patch && { type: 'patch', patch });
    });
    on('heartbeat', (value) => {
      const heartbeat = parseHeartbeat(value);
      if (heartbeat !== undefined) this.#live({ type: 'heartbeat', heartbeat, wallMs: Date.now() });
    });
    on('job', (job) => this.#step({ type: 'job', id: idOf(job), job }));
    on('busFigures', (figures) => this.#step({ type: 'bus', answer: { type: 'figures', figures } }));
    on('session', () => this.#step({ type: 'session' }));
  }

  #ask(
    { epoch, seq }: { readonly epoch: string | null; readonly seq: number | null },
    timeoutMs: number,
    answered: () => void,
  ): void {
    const socket = this.#socket;
    socket?.timeout(timeoutMs).emit('resync', { epoch, seq }, (error: Error | null, answer: unknown) => {
      if (error !== null || this.#socket !== socket) return;
      const reply = parseResync(answer);
      this.#live(reply && { type: 'resynced', reply });
      answered();
    });
  }

  #watchBus(): void {
    const socket = this.#socket;
    socket?.emit('watchBus', (answer: unknown) => {
      const code = refusalOf(answer);
      if (code !== null && this.#socket === socket)
        this.#step({ type: 'bus', answer: { type: 'refused', code } });
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.removeAllListeners();
    socket?.disconnect();
  }
}

function readTicket(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('ticket' in value)) return undefined;
  return typeof value.ticket === 'string' ? value.ticket : undefined;
}

/** Null where it was not refused. */
function refusalOf(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('ok' in answer) || answer.ok !== false) return null;
  return 'code' in answer && typeof answer.code === 'string' ? answer.code : 'internal';
}

function idOf(job: unknown): string | null {
  if (typeof job !== 'object' || job === null || !('id' in job)) return null;
  return typeof job.id === 'string' ? job.id : null;
}
