/**
 * Agreed multicast beside a bare fan-out of the same processes, in one run: messages a second delivered to the slowest
 * client, latency at half of that, processor time and memory of the servers. Ratios are to the bare run.
 */

import { quantile } from '../quantile.ts';
import type { ChildReport, Sending, Wiring } from './orders.ts';
import { BusWorld, type PhaseResult } from './world.ts';

const WARM_UP_MS = 1_000;
const MEASURED_MS = 3_000;
const WINDOW_BYTES = 4 * 1024 * 1024;
const WINDOW_MAX = 1_000;
const WINDOW_MIN = 32;
const SIZES = [3, 5, 8];
const PAYLOADS = [64, 1_024, 16_384];

type Measured = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpuShare: number;
  readonly serverMb: number;
};

function slowest(clients: readonly ChildReport[]): number {
  return Math.min(
    ...clients.map(({ received, firstMs, lastMs }) => received / Math.max(0.001, (lastMs - firstMs) / 1_000)),
  );
}

function measured(flood: PhaseResult, half: PhaseResult, forMs: number): Measured {
  const latencies = half.clients.flatMap(({ latenciesMs }) => latenciesMs);
  return {
    perSecond: slowest(flood.clients),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    serverCpuShare: Math.max(...flood.servers.map(({ cpuMs }) => cpuMs)) / forMs,
    serverMb: Math.max(...flood.servers.map(({ rssBytes }) => rssBytes)) / 1e6,
  };
}

async function measure(wiring: Wiring, size: number, bytes: number, senders: number): Promise<Measured> {
  const world = await BusWorld.start(wiring, size);
  try {
    const window = Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, Math.floor(WINDOW_BYTES / bytes)));
    const flooding: Sending = { bytes, window, perSecond: undefined, forMs: MEASURED_MS };
    await world.phase({ ...flooding, forMs: WARM_UP_MS }, senders);
    const flood = await world.phase(flooding, senders);
    const perSecond = slowest(flood.clients) / 2 / senders;
    const half = await world.phase({ ...flooding, perSecond }, senders);
    return measured(flood, half, MEASURED_MS);
  } finally {
    await world.stop();
  }
}

/** `bench bus`: every size and payload with one sender, 3 servers also with three. Two to three minutes. */
export async function busThroughput(): Promise<Readonly<Record<string, number>>> {
  const result: Record<string, number> = {};
  for (const size of SIZES) {
    for (const bytes of PAYLOADS) {
      for (const senders of size === 3 ? [1, 3] : [1]) {
        const bus = await measure('bus', size, bytes, senders);
        const bare = await measure('bare', size, bytes, senders);
        const name = `${size} servers, ${bytes} B, ${senders} sending`;
        result[`${name}: messages/s`] = Math.round(bus.perSecond);
        result[`${name}: of bare fan-out`] = round(bus.perSecond / bare.perSecond);
        result[`${name}: p50 ms at half load`] = round(bus.p50Ms);
        result[`${name}: p99 ms at half load`] = round(bus.p99Ms);
        result[`${name}: bare p99 ms`] = round(bare.p99Ms);
        result[`${name}: busiest server, cores`] = round(bus.serverCpuShare);
        result[`${name}: largest server, MB`] = Math.round(bus.serverMb);
      }
    }
  }
  return result;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
