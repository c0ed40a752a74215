/** Latencies as counts in buckets of one per cent, so that no sample is left out and processes can be added up. */

const SMALLEST_MS = 0.001;
const GROWTH = 1.01;
/** Up to 20 s. */
const BUCKETS = 1_700;

export class LatencyHistogram {
  readonly #counts: number[];

  constructor(counts?: readonly number[]) {
    this.#counts = counts === undefined ? new Array<number>(BUCKETS).fill(0) : [...counts];
  }

  /** For another process. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  add(latencyMs: number): void {
    const bucket = Math.log(Math.max(latencyMs, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH);
    const index = Math.min(BUCKETS - 1, Math.floor(bucket));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  reset(): void {
    this.#counts.fill(0);
  }

  /** Upper end of the bucket of the nearest rank; NaN without samples. */
  quantileMs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#counts.reduce((sum, count) => sum + count, 0)));
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return SMALLEST_MS * GROWTH ** (index + 1);
    }
    return Number.NaN;
  }
}

export function addedUp(parts: readonly (readonly number[])[]): LatencyHistogram {
  const sums = new Array<number>(BUCKETS).fill(0);
  for (const counts of parts) {
    for (const [index, count] of counts.entries()) sums[index] = (sums[index] ?? 0) + count;
  }
  return new LatencyHistogram(sums);
}
