/** The smallest part of a failing schedule of the bus that still fails. */

import { smallestFailing } from '../minimise.ts';
import { faultText } from './faults.ts';
import { drawRecipe } from './recipe.ts';
import { runRecipe } from './schedule.ts';

/** Lines for people; empty when the schedule does not fail. */
export function explainBusSchedule(seed: number): readonly string[] {
  const recipe = drawRecipe(seed);
  const smallest = smallestFailing(recipe.faults.length, (leftOut) => runRecipe(recipe, leftOut));
  if (smallest === undefined) return [];
  const { faults, standing, startsAtOnce, clientsOf, ...world } = recipe;
  const left = faults.filter((_, index) => !smallest.leftOut.has(index));
  return [
    `${left.length} of ${faults.length} faults are enough, in ${JSON.stringify(world)}:`,
    ...left.map(faultText),
    ...(standing === undefined ? [] : [`after the storm: ${JSON.stringify(standing)}`]),
    ...smallest.problems,
  ];
}
