/**
 * Which linked servers count as slow: alive, yet in the way of others. Decides by what this server sees of the link;
 * nobody is removed for it. A reason has to hold for a while before it counts, and to be gone for longer before it
 * does not any more. Rule: SPEC.md BUS-16.
 */

import type { NodeName } from '../model/names.ts';
import type { Link } from './link.ts';

export const SLOW_LOOK_MS = 100;
/** Below the second after which the windows of BUS-23 and BUS-24 end a link. */
export const SLOW_AFTER_MS = 500;
export const SLOW_RECOVERED_MS = 2_000;
/** Measurements in a row beyond the bound. */
export const ROUND_TRIPS_BEYOND = 3;
/** Slower than this, and so many times as slow as the other links. */
export const ROUND_TRIP_BOUND_MS = 50;
export const ROUND_TRIP_TIMES = 10;

type Watched = {
  /** A reason has held since then. */
  badSinceMs: number | undefined;
  goodSinceMs: number;
  measured: number;
  leastRoundTripMs: number;
  beyond: number;
};

export type SlowChange = { readonly peer: NodeName; readonly reason: string | undefined };

export class SlowWatch {
  #watched = new Map<Link, Watched>();
  #nextLookMs = Number.NEGATIVE_INFINITY;

  /**
   * Sets `slow` of each link.
   * @param facts.heldUpBy the member that holds back the order (BUS-24).
   * @returns what changed.
   */
  look(
    links: Iterable<Link>,
    facts: { readonly maxBacklog: number; readonly heldUpBy: NodeName | undefined },
    nowMs: number,
  ): readonly SlowChange[] {
    if (nowMs < this.#nextLookMs) return [];
    this.#nextLookMs = nowMs + SLOW_LOOK_MS;
    const all = [...links];
    this.#watched = new Map(all.map((link) => [link, this.#watched.get(link) ?? fresh(nowMs)]));
    const changes: SlowChange[] = [];
    for (const [link, watched] of this.#watched) {
      this.#measure(link, watched);
      const reason = reasonOf(link, facts) ?? this.#roundTripReason(link, watched);
      const slow = judged(link.slow, reason, watched, nowMs);
      if ((slow === undefined) !== (link.slow === undefined)) changes.push({ peer: link.node, reason: slow });
      link.slow = slow;
    }
    return changes;
  }

  /** This process was not scheduled: what it measured since says nothing of others. */
  forgivePause(): void {
    for (const watched of this.#watched.values()) {
      watched.badSinceMs = undefined;
      watched.beyond = 0;
    }
  }

  #measure(link: Link, watched: Watched): void {
    const { roundTripMs, measured } = link;
    if (roundTripMs === undefined || measured === watched.measured) return;
    watched.measured = measured;
    watched.leastRoundTripMs = Math.min(watched.leastRoundTripMs, roundTripMs);
    watched.beyond = roundTripMs > this.#boundMs(link, watched) ? watched.beyond + 1 : 0;
  }

  /** Compared with the median of the other links; the only link is compared with the best that it ever was. */
  #boundMs(link: Link, { leastRoundTripMs }: Watched): number {
    const others = [...this.#watched.keys()].flatMap((other) =>
      other === link || other.roundTripMs === undefined ? [] : [other.roundTripMs],
    );
    const usualMs = others.length === 0 ? leastRoundTripMs : median(others);
    return Math.max(ROUND_TRIP_BOUND_MS, ROUND_TRIP_TIMES * usualMs);
  }

  #roundTripReason({ roundTripMs }: Link, { beyond }: Watched): string | undefined {
    if (beyond < ROUND_TRIPS_BEYOND || roundTripMs === undefined) return undefined;
    return `round trip of ${Math.round(roundTripMs)} ms`;
  }
}

function fresh(nowMs: number): Watched {
  return {
    badSinceMs: undefined,
    goodSinceMs: nowMs,
    measured: 0,
    leastRoundTripMs: Number.POSITIVE_INFINITY,
    beyond: 0,
  };
}

function reasonOf(
  { node, connection: { backlog } }: Link,
  { maxBacklog, heldUpBy }: { readonly maxBacklog: number; readonly heldUpBy: NodeName | undefined },
): string | undefined {
  if (backlog * 2 >= maxBacklog) return `backlog of ${backlog} messages`;
  return node === heldUpBy ? 'acknowledges late, which holds back the order' : undefined;
}

/** The first reason stands until none was seen for a while, so that what is shown does not flicker. */
function judged(
  slow: string | undefined,
  reason: string | undefined,
  watched: Watched,
  nowMs: number,
): string | undefined {
  if (reason === undefined) {
    watched.badSinceMs = undefined;
    return nowMs - watched.goodSinceMs < SLOW_RECOVERED_MS ? slow : undefined;
  }
  watched.goodSinceMs = nowMs;
  watched.badSinceMs ??= nowMs;
  return slow ?? (nowMs - watched.badSinceMs >= SLOW_AFTER_MS ? reason : undefined);
}

/** The lower one of two. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
