/** One process of the bus benchmark, told over IPC what it is and what to send; it measures what it sees itself. */

import { performance } from 'node:perf_hooks';
import { assert } from '../../../server/base/assert.ts';
import { bareClient, bareServer } from './bare.ts';
import { busClient, busServer } from './bus-ends.ts';
import { type ChildNews, type ChildOrder, type ChildReport, LATENCIES_MAX, type Sending } from './orders.ts';

/** Every sixteenth message carries weight: a clock read costs as much as a message. */
const SAMPLED = 16;
/** Messages written in one turn of the event loop. */
const BURST = 32;

/** What a client is to the measurement: a way to send, whatever the wiring. */
export type BenchClient = { readonly publish: (payload: Buffer) => void };

const nowMs = (): number => performance.timeOrigin + performance.now();
const tell = (news: ChildNews): void => void process.send?.(news);

export class Meter {
  #received = 0;
  #own = 0;
  #firstMs = 0;
  #lastMs = 0;
  #latenciesMs: number[] = [];
  #cpu = process.cpuUsage();
  /** Called after each own message that came back. */
  onOwn: () => void = () => undefined;

  get own(): number {
    return this.#own;
  }

  heard(mine: boolean, payload: Buffer): void {
    this.#received += 1;
    if (this.#received % SAMPLED === 1) this.#sample(payload);
    if (!mine) return;
    this.#own += 1;
    this.onOwn();
  }

  reset(): void {
    this.#received = 0;
    this.#own = 0;
    this.#firstMs = 0;
    this.#latenciesMs = [];
    this.#cpu = process.cpuUsage();
  }

  report(): ChildReport {
    const cpu = process.cpuUsage(this.#cpu);
    return {
      received: this.#received,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      latenciesMs: this.#latenciesMs,
      cpuMs: (cpu.user + cpu.system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #sample(payload: Buffer): void {
    const atMs = nowMs();
    if (this.#firstMs === 0) this.#firstMs = atMs;
    this.#lastMs = atMs;
    if (this.#latenciesMs.length < LATENCIES_MAX) this.#latenciesMs.push(atMs - payload.readDoubleLE(0));
  }
}

function message(bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(bytes);
  payload.writeDoubleLE(nowMs(), 0);
  return payload;
}

/** Keeps the window full, a burst in each turn. */
function flood({ publish }: BenchClient, meter: Meter, { bytes, window, forMs }: Sending): void {
  const endMs = nowMs() + forMs;
  let sent = 0;
  let due = false;
  const burst = (): void => {
    due = false;
    if (nowMs() >= endMs) {
      meter.onOwn = () => undefined;
      tell({ news: 'sent' });
      return;
    }
    for (let k = 0; k < BURST && sent - meter.own < window; k += 1) {
      sent += 1;
      publish(message(bytes));
    }
    if (sent - meter.own < window) again();
  };
  const again = (): void => {
    if (due) return;
    due = true;
    setImmediate(burst);
  };
  meter.onOwn = again;
  burst();
}

function pace({ publish }: BenchClient, { bytes, forMs }: Sending, perSecond: number): void {
  const startMs = nowMs();
  let sent = 0;
  const timer = setInterval(() => {
    const sinceMs = nowMs() - startMs;
    for (; sent < (sinceMs / 1_000) * perSecond; sent += 1) publish(message(bytes));
    if (sinceMs < forMs) return;
    clearInterval(timer);
    tell({ news: 'sent' });
  }, 1);
}

/** Runs until the parent lets go. */
export function runBusChild(): void {
  const meter = new Meter();
  const ready = (members: number): void => tell({ news: 'ready', members });
  const problem = (text: string): void => tell({ news: 'problem', text });
  let client: BenchClient | undefined;
  process.on('message', (order: ChildOrder) => {
    switch (order.do) {
      case 'serve':
        (order.wiring === 'bus' ? busServer : bareServer)(order, ready);
        break;
      case 'connect':
        client = (order.wiring === 'bus' ? busClient : bareClient)(order, { meter, ready, problem });
        break;
      case 'send':
        assert(client !== undefined, 'a client is connected before it sends');
        if (order.perSecond === undefined) flood(client, meter, order);
        else pace(client, order, order.perSecond);
        break;
      case 'reset':
        meter.reset();
        tell({ news: 'reset' });
        break;
      case 'report':
        tell({ news: 'report', report: meter.report() });
        break;
    }
  });
  process.on('disconnect', () => process.exit(0));
}
