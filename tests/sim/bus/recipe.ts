/**
 * Everything that one seed decides about a schedule, as data: the world, its options, the workload and each fault. A
 * fault can be left out without changing the others, which is how a failing schedule is made smaller.
 */

import { Prng } from '../../../server/base/prng.ts';
import { drawFaults, type Fault, type Way } from './faults.ts';

export type DelayKind = 'lan' | 'wide' | 'tail';

export type Recipe = {
  readonly seed: number;
  readonly size: number;
  /** All times of the protocol and of the schedule are multiplied by it; below 1 as `silence_timeout` tightens. */
  readonly pace: number;
  /** Heartbeats in the time of a suspicion. */
  readonly heartbeats: number;
  readonly delay: DelayKind;
  /** Chance that the first segment of a connection takes up to `dialDelayMaxMs`. */
  readonly dialDelayChance: number;
  readonly dialDelayMaxMs: number;
  readonly windowBytes: number;
  /** Where queues are long, what left them is told late: a quarter of all steps would be about nothing else. */
  readonly drainedDelayMs: number;
  readonly maxBacklog: number;
  readonly messagesPerIter: number;
  readonly ownBatches: number;
  readonly viewBytes: number;
  readonly batchMessages: number;
  /** Servers and clients prove a shared key. */
  readonly keys: boolean;
  /** Clocks of processes run at 1 +- this. */
  readonly drift: number;
  /** Which servers run from the start. */
  readonly startsAtOnce: readonly boolean[];
  readonly clientsOf: readonly number[];
  /** Whether a client may go to another server when its own is away. */
  readonly roaming: boolean;
  readonly calmMs: number;
  readonly stormMs: number;
  readonly workMs: number;
  readonly burstMax: number;
  /** Of the messages to groups. */
  readonly safeShare: number;
  readonly faults: readonly Fault[];
  /** A cut that only some notice and that stays for a while after the storm: L3. */
  readonly standing: { readonly ways: readonly Way[]; readonly forMs: number } | undefined;
};

const SIZES: readonly (readonly [number, number])[] = [
  [2, 0.08],
  [3, 0.36],
  [4, 0.22],
  [5, 0.14],
  [6, 0.07],
  [7, 0.05],
  [8, 0.03],
];
const LARGE_MIN = 9;
const LARGE_MAX = 16;

export function drawRecipe(seed: number): Recipe {
  const prng = new Prng(seed);
  const size = drawSize(prng);
  const large = size >= LARGE_MIN;
  const pace = large ? 0.25 : prng.pick([1, 0.5, 0.5, 0.25, 0.25]);
  const tight = prng.chance(0.25);
  const lateFirst = prng.chance(0.2);
  const inFlushShare = prng.pick([0.3, 0.3, 0.85]);
  const stormMs = pace * (large ? prng.between(400, 1_200) : prng.between(500, 2_600));
  const faultMs = pace * prng.pick([30, 150, 150, 500]);
  return {
    seed,
    size,
    pace,
    heartbeats: prng.pick([3, 3, 7]),
    delay: prng.pick(['lan', 'wide', 'tail']),
    dialDelayChance: prng.chance(0.3) ? prng.pick([0.1, 0.5]) : 0,
    dialDelayMaxMs: pace * prng.between(50, 1_500),
    windowBytes: tight ? prng.pick([1_024, 8_192, 65_536]) : 256 * 1_024,
    drainedDelayMs: tight ? 4 : 80,
    // A client with two mailboxes in three groups hears ten things at once when it comes back.
    maxBacklog: tight ? prng.pick([20, 20, 40, 200]) : 5_000,
    messagesPerIter: prng.pick([20, 20, 1, 5]),
    ownBatches: tight || prng.chance(0.2) ? prng.pick([1, 3, 16]) : 64,
    viewBytes: tight || prng.chance(0.2) ? prng.pick([512, 4_096, 32_768]) : 16 * 1_024 * 1_024,
    batchMessages: prng.pick([500, 500, 2, 8]),
    keys: prng.chance(0.15),
    drift: prng.chance(0.3) ? 0.01 : 0,
    startsAtOnce: Array.from({ length: size }, (_, index) => prng.chance(0.9) && !(lateFirst && index === 0)),
    clientsOf: Array.from({ length: size }, () => (large && prng.chance(0.6) ? 0 : prng.below(3))),
    roaming: prng.chance(0.3),
    calmMs: prng.chance(0.7) ? prng.between(60, 120) + pace * prng.between(50, 300) : 0,
    stormMs,
    workMs: pace * prng.pick(large ? [40, 80] : [8, 20, 60]),
    safeShare: prng.pick([0.25, 0.25, 0.7]),
    burstMax: tight ? 80 : 30,
    faults: drawFaults(prng.fork(), { size, pace, stormMs, faultMs, lateFirst, inFlushShare }),
    standing: size >= 3 && size <= 6 && prng.chance(0.03) ? drawStanding(prng, size, pace) : undefined,
  };
}

function drawSize(prng: Prng): number {
  let dice = prng.unit();
  for (const [size, share] of SIZES) {
    if (dice < share) return size;
    dice -= share;
  }
  return LARGE_MIN + prng.below(LARGE_MAX - LARGE_MIN + 1);
}

/** One or two pairs that do not reach each other, one way or both. */
function drawStanding(prng: Prng, size: number, pace: number): Recipe['standing'] {
  const ways: Way[] = [];
  for (let pairs = 1 + prng.below(2); pairs > 0; pairs -= 1) {
    const from = prng.below(size);
    const to = (from + 1 + prng.below(size - 1)) % size;
    ways.push([from, to]);
    if (prng.chance(0.6)) ways.push([to, from]);
  }
  return { ways, forMs: 4_000 + pace * 5_000 };
}
