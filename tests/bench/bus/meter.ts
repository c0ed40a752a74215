/** What one process of the benchmark measures of itself. */

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { LatencyHistogram } from './latency.ts';
import type { ChildReport } from './orders.ts';

/** Every sixteenth message is timed: a clock read costs as much as a message. */
const SAMPLED = 16;

/** The offset of this process on the machine's monotonic clock, which all processes of a machine share. */
const ORIGIN_MS = monotonicMs() - performance.now();

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** The same moment is the same number in every process of the machine. */
export function sharedNowMs(): number {
  return ORIGIN_MS + performance.now();
}

type Counted = { readonly reads: number; readonly writes: number };

function systemCalls(): Counted {
  try {
    const text = readFileSync('/proc/self/io', 'utf8');
    const value = (name: string): number => Number(text.match(new RegExp(`^${name}: (\\d+)$`, 'm'))?.[1]);
    return { reads: value('syscr'), writes: value('syscw') };
  } catch {
    return { reads: Number.NaN, writes: Number.NaN };
  }
}

export class Meter {
  #received = 0;
  #own = 0;
  #firstMs = 0;
  #lastMs = 0;
  #timed = 0;
  readonly #latencies = new LatencyHistogram();
  #cpu = process.cpuUsage();
  #calls = systemCalls();
  /** Called after each own message that came back. */
  onOwn: () => void = () => undefined;

  get received(): number {
    return this.#received;
  }

  get own(): number {
    return this.#own;
  }

  /** @param payload begins with the moment at which it was published, as f64. */
  heard(mine: boolean, payload: Buffer): void {
    if (this.#received % SAMPLED === 0) this.#time(payload);
    this.#received += 1;
    if (!mine) return;
    this.#own += 1;
    this.onOwn();
  }

  reset(): void {
    this.#received = 0;
    this.#own = 0;
    this.#firstMs = 0;
    this.#lastMs = 0;
    this.#timed = 0;
    this.#latencies.reset();
    this.#cpu = process.cpuUsage();
    this.#calls = systemCalls();
  }

  report(): ChildReport {
    const { user, system } = process.cpuUsage(this.#cpu);
    const { reads, writes } = systemCalls();
    return {
      received: this.#received,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      timed: this.#timed,
      latencies: this.#latencies.counts,
      userUs: user,
      systemUs: system,
      reads: reads - this.#calls.reads,
      writes: writes - this.#calls.writes,
      peakRssBytes: process.resourceUsage().maxRSS * 1_024,
    };
  }

  #time(payload: Buffer): void {
    const atMs = sharedNowMs();
    if (this.#firstMs === 0) this.#firstMs = atMs;
    this.#lastMs = atMs;
    this.#timed = this.#received;
    this.#latencies.add(atMs - payload.readDoubleLE(0));
  }
}
