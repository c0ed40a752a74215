/** Makes a failing schedule smaller: leaves faults out, many at once and then one by one, while it still fails. */

import { faultText } from './faults.ts';
import { drawRecipe } from './recipe.ts';
import { runRecipe } from './schedule.ts';

/** Runs of one schedule; then the smallest one so far has to do. */
const RUNS_MAX = 400;

/** Lines for people; empty when the schedule does not fail. */
export function explainBusSchedule(seed: number): readonly string[] {
  const recipe = drawRecipe(seed);
  let runs = 0;
  const fails = (leftOut: ReadonlySet<number>): boolean => {
    runs += 1;
    try {
      return runRecipe(recipe, leftOut).violations.length > 0;
    } catch {
      return true;
    }
  };
  let leftOut: ReadonlySet<number> = new Set();
  if (!fails(leftOut)) return [];
  for (let share = recipe.faults.length; share >= 1; share = Math.floor(share / 2)) {
    for (let from = 0; from < recipe.faults.length && runs < RUNS_MAX; from += share) {
      const part = recipe.faults.keys();
      const more = [...part].slice(from, from + share).filter((index) => !leftOut.has(index));
      if (more.length === 0) continue;
      const without = new Set([...leftOut, ...more]);
      if (fails(without)) leftOut = without;
    }
  }
  const { faults, standing, startsAtOnce, clientsOf, ...world } = recipe;
  const left = faults.filter((_, index) => !leftOut.has(index));
  return [
    `${left.length} of ${faults.length} faults are enough, in ${JSON.stringify(world)}:`,
    ...left.map(faultText),
    ...(standing === undefined ? [] : [`after the storm: ${JSON.stringify(standing)}`]),
    ...shortResult(() => runRecipe(recipe, leftOut).violations),
  ];
}

function shortResult(run: () => readonly string[]): readonly string[] {
  try {
    return run().slice(0, 5);
  } catch (error) {
    return [`assertion: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}
