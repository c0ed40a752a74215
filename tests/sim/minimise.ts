/** Makes a failing schedule smaller: leaves deeds out, many at once and then one by one, while it still fails. */

/** Runs of one schedule; then the smallest one so far has to do. */
const RUNS_MAX = 400;

type Run = (leftOut: ReadonlySet<number>) => { readonly violations: readonly string[] };

export type Smallest = {
  /** Numbers of deeds that it fails without. */
  readonly leftOut: ReadonlySet<number>;
  /** What does not hold in it, for people. */
  readonly problems: readonly string[];
};

/** @returns undefined when the whole schedule does not fail. */
export function smallestFailing(deeds: number, run: Run): Smallest | undefined {
  let runs = 0;
  const fails = (leftOut: ReadonlySet<number>): boolean => {
    runs += 1;
    try {
      return run(leftOut).violations.length > 0;
    } catch {
      return true;
    }
  };
  let leftOut: ReadonlySet<number> = new Set();
  if (!fails(leftOut)) return undefined;
  for (let share = deeds; share >= 1; share = Math.floor(share / 2)) {
    for (let from = 0; from < deeds && runs < RUNS_MAX; from += share) {
      const part = Array.from({ length: Math.min(share, deeds - from) }, (_, index) => from + index);
      const more = part.filter((index) => !leftOut.has(index));
      if (more.length === 0) continue;
      const without = new Set([...leftOut, ...more]);
      if (fails(without)) leftOut = without;
    }
  }
  return { leftOut, problems: shortResult(() => run(leftOut).violations) };
}

function shortResult(run: () => readonly string[]): readonly string[] {
  try {
    return run().slice(0, 5);
  } catch (error) {
    return [`assertion: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}
