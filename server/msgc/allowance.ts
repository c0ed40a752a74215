/** How much of what arrives too early one attempt keeps: so many frames, and so many bytes of them. */

export type AllowanceLimits = { readonly frames: number; readonly bytes: number };

export class Allowance {
  readonly #limits: AllowanceLimits;
  #frames = 0;
  #bytes = 0;

  constructor(limits: AllowanceLimits) {
    this.#limits = limits;
  }

  /** False when there is no room for one more; nothing is taken then. */
  take(bytes: number): boolean {
    if (this.#frames >= this.#limits.frames || this.#bytes + bytes > this.#limits.bytes) return false;
    this.#frames += 1;
    this.#bytes += bytes;
    return true;
  }
}
