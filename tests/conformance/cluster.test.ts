/** Requirements of the cluster module, its commands and the manager, on an in-memory bus. */

import { describe, expect, test } from 'vitest';
import { resolveNodeAddress, resolveNodeName, resolveSubcluster } from '../../server/cluster/identity.ts';
import { clusterOptions, listenPlans } from '../../server/cluster/process-options.ts';
import { RESULTS_SILENT_AFTER_MS, ResultsBuffer } from '../../server/console/results.ts';
import type { NodeName } from '../../server/model/names.ts';
import { load, seedSamples } from '../support/conf-samples.ts';
import { addObserver, EPOCH_MS } from '../unit/cluster/cluster-world.ts';
import { managerConsole, nodeConsole } from '../unit/cluster/consoles.ts';
import { FakeBus } from '../unit/cluster/fake-bus.ts';

function cluster() {
  const bus = new FakeBus();
  const pono = nodeConsole(bus, 'pono', { pid: 20_768 });
  const uhalehe = nodeConsole(bus, 'uhalehe', { pid: 8_422, subcluster: 'west', address: '10.79.0.15:4802' });
  const barca = managerConsole(bus, 'barca');
  for (const { client } of [pono, uhalehe, barca]) bus.start(client);
  return { bus, pono, uhalehe, barca };
}

function options(text: string) {
  const { generation } = load(text);
  if (generation === undefined) throw new Error('the sample loads');
  return generation;
}

describe('identity', () => {
  const sources = { nodeName: 'EnvName', subcluster: undefined, hostname: 'pono.example.com' };

  test('[CLU-04] the node name is the option, else EC_NODE_NAME, else the host name cut at its first dot', () => {
    expect(resolveNodeName('Given', sources)).toEqual({ ok: true, value: 'given' });
    expect(resolveNodeName(undefined, sources)).toEqual({ ok: true, value: 'envname' });
    expect(resolveNodeName(undefined, { ...sources, nodeName: '' })).toEqual({ ok: true, value: 'pono' });
    expect(resolveNodeName('two words', sources).ok).toBe(false);
  });

  test('[CLU-07] the cluster address is the option, else what the name resolves to, never a loopback address', () => {
    const facts = {
      nodeName: 'pono' as NodeName,
      option: undefined,
      resolved: ['127.0.1.1', '10.79.0.20'],
      allowLoopback: false,
    };
    expect(resolveNodeAddress(facts)).toEqual({ ok: true, value: '10.79.0.20' });
    expect(resolveNodeAddress({ ...facts, option: '10.0.0.9' })).toEqual({ ok: true, value: '10.0.0.9' });
    for (const refused of [
      { ...facts, option: '127.0.0.1' },
      { ...facts, resolved: ['127.0.1.1'] },
      { ...facts, resolved: ['::1'] },
    ]) {
      const result = resolveNodeAddress(refused);
      expect(result.ok ? '' : result.error).toMatch(/loopback address that no other machine can reach/);
    }
    expect(resolveNodeAddress({ ...facts, resolved: [] })).toMatchObject({ ok: false });
    expect(resolveNodeAddress({ ...facts, option: '127.0.0.2', allowLoopback: true }).ok).toBe(true);
  });

  test('[CLU-16] a node without a subcluster is in `default`', () => {
    expect(resolveSubcluster({ ...sources, subcluster: 'west' })).toBe('west');
    expect(resolveSubcluster(sources)).toBe('default');
  });
});

