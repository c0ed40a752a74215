/** Time as a number, moved by hand: the clock of simulations and tests. Callbacks run in order of their moment. */

import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/ports.ts';

type Entry = { readonly dueMs: number; readonly order: number; readonly callback: () => void; live: boolean };

/** Wall clock at virtual moment 0: 2026-01-01 00:00 UTC. */
const WALL_START_MS = 1_767_225_600_000;

export class VirtualClock implements Clock {
  /** A binary heap by moment, then by order of arming. */
  readonly #heap: Entry[] = [];
  #nowMs: number;
  #order = 0;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return WALL_START_MS + this.#nowMs;
  }

  at(dueMs: number, callback: () => void): Timer {
    const entry: Entry = { dueMs: Math.max(dueMs, this.#nowMs), order: this.#order, callback, live: true };
    this.#order += 1;
    this.#push(entry);
    return {
      cancel: () => {
        entry.live = false;
      },
    };
  }

  /** Runs the next callback, if there is one due at or before `untilMs`. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.dueMs > untilMs) return false;
      this.#pop();
      if (!next.live) continue;
      assert(next.dueMs >= this.#nowMs, 'virtual time never goes back');
      this.#nowMs = next.dueMs;
      next.live = false;
      next.callback();
      return true;
    }
  }

  /** Runs everything due up to a moment and stands there. Returns how many callbacks ran. */
  runUntil(untilMs: number): number {
    let ran = 0;
    while (this.step(untilMs)) ran += 1;
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return ran;
  }

  runFor(spanMs: number): number {
    return this.runUntil(this.#nowMs + spanMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !before(entry, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      let child = left;
      if (right !== undefined && before(right, left)) {
        child = right;
        below += 1;
      }
      if (!before(child, last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
