/**
 * Everything that one seed decides about a schedule of DuraVIP, as data: the world, what its nodes host, their policies,
 * and each deed. A deed can be left out without changing the others, which is how a failing schedule is made smaller.
 */

import { Prng } from '../../../server/base/prng.ts';
import type { VipPolicy } from '../../../server/duravip/api.ts';
import { TIMING_DEFAULT, type VipTiming } from '../../../server/duravip/timing.ts';
import { type ClusterConfig, changedConfig, drawConfig } from './configurations.ts';
import { type Deed, drawDeeds, drawHaste } from './deeds.ts';

export type Recipe = {
  readonly seed: number;
  readonly size: number;
  /** Times of the bus are multiplied by it. */
  readonly pace: number;
  readonly delay: 'lan' | 'wide';
  /** Clocks of processes run at 1 +- this. */
  readonly drift: number;
  readonly vips: number;
  /** Number 0 is what all start with; deeds and the end reload to others. */
  readonly configs: readonly ClusterConfig[];
  /** After the storm all nodes come to the newest one; else they stay different where they are. */
  readonly endsEqual: boolean;
  /** By node. */
  readonly policies: readonly VipPolicy[];
  readonly timing: VipTiming;
  readonly observers: number;
  readonly startsAtOnce: readonly boolean[];
  /** The system tells of changes of addresses. */
  readonly monitored: boolean;
  /** Storms, each followed by a calm in which what stands, stands. */
  readonly rounds: readonly {
    readonly stormMs: number;
    readonly calmMs: number;
    readonly deeds: readonly Deed[];
  }[];
};

const SIZES: readonly (readonly [number, number])[] = [
  [2, 0.25],
  [3, 0.5],
  [4, 0.14],
  [5, 0.06],
  [6, 0.02],
  [7, 0.02],
];
const SIZE_MAX = 8;

/** Everything that takes minutes in real life happens within a schedule. */
const TIMING_QUICK: VipTiming = {
  heartbeatMs: 300,
  heartbeatStartMs: 500,
  forceMs: 1_000,
  failedMs: 1_500,
  clearMs: 400,
};

/** Schedules with hasty operators. */
const HASTY_EVERY = 8;

/** The longest wait of the algorithm: FORCE, 3 s after a move that nobody answers. */
const CALM_MS = 4_500;

export function drawRecipe(seed: number): Recipe {
  const prng = new Prng(seed);
  const size = drawSize(prng);
  const vips = prng.chance(0.85) ? 1 + prng.below(8) : 8 + prng.below(24);
  const pace = prng.pick([1, 0.5, 0.5]);
  const oddities = prng.chance(0.5) ? 0 : 0.1;
  const configs = [drawConfig(prng.fork(), size, vips, oddities)];
  const reloads = prng.chance(0.5) ? 0 : 1 + prng.below(4);
  for (let made = 0; made < reloads; made += 1) {
    const last = configs.at(-1);
    if (last !== undefined) configs.push(changedConfig(prng.fork(), last, vips));
  }
  const rounds = prng.chance(0.75) ? 1 : 2;
  // Drawn apart, so that all else is what it would be without.
  const haste = seed % HASTY_EVERY === 1 ? new Prng(seed ^ 0x4a57e) : undefined;
  return {
    seed,
    size,
    pace,
    delay: prng.pick(['lan', 'lan', 'wide']),
    drift: prng.chance(0.3) ? 0.01 : 0,
    vips,
    configs,
    endsEqual: prng.chance(0.6),
    policies: drawPolicies(prng, size),
    timing: prng.chance(0.2) ? { ...TIMING_DEFAULT, failedMs: 6_000 } : TIMING_QUICK,
    observers: prng.pick([1, 1, 1, 2]),
    startsAtOnce: Array.from({ length: size }, () => prng.chance(0.85)),
    monitored: prng.chance(0.8),
    rounds: Array.from({ length: rounds }, () => {
      const stormMs = prng.between(300, 2_500);
      const drawing = { size, vips, pace, stormMs, configs: configs.length };
      const deeds = drawDeeds(prng.fork(), drawing);
      const hasty = haste === undefined ? [] : drawHaste(haste, drawing);
      return { stormMs, calmMs: CALM_MS, deeds: [...deeds, ...hasty].sort((a, b) => a.atMs - b.atMs) };
    }),
  };
}

function drawSize(prng: Prng): number {
  let dice = prng.unit();
  for (const [size, share] of SIZES) {
    if (dice < share) return size;
    dice -= share;
  }
  return SIZE_MAX;
}

/** Mostly equal; where they differ, the cluster must come to rest all the same (VIP-09). */
function drawPolicies(prng: Prng, size: number): readonly VipPolicy[] {
  const viewMatureMs = prng.pick([200, 400, 1_000]);
  const viewBalanceMs = prng.pick([150, 300, 700]);
  const viewBroadcastMs = prng.chance(0.1) ? prng.between(300, 900) : 0;
  const balanceSetSize = prng.pick([2, 3, 10]);
  const isolated = prng.chance(0.85) ? 'serve' : 'drop';
  const differ = prng.chance(0.15);
  return Array.from({ length: size }, () => ({
    viewMatureMs: differ ? prng.pick([200, 400, 1_000]) : viewMatureMs,
    viewBalanceMs: differ ? prng.pick([150, 300, 700]) : viewBalanceMs,
    viewBroadcastMs,
    balanceSetSize: differ ? prng.pick([2, 3, 10]) : balanceSetSize,
    isolated: differ && prng.chance(0.3) ? 'drop' : isolated,
  }));
}