describe('options of the cluster module', () => {
  test('[CLU-02] [CLU-03] [CLU-08] [CLU-09] defaults are the documented ones', () => {
    expect(clusterOptions(options(''))).toEqual({
      ok: true,
      value: {
        clusterGroup: 'ec_cluster',
        controlGroup: 'ec_console',
        logGroup: undefined,
        heartbeatStartDelayMs: 15_000,
        heartbeatIntervalMs: 1_000,
        byzantineAction: 'flag',
        nodeAddress: undefined,
        allowLoopback: false,
      },
    });
    expect(clusterOptions(options('cluster { heartbeats_per_sec = 0.5 }'))).toMatchObject({
      value: { heartbeatIntervalMs: 2_000 },
    });
  });

  test('[CLU-01] the documented cluster stanza gives the documented groups', () => {
    const sample = seedSamples('conf').find(([, text]) => text.includes('cluster_group = "ec_cluster"'));
    expect(clusterOptions(options(sample?.[1] ?? ''))).toMatchObject({
      ok: true,
      value: { clusterGroup: 'ec_cluster', controlGroup: 'ec_console' },
    });
  });

  test('[CLU-12] the cluster listener is *:4802 unless configured', () => {
    expect(listenPlans(options(''), 'ECCluster_Listener', '*:4802')).toEqual([
      { instance: '*:4802', endpoint: { kind: 'tcp', host: '*', port: 4802 }, fileMode: 0o660, backlog: 500 },
    ]);
    const given = options(
      'ECCluster_Listener { Listen "10.0.0.1:5802" {} Listen ":5803" { Enable = false } }',
    );
    expect(listenPlans(given, 'ECCluster_Listener', '*:4802')).toMatchObject([
      { endpoint: { host: '10.0.0.1', port: 5802 } },
    ]);
  });
});

describe('commands of a node', () => {
  test('[CMD-10] `cluster help` lists the cluster commands', () => {
    const { pono } = cluster();
    const { ok, text } = pono.type('cluster help');
    expect(ok).toBe(true);
    for (const command of ['info', 'membership', 'nodeaddr', 'nodename']) {
      expect(text).toContain(`cluster ${command}`);
    }
  });

  test('[CMD-11] `cluster info` prints the four documented lines', () => {
    const { pono } = cluster();
    expect(pono.type('cluster info').text).toBe(
      [
        'Daemon: 127.0.0.1:4809 [m:#ec0-20768#pono,s:#ec1-20768#pono]',
        'Control Group: ec_console',
        'Cluster Group: ec_cluster (pono is leader)',
        'Logger Group: none',
      ].join('\n'),
    );
  });

  test('[CMD-12] [CMD-13] [CLU-14] `cluster membership` prints seven lines per member, the manager with null names', () => {
    const { pono } = cluster();
    expect(pono.type('cluster membership').text).toBe(
      [
        'Private Name: #ec0-20768#pono',
        'Node Name: pono',
        'Subcluster: default',
        'Node Type: Momentum',
        'Version: 0.1.0',
        'Address: 10.80.116.201:4802',
        'Groups: ec_console, ec_sc_default, ec_cluster',
        '',
        'Private Name: #ec0-08422#uhalehe',
        'Node Name: uhalehe',
        'Subcluster: west',
        'Node Type: Momentum',
        'Version: 0.1.0',
        'Address: 10.79.0.15:4802',
        'Groups: ec_console, ec_sc_west, ec_cluster',
        '',
        'Private Name: #barca#barca',
        'Node Name: (Null)',
        'Subcluster: (Null)',
        'Node Type: Manager',
        'Version: 0.1.0',
        'Address: 0.0.0.0:0',
        'Groups: ec_cluster',
      ].join('\n'),
    );
  });

  test('[CMD-12] nothing is listed while disconnected, and a departed node is not listed', () => {
    const { bus, pono, uhalehe } = cluster();
    bus.drop(uhalehe.client, 'closed');
    expect(pono.type('cluster membership').text).not.toContain('uhalehe');
    bus.drop(pono.client, 'closed');
    expect(pono.type('cluster membership')).toEqual({ ok: true, text: '' });
    expect(pono.type('cluster info').text).toContain('[not connected]');
  });

  test('[CMD-14] [CMD-15] `cluster nodeaddr` and `cluster nodename`', () => {
    const { pono } = cluster();
    expect(pono.type('cluster nodeaddr').text).toBe('10.80.116.201:4802');
    expect(pono.type('cluster nodename').text).toBe('pono');
  });

  test('[CLU-15] a member that joins later does not take the lead', () => {
    const { bus, pono } = cluster();
    bus.start(nodeConsole(bus, 'aaa', { pid: 1 }).client);
    expect(pono.type('cluster info').text).toContain('(pono is leader)');
  });

  test('[CON-16] [CON-17] [CON-18] reading config commands answer on a node', () => {
    const { pono } = cluster();
    expect(pono.type('config get cluster heartbeat_start_delay').text.trim()).toBe(
      'heartbeat_start_delay = 7',
    );
    expect(pono.type('config eval cluster cluster_group').text.trim()).toBe('cluster_group = "ec_cluster"');
    expect(pono.type('config showrecurse').text).toContain('heartbeat_start_delay = 7');
    expect(pono.type('config locate cluster')).toMatchObject({ ok: true });
  });

  test('[CON-25] `version`, `pid`, `help`, and `shutdown` ends the process after its reply', () => {
    const { pono } = cluster();
    expect(pono.type('version').text).toContain('# ecelerity version: 0.1.0');
    expect(pono.type('pid').text).toBe('20768');
    expect(pono.type('help').text).toContain('cluster membership');
    expect(pono.type('shutdown').afterwards).toBe('shutdown');
  });
});

