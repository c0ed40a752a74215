/**
 * Estimates how far another machine's wall clock is from ours, from the moments it puts into its messages. A message
 * only ever arrives later than it was sent, so among recent samples the greatest difference is nearest to the truth.
 */

export const SAMPLES_MAX = 16;
/** An estimate that moves by less is noise: the last one stays. */
export const NOISE_MS = 25;

export class ClockSkew {
  readonly #samplesMs: number[] = [];
  #skewMs: number | undefined;

  /** Their clock minus ours, whole milliseconds, possibly too small by the way of the fastest message. */
  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  /** @returns true when the estimate changed. */
  sample(theirWallMs: number, ourWallMs: number): boolean {
    this.#samplesMs.push(theirWallMs - ourWallMs);
    if (this.#samplesMs.length > SAMPLES_MAX) this.#samplesMs.shift();
    const skewMs = Math.round(Math.max(...this.#samplesMs));
    if (this.#skewMs !== undefined && Math.abs(skewMs - this.#skewMs) < NOISE_MS) return false;
    this.#skewMs = skewMs;
    return true;
  }
}
