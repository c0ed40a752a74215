/**
 * The monotonic clock of one process in a world of virtual time: it runs at a rate of its own, may stand still while
 * the process is suspended, and may jump ahead. It never goes back.
 */

import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/ports.ts';
import type { VirtualClock } from './virtual-clock.ts';

export class DriftingClock implements Clock {
  readonly #world: VirtualClock;
  readonly #rate: number;
  /** This clock showed `#ownMs` at moment `#worldMs` of the world. */
  #ownMs: number;
  #worldMs: number;

  /** @param rate own milliseconds in one of the world, such as 1.01; above 0. */
  constructor(world: VirtualClock, rate: number) {
    assert(rate > 0, 'a clock runs forward');
    this.#world = world;
    this.#rate = rate;
    this.#worldMs = world.nowMs();
    this.#ownMs = this.#worldMs;
  }

  nowMs(): number {
    return this.#ownMs + (this.#world.nowMs() - this.#worldMs) * this.#rate;
  }

  wallMs(): number {
    return this.#world.wallMs();
  }

  at(dueMs: number, callback: () => void): Timer {
    return this.#world.at(this.#worldMs + (dueMs - this.#ownMs) / this.#rate, () => {
      this.#reach(dueMs);
      callback();
    });
  }

  /** Jumps ahead; timers that became due by it fire when they would have. */
  jump(byMs: number): void {
    assert(byMs >= 0, 'a monotonic clock never goes back');
    this.#set(this.nowMs() + byMs);
  }

  /** Goes on from `atMs`, what it showed when it was stopped: timers fire early by the time that it stood. */
  resumeFrom(atMs: number): void {
    this.#set(atMs);
  }

  #set(ownMs: number): void {
    this.#ownMs = ownMs;
    this.#worldMs = this.#world.nowMs();
  }

  /** A timer that is early by nothing but rounding is on time. */
  #reach(dueMs: number): void {
    const leftMs = dueMs - this.nowMs();
    if (leftMs > 0 && leftMs < ROUNDING_MS) this.#set(dueMs);
  }
}

const ROUNDING_MS = 1e-6;
