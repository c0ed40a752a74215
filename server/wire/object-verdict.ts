/**
 * What is to be thought of a replicated object: a verdict for each node and for all of them, from its row, for pages and
 * metrics alike (ui.md 4.6). A pure function of what nodes told and of how long ago that is. Copies are compared by the nodes
 * themselves, by digests in the order of the bus; totals only say something where they lie apart for longer than delays explain.
 */

import { OBJECT_ROW_STALE_MS, type ObjectAtNode, type ObjectRow, SKEW_HELD_MS } from './objects.ts';

/** `gone`: it left. `silent`: it says nothing. `stale`: it says nothing of objects. `awaiting`: a snapshot is on its way. */
export type ObjectUnknown = 'gone' | 'silent' | 'stale' | 'awaiting';

export type NodeObjectVerdict =
  | { readonly kind: 'identical' }
  /** Traffic under way: `part` of the larger total, 0 where only a copy differs that nobody had time to repair. No alarm. */
  | { readonly kind: 'skewed'; readonly part: number }
  /** `owners`: whose shares it shows wrongly; empty where only its total says so. */
  | { readonly kind: 'diverged'; readonly sinceMs: number; readonly owners: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: ObjectUnknown };

export type ObjectVerdict = {
  /** Of those nodes that are known; `unknown` where none is. */
  readonly kind: NodeObjectVerdict['kind'];
  /** Since the first of them diverged; null where none did. */
  readonly sinceMs: number | null;
  /** Names of nodes that diverged, and of nodes of which nothing is known. */
  readonly diverged: readonly string[];
  readonly unknown: readonly string[];
  /** In the order of the row. */
  readonly nodes: readonly { readonly node: string; readonly verdict: NodeObjectVerdict }[];
};

/** Worst first: lists sort by the place in here. */
export const OBJECT_VERDICTS_WORST_FIRST: readonly NodeObjectVerdict['kind'][] = [
  'diverged',
  'unknown',
  'skewed',
  'identical',
];

export type ObjectMoment = {
  /** On the clock of the rows. */
  readonly nowMs: number;
  /** As far as the dashboard knows: in the view and heard a moment ago, silent, or gone. */
  readonly presence: (node: string) => 'heard' | 'silent' | 'gone';
};

export function objectVerdict(row: ObjectRow, moment: ObjectMoment): ObjectVerdict {
  const known = row.nodes.filter((at) => isComparable(at, moment));
  const middle = comparesTotals(row) ? middleOf(known.map(({ total }) => total)) : undefined;
  const nodes = row.nodes.map((at) => ({ node: at.node, verdict: nodeVerdict(at, middle, moment) }));
  const named = (kind: NodeObjectVerdict['kind']) =>
    nodes.filter(({ verdict }) => verdict.kind === kind).map(({ node }) => node);
  const diverged = named('diverged');
  const unknown = named('unknown');
  const sinceMs = nodes.flatMap(({ verdict }) => (verdict.kind === 'diverged' ? [verdict.sinceMs] : []));
  const skewed = named('skewed').length > 0 ? 'skewed' : 'identical';
  const ofKnown = unknown.length === nodes.length ? 'unknown' : skewed;
  return {
    kind: diverged.length > 0 ? 'diverged' : ofKnown,
    sinceMs: sinceMs.length === 0 ? null : Math.min(...sinceMs),
    diverged,
    unknown,
    nodes,
  };
}

/** What only managers collect is different on each node by its nature (REP-10). */
export function comparesTotals({ type }: Pick<ObjectRow, 'type'>): boolean {
  return type !== 'eccmgr_metrics';
}

/** The lower median: what most nodes show lies there. Undefined where nobody tells a total. */
export function middleOf(totals: readonly (number | null)[]): number | undefined {
  const sorted = totals.filter((total) => total !== null).sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

/** How far apart two totals are, as a part of the larger one. */
export function partBetween(a: number, b: number): number {
  const larger = Math.max(Math.abs(a), Math.abs(b));
  return larger === 0 ? 0 : Math.abs(a - b) / larger;
}

function nodeVerdict(at: ObjectAtNode, middle: number | undefined, moment: ObjectMoment): NodeObjectVerdict {
  const unheard = unheardOf(at, moment);
  if (unheard !== undefined) return { kind: 'unknown', reason: unheard };
  const wrong = at.owners.flatMap(({ node, divergedAgoMs: agoMs }) =>
    agoMs === null ? [] : [{ node, agoMs, sinceMs: at.toldMs - agoMs }],
  );
  // What was only told once, and just when it began, may be repaired since: silence must not make an alarm of it.
  const held = wrong.filter(
    ({ agoMs, sinceMs }) => agoMs >= SKEW_HELD_MS / 2 && moment.nowMs - sinceMs >= SKEW_HELD_MS,
  );
  const since = held.map(({ sinceMs }) => sinceMs);
  const awaits = at.owners.some(({ awaiting }) => awaiting);
  if (middle !== undefined && at.skewSinceMs !== null && !awaits) since.push(at.skewSinceMs);
  if (since.length > 0) {
    return { kind: 'diverged', sinceMs: Math.min(...since), owners: held.map(({ node }) => node) };
  }
  if (awaits) return { kind: 'unknown', reason: 'awaiting' };
  const part = middle === undefined || at.total === null ? 0 : partBetween(at.total, middle);
  return part > 0 || wrong.length > 0 ? { kind: 'skewed', part } : { kind: 'identical' };
}

function unheardOf(at: ObjectAtNode, { nowMs, presence }: ObjectMoment): ObjectUnknown | undefined {
  const is = presence(at.node);
  if (is !== 'heard') return is;
  return nowMs - at.toldMs >= OBJECT_ROW_STALE_MS ? 'stale' : undefined;
}

/** Its total can be set beside those of others. */
function isComparable(at: ObjectAtNode, moment: ObjectMoment): boolean {
  return unheardOf(at, moment) === undefined && !at.owners.some(({ awaiting }) => awaiting);
}
