/** How long clients wait for the group view after a server or a client is gone, and until it is back. */

import { parseArgs } from 'node:util';
import { quantile } from '../quantile.ts';
import type { BenchReport } from '../report.ts';
import { columns } from './columns.ts';
import type { Sending } from './orders.ts';
import { SERVERS, type Times, ViewWorld } from './view-world.ts';

const FLAGS = {
  quick: { type: 'boolean', default: false },
  /** Killed servers. The other rows take a fifth of it. */
  times: { type: 'string', default: '100' },
} as const;
const QUICK_TIMES = 10;
const OTHERS_SHARE = 5;
const SHORT_SILENCE_MS = 250;
const LOAD: Sending = {
  bytes: 64,
  window: 0,
  burst: 0,
  atLeast: 0,
  perSecond: 5_000,
  forMs: 2_000,
  tickMs: 1,
};

const PEERS = ['corosync', 'corosync 300 ms', 'Spread', 'Spread 100 ms'] as const;

type Row = {
  readonly what: string;
  readonly times: Times;
  readonly goalMs?: number;
  /** Of each of PEERS, as peers-measured.md 4 has it. */
  readonly peers?: readonly string[];
};

const KILLED = ['7.62-7.84 s', '0.63-0.66 s', '2.65-3.00 s', '0.22-0.25 s'];
const SILENT = ['7.58-7.76 s', '0.65-0.67 s', '2.65-2.81 s', '0.24-0.25 s'];
const MERGED = ['2.56-3.55 s', '0.50-0.65 s', '30.8-30.9 s', '2.7 s'];

async function inWorld(
  silenceMs: number | undefined,
  measure: (world: ViewWorld) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const world = await ViewWorld.start(silenceMs);
  try {
    return await measure(world);
  } finally {
    await world.stop();
  }
}

/** Each server in turn. */
async function inTurn<T>(times: number, fault: (victim: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let k = 0; k < times; k += 1) results.push(await fault(k % SERVERS));
  return results;
}

async function killed(world: ViewWorld, times: number): Promise<readonly Row[]> {
  const faults = await inTurn(times, (victim) => world.killServer(victim));
  const ordering = faults.filter((_, index) => index % SERVERS === 0);
  return [
    { what: 'kill -9 of a server', times: faults.flatMap(({ lost }) => lost), goalMs: 50, peers: KILLED },
    { what: '  of the one that orders', times: ordering.flatMap(({ lost }) => lost) },
    { what: '  restarted: view of the servers', times: faults.flatMap(({ back }) => back) },
  ];
}

async function silenced(world: ViewWorld, times: number, what: string): Promise<readonly Row[]> {
  const faults = await inTurn(times, (victim) => world.silenceServer(victim));
  return [
    { what, times: faults.flatMap(({ lost }) => lost), goalMs: 1_000, peers: SILENT },
    { what: '  goes on: merged', times: faults.flatMap(({ back }) => back), peers: MERGED },
  ];
}

function rowText({ what, times, goalMs, peers = [] }: Row): readonly string[] {
  const p99Ms = quantile(times, 0.99);
  const goal = goalMs === undefined ? '' : `p99 < ${goalMs} ms ${p99Ms < goalMs ? 'met' : 'MISSED'}`;
  return [
    what,
    String(times.length),
    ...[quantile(times, 0.5), p99Ms, Math.max(...times)].map((ms) => ms.toFixed(1)),
    goal,
    ...PEERS.map((_, index) => peers[index] ?? '-'),
  ];
}

function numbersOf(rows: readonly Row[]): BenchReport['numbers'] {
  const numbers: Record<string, number> = {};
  for (const { what, times } of rows) {
    numbers[`${what.trim()}: p50 ms`] = Math.round(quantile(times, 0.5) * 10) / 10;
    numbers[`${what.trim()}: p99 ms`] = Math.round(quantile(times, 0.99) * 10) / 10;
  }
  return numbers;
}

/** `bench bus-views`: about six minutes, with `--quick` one. */
export async function busViews(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({ args: [...flags], options: FLAGS });
  const times = values.quick ? QUICK_TIMES : Number(values.times);
  const few = Math.max(SERVERS, Math.ceil(times / OTHERS_SHARE));
  if (!(times > 0)) throw new Error('--times is a number above 0.');
  const rows = [
    ...(await inWorld(undefined, async (world) => {
      const lost = await killed(world, times);
      const loaded = await inTurn(few, (victim) => world.killServerUnder(victim, LOAD));
      const left = await inTurn(few, (victim) => world.leaveServer(victim));
      const clients = await inTurn(few, (victim) => world.killClient(victim));
      const graceful = ['0.11-0.21 s'];
      return [
        ...lost,
        { what: `  under ${2 * (LOAD.perSecond ?? 0)} messages/s`, times: loaded.flat(), goalMs: 50 },
        ...(await silenced(world, few, 'silent server')),
        { what: 'graceful leave of a server', times: left.flat(), peers: graceful },
        { what: 'kill -9 of a client', times: clients.flat(), peers: ['10-17 ms', '', '6-9 ms'] },
      ];
    })),
    ...(await inWorld(SHORT_SILENCE_MS, (world) =>
      silenced(world, few, `silent server, silence_timeout ${SHORT_SILENCE_MS}`),
    )),
  ];
  const head = ['what', 'n', 'p50 ms', 'p99 ms', 'max ms', 'goal', ...PEERS];
  return {
    numbers: numbersOf(rows),
    lines: [
      `${SERVERS} servers with a client each. From before the signal to the group view at each client that is left.`,
      ...columns([head, ...rows.map(rowText)]),
    ],
  };
}