describe('commands of the manager', () => {
  test('[CMD-01] there are no cluster commands', () => {
    const { barca } = cluster();
    expect(barca.type('cluster membership')).toMatchObject({ ok: false });
    expect(barca.type('cluster info').text).toMatch(/^Unknown command/);
  });

  test('[ECC-02] [ECC-05] [ECC-16] a broadcast reaches all nodes and its responses are retrieved', () => {
    const { barca } = cluster();
    expect(barca.type('broadcast cluster nodename')).toEqual({
      ok: true,
      text: 'Sent to 2 nodes: pono, uhalehe',
    });
    const { text } = barca.type('retrieve cluster nodename');
    expect(text).toBe('Node: pono (#ec0-20768#pono)\npono\n\nNode: uhalehe (#ec0-08422#uhalehe)\nuhalehe');
    expect(barca.type('retrieve cluster nodeaddr')).toMatchObject({ ok: false });
  });

  test('[ECC-03] [ECC-06] a subcluster is addressed and retrieved alone', () => {
    const { barca } = cluster();
    expect(barca.type('subcluster broadcast west pid').text).toBe('Sent to 1 node: uhalehe');
    expect(barca.type('subcluster retrieve west pid').text).toContain('8422');
    barca.type('broadcast version');
    const west = barca.type('subcluster retrieve west version').text;
    expect(west).toContain('Node: uhalehe');
    expect(west).not.toContain('Node: pono');
  });

  test('[ECC-04] [ECC-07] one node is addressed and retrieved alone', () => {
    const { barca } = cluster();
    expect(barca.type('unicast Pono pid').text).toBe(
      "Sent to 1 node: pono\nWarning: 'Pono' is read as 'pono'",
    );
    expect(barca.type('retrieve_node pono pid').text).toBe('Node: pono (#ec0-20768#pono)\n20768');
    barca.type('broadcast cluster nodename');
    expect(barca.type('retrieve_node uhalehe cluster nodename').text).toContain('uhalehe');
    expect(barca.type('retrieve_node uhalehe pid')).toMatchObject({ ok: false });
  });

  test('an unknown node or subcluster is an error at once, and nothing is sent', () => {
    const { bus, barca } = cluster();
    const before = bus.requests.length;
    expect(barca.type('unicast nobody pid').text).toBe('Unknown node: nobody');
    expect(barca.type('subcluster broadcast north pid').text).toBe('Unknown subcluster: north');
    expect(barca.type('subcluster retrieve north pid').text).toBe('Unknown subcluster: north');
    expect(barca.type('retrieve_node nobody pid').text).toBe('Unknown node: nobody');
    expect(barca.type('broadcast')).toMatchObject({ ok: false, text: 'Usage: broadcast <command>' });
    expect(bus.requests.length).toBe(before);
  });

  test('while the bus is down a broadcast is refused at once and nothing is queued', () => {
    const { bus, barca, pono } = cluster();
    bus.drop(barca.client, 'closed');
    expect(barca.type('broadcast pid').text).toMatch(/^Not connected to the bus/);
    bus.connect(barca.client);
    expect(barca.type('retrieve pid')).toMatchObject({ ok: false });
    expect(pono.core.membership.records().length).toBe(3);
  });

  test('[ECC-08] after `flush control cache` nothing can be retrieved', () => {
    const { barca } = cluster();
    barca.type('broadcast pid');
    expect(barca.type('flush control cache').ok).toBe(true);
    expect(barca.type('retrieve pid').text).toMatch(/^No results for 'pid'/);
  });

  test('[ECC-09] `show cluster membership` is the XML of `cluster membership`', () => {
    const { barca, pono } = cluster();
    const shown = barca.type('show cluster membership').text;
    expect(shown).toBe(pono.type('xml cluster membership').text);
    expect(shown).toMatch(/^<ClusterMembership>/);
    expect(shown).toContain('<NodeType>Manager</NodeType>');
  });

  test('[ECC-10] `info` shows the cluster group and the nodes', () => {
    const { barca } = cluster();
    const { text } = barca.type('info');
    expect(text).toContain('Daemon: 127.0.0.1:4809 [m:#barca#barca]');
    expect(text).toContain('Cluster Group: ec_cluster (pono is leader)');
    expect(text).toMatch(/Nodes: 2\n {2}pono .*\n {2}uhalehe /);
  });

  test('[ECC-11] `help`, `version`, `shutdown`', () => {
    const { barca } = cluster();
    expect(barca.type('help').text).toContain('broadcast <command>');
    expect(barca.type('version').text).toContain('# eccmgr version: 0.1.0');
    expect(barca.type('shutdown').afterwards).toBe('shutdown');
  });

  test('[ECC-12] the manager shows its own options', () => {
    const { barca } = cluster();
    expect(barca.type('config get Logs max_open').text.trim()).toBe('max_open = 5');
  });

  test('[ECC-17] responses survive a restart of the manager, late ones included', () => {
    const { bus, barca, uhalehe } = cluster();
    uhalehe.client.refuse = (request) => request.type === 'send';
    barca.type('broadcast pid');
    expect(barca.client.effects.some((effect) => effect.type === 'persistResults')).toBe(true);
    const saved = barca.core.results.save();
    bus.drop(barca.client, 'leave');
    bus.clients.splice(bus.clients.indexOf(barca.client), 1);
    const results = ResultsBuffer.load(saved, EPOCH_MS);
    if (!results.ok) throw new Error(results.error);
    const again = managerConsole(bus, 'barca', { results: results.value });
    bus.start(again.client);
    expect(again.type('retrieve pid').text).toContain('Node: pono (#ec0-20768#pono)\n20768');
    expect(again.type('retrieve pid').text).toContain('uhalehe (#ec0-08422#uhalehe) waiting');
    uhalehe.client.refuse = undefined;
    bus.run(500);
    expect(again.type('retrieve_node uhalehe pid').text).toContain('8422');
  });

  test('[ECC-18] a big response arrives whole, and a node that does not answer is called silent', () => {
    const bus = new FakeBus();
    const big = 'x'.repeat(1_000_000);
    const pono = nodeConsole(bus, 'pono', { pid: 1, execute: () => ({ ok: true, text: big }) });
    const mute = nodeConsole(bus, 'mute', { pid: 2 });
    const barca = managerConsole(bus, 'barca');
    for (const { client } of [pono, mute, barca]) bus.start(client);
    mute.client.refuse = (request) => request.type === 'send';
    barca.type('broadcast summary');
    bus.run(RESULTS_SILENT_AFTER_MS + 500);
    const { text } = barca.type('retrieve summary');
    expect(text).toContain(big);
    expect(text).toContain('mute (#ec0-00002#mute) silent');
  });

  test('[ECC-18] a node that departed before it answered is named as left', () => {
    const { bus, barca, uhalehe } = cluster();
    uhalehe.client.refuse = (request) => request.type === 'send';
    barca.type('broadcast pid');
    bus.drop(uhalehe.client, 'leave');
    expect(barca.type('retrieve pid').text).toContain('uhalehe (#ec0-08422#uhalehe) left');
  });

  test('[CLU-18] dashboards and managers are members and never answer commands', () => {
    const { bus, barca } = cluster();
    bus.start(addObserver(bus, 'barca').client);
    expect(barca.type('broadcast pid').text).toBe('Sent to 2 nodes: pono, uhalehe');
    expect(barca.type('retrieve pid').text).not.toContain('dashboard');
  });
});
