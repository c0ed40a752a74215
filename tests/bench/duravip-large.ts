/**
 * `duravip-large [--vips N] [--nodes N]`: a simulated cluster with as many addresses as the product allows. Convergence in
 * simulated time, messages and bytes of a death and of a merge, and, by giving one member its inputs once more, the CPU
 * time of a death at one survivor; what a dashboard that joins is told; the cost of a hash.
 */

import { parseArgs } from 'node:util';
import { must } from '../../server/base/assert.ts';
import { Prng } from '../../server/base/prng.ts';
import type { LocalVip, VipPolicy } from '../../server/duravip/api.ts';
import type { VipMember } from '../../server/duravip/member.ts';
import { TIMING_DEFAULT } from '../../server/duravip/timing.ts';
import { MemoryNetwork } from '../../server/memory/memory-network.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { IpAddress } from '../../server/model/ip.ts';
import { type ServerProcess, startServer } from '../sim/bus/bus-processes.ts';
import { nodeNamed } from '../sim/duravip/configurations.ts';
import { INTERFACES, Machine } from '../sim/duravip/machine.ts';
import type { VipWatch } from '../sim/duravip/vip-core.ts';
import { type Daemon, type Dashboard, startDaemon, startDashboard } from '../sim/duravip/vip-processes.ts';
import type { BenchReport } from './report.ts';

const POLICY: VipPolicy = {
  viewMatureMs: 5_000,
  viewBalanceMs: 10_000,
  viewBroadcastMs: 0,
  balanceSetSize: 10,
  isolated: 'serve',
};
const STEP_MS = 1;
const PATIENCE_MS = 120_000;

type Recorded = { readonly input: Parameters<VipMember['step']>[0]; readonly ownMs: number };

/** One node: what its member took, and what it said. */
type Node = {
  readonly number: number;
  readonly machine: Machine;
  readonly recorded: Recorded[];
  server: ServerProcess | undefined;
  daemon: Daemon | undefined;
  again: (() => VipMember) | undefined;
};

class LargeCluster {
  readonly clock = new VirtualClock(1_000);
  readonly network: MemoryNetwork;
  readonly vips: readonly LocalVip[];
  readonly nodes: readonly Node[];
  readonly #prng = new Prng(1);
  said = { messages: 0, bytes: 0, snapshotBytes: 0 };

