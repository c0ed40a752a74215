/**
 * Whether the hub of this browser still answers this tab. Pure. The hub may die with the tab or the worker that ran
 * it, and nobody says so: silence is asked about, an unanswered question opens a new link.
 */

import { FRESHNESS } from '../../server/wire/freshness.ts';

export type LinkInput = 'opened' | 'asked' | 'heard' | 'shown' | 'hidden' | 'deadlineReached';
export type LinkEffect = 'ask' | 'relink' | 'nothing';

/** A new link has to load the hub first. */
export const LINK_OPEN_MS = 10_000;
export const LINK_ANSWER_MS = 2_000;
/** Links in a row without any answer, after which a hub that is shared is not believed in any more. */
export const LINKS_FRUITLESS_MAX = 2;

export class LinkWatch {
  #visible = true;
  #heardMs: number | null = null;
  #answerByMs: number | null = null;
  #fruitless = 0;

  /** Links in a row that never answered. */
  get fruitless(): number {
    return this.#fruitless;
  }

  get deadlineMs(): number | undefined {
    if (this.#answerByMs !== null) return this.#answerByMs;
    return this.#visible && this.#heardMs !== null ? this.#heardMs + FRESHNESS.staleMs : undefined;
  }

  step(input: LinkInput, nowMs: number): LinkEffect {
    switch (input) {
      case 'opened':
        this.#heardMs = null;
        this.#answerByMs = nowMs + LINK_OPEN_MS;
        return 'nothing';
      case 'asked':
        this.#answerByMs ??= nowMs + LINK_ANSWER_MS;
        return 'nothing';
      case 'heard':
        this.#heardMs = nowMs;
        this.#answerByMs = null;
        this.#fruitless = 0;
        return 'nothing';
      case 'shown':
      case 'hidden':
        this.#visible = input === 'shown';
        return 'nothing';
      case 'deadlineReached':
        return this.#late(nowMs);
    }
  }

  #late(nowMs: number): LinkEffect {
    if (nowMs < (this.deadlineMs ?? Number.POSITIVE_INFINITY)) return 'nothing';
    if (this.#answerByMs === null) {
      this.#answerByMs = nowMs + LINK_ANSWER_MS;
      return 'ask';
    }
    this.#fruitless += 1;
    return 'relink';
  }
}
