/** DuraVIP with real processes: three nodes and a manager on loopback addresses. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObserverEvent } from '../../server/cluster/observer-api.ts';
import type { NodeName } from '../../server/model/names.ts';
import type { ProcessName } from '../support/cluster-processes.ts';
import { DuravipCluster } from '../support/duravip-processes.ts';
import { until } from '../support/until.ts';
import { watchThrough } from '../support/watching-dashboard.ts';

const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3'];
const LIMIT_MS = 90_000;
/** Last numbers of the addresses in the network of the cluster. */
const VIPS = [201, 202, 203];

/** Asked of all nodes until they have an agreed view: a slow machine may have lost one just now. */
function broadcast({ processes }: DuravipCluster, command: string): Promise<string> {
  return until(async () => {
    await processes.ask('manager', `broadcast ${command}`);
    const text = await processes.askUntil('manager', `retrieve ${command}`, (answers) =>
      NODES.every((name) => answers.includes(`Node: ${name} (`) && !answers.includes('No answer from')),
    );
    return text.includes('no agreed view') ? undefined : text;
  });
}

const oneEach = (nodes: readonly string[]): boolean => new Set(nodes).size === nodes.length;

describe('three nodes that share three addresses', { timeout: LIMIT_MS }, () => {
  let cluster: DuravipCluster;

  beforeAll(async () => {
    cluster = await DuravipCluster.create({ nodes: NODES.length, vips: VIPS });
    await cluster.processes.start('manager', ...NODES);
  }, LIMIT_MS);
  afterAll(async () => {
    await cluster.processes.stop();
  }, LIMIT_MS);

  test('[VIP-28] [VIP-29] [VIP-30] once the view is mature each node has one, and serves it', async () => {
    const serving = await cluster.served(VIPS, oneEach);
    for (const name of NODES) {
      const shown = await until(async () => {
        const owners = await cluster.shown(name);
        return VIPS.every((number) => owners.get(number) !== undefined) ? owners : undefined;
      });
      expect(VIPS.map((number) => shown.get(number))).toEqual(serving);
    }
    expect(await cluster.processes.ask('node1', 'cluster duravip show')).toMatch(
      /^[\d.]+\.201\/vip-201: \(owned,safe\) multivip ESMTP_Listener$/m,
    );
  });

  test('[VIP-04] kill -9 of an owner: another has its address at once, and it gets one again when it is back', async () => {
    const [first = ''] = await cluster.served(VIPS, oneEach);
    await cluster.processes.process(first as ProcessName).end('SIGKILL');
    const after = await cluster.served(VIPS, (nodes) => !nodes.includes(first));
    const survivor = cluster.processes.process(after[0] as ProcessName);
    expect(survivor.logged('vip.owner').at(-1)).toMatchObject({
      address: cluster.address(201),
      from: first,
      to: after[0],
      cause: 'failure',
    });
    await cluster.processes.start(first as ProcessName);
    await cluster.served(VIPS, oneEach);
  });

  test('[VIP-17] [CMD-04] a move by broadcast from the manager: all answer, the other one serves', async () => {
    const [from = ''] = await cluster.served(VIPS, oneEach);
    const to = NODES.find((name) => name !== from) ?? 'node1';
    const text = await broadcast(cluster, `cluster duravip move ${cluster.address(201)} to ${to}`);
    expect(text).not.toMatch(/Error|Warning/);
    await cluster.served([201], ([node]) => node === to);
    const moved = cluster.processes.process(to).logged('vip.owner').at(-1);
    expect(moved).toMatchObject({ from, to, cause: 'operator' });
    expect(String(moved?.['by'])).toContain('manager');
  });

  test('[VIP-19] a fully qualified target is refused by every node, with the cause', async () => {
    const text = await broadcast(
      cluster,
      `cluster duravip move ${cluster.address(201)} to node2.example.com`,
    );
    expect(text.match(/is not what the bus calls this node: host name and node name differ/g)).toHaveLength(
      3,
    );
  });

  test('drain takes everything from a node, undrain gives it back its share', async () => {
    await broadcast(cluster, 'cluster duravip unpin vip-201');
    await broadcast(cluster, 'cluster duravip drain node2');
    await cluster.served(VIPS, (nodes) => !nodes.includes('node2'));
    await broadcast(cluster, 'cluster duravip undrain node2');
    await cluster.served(VIPS, oneEach);
  });

  test('[VIP-23] [CMD-06] debugging is switched on and off while the node runs', async () => {
    expect(await cluster.processes.ask('node3', 'cluster duravip debug on')).toBe('DuraVIP debugging is on');
    const before = cluster.processes.process('node3').logged('vip.moving').length;
    const [from] = await cluster.served([202], () => true);
    await broadcast(cluster, `cluster duravip move vip-202 to ${from === 'node1' ? 'node2' : 'node1'}`);
    await until(() => cluster.processes.process('node3').logged('vip.moving').length > before || undefined);
    expect(await cluster.processes.ask('node3', 'cluster duravip debug off')).toBe(
      'DuraVIP debugging is off',
    );
    await broadcast(cluster, 'cluster duravip unpin vip-202');
    await cluster.served(VIPS, oneEach);
  });

  test('a node that stops in order hands over before it leaves', async () => {
    const serving = await cluster.served(VIPS, oneEach);
    const [stopping = 'node1'] = serving as readonly ProcessName[];
    expect(await cluster.processes.process(stopping).end('SIGTERM')).toEqual({ code: 0, signal: null });
    const [now = ''] = await cluster.served(VIPS, (nodes) => !nodes.includes(stopping));
    const [last] = cluster.processes
      .process(now as ProcessName)
      .logged('vip.owner')
      .slice(-1);
    expect(last).toMatchObject({ from: stopping, to: now });
    expect(['leave', 'drain']).toContain(last?.['cause']);
    await cluster.processes.start(stopping);
    await cluster.served(VIPS, oneEach);
  });

  test('a dashboard on the same bus has the same table, and sees each address come up', async () => {
    const serving = await cluster.served(VIPS, oneEach);
    const events: ObserverEvent[] = [];
    const watching = watchThrough(cluster.processes, 'manager');
    try {
      watching.observer.subscribe((event) => events.push(event));
      const shown = () => VIPS.map((number) => watching.observer.model().vips[cluster.address(number)]);
      await until(() => shown().every((row) => row?.state === 'up' && row.known === NODES.length), 30_000);
      expect(shown().map((row) => row?.owner)).toEqual(serving);
      const whatIf = watching.observer.whatIf({ without: [serving[0] as NodeName], drained: [] });
      expect(whatIf?.moves.map(({ from }) => from)).toEqual([serving[0]]);
      await cluster.processes.process(serving[0] as ProcessName).end('SIGKILL');
      await cluster.served(VIPS, (nodes) => !nodes.includes(serving[0] ?? ''));
      await until(() => shown()[0]?.state === 'up' && shown()[0]?.owner !== serving[0], 30_000);
      const happenings = events.flatMap((event) => (event.type === 'vips' ? event.happenings : []));
      expect(happenings).toContainEqual(
        expect.objectContaining({ type: 'owner', address: cluster.address(201), cause: 'failure' }),
      );
    } finally {
      await watching.stop();
    }
    await cluster.processes.start(serving[0] as ProcessName);
    await cluster.served(VIPS, oneEach);
  });

  test('[VIP-15] [VIP-34] `config reload` adds an address and gives up another; announce view changes nothing', async () => {
    const wanted = [201, 202, 204];
    cluster.configure(wanted);
    const text = await broadcast(cluster, 'config reload');
    expect(text).not.toMatch(/failed|Error/);
    await cluster.served(wanted, oneEach);
    expect(await cluster.answers(203)).toBeUndefined();
    const before = await cluster.served(wanted, oneEach);
    await broadcast(cluster, 'cluster duravip announce view');
    expect(await cluster.served(wanted, () => true)).toEqual(before);
    expect([...(await cluster.shown('node1')).keys()]).toEqual(wanted);
  });
});
