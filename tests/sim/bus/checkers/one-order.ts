/**
 * O4: one logical order of all deliveries, across components. A cycle is allowed, and counted, only where two messages
 * of different origins stand the other way round and at least one delivery of them is transitional.
 */

import { type Delivered, type History, regularPart, type ServerTrace, type Stay } from '../history.ts';
import type { Violation } from './violation.ts';

type Sequence = { readonly who: string; readonly delivered: readonly Delivered[] };

export function checkOneOrder(history: History): {
  readonly violations: readonly Violation[];
  /** Pairs that two processes delivered the other way round, as the protocol may. */
  readonly allowed: number;
} {
  const violations: Violation[] = [];
  let allowed = 0;
  for (const [id, stays] of staysByView(history.servers)) {
    // Views are installed in one order by everybody (V2), so a cycle lies inside of one view.
    const sequences = distinct(stays);
    for (const [index, one] of sequences.entries()) {
      for (const other of sequences.slice(index + 1)) {
        const { bad, fine } = inversions(one, other);
        allowed += fine;
        violations.push(...bad.map((what) => ({ invariant: 'O4', what: `${id}: ${what}` })));
      }
    }
    const parts = stays.map(({ stay }) => regularPart(stay));
    if (sequences.length > 1 && hasCycle(parts)) {
      violations.push({ invariant: 'O4', what: `${id}: a cycle of regular deliveries` });
    }
  }
  return { violations, allowed };
}

type Place = { readonly who: string; readonly stay: Stay };

function staysByView(traces: readonly ServerTrace[]): Map<string, Place[]> {
  const byView = new Map<string, Place[]>();
  for (const { key, stays } of traces) {
    for (const stay of stays) {
      if (stay.delivered.length === 0) continue;
      const known = byView.get(stay.id);
      if (known === undefined) byView.set(stay.id, [{ who: key, stay }]);
      else known.push({ who: key, stay });
    }
  }
  return byView;
}

/** Sequences that are no prefix of a longer one with the same phases up to there. */
function distinct(places: readonly Place[]): readonly Sequence[] {
  const kept: Sequence[] = [];
  const longestFirst = [...places].sort((a, b) => b.stay.delivered.length - a.stay.delivered.length);
  for (const { who, stay } of longestFirst) {
    const known = kept.some(({ delivered }) =>
      stay.delivered.every(({ key }, at) => delivered[at]?.key === key),
    );
    if (!known) kept.push({ who, delivered: stay.delivered });
  }
  return kept;
}

function inversions(
  one: Sequence,
  other: Sequence,
): { readonly bad: readonly string[]; readonly fine: number } {
  const places = new Map(other.delivered.map((delivered, at) => [delivered.key, { delivered, at }]));
  const shared = one.delivered.flatMap((delivered) => {
    const there = places.get(delivered.key);
    return there === undefined ? [] : [{ here: delivered, there: there.delivered, at: there.at }];
  });
  const bad: string[] = [];
  let fine = 0;
  let highest = -1;
  for (const [index, late] of shared.entries()) {
    if (late.at > highest) {
      highest = late.at;
      continue;
    }
    for (const early of shared.slice(0, index)) {
      if (early.at < late.at) continue;
      const sameOrigin = early.here.origin === late.here.origin;
      const phases = [early.here, early.there, late.here, late.there].map(({ phase }) => phase);
      if (!sameOrigin && phases.includes('transitional')) fine += 1;
      else bad.push(`${early.here.key} and ${late.here.key} differ at ${one.who} and ${other.who}`);
    }
  }
  return { bad, fine };
}

/** The union of the sequences has no order: not everything can be taken away from its front. */
function hasCycle(parts: readonly (readonly Delivered[])[]): boolean {
  const after = new Map<string, Set<string>>();
  const before = new Map<string, number>();
  for (const part of parts) {
    part.forEach(({ key }, index) => {
      if (!after.has(key)) after.set(key, new Set());
      if (!before.has(key)) before.set(key, 0);
      const previous = part[index - 1]?.key;
      const followers = previous === undefined ? undefined : after.get(previous);
      if (followers === undefined || followers.has(key)) return;
      followers.add(key);
      before.set(key, (before.get(key) ?? 0) + 1);
    });
  }
  const free = [...before].filter(([, count]) => count === 0).map(([key]) => key);
  let taken = 0;
  for (let key = free.pop(); key !== undefined; key = free.pop()) {
    taken += 1;
    for (const follower of after.get(key) ?? []) {
      const left = (before.get(follower) ?? 0) - 1;
      before.set(follower, left);
      if (left === 0) free.push(follower);
    }
  }
  return taken < before.size;
}
