/** Ownership over time as pieces of a lane: who had the address from where to where, and what was wrong. Pure. */

import type { HistoryReply, OwnerCause, Segment } from '../../../server/wire/duravip.ts';
import { formatDuration, formatLatency } from '../../ui/format-time.ts';

export type Lane = HistoryReply['lanes'][number];

export type Piece = {
  /** Share of the lane, 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly owner: string | null;
  /** `overlap`: two owners at once. `blind`: the gateway saw nothing; `owner` is what was so before. `before`: not kept. */
  readonly kind: 'owned' | 'unowned' | 'overlap' | 'blind' | 'before';
  readonly segment: Segment | null;
};

export type Span = { readonly fromMs: number; readonly toMs: number };

export function piecesOf(lane: Lane, span: Span, keptSinceMs: number | null): readonly Piece[] {
  const place = (ms: number): number =>
    Math.max(0, Math.min(1, (ms - span.fromMs) / Math.max(1, span.toMs - span.fromMs)));
  const pieces: Piece[] = [];
  const firstMs = lane.segments[0]?.fromMs ?? span.toMs;
  const knownFromMs = Math.max(firstMs, keptSinceMs ?? firstMs);
  if (knownFromMs > span.fromMs)
    pieces.push({ from: 0, to: place(knownFromMs), owner: null, kind: 'before', segment: null });
  for (const segment of lane.segments) {
    const from = place(segment.fromMs);
    const to = place(segment.toMs ?? span.toMs);
    if (to <= from) continue;
    pieces.push({ from, to, owner: segment.owner, kind: kindOf(segment), segment });
  }
  return [...pieces, ...overlaps(lane.segments, place)];
}

function kindOf(segment: Segment): Piece['kind'] {
  if (segment.blind) return 'blind';
  return segment.owner === null ? 'unowned' : 'owned';
}

function overlaps(segments: readonly Segment[], place: (ms: number) => number): readonly Piece[] {
  const found: Piece[] = [];
  let until: { readonly ms: number; readonly owner: string } | undefined;
  for (const segment of segments) {
    if (segment.owner === null || segment.blind) continue;
    const endMs = segment.toMs ?? Number.POSITIVE_INFINITY;
    if (until !== undefined && segment.fromMs < until.ms && segment.owner !== until.owner) {
      const [from, to] = [place(segment.fromMs), place(Math.min(endMs, until.ms))];
      found.push({ from, to, owner: null, kind: 'overlap', segment });
    }
    if (until === undefined || endMs > until.ms) until = { ms: endMs, owner: segment.owner };
  }
  return found;
}

/** ui.md 4.5: failure, balance, operator, configuration; the others by what is nearest. */
export const CAUSE_GLYPHS: Readonly<Record<OwnerCause, string>> = {
  elected: '•',
  failure: '✕',
  leave: '↩',
  balance: '⚙',
  preference: '◎',
  operator: '☞',
  drain: '⇣',
  config: '✎',
  plumbFailed: '▲',
  merge: '⋈',
  suspect: '?',
};

export const CAUSE_WORDS: Readonly<Record<OwnerCause, string>> = {
  elected: 'first election',
  failure: 'the owner failed',
  leave: 'the owner left',
  balance: 'balance',
  preference: 'preference',
  operator: 'operator',
  drain: 'drain',
  config: 'configuration',
  plumbFailed: 'plumb failed',
  merge: 'parts of the cluster met',
  suspect: 'the owner was suspect',
};

/** Each owner of a page has one of these looks, told apart by pattern first and shade second. */
export const LOOKS = 6;

/** The look of each node, by the order of their names, so that it is the same for all lanes and from day to day. */
export function looksOf(nodes: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(nodes)].sort().map((node, index) => [node, index % LOOKS]));
}

/** What a person who cannot see the lane hears of it. */
export function laneWords(lane: Lane, formatMs: (ms: number) => string): string {
  const owners = lane.segments.filter(({ owner }) => owner !== null);
  const changes = Math.max(0, owners.length - 1);
  const now = lane.segments.at(-1);
  const parts = [
    now === undefined ? 'nothing is known' : `now ${now.owner ?? 'nobody'}`,
    `${changes} ${changes === 1 ? 'change' : 'changes'}`,
  ];
  if (lane.unownedMs > 0) parts.push(`unowned ${formatMs(lane.unownedMs)}`);
  if (lane.overlapMs > 0) parts.push(`two owners ${formatMs(lane.overlapMs)}`);
  return parts.join(', ');
}

const SHORT_MS = 10_000;

/** Seconds without an owner matter, and so do their parts. */
export function spanWords(ms: number): string {
  return ms < SHORT_MS ? formatLatency(ms) : formatDuration(ms);
}
