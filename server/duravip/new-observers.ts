/**
 * Observers that joined and have no table yet. The leader tells them its own, in private, as of a position that both
 * count alike; other members remember them for a while, in case the leader does not live to do it.
 */

import type { PrivateName } from '../model/names.ts';
import type { VipView } from './api.ts';
import type { Courier } from './courier.ts';
import type { Inbox } from './inbox.ts';
import type { Replica } from './replica.ts';
import { OBSERVER_NEW_MS } from './timing.ts';

const OBSERVERS_MAX = 1_024;

export class NewObservers {
  readonly #sinceMs = new Map<PrivateName, number>();

  /** @param exchange tables are exchanged in this view, and whoever came with it hears them. */
  view(
    { members, together }: VipView,
    { me, exchange, nowMs }: { readonly me: PrivateName; readonly exchange: boolean; readonly nowMs: number },
  ): void {
    const watchers = new Set(members.flatMap(({ name, participant }) => (participant ? [] : [name])));
    for (const name of this.#sinceMs.keys()) if (!watchers.has(name)) this.#sinceMs.delete(name);
    if (exchange) return;
    // Whoever joins is together with nobody: to the first participant every observer is new.
    if (together.includes(me)) for (const name of together) watchers.delete(name);
    for (const name of watchers) this.#remember(name, nowMs);
  }

  asked(name: PrivateName, nowMs: number): void {
    this.#remember(name, nowMs);
  }

  run(parts: {
    readonly replica: Replica;
    readonly courier: Courier;
    readonly leads: boolean;
    readonly position: Inbox['position'];
    readonly nowMs: number;
  }): void {
    const { replica, courier, leads, nowMs } = parts;
    const { viewId, synced } = replica;
    if (this.#sinceMs.size === 0 || viewId === undefined) return;
    if (!leads || !synced) {
      for (const [name, sinceMs] of this.#sinceMs) {
        if (synced && nowMs - sinceMs > OBSERVER_NEW_MS) this.#sinceMs.delete(name);
      }
      return;
    }
    const { groupViewId, count: position } = parts.position;
    for (const name of this.#sinceMs.keys()) {
      const { n, state: image } = replica;
      courier.send(name, { type: 'snapshot', groupViewId, position, viewId, n, image });
    }
    this.#sinceMs.clear();
  }

  #remember(name: PrivateName, nowMs: number): void {
    if (this.#sinceMs.size < OBSERVERS_MAX) this.#sinceMs.set(name, nowMs);
  }
}
