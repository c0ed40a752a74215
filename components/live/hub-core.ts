/**
 * The hub of a browser: one socket to the gateway, any number of tabs (ui.md 2.4). Pure: tabs, tickets and the socket
 * speak as inputs; what must be done comes out as effects. `hub-shell.ts` does it, in a shared worker or in a tab.
 */

import { type BusAnswer, type BusEffect, HubBus } from './hub-bus.ts';
import { type HubMessage, LINGER_MS, TAB_JOBS_MAX, TABS_MAX, type TabMessage } from './hub-protocol.ts';
import { HubTab } from './hub-tab.ts';
import { type ConnectionEffect, type ConnectionInput, LiveConnection } from './live-connection.ts';
import type { ParsedPatch } from './live-rows.ts';
import { EMPTY_LIVE_STATE, type LiveInput, type LiveState, stepLive } from './live-state.ts';

export type HubInput =
  | { readonly type: 'tab'; readonly tab: number; readonly message: TabMessage }
  | { readonly type: 'tabLeft'; readonly tab: number }
  /** From the ticket, the socket and the clock. */
  | { readonly type: 'connection'; readonly input: ConnectionInput }
  /** From the socket, parsed. */
  | { readonly type: 'live'; readonly input: LiveInput }
  /** Pushed by the gateway; `id` where it could be read. */
  | { readonly type: 'job'; readonly id: string | null; readonly job: unknown }
  /** Pushed by the gateway once a second while the bus is watched. */
  | { readonly type: 'bus'; readonly answer: BusAnswer }
  | { readonly type: 'session' }
  | { readonly type: 'deadlineReached' };

export type HubEffect =
  | { readonly type: 'open'; readonly ticket: string }
  | { readonly type: 'drop' }
  | { readonly type: 'fetchTicket'; readonly csrf: string }
  | { readonly type: 'resync' | 'ping'; readonly epoch: string | null; readonly seq: number | null }
  | { readonly type: 'watchJob' | 'unwatchJob'; readonly job: string }
  | BusEffect
  /** Nothing more is sent to this tab. */
  | { readonly type: 'forget'; readonly tab: number };

export class HubCore {
  readonly #tabs = new Map<number, HubTab>();
  readonly #connection: LiveConnection;
  readonly #bus = new HubBus();
  #live: LiveState = EMPTY_LIVE_STATE;
  #csrf: string | null = null;
  #emptySinceMs: number | null = null;
  #effects: HubEffect[] = [];

  /** @param random 0 (inclusive) to 1, for the jitter of retries. */
  constructor(random: () => number) {
    this.#connection = new LiveConnection(random);
  }

