/** How many objects are what. Pure. Each number is the number of rows behind its filter. */

import { OBJECT_STATES, type ObjectLine, type ObjectState } from './object-lines.ts';

export type ObjectCounts = Readonly<Record<ObjectState, number>> & {
  readonly all: number;
  /** Nodes that say something of objects now. */
  readonly nodes: number;
};

export function objectStateFilter(state: ObjectState): string {
  return `state:${state}`;
}

export function objectCounts(lines: readonly ObjectLine[]): ObjectCounts {
  const counts = Object.fromEntries(OBJECT_STATES.map((state) => [state, 0])) as Record<ObjectState, number>;
  for (const { states } of lines) for (const state of states) counts[state] += 1;
  const nodes = new Set(lines.flatMap(({ current }) => current.map(({ node }) => node))).size;
  return { ...counts, all: lines.length, nodes };
}
