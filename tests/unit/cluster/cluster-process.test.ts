/** Whole processes, each one core, on a network in memory: the real bus between real nodes, in virtual time. */

import { describe, expect, test } from 'vitest';
import { type Driver, drive } from '../../../server/base/core.ts';
import { Prng } from '../../../server/base/prng.ts';
import {
  type ClusterProcess,
  type ProcessEffect,
  type ProcessInput,
  STOP_WAIT_MS,
} from '../../../server/cluster/cluster-process.ts';
import { createManager } from '../../../server/cluster/manager.ts';
import { createNode } from '../../../server/cluster/node.ts';
import type { ProcessApp } from '../../../server/cluster/process-app.ts';
import { REFUSALS_PER_SECOND_MAX } from '../../../server/cluster/process-log.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import { ResultsBuffer } from '../../../server/console/results.ts';
import { type MemoryEndpoint, MemoryNetwork } from '../../../server/memory/memory-network.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { clientOptions, serverOptions } from '../../../server/msgc/options.ts';
import { load } from '../../support/conf-samples.ts';
import { CLUSTER_GROUP, CONTROL_GROUP } from './cluster-world.ts';

const PORT = 4809;
const NAMES = ['manager', 'node1', 'node2', 'node3'] as const;
type Name = (typeof NAMES)[number];

class Running {
  readonly core: ClusterProcess<ProcessApp>;
  readonly effects: ProcessEffect[] = [];
  readonly #driver: Driver<ProcessInput>;
  readonly #streams: Readonly<Record<'server' | 'client', MemoryEndpoint>>;
  readonly #world: World;
  #tickets = 0;

