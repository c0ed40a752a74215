/** A clock that stands still until a test moves it. */

import type { Clock, Timer } from '../../server/base/ports.ts';

type Waiting = { readonly dueMs: number; readonly callback: () => void };

export class HandClock implements Clock {
  #nowMs = 0;
  #waiting: Waiting[] = [];
  readonly #startWallMs: number;

  constructor(startWallMs = 1_700_000_000_000) {
    this.#startWallMs = startWallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  at(dueMs: number, callback: () => void): Timer {
    const timer: Waiting = { dueMs, callback };
    this.#waiting.push(timer);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== timer);
      },
    };
  }

  /** Runs everything that becomes due on the way, in order of time. */
  advance(spanMs: number): void {
    const endMs = this.#nowMs + spanMs;
    for (;;) {
      const next = this.#waiting
        .filter(({ dueMs }) => dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs)
        .at(0);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
