/** The dashboard's side of the bus as one core: a msgc_client without a server, and the observer that lives on it. */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../msgc/client.ts';
import type { MsgcClientOptions } from '../msgc/options.ts';
import { BUS_CLUSTER_NAME } from './cluster-process.ts';
import type { ObserverEvent } from './observer-api.ts';
import { dashboardSession, ObserverCore, type ObserverInput, type ObserverOptions } from './observer-core.ts';
import { busLog, type LogRecord } from './process-log.ts';

export type DashboardBusInput =
  | { readonly type: 'stream'; readonly input: StreamInput }
  | { readonly type: 'observer'; readonly input: ObserverInput }
  /** Leaves the bus, so that others see the cause `leave`. */
  | { readonly type: 'stop' };

export type DashboardBusEffect =
  | { readonly type: 'stream'; readonly effect: StreamEffect }
  | { readonly type: 'tell'; readonly event: ObserverEvent }
  | ({ readonly type: 'log' } & LogRecord);

export type DashboardBusParts = {
  readonly observer: ObserverOptions;
  readonly client: MsgcClientOptions;
  /** Any integer; seeds the jitter of waits. */
  readonly seed: number;
  readonly nowMs: number;
};

export class DashboardBus implements Core<DashboardBusInput | DeadlineReached, DashboardBusEffect> {
  readonly observer: ObserverCore;
  readonly #client: MsgcClient;
  #effects: DashboardBusEffect[] = [];

  constructor(parts: DashboardBusParts) {
    const { observer, client, seed, nowMs } = parts;
    this.observer = new ObserverCore(observer, nowMs);
    this.#client = new MsgcClient({
      sessions: [dashboardSession(observer.pid)],
      cluster: BUS_CLUSTER_NAME,
      instance: Math.round(observer.startedWallMs * 1_000),
      options: client,
      seed,
      nowMs,
    });
  }

  get deadlineMs(): number | undefined {
    const due = [this.observer.deadlineMs, this.#client.deadlineMs].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: DashboardBusInput | DeadlineReached, nowMs: number): readonly DashboardBusEffect[] {
    switch (input.type) {
      case 'stream':
        this.#giveClient(input.input, nowMs);
        break;
      case 'observer':
        this.#giveObserver(input.input, nowMs);
        break;
      case 'stop':
        this.#giveClient({ type: 'leave' }, nowMs);
        break;
      case 'deadlineReached':
        if ((this.#client.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#giveClient(input, nowMs);
        if ((this.observer.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#giveObserver(input, nowMs);
        break;
      default:
        unreachable(input);
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #giveClient(input: MsgcClientInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.#client.step(input, nowMs)) this.#ofClient(effect, nowMs);
  }

  #ofClient(effect: MsgcClientEffect, nowMs: number): void {
    if (effect.type !== 'event') {
      this.#effects.push({ type: 'stream', effect });
      return;
    }
    const record = busLog(effect.event);
    if (record !== undefined) this.#effects.push({ type: 'log', ...record });
    this.#giveObserver({ type: 'bus', event: effect.event }, nowMs);
  }

  #giveObserver(input: ObserverInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.observer.step(input, nowMs)) {
      if (effect.type === 'bus') this.#giveClient({ type: 'request', request: effect.request }, nowMs);
      else this.#effects.push(effect);
    }
  }
}
