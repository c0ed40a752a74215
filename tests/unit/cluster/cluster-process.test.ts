/** Whole processes, each one core, on a network in memory: the real bus between real nodes, in virtual time. */

import { describe, expect, test } from 'vitest';
import { STOP_WAIT_MS } from '../../../server/cluster/cluster-process.ts';
import { REFUSALS_PER_SECOND_MAX } from '../../../server/cluster/process-log.ts';
import { BUS_PORT, PROCESS_NAMES, ProcessWorld, type SimulatedProcess } from '../../support/process-world.ts';

const members = (running: SimulatedProcess): readonly string[] =>
  [...running.type('cluster membership').matchAll(/Node Name: (\S+)/g)].map((match) => match[1] ?? '');

describe('whole processes in virtual time', () => {
  test('[CLU-14] [CLU-15] three nodes and a manager find each other and agree', () => {
    const { manager, node1, node2, node3 } = new ProcessWorld().startAll();
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
    const world = new ProcessWorld();
    const { manager } = world.startAll();
    expect(manager.type('broadcast cluster nodename')).toMatch(/^Sent to 3 nodes/);
    world.clock.runFor(200);
    const text = manager.type('retrieve cluster nodename');
    for (const name of ['node1', 'node2', 'node3']) expect(text).toContain(`\n${name}`);
    expect(manager.effects.some((effect) => effect.type === 'persistResults')).toBe(true);
  });

  test('a killed node departs for all with the cause `closed` and rejoins under its name', () => {
    const world = new ProcessWorld();
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
    const world = new ProcessWorld();
    const { node1, node3 } = world.startAll();
    for (const name of PROCESS_NAMES.filter((other) => other !== 'node3')) {
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
    const world = new ProcessWorld();
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
    const world = new ProcessWorld();
    const { manager, node2 } = world.startAll();
    manager.type('unicast node2 shutdown');
    world.clock.runFor(1_000);
    expect(node2.effects.filter((effect) => effect.type === 'shutdown')).toHaveLength(1);
  });

  test('refused connections are told at most so often', () => {
    const world = new ProcessWorld();
    const { node1 } = world.startAll();
    const stranger = world.network.endpoint({ host: 'stranger', give: () => undefined });
    for (let count = 0; count < REFUSALS_PER_SECOND_MAX + 20; count += 1) {
      const conn = 2 * count + 1;
      stranger.perform({
        type: 'dial',
        conn,
        host: 'node1',
        port: BUS_PORT,
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
    const world = new ProcessWorld();
    const { node1 } = world.startAll();
    world.clock.runFor(60_000);
    expect(node1.logged('member.suspect')).toEqual([]);
    expect(members(node1)).toHaveLength(4);
  });
});
