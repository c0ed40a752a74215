/**
 * Slows down guessing of passwords: attempts of one address stand in one queue, and every failure moves the end of the
 * queue further away, however many connections it comes from. An answer given late tells nothing early. Pure.
 */

/** Wait after the first failure; doubles with each one. */
export const BRAKE_FIRST_MS = 250;
export const BRAKE_STEP_MAX_MS = 4_000;
/** An attempt that would wait longer is refused without being looked at. */
export const BRAKE_WAIT_MAX_MS = 10_000;
/** Failures of an address are forgotten when it was quiet for so long. */
export const BRAKE_FORGET_MS = 600_000;
/** Addresses remembered; beyond it the one that failed longest ago is forgotten. */
export const BRAKE_ADDRESSES_MAX = 1_000;

type Address = { readonly failures: number; readonly freeAtMs: number; readonly lastMs: number };

export class AttemptBrake {
  /** In the order of their last failure. */
  readonly #addresses = new Map<string, Address>();

  /** When an attempt made now may be answered; undefined when it must be refused unseen. */
  turnMs(address: string, nowMs: number): number | undefined {
    const known = this.#known(address, nowMs);
    const turnMs = Math.max(nowMs, known?.freeAtMs ?? nowMs);
    return turnMs - nowMs > BRAKE_WAIT_MAX_MS ? undefined : turnMs;
  }

  /** @returns when the failure may be answered. */
  failed(address: string, nowMs: number): number {
    const known = this.#known(address, nowMs);
    const failures = (known?.failures ?? 0) + 1;
    const stepMs = Math.min(BRAKE_STEP_MAX_MS, BRAKE_FIRST_MS * 2 ** Math.min(failures - 1, 16));
    const freeAtMs = Math.max(nowMs, known?.freeAtMs ?? nowMs) + stepMs;
    this.#addresses.delete(address);
    this.#addresses.set(address, { failures, freeAtMs, lastMs: nowMs });
    if (this.#addresses.size > BRAKE_ADDRESSES_MAX) {
      const [oldest] = this.#addresses.keys();
      if (oldest !== undefined) this.#addresses.delete(oldest);
    }
    return freeAtMs;
  }

  #known(address: string, nowMs: number): Address | undefined {
    const known = this.#addresses.get(address);
    if (known === undefined || nowMs - known.lastMs < BRAKE_FORGET_MS) return known;
    this.#addresses.delete(address);
    return undefined;
  }
}
