/**
 * What others reached with 3 servers and 3 client processes on two cores, and the goals of the bus there. Medians of
 * peers-measured.md 3; NATS neither orders nor knows members, the sketch is a sequencer without groups or failures.
 */

import type { Cell } from './measure.ts';

export const PEER_NAMES = ['corosync', 'corosync, sched_rr no', 'Spread', 'NATS', 'sketch'] as const;

/** Of each of PEER_NAMES; undefined where nobody measured. */
type Figures = readonly (number | undefined)[];

/** Messages a second at each client, by payload and by who sends. */
const RATES: Readonly<Record<string, Figures>> = {
  '64 one': [52_000, 168_000, 100_000, 194_000, 801_000],
  '1024 one': [43_000, 92_000, 39_000, 85_000, 228_000],
  '16384 one': [10_500, undefined, 4_200, 7_500, 15_000],
  '64 all': [47_800, 166_000, 99_000, 214_000, 738_000],
  '1024 all': [41_600, 88_000, 38_000, 90_000, 228_000],
  '16384 all': [10_600, undefined, 4_150, 10_200, 11_900],
};

type Pair = readonly [p50: number, p99: number];

/** One way at 1,000 messages a second, in milliseconds, by payload. */
const CALM: Readonly<Record<string, readonly (Pair | undefined)[]>> = {
  '64': [
    [0.367, 1.062],
    [0.254, 1.558],
    [0.165, 0.85],
    [0.315, 4.574],
    [0.249, 2.872],
  ],
  '1024': [[0.38, 1.165], undefined, [0.169, 0.749], [0.323, 4.544], [0.27, 3.067]],
};

const SERVERS = 3;

export function peerRates({ servers, bytes, senders }: Cell): Figures {
  return (servers === SERVERS ? RATES[`${bytes} ${senders}`] : undefined) ?? [];
}

export function peerCalm({ servers, bytes, senders }: Cell): readonly (Pair | undefined)[] {
  return (servers === SERVERS && senders === 'one' ? CALM[String(bytes)] : undefined) ?? [];
}

/** What the rate should reach; undefined where nobody said. */
export function rateGoal({ servers, bytes }: Cell): number | undefined {
  return servers === SERVERS ? RATE_GOALS[String(bytes)] : undefined;
}

/** Of the rate, by payload. */
const RATE_GOALS: Readonly<Record<string, number>> = { '64': 600_000, '1024': 200_000 };
const RATIO_GOAL = 0.5;
const P99_GOAL_MS = 5;

export type Reached = { readonly perSecond: number; readonly ofBare: number; readonly p99Ms: number };

/** What the issue asks for and whether it is so; nothing for other numbers of servers. */
export function goalsOf(cell: Cell, { perSecond, ofBare, p99Ms }: Reached): readonly string[] {
  if (cell.servers !== SERVERS) return [];
  const goal = rateGoal(cell);
  const mark = (what: string, met: boolean): string => `${what} ${met ? 'met' : 'MISSED'}`;
  return [
    ...(goal === undefined ? [] : [mark(`${goal / 1_000} k/s`, perSecond >= goal)]),
    ...(Number.isNaN(ofBare) ? [] : [mark(`half of bare`, ofBare >= RATIO_GOAL)]),
    mark(`p99 < ${P99_GOAL_MS} ms`, p99Ms < P99_GOAL_MS),
  ];
}
