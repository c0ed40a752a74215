/**
 * Sends what a member has to say and remembers what is under way, so that nothing is said twice and what a change of
 * view made void is said again.
 */

import type { PrivateName } from '../model/names.ts';
import type { MemberEffect } from './api.ts';
import type { PrivateMessage, TableMessage } from './messages.ts';
import { splitMessage } from './parts.ts';

/** What did not come back by then is said again; the bus delivers within milliseconds or changes the view. */
export const AGAIN_MS = 1_000;
/** For messages in several parts, and for tables, however small: where the bus delivers nothing, they would only pile up. */
export const LARGE_AGAIN_MS = 5_000;

export class Courier {
  #number = 0;
  readonly #underWay = new Map<string, { readonly untilMs: number; readonly large: boolean }>();
  #effects: MemberEffect[] = [];

  /** Moment from which it may be said (again). */
  freeAtMs(key: string): number {
    return this.#underWay.get(key)?.untilMs ?? Number.NEGATIVE_INFINITY;
  }

  /** @param key what the message is about; undefined where nobody waits for it. */
  publish(
    viewId: string,
    message: TableMessage,
    { key, nowMs }: { readonly key: string | undefined; readonly nowMs: number },
  ): void {
    const parts = splitMessage({ viewId, ...message }, this.#next());
    const service = message.type === 'confirm' ? 'safe' : 'agreed';
    for (const part of parts) this.#effects.push({ type: 'publish', service, message: part });
    if (key === undefined) return;
    const large = parts.length > 1;
    const againMs = large || message.type === 'state' ? LARGE_AGAIN_MS : AGAIN_MS;
    this.#underWay.set(key, { untilMs: nowMs + againMs, large });
  }

  send(to: PrivateName, message: PrivateMessage): void {
    for (const part of splitMessage(message, this.#next())) {
      this.#effects.push({ type: 'send', to, message: part });
    }
  }

  /** It came back, with or without effect. */
  returned(key: string): void {
    this.#underWay.delete(key);
  }

  /** A view of other participants: all that is under way is void. */
  forget(): void {
    this.#underWay.clear();
  }

  /** Any view: the parts of a message that is under way are forgotten by all. */
  forgetLarge(): void {
    for (const [key, { large }] of this.#underWay) if (large) this.#underWay.delete(key);
  }

  take(): MemberEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #next(): number {
    this.#number = (this.#number + 1) >>> 0;
    return this.#number;
  }
}
