/**
 * Which totals of an object lie apart from those of most nodes although delays do not explain it. What a node tells holds until
 * it tells something else. Over a span in which every change has reached everybody and was told twice over, ranges of nodes
 * that see the same overlap, whatever the traffic does meanwhile; ranges that do not are a difference.
 */

import { middleOf, partBetween } from '../wire/object-verdict.ts';
import { SKEW_PART } from '../wire/objects.ts';

/** Nodes tell what changed after a second; a busy machine takes longer. */
const TOLD_WITHIN_MS = 1_500;
/** Totals of one node that are kept: one a second, over the longest span of usual delays. */
const TOTALS_KEPT_MAX = 64;

type Told = { readonly atMs: number; readonly total: number };
type Range = { readonly least: number; readonly most: number };

/** In milliseconds. @param maxDelayMs how long a change may wait before others hear of it. */
export function skewSpanMs(maxDelayMs: number): number {
  return 2 * (maxDelayMs + TOLD_WITHIN_MS);
}

/** What one node told of its total, as far as it still counts. */
export class TotalTrail {
  #told: Told[] = [];

  add(total: number | null, nowMs: number, spanMs: number): void {
    if (total === null) {
      this.#told = [];
      return;
    }
    this.#told.push({ atMs: nowMs, total });
    const fromMs = nowMs - spanMs;
    // The last one before the span holds within it.
    while ((this.#told[1]?.atMs ?? nowMs) < fromMs || this.#told.length > TOTALS_KEPT_MAX) this.#told.shift();
  }

  /** Undefined unless it told something before the span began. */
  range(nowMs: number, spanMs: number): Range | undefined {
    const fromMs = nowMs - spanMs;
    const before = this.#told.findLastIndex(({ atMs }) => atMs <= fromMs);
    if (before === -1) return undefined;
    const totals = this.#told.slice(before).map(({ total }) => total);
    return { least: Math.min(...totals), most: Math.max(...totals) };
  }

  get last(): number | null {
    return this.#told.at(-1)?.total ?? null;
  }
}

/** @returns the nodes whose totals lie apart; both where there are only two. */
export function skewedNodes(
  trails: ReadonlyMap<string, TotalTrail>,
  nowMs: number,
  spanMs: number,
): ReadonlySet<string> {
  const ranges = new Map<string, Range>();
  for (const [node, trail] of trails) {
    const range = trail.range(nowMs, spanMs);
    if (range !== undefined) ranges.set(node, range);
  }
  const middle = middleOf([...ranges.keys()].map((node) => trails.get(node)?.last ?? null));
  const reference = [...ranges].find(([node]) => trails.get(node)?.last === middle)?.[1];
  if (reference === undefined) return new Set();
  const apart = [...ranges].filter(([, range]) => liesApart(range, reference)).map(([node]) => node);
  return new Set(apart.length > 0 && ranges.size === 2 ? ranges.keys() : apart);
}

function liesApart(a: Range, b: Range): boolean {
  if (a.least > b.most) return partBetween(a.least, b.most) > SKEW_PART;
  return b.least > a.most && partBetween(b.least, a.most) > SKEW_PART;
}
