/** Names of nodes and subclusters as people type them, and as the surroundings of a process spell them. */

import { describe, expect, test } from 'vitest';
import { otherSpelling } from '../../../server/cluster/identity.ts';
import { ProcessWorld } from '../../support/process-world.ts';

describe('names of any case', () => {
  test('[MSG-33] a console takes them, and says which one was meant where something is sent', () => {
    const world = new ProcessWorld();
    const { manager } = world.startAll();
    expect(manager.type('unicast NODE2 pid')).toBe(
      "Sent to 1 node: node2\nWarning: 'NODE2' is read as 'node2'",
    );
    expect(manager.type('subcluster broadcast Default pid')).toMatch(
      /^Sent to 3 nodes: .*\nWarning: 'Default' is read as 'default'$/,
    );
    world.clock.runFor(500);
    expect(manager.type('retrieve_node Node2 pid')).toBe(manager.type('retrieve_node node2 pid'));
    expect(manager.type('subcluster retrieve DEFAULT pid')).toBe(
      manager.type('subcluster retrieve default pid'),
    );
    expect(manager.ask('unicast Nobody pid')).toMatchObject({ ok: false });
  });

  test('[MSG-33] what the environment or the machine calls a process is told when it is not what is used', () => {
    const at = (nodeName: string | undefined, hostname: string) =>
      otherSpelling({ nodeName, hostname, subcluster: undefined });
    expect(at('Node1', 'x')).toEqual({ from: 'EC_NODE_NAME', read: 'Node1', used: 'node1' });
    expect(at(undefined, 'MAIL1.example.com')).toEqual({ from: 'host name', read: 'MAIL1', used: 'mail1' });
    expect(at('node1', 'MAIL1')).toBeUndefined();
    expect(at(undefined, 'mail1.Example.com')).toBeUndefined();
  });
});