  constructor(nodes: number, vips: number) {
    this.network = new MemoryNetwork(this.clock, this.#prng.fork(), { splitChance: 0, drainedDelayMs: 5 });
    this.vips = Array.from({ length: vips }, (_, number) => vipNumbered(number));
    this.nodes = Array.from({ length: nodes }, (_, number) => {
      const machine = new Machine({
        clock: this.clock,
        prng: this.#prng.fork(),
        monitored: true,
        changed: () => {},
      });
      return { number, machine, recorded: [], server: undefined, daemon: undefined, again: undefined };
    });
  }

  start(node: Node): void {
    const name = nodeNamed(node.number);
    const names = this.nodes.map(({ number }) => nodeNamed(number));
    const { network } = this;
    const instance = node.number + 1;
    node.server = startServer({ network, node: name, nodes: names, incarnation: instance, seed: instance });
    node.daemon = startDaemon(
      { network, watcher: { watch: ({ again }) => this.#watch(node, again) } },
      { ...node, node: name, vips: this.vips, policy: POLICY, leaving: false },
      {
        session: `ec0-${instance}`,
        instance,
        seed: instance,
        timing: TIMING_DEFAULT,
        clockRate: 1,
        stopped: () => {},
      },
    );
  }

  kill(node: Node): void {
    node.server?.process.kill(this.network);
    node.daemon?.process.kill(this.network);
    node.machine.detach();
    node.daemon = undefined;
  }

  watchFrom(node: Node): Dashboard {
    return startDashboard(
      { network: this.network },
      { host: nodeNamed(node.number), others: [], session: 'dash', instance: 900, seed: 900 },
    );
  }

  /** Those nodes know one table, own everything, and have it up. */
  converged(nodes: readonly Node[]): boolean {
    const tables = nodes.map(({ daemon }) => must(daemon, 'it runs').core.member.table);
    const [first] = tables;
    if (first === undefined || !tables.every(({ synced, epoch }) => synced && epoch === first.epoch))
      return false;
    if (first.nodes().length !== nodes.length || !tables.every(({ hash }) => hash === first.hash))
      return false;
    if (!first.entries().every(({ state, phase }) => state === 'up' && phase === 'owned')) return false;
    return nodes.reduce((sum, { machine }) => sum + machine.up.length, 0) === this.vips.length;
  }

  /** @returns simulated milliseconds until then. */
  until(what: string, holds: () => boolean): number {
    const fromMs = this.clock.nowMs();
    while (!holds()) {
      if (this.clock.nowMs() - fromMs > PATIENCE_MS) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
      this.clock.runFor(STEP_MS);
    }
    return this.clock.nowMs() - fromMs;
  }

  #watch(node: Node, again: () => VipMember): VipWatch {
    node.again = again;
    return {
      stepped: (input, effects, ownMs) => {
        node.recorded.push({ input, ownMs });
        for (const effect of effects) {
          if (effect.type !== 'publish' && effect.type !== 'send') continue;
          const { length } = effect.message.payload;
          if (effect.type === 'send') this.said.snapshotBytes += length;
          else this.said.messages += 1;
          if (effect.type === 'publish') this.said.bytes += length;
        }
      },
      ordered: () => {},
      transition: () => {},
      refused: (reason) => {
        throw new Error(`a message was refused: ${reason}`);
      },
    };
  }
}

function vipNumbered(number: number): LocalVip {
  return {
    address: `10.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}` as IpAddress,
    names: [`binding-${number}`],
    services: ['multivip'],
    preference: undefined,
    follows: undefined,
    refused: undefined,
    interface: INTERFACES[0],
    prefix: 32,
  };
}

/** Gives a fresh member all that one took. @returns CPU milliseconds of the inputs from a moment on, and of the longest. */
function replayed(
  { again, recorded }: Node,
  fromMs: number,
): { readonly ms: number; readonly longestMs: number } {
  const member = must(again, 'it was started')();
  let ms = 0;
  let longestMs = 0;
  for (const { input, ownMs } of recorded) {
    const startedMs = performance.now();
    member.step(input, ownMs);
    const tookMs = performance.now() - startedMs;
    if (ownMs < fromMs) continue;
    ms += tookMs;
    longestMs = Math.max(longestMs, tookMs);
  }
  return { ms, longestMs };
}

export async function duravipLarge(flags: readonly string[]): Promise<BenchReport> {
  const { values } = parseArgs({
    args: [...flags],
    options: { vips: { type: 'string', default: '10240' }, nodes: { type: 'string', default: '5' } },
  });
  const [vips, count] = [Number(values.vips), Number(values.nodes)];
  if (!Number.isInteger(vips) || vips < 1 || !Number.isInteger(count) || count < 3)
    throw new Error('--vips is a number from 1 on, --nodes one from 3 on.');
  const cluster = new LargeCluster(count, vips);
  const numbers: Record<string, number> = {};
  const phase = (name: string, what: () => number): void => {
    cluster.said = { messages: 0, bytes: 0, snapshotBytes: 0 };
    const startedMs = performance.now();
    numbers[`${name}: simulated ms`] = Math.round(what());
    numbers[`${name}: real s, all processes`] = Math.round((performance.now() - startedMs) / 10) / 100;
    numbers[`${name}: messages`] = cluster.said.messages;
    numbers[`${name}: kB said`] = Math.round(cluster.said.bytes / 100) / 10;
  };
  const { nodes } = cluster;
  for (const node of nodes) cluster.start(node);
  phase('cold start', () => cluster.until('all is up', () => cluster.converged(nodes)));

  const [first] = nodes;
  const watcher = cluster.watchFrom(must(first, 'a node'));
  phase('a dashboard joins', () => cluster.until('it knows', () => watcher.core.observer.table.synced));
  numbers['a dashboard joins: kB told'] = Math.round(cluster.said.snapshotBytes / 100) / 10;

  const last = must(nodes.at(-1), 'a node');
  const alive = nodes.slice(0, -1);
  const diedMs = cluster.clock.nowMs();
  phase('death of a node', () => {
    cluster.kill(last);
    return cluster.until('the others have all', () => cluster.converged(alive));
  });
  const survivor = replayed(must(first, 'a node'), diedMs);
  numbers['death of a node: CPU ms at one survivor'] = Math.round(survivor.ms * 10) / 10;
  numbers['death of a node: longest step, ms'] = Math.round(survivor.longestMs * 10) / 10;

  const halves = [
    alive.filter(({ number }) => number % 2 === 0),
    alive.filter(({ number }) => number % 2 === 1),
  ];
  phase('split in two', () => {
    forWays(halves, (from, to) => cluster.network.block(from, to));
    return cluster.until('each half has all', () => halves.every((half) => cluster.converged(half)));
  });
  phase('merge', () => {
    forWays(halves, (from, to) => cluster.network.unblock(from, to));
    return cluster.until('one table', () => cluster.converged(alive));
  });
  numbers['hash of the table, us'] = hashMicroseconds(must(first?.daemon, 'it runs').core.member);
  return { numbers };
}

/** Of the whole table, as every heartbeat asks for it. */
function hashMicroseconds({ table }: VipMember): number {
  const TIMES = 1_000;
  const startedMs = performance.now();
  for (let time = 0; time < TIMES; time += 1) if (table.hash === '') throw new Error('a table has a hash');
  return Math.round(((performance.now() - startedMs) / TIMES) * 1e4) / 10;
}

function forWays(halves: readonly (readonly Node[])[], way: (from: string, to: string) => void): void {
  for (const [index, half] of halves.entries()) {
    const others = halves.filter((_, other) => other !== index).flat();
    for (const from of half) for (const to of others) way(nodeNamed(from.number), nodeNamed(to.number));
  }
}
