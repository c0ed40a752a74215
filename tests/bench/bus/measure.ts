/** One cell of the table, once: a world of processes, warmed up, flooded, and paced at half of what the flood reached. */

import path from 'node:path';
import { addedUp } from './latency.ts';
import type { ChildReport, Sending, Wiring } from './orders.ts';
import { rateGoal } from './peers.ts';
import { BusWorld, type PhaseResult } from './world.ts';

/** Until the programs run as they do after an hour: compiled for what they really do. */
const WARM_UP_MS = 5_000;
/** Messages of all senders together before and while they are measured; fewer of large ones. */
const MESSAGES_MIN = 150_000;
const BYTES_MIN = 64 * 1024 * 1024;
/** The window of peers-measured.md: min(1000, 4 MB / size), 32 at least; a larger one is larger in both. */
export const WINDOW_MAX = 1_000;
const WINDOW_BYTES = 4 * 1024 * 1024;
const WINDOW_MIN = 32;

/**
 * Messages that a flooding client publishes in one turn at most: all that its window allows, as the probes of
 * peers-measured.md do; `--burst 32` for a program that sends little by little.
 */
export const BURST = 1_000;
/** Of paced messages, as in peers-measured.md; finer ones (`--tick 0.2`) cost every process a turn for each. */
export const TICK_MS = 1;
/** Of the calm phase: what peers-measured.md calls paced. */
const CALM_PER_SECOND = 1_000;

export type Shape = {
  /** Of each measured phase. */
  readonly forMs: number;
  /** Own messages in flight of each sender: less for large payloads, see windowOf. */
  readonly windowMax: number;
  readonly burst: number;
  readonly tickMs: number;
  readonly maxBacklog: number;
};

export type Cell = {
  readonly servers: number;
  readonly bytes: number;
  readonly senders: 'one' | 'all';
  readonly shape: Shape;
};

/** Processor time of one process for each message that every client received, in microseconds. */
export type Cost = {
  readonly who: string;
  readonly userUs: number;
  readonly systemUs: number;
  /** System calls that read or wrote, for each message. */
  readonly reads: number;
  readonly writes: number;
};

export type Latency = { readonly p50Ms: number; readonly p99Ms: number };

export type Measured = {
  /** At the slowest client. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the flood. */
  readonly costs: readonly Cost[];
  /** Of the flood: the busiest server's processor seconds a second. */
  readonly busiestServer: number;
  readonly peakServerMb: number;
  /** Sent at half load, of what was asked for; well below 1 where the sender was not scheduled. */
  readonly paced: number;
  /** At 1,000 messages a second; only where one client sends. */
  readonly calm: Latency | undefined;
  /** At half of the rate that is the goal; undefined where there is none, or it was not reached. */
  readonly halfGoal: Latency | undefined;
};

function windowOf({ bytes, shape }: Cell): number {
  const most = WINDOW_BYTES * (shape.windowMax / WINDOW_MAX);
  return Math.min(shape.windowMax, Math.max(WINDOW_MIN, Math.floor(most / bytes)));
}

function rateOf({ timed, firstMs, lastMs }: ChildReport): number {
  return timed / Math.max(0.001, (lastMs - firstMs) / 1_000);
}

function costsOf({ sent, servers, clients }: PhaseResult, senders: number): readonly Cost[] {
  const costOf = (who: string, { userUs, systemUs, reads, writes }: ChildReport): Cost => ({
    who,
    userUs: userUs / sent,
    systemUs: systemUs / sent,
    reads: reads / sent,
    writes: writes / sent,
  });
  return [
    ...servers.map((report, index) => costOf(index === 0 ? 's0 orders' : `s${index}`, report)),
    ...clients.map((report, index) =>
      costOf(index >= clients.length - senders ? `c${index} sends` : `c${index}`, report),
    ),
  ];
}

function sendersOf({ senders, servers }: Cell): number {
  return senders === 'one' ? 1 : servers;
}

async function flooded(world: BusWorld, cell: Cell): Promise<Sending> {
  const { bytes, shape } = cell;
  const { forMs, burst, tickMs } = shape;
  const atLeast = Math.min(MESSAGES_MIN, BYTES_MIN / bytes) / sendersOf(cell);
  const flooding: Sending = {
    bytes,
    window: windowOf(cell),
    burst,
    perSecond: undefined,
    forMs,
    tickMs,
    atLeast,
  };
  await world.phase({ ...flooding, forMs: WARM_UP_MS }, sendersOf(cell));
  return flooding;
}

function latencyOf({ clients }: PhaseResult): Latency {
  const latencies = addedUp(clients.map((client) => client.latencies));
  return { p50Ms: latencies.quantileMs(0.5), p99Ms: latencies.quantileMs(0.99) };
}

export async function measure(wiring: Wiring, cell: Cell): Promise<Measured> {
  const { forMs, maxBacklog } = cell.shape;
  const senders = sendersOf(cell);
  const world = await BusWorld.start(wiring, cell.servers, maxBacklog);
  try {
    const flooding = await flooded(world, cell);
    const flood = await world.phase(flooding, senders);
    const perSecond = Math.min(...flood.clients.map(rateOf));
    const half = await world.phase({ ...flooding, perSecond: perSecond / 2 / senders }, senders);
    const paced = async (rate: number): Promise<Latency> =>
      latencyOf(await world.phase({ ...flooding, perSecond: rate / senders }, senders));
    const calm = senders > 1 ? undefined : await paced(CALM_PER_SECOND);
    const goal = rateGoal(cell) ?? Number.POSITIVE_INFINITY;
    const halfGoal = perSecond < goal ? undefined : await paced(goal / 2);
    const tookMs = Math.max(...flood.clients.map(({ firstMs, lastMs }) => lastMs - firstMs));
    return {
      perSecond,
      ...latencyOf(half),
      calm,
      halfGoal,
      costs: costsOf(flood, senders),
      busiestServer: Math.max(...flood.servers.map((s) => s.userUs + s.systemUs)) / 1_000 / tookMs,
      peakServerMb: Math.max(...flood.servers.map((s) => s.peakRssBytes)) / 1e6,
      paced: half.sent / ((perSecond / 2) * (forMs / 1_000)),
    };
  } finally {
    await world.stop();
  }
}

/** A flood alone, with the profiler on in every process: what it costs includes the profiler. */
export async function profiled(
  wiring: Wiring,
  cell: Cell,
  directory: string,
): Promise<readonly { readonly cost: Cost; readonly file: string }[]> {
  const { servers, bytes, senders, shape } = cell;
  const name = `${wiring}-${servers}-servers-${bytes}-bytes-${senders}-sending`;
  const world = await BusWorld.start(wiring, servers, shape.maxBacklog);
  try {
    const flooding = await flooded(world, cell);
    const fileOf = (index: number): string => {
      const who = index < servers ? `s${index}` : `c${index - servers}`;
      return path.resolve(directory, `${name}-${who}.cpuprofile`);
    };
    const end = await world.profile(fileOf);
    const flood = await world.phase(flooding, sendersOf(cell));
    const files = await end();
    return costsOf(flood, sendersOf(cell)).map((cost, index) => ({ cost, file: files[index] ?? '' }));
  } finally {
    await world.stop();
  }
}
