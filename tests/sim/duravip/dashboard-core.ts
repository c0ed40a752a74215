/** A dashboard's part of DuraVIP as one core: a client of the bus that only watches, and the observer. */

import { type Core, DEADLINE_REACHED, type DeadlineReached } from '../../../server/base/core.ts';
import type { StreamEffect } from '../../../server/base/stream-io.ts';
import type { ObserverInput, VipObserver } from '../../../server/duravip/observer.ts';
import type { MsgcClient, MsgcClientInput } from '../../../server/msgc/client.ts';
import { isDue, memberInputOf, requestOf } from './vip-core.ts';

export class DashboardCore implements Core<MsgcClientInput | DeadlineReached, StreamEffect> {
  readonly client: MsgcClient;
  readonly observer: VipObserver;
  readonly #session: string;
  #effects: StreamEffect[] = [];

  constructor(parts: {
    readonly session: string;
    readonly client: MsgcClient;
    readonly observer: VipObserver;
  }) {
    this.client = parts.client;
    this.observer = parts.observer;
    this.#session = parts.session;
  }

  get deadlineMs(): number | undefined {
    const due = [this.client.deadlineMs, this.observer.deadlineMs].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: MsgcClientInput | DeadlineReached, nowMs: number): readonly StreamEffect[] {
    if (input.type !== 'deadlineReached' || isDue(this.client, nowMs)) this.#giveClient(input, nowMs);
    if (isDue(this.observer, nowMs)) this.#giveObserver(DEADLINE_REACHED, nowMs);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #giveClient(input: MsgcClientInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.client.step(input, nowMs)) {
      if (effect.type !== 'event') {
        this.#effects.push(effect);
        continue;
      }
      const fact = memberInputOf(effect.event, this.#session);
      if (fact !== undefined) this.#giveObserver(fact, nowMs);
    }
  }

  #giveObserver(input: ObserverInput | DeadlineReached, nowMs: number): void {
    for (const effect of this.observer.step(input, nowMs)) {
      if (effect.type === 'publish' || effect.type === 'send')
        this.#giveClient({ type: 'request', request: requestOf(effect, this.#session) }, nowMs);
    }
  }
}
