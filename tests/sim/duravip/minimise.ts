/** The smallest part of a failing schedule of DuraVIP that still fails. */

import { smallestFailing } from '../minimise.ts';
import { deedText } from './deeds.ts';
import { drawRecipe } from './recipe.ts';
import { runRecipe } from './schedule.ts';

/** Lines for people; empty when the schedule does not fail. */
export function explainVipSchedule(seed: number): readonly string[] {
  const recipe = drawRecipe(seed);
  const { rounds, configs, policies, ...world } = recipe;
  const deeds = rounds.flatMap((round, index) => round.deeds.map((deed) => ({ round: index, deed })));
  const smallest = smallestFailing(deeds.length, (leftOut) => runRecipe(recipe, leftOut));
  if (smallest === undefined) return [];
  const left = deeds.filter((_, index) => !smallest.leftOut.has(index));
  return [
    `${left.length} of ${deeds.length} deeds are enough, in ${JSON.stringify(world)}:`,
    ...policies.map((policy, node) => `n${node}: ${JSON.stringify(policy)}`),
    ...(configs[0] ?? []).map((vips, node) => `n${node} hosts ${vips.map(({ address }) => address).join()}`),
    ...left.map(({ round, deed }) => `round ${round}, ${deedText(deed)}`),
    ...smallest.problems,
  ];
}
