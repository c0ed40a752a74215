/** Nodes, machines and dashboards of one schedule of DuraVIP on one in-memory network, and what can be done to them. */

import { must } from '../../../server/base/assert.ts';
import type { Prng } from '../../../server/base/prng.ts';
import type { VipMessage, VipOrder, VipPolicy } from '../../../server/duravip/api.ts';
import { MemoryNetwork } from '../../../server/memory/memory-network.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { detectionTiming, SILENCE_DEFAULT_MS } from '../../../server/msgc/options.ts';
import { type ServerProcess, startServer } from '../bus/bus-processes.ts';
import { nodeNamed } from './configurations.ts';
import { Machine } from './machine.ts';
import type { Recipe } from './recipe.ts';
import { type Daemon, type Dashboard, type SimNode, startDaemon, startDashboard } from './vip-processes.ts';
import { Watcher } from './watcher.ts';

/** Of `silence_timeout`: when the guard takes the daemon for hung. */
const GUARD_SHARE = 0.6;
/** How long a server that leaves may take for its goodbyes. */
const GOODBYE_MS = 20;
const RECONNECT_MS = 500;

const DELAYS = {
  lan: (prng: Prng): number => prng.between(0.05, 0.5),
  wide: (prng: Prng): number => prng.between(0.5, 15),
};

export class VipWorld {
  readonly clock = new VirtualClock(1_000);
  readonly network: MemoryNetwork;
  readonly recipe: Recipe;
  readonly watcher = new Watcher(() => this.clock.nowMs());
  readonly nodes: readonly SimNode[];
  readonly dashboards: (Dashboard | undefined)[];
  readonly silenceMs: number;
  /** When something was last done to this world, or ended. */
  disturbedAtMs: number;
  readonly #prng: Prng;
  #incarnation = 1_000;
  #calm = false;

