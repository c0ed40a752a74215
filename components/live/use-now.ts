'use client';

/** One shared ticking clock per interval: a hundred ages on a page cost one timer. */

import { useSyncExternalStore } from 'react';

class Ticker {
  readonly #everyMs: number;
  readonly #listeners = new Set<() => void>();
  #nowMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  readonly now = (): number => {
    if (this.#timer === undefined) this.#nowMs = this.#read();
    return this.#nowMs;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => {
      this.#nowMs = this.#read();
      for (const each of this.#listeners) each();
    }, this.#everyMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  /** In whole steps, so that reading it twice while nobody listens gives the same value. */
  #read(): number {
    return Math.floor(performance.now() / this.#everyMs) * this.#everyMs;
  }
}

const tickers = new Map<number, Ticker>();

function tickerOf(everyMs: number): Ticker {
  const known = tickers.get(everyMs);
  if (known) return known;
  const ticker = new Ticker(everyMs);
  tickers.set(everyMs, ticker);
  return ticker;
}

/** Local monotonic clock, milliseconds, in steps of `everyMs`. */
export function useNow(everyMs: number): number {
  const ticker = tickerOf(everyMs);
  return useSyncExternalStore(ticker.subscribe, ticker.now, () => 0);
}
