/**
 * Refused connections by reason, and whether they grew lately: what grows now is somebody at the door now. Pure. Totals
 * count from the start of each server, so a smaller total is a new start and no growth.
 */

import type { BusFigures } from '../../server/wire/bus.ts';

/** Growth stays marked for this time. */
export const GREW_LATELY_MS = 60_000;

type Total = { readonly count: number; readonly grewMs: number | null; readonly by: number };

export type RefusalWatch = {
  readonly of: BusFigures | null;
  /** By server and reason. */
  readonly totals: ReadonlyMap<string, Total>;
};

export const NO_REFUSALS: RefusalWatch = { of: null, totals: new Map() };

function keyOf(server: string, reason: string): string {
  return `${server}\n${reason}`;
}

export function watchRefusals(before: RefusalWatch, figures: BusFigures): RefusalWatch {
  const totals = new Map<string, Total>();
  const known = new Set(before.of?.servers.map(({ node }) => node));
  for (const { node, refusals } of figures.servers) {
    for (const [reason, count] of Object.entries(refusals)) {
      const key = keyOf(node, reason);
      const was = before.totals.get(key);
      // A reason that is new on a server that was told before grew from nothing.
      const grown = known.has(node) ? count - (was?.count ?? 0) : 0;
      totals.set(
        key,
        grown > 0
          ? { count, grewMs: figures.serverMs, by: grown + recentGrowth(was, figures.serverMs) }
          : { count, grewMs: was?.grewMs ?? null, by: was?.by ?? 0 },
      );
    }
  }
  return { of: figures, totals };
}

function recentGrowth(total: Total | undefined, nowMs: number): number {
  const lately = total?.grewMs !== null && total !== undefined && nowMs - total.grewMs <= GREW_LATELY_MS;
  return lately ? total.by : 0;
}

export type Refusal = {
  readonly server: string;
  readonly reason: string;
  readonly count: number;
  /** How many came lately; 0 where none did while this page looked. */
  readonly lately: number;
  readonly grewMs: number | null;
};

/** What grew last first, then the largest. */
export function refusalsOf(watch: RefusalWatch, nowMs: number): readonly Refusal[] {
  const found = (watch.of?.servers ?? []).flatMap(({ node, refusals }) =>
    Object.entries(refusals)
      .filter(([, count]) => count > 0)
      .map(([reason, count]): Refusal => {
        const total = watch.totals.get(keyOf(node, reason));
        const grewMs = total?.grewMs ?? null;
        return { server: node, reason, count, lately: recentGrowth(total, nowMs), grewMs };
      }),
  );
  return found.sort((a, b) => (b.grewMs ?? 0) - (a.grewMs ?? 0) || b.count - a.count);
}