  constructor(world: World, name: Name, core: ClusterProcess<ProcessApp>) {
    this.core = core;
    this.#world = world;
    this.#driver = drive(core, world.clock, (effect) => {
      if (effect.type === 'server' || effect.type === 'client')
        this.#streams[effect.type].perform(effect.effect);
      else this.effects.push(effect);
    });
    const { network } = world;
    const give = (type: 'server' | 'client') => (input: Extract<ProcessInput, { input: unknown }>['input']) =>
      this.#driver.give({ type, input });
    this.#streams = {
      server: network.endpoint({ host: name, port: PORT, give: give('server') }),
      client: network.endpoint({ host: name, give: give('client') }),
    };
    this.#driver.give({ type: 'start' });
  }

  give(input: ProcessInput): void {
    this.#driver.give(input);
  }

  type(command: string): string {
    this.#tickets += 1;
    const ticket = this.#tickets;
    this.give({
      type: 'console',
      ticket,
      command,
      source: { user: 'local', via: 'unix', session: 'local', roles: [] },
    });
    const reply = this.effects.find((effect) => effect.type === 'consoleReply' && effect.ticket === ticket);
    return reply?.type === 'consoleReply' ? reply.reply.text : '';
  }

  logged(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'log' && effect.event === event ? [effect.fields] : [],
    );
  }

  /** The process is gone without a word; the kernel closes its sockets. */
  kill(): void {
    this.#driver.stop();
    for (const endpoint of Object.values(this.#streams)) this.#world.network.crash(endpoint);
  }
}

class World {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock, new Prng(5));
  readonly #generation = load('').generation;
  #pids = 100;

  start(name: Name): Running {
    this.#pids += 1;
    const nowMs = this.clock.nowMs();
    const startedWallMs = this.clock.wallMs();
    if (this.#generation === undefined) throw new Error('the empty configuration loads');
    const peers = NAMES.map((node) => ({ node: node as string as NodeName, host: node, port: PORT }));
    const common = {
      version: '0.1.0',
      pid: this.#pids,
      startedWallMs,
      generation: this.#generation,
      bus: {
        server: serverOptions({ peers }),
        client: clientOptions({ servers: [{ host: name, port: PORT }] }),
      },
      wall: new WallClock({ wallMs: startedWallMs, nowMs }),
      seed: this.#pids,
      nowMs,
    };
    const groups = { clusterGroup: CLUSTER_GROUP, controlGroup: CONTROL_GROUP };
    const node = name as string as NodeName;
    const core: ClusterProcess<ProcessApp> =
      name === 'manager'
        ? createManager({ ...common, name: node, cluster: groups, results: new ResultsBuffer() })
        : createNode({
            ...common,
            nodeName: node,
            subcluster: 'default',
            address: `${name}:4802`,
            cluster: {
              ...groups,
              logGroup: undefined,
              heartbeatStartDelayMs: 1_000,
              heartbeatIntervalMs: 1_000,
              byzantineAction: 'flag',
              nodeAddress: undefined,
              allowLoopback: false,
            },
          });
    return new Running(this, name, core);
  }

  startAll(): Readonly<Record<Name, Running>> {
    const [manager, node1, node2, node3] = NAMES.map((name) => this.start(name));
    if (!manager || !node1 || !node2 || !node3) throw new Error('four processes');
    this.clock.runFor(3_000);
    return { manager, node1, node2, node3 };
  }
}

const members = (running: Running): readonly string[] =>
  [...running.type('cluster membership').matchAll(/Node Name: (\S+)/g)].map((match) => match[1] ?? '');

describe('whole processes in virtual time', () => {
  test('[CLU-14] [CLU-15] three nodes and a manager find each other and agree', () => {
    const { manager, node1, node2, node3 } = new World().startAll();
    expect(members(node1)).toEqual(members(node2));
    expect(members(node2)).toEqual(members(node3));
    expect([...members(node1)].sort()).toEqual(['(Null)', 'node1', 'node2', 'node3']);
    expect(
      new Set([node1, node2, node3].map((node) => /\(\w+ is leader\)/.exec(node.type('cluster info'))?.[0]))
        .size,
    ).toBe(1);
    expect(manager.type('info')).toContain('Nodes: 3');
  });

  test('[ECC-02] [ECC-05] a broadcast goes over the bus and comes back', () => {
    const world = new World();
    const { manager } = world.startAll();
    expect(manager.type('broadcast cluster nodename')).toMatch(/^Sent to 3 nodes/);
    world.clock.runFor(200);
    const text = manager.type('retrieve cluster nodename');
    for (const name of ['node1', 'node2', 'node3']) expect(text).toContain(`\n${name}`);
    expect(manager.effects.some((effect) => effect.type === 'persistResults')).toBe(true);
  });

  test('a killed node departs for all with the cause `closed` and rejoins under its name', () => {
    const world = new World();
    const { node1, node2, node3 } = world.startAll();
    node3.kill();
    world.clock.runFor(500);
    expect(members(node1)).not.toContain('node3');
    expect(node2.logged('member.departed')).toMatchObject([{ member: 'node3', cause: 'closed' }]);
    const again = world.start('node3');
    world.clock.runFor(6_000);
    expect(members(node1)).toContain('node3');
    expect(members(again)).toEqual(members(node1));
    expect(node1.logged('member.rejoined')).toMatchObject([{ member: 'node3' }]);
  });

  test('a node that is cut off departs with the cause `silence`, keeps its own view, and merges again', () => {
    const world = new World();
    const { node1, node3 } = world.startAll();
    for (const name of NAMES.filter((other) => other !== 'node3')) {
      world.network.block('node3', name);
      world.network.block(name, 'node3');
    }
    world.clock.runFor(3_000);
    expect(node1.logged('member.departed')).toMatchObject([{ member: 'node3', cause: 'silence' }]);
    expect(members(node3)).toEqual(['node3']);
    expect(node3.type('cluster info')).toContain('(node3 is leader)');
    world.network.heal();
    world.clock.runFor(15_000);
    expect(members(node3)).toEqual(members(node1));
    expect(members(node3)).toHaveLength(4);
  });

  test('a process that is asked to stop leaves with the cause `leave` and then exits', () => {
    const world = new World();
    const { node1, node2 } = world.startAll();
    node2.give({ type: 'stop', reason: 'SIGTERM' });
    world.clock.runFor(STOP_WAIT_MS);
    expect(node2.effects.filter((effect) => effect.type === 'exit')).toEqual([
      { type: 'exit', reason: 'SIGTERM' },
    ]);
    expect(node1.logged('member.departed')).toMatchObject([{ member: 'node2', cause: 'leave' }]);
    expect(node2.core.deadlineMs).toBeUndefined();
  });

  test('`unicast … shutdown` asks the process to stop', () => {
    const world = new World();
    const { manager, node2 } = world.startAll();
    manager.type('unicast node2 shutdown');
    world.clock.runFor(1_000);
    expect(node2.effects.filter((effect) => effect.type === 'shutdown')).toHaveLength(1);
  });

  test('refused connections are told at most so often', () => {
    const world = new World();
    const { node1 } = world.startAll();
    const stranger = world.network.endpoint({ host: 'stranger', give: () => undefined });
    for (let count = 0; count < REFUSALS_PER_SECOND_MAX + 20; count += 1) {
      const conn = 2 * count + 1;
      stranger.perform({
        type: 'dial',
        conn,
        host: 'node1',
        port: PORT,
        bindAddress: undefined,
        timeoutMs: 1_000,
      });
      world.clock.runFor(2);
      stranger.perform({ type: 'write', conn, bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') });
    }
    world.clock.runFor(50);
    expect(node1.logged('connection.refused')).toHaveLength(REFUSALS_PER_SECOND_MAX);
    expect(members(node1)).toHaveLength(4);
  });

  test('heartbeats keep everybody unsuspected for a long time', () => {
    const world = new World();
    const { node1 } = world.startAll();
    world.clock.runFor(60_000);
    expect(node1.logged('member.suspect')).toEqual([]);
    expect(members(node1)).toHaveLength(4);
  });
});