  get deadlineMs(): number | undefined {
    const moments = [
      this.#connection.deadlineMs,
      this.#emptySinceMs === null ? undefined : this.#emptySinceMs + LINGER_MS,
      ...[...this.#tabs.values()].map((tab) => tab.deadlineMs),
    ].filter((moment) => moment !== undefined);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  step(input: HubInput, nowMs: number): readonly HubEffect[] {
    this.#effects = [];
    switch (input.type) {
      case 'tab':
        this.#said(input.tab, input.message, nowMs);
        break;
      case 'tabLeft':
        this.#left(input.tab, nowMs);
        break;
      case 'connection':
        this.#connect(input.input, nowMs);
        break;
      case 'live':
        this.#fold(input.input, nowMs);
        break;
      case 'job':
        for (const [id, tab] of this.#tabs) {
          if (input.id !== null && tab.jobs.has(input.id)) this.#post(id, { type: 'job', job: input.job });
        }
        break;
      case 'bus':
        this.#bus.answered(input.answer, nowMs);
        break;
      case 'session':
        this.#tellAll({ type: 'session' });
        break;
      case 'deadlineReached':
        this.#deadline(nowMs);
        break;
    }
    this.#effects.push(...this.#bus.settle(this.#tabs, nowMs));
    return this.#effects;
  }

  #said(id: number, message: TabMessage, nowMs: number): void {
    const tab = this.#tabs.get(id) ?? this.#joined(id, nowMs);
    tab.heardMs = nowMs;
    switch (message.type) {
      case 'bye':
        this.#left(id, nowMs);
        return;
      case 'hello':
        tab.show(message.visible);
        tab.wake();
        tab.forget();
        this.#frame(id, tab, null, nowMs);
        this.#identify(id, message.csrf, nowMs);
        return;
      case 'visible':
        tab.show(message.visible);
        if (message.visible) this.#frame(id, tab, null, nowMs);
        return;
      case 'asleep':
        tab.sleep();
        return;
      case 'woke':
        tab.wake();
        this.#frame(id, tab, null, nowMs);
        this.#connect({ type: 'woke' }, nowMs);
        return;
      case 'ping':
        tab.wake();
        this.#frame(id, tab, null, nowMs);
        return;
      case 'retryNow':
        this.#connect({ type: 'retryNow' }, nowMs);
        return;
      case 'watchJob':
        this.#watch(tab, message.job);
        return;
      case 'unwatchJob':
        if (tab.jobs.delete(message.job)) this.#unwatch(message.job);
        return;
      case 'watchBus':
      case 'unwatchBus':
        tab.bus = message.type === 'watchBus';
        this.#bus.asked(id);
        return;
      case 'resync':
        tab.forget();
        this.#frame(id, tab, null, nowMs);
        return;
      case 'sessionChanged':
        for (const other of this.#tabs.keys()) if (other !== id) this.#post(other, { type: 'session' });
        return;
      case 'ack':
        if (tab.confirm(message.frame)) this.#frame(id, tab, null, nowMs);
        return;
    }
  }

  #joined(id: number, nowMs: number): HubTab {
    if (this.#tabs.size >= TABS_MAX) {
      const silent = [...this.#tabs].reduce((a, b) => (b[1].heardMs < a[1].heardMs ? b : a));
      this.#left(silent[0], nowMs);
    }
    const tab = new HubTab(nowMs);
    this.#tabs.set(id, tab);
    this.#emptySinceMs = null;
    return tab;
  }

  #left(id: number, nowMs: number): void {
    const tab = this.#tabs.get(id);
    if (tab === undefined) return;
    this.#tabs.delete(id);
    for (const job of tab.jobs) this.#unwatch(job);
    this.#effects.push({ type: 'forget', tab: id });
    if (this.#tabs.size === 0) this.#emptySinceMs = nowMs;
  }

  /** Cookies are shared by all tabs: a new session in one is the session of all. */
  #identify(id: number, csrf: string, nowMs: number): void {
    if (this.#csrf !== null && this.#csrf !== csrf) {
      this.#connect({ type: 'stop' }, nowMs);
      this.#bus.forget();
      for (const other of this.#tabs.keys()) if (other !== id) this.#post(other, { type: 'session' });
    }
    this.#csrf = csrf;
    this.#connect({ type: 'start' }, nowMs);
  }

  #watch(tab: HubTab, job: string): void {
    if (tab.jobs.size >= TAB_JOBS_MAX || tab.jobs.has(job)) return;
    tab.jobs.add(job);
    // Also when another tab watches it: the answer brings the job as it is now.
    this.#effects.push({ type: 'watchJob', job });
  }

  #unwatch(job: string): void {
    const watched = [...this.#tabs.values()].some((tab) => tab.jobs.has(job));
    if (!watched) this.#effects.push({ type: 'unwatchJob', job });
  }

  #connect(input: ConnectionInput, nowMs: number): void {
    const before = this.#connection.view;
    for (const effect of this.#connection.step(input, nowMs)) this.#perform(effect, nowMs);
    if (input.type === 'opened') {
      this.#bus.reopened();
      for (const job of new Set([...this.#tabs.values()].flatMap((tab) => [...tab.jobs]))) {
        this.#effects.push({ type: 'watchJob', job });
      }
    }
    // The session of our tabs is not the one of the cookie any more: they must look.
    if (input.type === 'ticketRefused' && input.status === 403) this.#tellAll({ type: 'session' });
    const { view } = this.#connection;
    const changed = view.phase !== before.phase || view.lostSinceMs !== before.lostSinceMs;
    if (changed) this.#frames(null, nowMs);
  }

  #perform(effect: ConnectionEffect, nowMs: number): void {
    switch (effect.type) {
      case 'fetchTicket':
        this.#effects.push({ type: 'fetchTicket', csrf: this.#csrf ?? '' });
        return;
      case 'resync':
      case 'ping':
        this.#ask(effect.type);
        return;
      case 'lost':
        this.#live = stepLive(this.#live, { type: 'lost' }, nowMs).state;
        return;
      case 'signedOut':
        this.#tellAll({ type: 'signedOut' });
        return;
      case 'open':
      case 'drop':
        this.#effects.push(effect);
        return;
    }
  }

  #ask(type: 'resync' | 'ping'): void {
    const { epoch, seq, loaded } = this.#live;
    this.#effects.push(loaded ? { type, epoch, seq } : { type, epoch: null, seq: null });
  }

  #fold(input: LiveInput, nowMs: number): void {
    const { state, resync } = stepLive(this.#live, input, nowMs);
    this.#live = state;
    if (resync) this.#ask('resync');
    if (input.type === 'heartbeat') this.#connect({ type: 'heartbeat' }, nowMs);
    this.#frames(input.type === 'patch' ? input.patch : null, nowMs);
  }

  #frames(patch: ParsedPatch | null, nowMs: number): void {
    for (const [id, tab] of this.#tabs) {
      if (tab.wantsFrame(nowMs)) this.#frame(id, tab, patch, nowMs);
    }
  }

  #frame(id: number, tab: HubTab, patch: ParsedPatch | null, nowMs: number): void {
    const connection = this.#connection.view;
    this.#post(id, tab.nextFrame({ live: this.#live, connection, patch }, nowMs));
  }

  #post(tab: number, message: HubMessage): void {
    this.#effects.push({ type: 'post', tab, message });
  }

  #tellAll(message: HubMessage): void {
    for (const id of this.#tabs.keys()) this.#post(id, message);
  }

  #deadline(nowMs: number): void {
    this.#connect({ type: 'deadlineReached' }, nowMs);
    for (const [id, tab] of this.#tabs) {
      if (nowMs >= (tab.deadlineMs ?? Number.POSITIVE_INFINITY)) this.#frame(id, tab, null, nowMs);
    }
    if (this.#emptySinceMs === null || nowMs < this.#emptySinceMs + LINGER_MS) return;
    this.#emptySinceMs = null;
    this.#csrf = null;
    this.#bus.forget();
    this.#connect({ type: 'stop' }, nowMs);
    this.#live = EMPTY_LIVE_STATE;
  }
}
