/** Wall-clock moments for what people read, derived from monotonic ones and the last reading that was given. */

/** Smaller differences between two readings are jitter and change nothing. */
export const WALL_JUMP_MS = 250;

export class WallClock {
  #offsetMs: number;

  /** @param reading both clocks read at the same moment. */
  constructor(reading: { readonly wallMs: number; readonly nowMs: number }) {
    this.#offsetMs = reading.wallMs - reading.nowMs;
  }

  correct(wallMs: number, nowMs: number): void {
    const offsetMs = wallMs - nowMs;
    if (Math.abs(offsetMs - this.#offsetMs) >= WALL_JUMP_MS) this.#offsetMs = offsetMs;
  }

  /** Whole milliseconds since 1970 UTC of a monotonic moment. */
  at(ms: number): number {
    return Math.max(0, Math.round(ms + this.#offsetMs));
  }
}
