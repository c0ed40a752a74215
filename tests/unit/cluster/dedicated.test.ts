/** A dedicated msgc_server among nodes and a manager, in virtual time. */

import { describe, expect, test } from 'vitest';
import { BUS_PORT, PROCESS_NAMES, ProcessWorld } from '../../support/process-world.ts';

/** Peers are read from the last place that names them. */
const WITH_HUB = `msgc_server { peers = [ ${[...PROCESS_NAMES, 'hub1']
  .map((name) => `${name} = "${name}:${BUS_PORT}"`)
  .join('\n')} ] }`;

function started() {
  const world = new ProcessWorld();
  const hub = world.start('hub1', WITH_HUB);
  world.clock.runFor(1_000);
  const [manager, node1, node2] = (['manager', 'node1', 'node2'] as const).map((name) =>
    world.start(name, WITH_HUB),
  );
  if (!manager || !node1 || !node2) throw new Error('three processes');
  const watcher = world.watch('manager');
  world.clock.runFor(5_000);
  return { world, hub, manager, node1, node2, watcher };
}

describe('a dedicated server', () => {
  test('[MSG-26] [CLU-15] is a member that is no node: it never leads and gets no commands', () => {
    const { world, manager, node1 } = started();
    expect(node1.type('cluster membership')).toMatch(
      /Node Name: hub1\nSubcluster: \(Null\)\nNode Type: msgc_server\nVersion: .*\nAddress: 0\.0\.0\.0:0\nGroups: ec_cluster/,
    );
    // It was the first member of the group.
    expect(node1.type('cluster info')).toContain('(node1 is leader)');
    expect(manager.type('broadcast cluster nodename')).toBe('Sent to 2 nodes: node1, node2');
    world.clock.runFor(500);
    expect(manager.type('retrieve cluster nodename')).not.toContain('hub1');
    expect(manager.type('unicast hub1 pid')).toBe('Unknown node: hub1');
  });

  test('[MSG-26] the dashboard sees it, its links and its end, and may ask for its options', () => {
    const { world, hub, watcher } = started();
    const { observer } = watcher;
    expect(observer.model().members['hub1']).toMatchObject({
      role: 'other',
      nodeType: 'msgc_server',
      state: 'present',
      config: { generation: 1 },
    });
    const links = observer.model().sightings['hub1']?.links.map(({ to, state }) => `${to} ${state}`);
    expect(links).toEqual(expect.arrayContaining(['manager up', 'node1 up', 'node2 up']));
    expect(observer.query('q1', 'hub1', 'options')).toMatchObject({ ok: true, value: { node: 'hub1' } });
    world.clock.runFor(500);
    const answer = watcher.events.find((event) => event.type === 'reply');
    expect(answer).toMatchObject({ node: 'hub1', ok: true });
    expect(answer?.type === 'reply' && answer.text).toContain('max_backlog');
    hub.kill();
    world.clock.runFor(1_000);
    expect(observer.model().members['hub1']).toMatchObject({ state: 'departed', cause: 'closed' });
    expect(observer.model().sightings['hub1']?.current).toBe(false);
  });

  test('its console has the commands of every process and none of the cluster module', () => {
    const { world, hub } = started();
    expect(hub.type('version')).toContain('# msgcd version: ');
    expect(hub.type('module list')).not.toContain('cluster');
    expect(hub.type('cluster membership')).toMatch(/^Unknown command/);
    expect(hub.ask('config set msgc_server max_backlog 77').ok).toBe(true);
    expect(hub.type('config eval msgc_server max_backlog')).toContain('77');
    expect(hub.ask('config set cluster cluster_group ec_other').ok).toBe(true);
    world.clock.runFor(1_000);
    expect(hub.logged('options.refused')).toEqual([]);
  });
});
