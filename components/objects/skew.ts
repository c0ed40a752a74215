/**
 * What nodes say of the same key beside each other: the middle of it, and who is away from that. Pure. Counts are on
 * their way all the time, so a difference alarms when it is large and lasts (RO-3).
 */

import { middleOf, partBetween } from '../../server/wire/object-verdict.ts';
import { SKEW_HELD_MS } from '../../server/wire/objects.ts';

export type NodeValue = { readonly node: string; readonly value: number | null };

export type Comparison = {
  /** What most nodes say lies there, by the rule of totals; null where nobody said anything. */
  readonly middle: number | null;
  /** The largest distance from the middle, as a part of the larger of both: 0 to 1. Null with fewer than two values. */
  readonly part: number | null;
  /** Who is further from the middle than the threshold; all where none of them are more than the others. */
  readonly deviants: readonly string[];
};

/** @param thresholdPart differences up to this part are none. */
export function compareValues(values: readonly NodeValue[], thresholdPart: number): Comparison {
  const known = values.flatMap(({ node, value }) => (value === null ? [] : [{ node, value }]));
  const middle = middleOf(known.map(({ value }) => value)) ?? null;
  if (middle === null || known.length < 2) return { middle, part: null, deviants: [] };
  const parts = known.map(({ node, value }) => ({ node, part: partBetween(value, middle) }));
  const away = parts.filter(({ part }) => part > thresholdPart);
  const split = away.length > 0 && away.length * 2 >= known.length;
  return {
    middle,
    part: Math.max(...parts.map(({ part }) => part)),
    deviants: (split ? known : away).map(({ node }) => node),
  };
}

/** `moving`: it differs, and not long enough to say so. `unknown`: fewer than two nodes say anything. */
export type SkewState = 'same' | 'moving' | 'differs' | 'unknown';

type Since = { readonly sinceMs: number; readonly lookMs: number; readonly looks: number };

/** How long each key differs already. Only keys of the last judgement are kept. */
export class SkewWatch {
  #since: ReadonlyMap<string, Since> = new Map();
  #next = new Map<string, Since>();

  /**
   * @param lookMs when the values came: one look alone, however old, is no lasting difference.
   * @param certain a digest says that a copy is wrong: nothing is on its way then.
   */
  judge(
    key: string,
    compared: Comparison,
    at: { readonly lookMs: number; readonly nowMs: number; readonly certain: boolean },
  ): SkewState {
    if (compared.part === null) return 'unknown';
    if (compared.deviants.length === 0) return 'same';
    const known = this.#since.get(key);
    const looks = known === undefined ? 1 : known.looks + (known.lookMs === at.lookMs ? 0 : 1);
    const since = { sinceMs: known?.sinceMs ?? at.nowMs, lookMs: at.lookMs, looks };
    this.#next.set(key, since);
    if (at.certain) return 'differs';
    return looks > 1 && at.nowMs - since.sinceMs >= SKEW_HELD_MS ? 'differs' : 'moving';
  }

  /** All keys of this moment were judged: what was not is forgotten. */
  settle(): void {
    this.#since = this.#next;
    this.#next = new Map();
  }
}
