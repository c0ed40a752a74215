/**
 * The observer as the gateway holds it: questions go straight to the core, commands become inputs of its driver,
 * and what the core tells goes to every subscriber. Holds no state of the cluster itself.
 */

import type { Clock } from '../base/ports.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { VipTable, WhatIf, WhatIfChange } from '../duravip/api.ts';
import type { CommandTarget } from '../wire/http.ts';
import type { LiveModel, OwnCollection } from '../wire/live.ts';
import type { Query } from '../wire/options.ts';
import type { AskedNode, KnownBus, Observer, ObserverEvent, SendRefusal } from './observer-api.ts';
import type { ObserverCore, ObserverInput } from './observer-core.ts';

export class ClusterObserver implements Observer {
  readonly #core: ObserverCore;
  readonly #clock: Clock;
  readonly #give: (input: ObserverInput) => void;
  readonly #listeners = new Set<(event: ObserverEvent) => void>();

  /** @param parts.give takes an input of the core; it is performed before the call returns. */
  constructor(parts: {
    readonly core: ObserverCore;
    readonly clock: Clock;
    readonly give: (input: ObserverInput) => void;
  }) {
    this.#core = parts.core;
    this.#clock = parts.clock;
    this.#give = parts.give;
  }

  model(): Omit<LiveModel, OwnCollection> {
    return this.#core.model();
  }

  memberAgesMs(): Readonly<Record<string, number>> {
    return this.#core.memberAgesMs(this.#clock.nowMs());
  }

  busAgeMs(): number | undefined {
    return this.#core.busAgeMs(this.#clock.nowMs());
  }

  vips(): VipTable | undefined {
    return this.#core.vips;
  }

  whatIf(change: WhatIfChange): WhatIf | undefined {
    return this.#core.whatIf(change);
  }

  bus(): KnownBus {
    return this.#core.bus();
  }

  send(request: string, command: string, target: CommandTarget): Result<readonly AskedNode[], SendRefusal> {
    const resolved = this.#core.resolve(command, target);
    if (!resolved.ok) return resolved;
    this.#give({ type: 'send', request, command, to: resolved.value });
    if (this.#core.takeRefusal(request)) return err({ code: 'busDown' });
    const { asked, silent } = resolved.value;
    return ok([...asked, ...silent].map(({ node, privateName }) => ({ node, privateName })));
  }

  query(request: string, memberId: string, what: Query, about?: string): Result<AskedNode, SendRefusal> {
    const resolved = this.#core.resolveMember(memberId);
    if (!resolved.ok) return resolved;
    const to = resolved.value;
    this.#give({ type: 'query', request, to, what, about });
    if (this.#core.takeRefusal(request)) return err({ code: 'busDown' });
    return ok({ node: to.node, privateName: to.privateName });
  }

  dismiss(memberId: string): boolean {
    if (!this.#core.canDismiss(memberId)) return false;
    this.#give({ type: 'dismissed', memberId });
    return true;
  }

  subscribe(listener: (event: ObserverEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For whoever performs the effects of the core. */
  tell(event: ObserverEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
