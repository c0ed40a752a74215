/** Waits until all is well in a cluster to which nothing is done any more. */

import { checkEnd } from './checkers/end.ts';
import { type Component, checkComponent, componentsOf } from './checkers/settled.ts';
import type { VipWorld } from './world.ts';

/** Suspicion of the bus, the longest wait before a dial, maturity, FORCE, and rounds of balance two by two. */
const SETTLE_MS = 30_000;
const SETTLE_STEP_MS = 100;

/** @returns when all was well, or when that took too long. */
export function settle(world: VipWorld): number {
  const { clock } = world;
  const untilMs = clock.nowMs() + SETTLE_MS;
  while (clock.nowMs() < untilMs) {
    clock.runFor(SETTLE_STEP_MS);
    if (checkEnd(world).length > 0) continue;
    const [all] = componentsOf(world);
    if (all !== undefined && !hasTroubles(all) && checkComponent(world, all).length === 0) break;
  }
  return clock.nowMs();
}

/** What passes by itself: a host may try again, a suspect lets go. */
function hasTroubles({ traces }: Component): boolean {
  const rows = [...(traces[0]?.snapshot.rows.values() ?? [])];
  return rows.some(({ participants }) =>
    participants.some(({ obstacle }) => obstacle === 'suspect' || obstacle?.startsWith('plumb failed')),
  );
}