  constructor(prng: Prng, recipe: Recipe) {
    this.#prng = prng;
    this.recipe = recipe;
    this.silenceMs = SILENCE_DEFAULT_MS * recipe.pace;
    this.disturbedAtMs = this.clock.nowMs();
    const delayMs = DELAYS[recipe.delay];
    this.network = new MemoryNetwork(this.clock, prng.fork(), {
      delayMs: (net) => (this.#calm ? DELAYS.lan(net) : delayMs(net)),
      drainedDelayMs: 20,
    });
    this.nodes = Array.from({ length: recipe.size }, (_, number) => this.#newNode(number));
    this.dashboards = Array.from({ length: recipe.observers }, () => undefined);
  }

  get nodeNames(): readonly NodeName[] {
    return this.nodes.map(({ node }) => node);
  }

  get daemons(): readonly Daemon[] {
    return this.nodes.flatMap(({ daemon }) => (daemon === undefined ? [] : [daemon]));
  }

  /** How long nothing was done, nobody stops and no machine adds or removes addresses. */
  get calmForMs(): number {
    if (this.nodes.some(({ leaving }) => leaving)) return 0;
    const changesMs = this.nodes.map(({ machine }) => machine.changesUntilMs);
    return this.clock.nowMs() - Math.max(this.disturbedAtMs, ...changesMs);
  }

  nodeAt(number: number): SimNode {
    return must(this.nodes[number % this.nodes.length], 'a world has nodes');
  }

  machineOf(number: number): Machine {
    return this.nodeAt(number).machine;
  }

  /** What ends later is a disturbance then, too. */
  later(afterMs: number, callback: () => void): void {
    this.clock.at(this.clock.nowMs() + afterMs, () => {
      if (this.#calm) return;
      this.disturbed();
      callback();
    });
  }

  disturbed(): void {
    this.disturbedAtMs = this.clock.nowMs();
  }

  start(number: number): void {
    const node = this.nodeAt(number);
    if (node.server !== undefined) return;
    const { drift, policies } = this.recipe;
    const clockRate = drift === 0 ? 1 : 1 + this.#prng.between(-drift, drift);
    this.#incarnation += 1;
    node.policy = policies[node.number] ?? node.policy;
    node.leaving = false;
    node.server = startServer({
      network: this.network,
      node: node.node,
      nodes: this.nodeNames,
      incarnation: this.#incarnation,
      seed: this.#prng.uint32(),
      clockRate,
      options: {
        reconnectIntervalMs: RECONNECT_MS,
        retryFirstMs: RECONNECT_MS / 10,
        timing: detectionTiming(this.silenceMs),
      },
    });
    node.daemon = startDaemon(this, node, {
      session: `ec0-${this.#incarnation}`,
      instance: this.#incarnation,
      seed: this.#prng.uint32(),
      timing: this.recipe.timing,
      clockRate,
      stopped: () => this.#depart(node),
    });
  }

  /** kill -9 of the daemon, with its server and its client. */
  crash(number: number): void {
    const node = this.nodeAt(number);
    const { daemon, server } = node;
    node.daemon = undefined;
    node.server = undefined;
    node.leaving = false;
    if (daemon === undefined) return;
    server?.process.kill(this.network);
    daemon.process.kill(this.network);
    this.watcher.daemonEnded(daemon);
    node.machine.detach();
  }

  /** A stop in order: the member hands over first. */
  leave(number: number): void {
    const node = this.nodeAt(number);
    if (node.leaving || node.daemon === undefined || node.daemon.process.paused) return;
    node.leaving = true;
    node.daemon.process.give({ type: 'vipMember', input: { type: 'stop' } });
  }

  pause(number: number, forMs: number): void {
    const { server, daemon, machine } = this.nodeAt(number);
    if (daemon === undefined || server === undefined || daemon.process.paused) return;
    server.process.pause();
    daemon.process.pause();
    const fromMs = this.clock.nowMs();
    this.clock.at(fromMs + this.silenceMs * GUARD_SHARE, () => {
      if (daemon.process.paused && daemon.process.alive && daemon.pausedAtMs === fromMs) machine.drop();
    });
    daemon.pausedAtMs = fromMs;
    this.later(forMs, () => this.#proceed(daemon, server, fromMs));
  }

  breakConnection(number: number, connection: number): void {
    const { server, daemon } = this.nodeAt(number);
    const process = connection % 3 === 0 ? daemon?.process : server?.process;
    const conns = [...(process?.endpoint.ends.keys() ?? [])];
    const conn = conns[connection % Math.max(1, conns.length)];
    if (process !== undefined && conn !== undefined) this.network.breakConnection(process.endpoint, conn);
  }

  jump(number: number, byMs: number): void {
    const { server, daemon } = this.nodeAt(number);
    server?.process.jump(byMs);
    daemon?.process.jump(byMs);
  }

  /** The files of a node change, and its daemon reads them. */
  reload(number: number, config: number): void {
    const node = this.nodeAt(number);
    node.vips = this.recipe.configs[config]?.[node.number] ?? node.vips;
    const { vips } = node;
    if (!node.leaving) node.daemon?.process.give({ type: 'vipReload', vips });
  }

  changePolicy(number: number, change: Partial<VipPolicy>): void {
    const node = this.nodeAt(number);
    node.policy = { ...node.policy, ...change };
    const { policy } = node;
    node.daemon?.process.give({ type: 'vipPolicy', policy });
  }

  /** A broadcast reaches every node, each at its own moment. */
  order(order: VipOrder, to: number | 'all'): void {
    const asked = to === 'all' ? this.nodes : [this.nodeAt(to)];
    const asker = { user: 'eccuser', broadcast: to === 'all' };
    for (const { daemon } of asked) {
      const give = (): void => daemon?.process.give({ type: 'vipOrder', order, asker, answered: () => {} });
      const afterMs = to === 'all' ? this.#prng.between(0, 5) : 0;
      this.clock.at(this.clock.nowMs() + afterMs, give);
    }
  }

  addByHand(number: number, address: IpAddress): void {
    const { machine, vips } = this.nodeAt(number);
    const vip = vips.find((one) => one.address === address);
    if (vip?.interface === undefined) return;
    this.watcher.byHand(address);
    machine.addByHand({ address, prefix: vip.prefix, interface: vip.interface });
  }

  /** What this node said in an earlier view comes again, in its name. */
  repeat(number: number, message: number): void {
    const { daemon } = this.nodeAt(number);
    const said = daemon === undefined ? [] : this.watcher.saidBefore(daemon);
    const again = said[message % Math.max(1, said.length)];
    if (daemon !== undefined && again !== undefined) this.#rogue(daemon, again);
  }

  startObserver(which: number): void {
    if (this.dashboards[which] !== undefined || which >= this.dashboards.length) return;
    this.#incarnation += 1;
    this.dashboards[which] = startDashboard(this, {
      host: nodeNamed(which % this.nodes.length),
      others: this.nodeNames,
      session: `dash-${this.#incarnation}`,
      instance: this.#incarnation,
      seed: this.#prng.uint32(),
    });
  }

  stopObserver(which: number): void {
    this.dashboards[which]?.process.kill(this.network);
    this.dashboards[which] = undefined;
  }

  /** Everything works again and every node runs; nothing that waits happens any more. */
  heal(): void {
    this.#calm = true;
    this.disturbed();
    this.network.heal();
    for (const { machine, server, daemon } of this.nodes) {
      machine.heal();
      if (daemon !== undefined && server !== undefined) this.#proceed(daemon, server, daemon.pausedAtMs);
    }
    for (const { number, leaving } of this.nodes) if (!leaving) this.start(number);
    for (const which of this.dashboards.keys()) this.startObserver(which);
    if (!this.recipe.endsEqual) return;
    for (const { number } of this.nodes) this.reload(number, this.recipe.configs.length - 1);
  }

  #proceed(daemon: Daemon, server: ServerProcess, fromMs: number | undefined): void {
    if (!daemon.process.paused || daemon.pausedAtMs !== fromMs || fromMs === undefined) return;
    const { ownPauseMs } = detectionTiming(this.silenceMs);
    if (this.clock.nowMs() - fromMs > ownPauseMs) daemon.core.wasPaused();
    daemon.pausedAtMs = undefined;
    daemon.process.proceed();
    server.process.proceed();
  }

  #rogue(daemon: Daemon, message: VipMessage): void {
    daemon.process.give({ type: 'vipRogue', message });
  }

  /** The member has handed everything over: the bus is left, and the process ends. */
  #depart(node: SimNode): void {
    const { server, daemon } = node;
    if (daemon === undefined || server === undefined) return;
    daemon.process.give({ type: 'leave' });
    server.process.give({ type: 'leave' });
    this.network.unlisten(must(server.process.endpoint.listening, 'a server listens'));
    this.clock.at(this.clock.nowMs() + GOODBYE_MS, () => {
      if (node.daemon !== daemon) return;
      this.crash(node.number);
      if (this.#calm) this.start(node.number);
    });
  }

  #newNode(number: number): SimNode {
    const machine = new Machine({
      clock: this.clock,
      prng: this.#prng.fork(),
      monitored: this.recipe.monitored,
      changed: (address, what) => this.watcher.machineChanged(node, address, what),
    });
    const node: SimNode = {
      number,
      node: nodeNamed(number),
      machine,
      vips: this.recipe.configs[0]?.[number] ?? [],
      policy: must(this.recipe.policies[number], 'each node has a policy'),
      server: undefined,
      daemon: undefined,
      leaving: false,
    };
    return node;
  }
}
