/**
 * The figures of the bus in the hub: asked for while a tab that is seen wants them, once for all tabs. Pure. What was
 * told last is kept, so that a tab that comes later sees it at once, with its age.
 */

import type { BusTold, HubMessage } from './hub-protocol.ts';
import type { HubTab } from './hub-tab.ts';

export type BusEffect =
  | { readonly type: 'watchBus' | 'unwatchBus' }
  | { readonly type: 'post'; readonly tab: number; readonly message: HubMessage };

/** What the gateway answered: figures as they came, or why it gives none. */
export type BusAnswer =
  | { readonly type: 'figures'; readonly figures: unknown }
  | { readonly type: 'refused'; readonly code: string };

type Tabs = ReadonlyMap<number, HubTab>;

export class HubBus {
  #watched = false;
  #answer: BusAnswer | null = null;
  #answeredMs = 0;
  /** Tabs that have the last answer. */
  readonly #served = new Set<number>();

  answered(answer: BusAnswer, nowMs: number): void {
    this.#answer = answer;
    this.#answeredMs = nowMs;
    this.#served.clear();
  }

  /** It has nothing of what was told. */
  asked(tab: number): void {
    this.#served.delete(tab);
  }

  /** Another session may see other things. */
  forget(): void {
    this.#answer = null;
    this.#watched = false;
    this.#served.clear();
  }

  /** A new socket knows of no subscription. */
  reopened(): void {
    this.#watched = false;
  }

  /** After every input: what the tabs want now may be another thing than before. */
  settle(tabs: Tabs, nowMs: number): readonly BusEffect[] {
    const effects: BusEffect[] = [];
    for (const id of this.#served) if (tabs.get(id)?.wantsBus !== true) this.#served.delete(id);
    const wanting = [...tabs].filter(([, tab]) => tab.wantsBus);
    for (const [id, tab] of wanting) {
      if (this.#answer === null || tab.full || this.#served.has(id)) continue;
      this.#served.add(id);
      effects.push({
        type: 'post',
        tab: id,
        message: { type: 'bus', told: this.#told(this.#answer, nowMs) },
      });
    }
    const watched = wanting.length > 0;
    if (watched !== this.#watched) effects.push({ type: watched ? 'watchBus' : 'unwatchBus' });
    this.#watched = watched;
    return effects;
  }

  #told(answer: BusAnswer, nowMs: number): BusTold {
    return answer.type === 'refused' ? answer : { ...answer, ageMs: nowMs - this.#answeredMs };
  }
}
