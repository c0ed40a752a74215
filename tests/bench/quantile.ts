/** Order statistics of benchmark samples. */

/** @param share 0.5 for the median. Nearest rank: always one of the samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
