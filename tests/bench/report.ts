/** What a benchmark hands back. */

export type BenchReport = {
  /** By what was measured, with its unit in the name; goes into `--json`. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Printed instead of the bare numbers. */
  readonly lines?: readonly string[];
};

/** @param flags what follows the name, without `--json FILE`. @throws Error with one line for people. */
export type Bench = (flags: readonly string[]) => Promise<BenchReport>;

/** For a benchmark without flags of its own. */
export function withoutFlags(measure: () => Promise<BenchReport['numbers']>): Bench {
  return async ([flag]) => {
    if (flag !== undefined) throw new Error(`This benchmark has no ${flag}.`);
    return { numbers: await measure() };
  };
}
