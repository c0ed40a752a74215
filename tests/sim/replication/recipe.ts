/** Everything that one seed decides about a schedule of replication, as data. */

import { Prng } from '../../../server/base/prng.ts';

export const DEEDS = [
  'part',
  'merge',
  'restart',
  'kill',
  'join',
  'lose',
  'reload',
  'corrupt',
  'burst',
] as const;
export type DeedKind = (typeof DEEDS)[number];

export type Deed = {
  readonly kind: DeedKind;
  readonly atMs: number;
  /** Which member, by number, modulo how many there are; and a second choice. */
  readonly which: number;
  readonly other: number;
  /** After this it is undone, where it can be. */
  readonly forMs: number;
};

export type ReplicationRecipe = {
  readonly seed: number;
  readonly members: number;
  readonly managers: number;
  /** Longest way of a message. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly maxPending: number;
  readonly chunkBytes: number;
  readonly keys: number;
  readonly claimKeys: number;
  readonly limit: number;
  readonly stormMs: number;
  readonly everyMs: number;
  readonly holdMs: number;
  readonly deeds: readonly Deed[];
};

export function drawReplicationRecipe(seed: number): ReplicationRecipe {
  const prng = new Prng(seed);
  const stormMs = prng.pick([300, 800, 2_000]);
  return {
    seed,
    members: 2 + prng.below(4),
    managers: prng.chance(0.3) ? 1 : 0,
    delayMs: prng.pick([1, 10, 60, 200]),
    maxDelayMs: prng.pick([10, 100, 1_000]),
    maxPending: prng.pick([1, 5, 100]),
    chunkBytes: prng.pick([20, 60, 300, 60_000]),
    keys: prng.pick([3, 12, 60]),
    claimKeys: 1 + prng.below(3),
    limit: 1 + prng.below(5),
    stormMs,
    everyMs: stormMs / prng.pick([20, 60, 150]),
    holdMs: prng.pick([20, 200, 1_500]),
    deeds: Array.from({ length: prng.below(6) }, () => ({
      kind: prng.pick(DEEDS),
      atMs: prng.between(0, stormMs),
      which: prng.below(60),
      other: prng.below(60),
      forMs: prng.between(1, stormMs),
    })),
  };
}
