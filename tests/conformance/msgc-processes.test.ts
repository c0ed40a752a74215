/**
 * The bus between real processes: every option changed on running servers while numbered messages flow, dedicated
 * servers, and the addresses that connections leave from.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MSGC_CLIENT_TABLE, MSGC_SERVER_TABLE } from '../../server/msgc/options.ts';
import { ClusterProcesses, freePort, type ProcessName, RealProcess } from '../support/cluster-processes.ts';
import { RealBusClient } from '../support/real-bus-client.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 120_000;
const NODES: readonly ProcessName[] = ['node1', 'node2', 'node3'];
const ALL: readonly ProcessName[] = ['manager', ...NODES, 'hub1'];
/** Of a machine with many tests nobody is judged. */
const PATIENT = 'silence_timeout = 10000';
const GROUP = 'numbers';
const PUBLISH_EACH_MS = 3;

/** Option, documented default, another value. */
const SHARED = [
  ['connect_timeout', '60', '11'],
  ['debug_level', 'ERROR', 'DEBUG'],
  ['idle_timeout', '30', '20'],
  ['keepalive_interval', '5', '3'],
  ['max_backlog', '5000', '2000'],
  ['messages_per_iter', '20', '3'],
  ['reconnect_interval', '5', '2'],
  ['tcpbuf_size', '131072', '8192'],
] as const;

/** Numbered messages without an end from one client to all others. */
class Traffic {
  readonly sender: RealBusClient;
  readonly receivers = new Map<ProcessName, RealBusClient>();
  published = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(cluster: ClusterProcesses, from: ProcessName, to: readonly ProcessName[]) {
    const at = (name: ProcessName): RealBusClient =>
      new RealBusClient(GROUP, { servers: [{ host: cluster.address(name), port: cluster.busPort }] });
    this.sender = at(from);
    for (const name of to) this.receivers.set(name, at(name));
    this.#timer = setInterval(() => {
      if (this.sender.members < 1 + to.length && this.published === 0) return;
      this.sender.publish(String(this.published));
      this.published += 1;
    }, PUBLISH_EACH_MS);
  }

  heard(name: ProcessName): readonly string[] {
    return this.receivers.get(name)?.heard ?? [];
  }

  /** What is published from now on arrives. */
  async flows(...names: readonly ProcessName[]): Promise<void> {
    const mark = String(this.published + 5);
    await until(() => names.every((name) => this.heard(name).includes(mark)));
  }

  /** Ends it when everything has arrived there. */
  async end(...names: readonly ProcessName[]): Promise<void> {
    clearInterval(this.#timer);
    const last = String(this.published - 1);
    await until(() => names.every((name) => this.heard(name).at(-1) === last));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const client of [this.sender, ...this.receivers.values()]) client.close();
  }
}

describe('options of running servers', { timeout: LIMIT_MS }, () => {
  let cluster: ClusterProcesses;
  let traffic: Traffic;

  beforeAll(async () => {
    cluster = await ClusterProcesses.create(NODES.length, 1);
    writeServers(cluster, [`  port = ${cluster.busPort}`]);
    await cluster.start(...ALL);
    await cluster.askUntil('manager', 'info', (text) => text.includes('Nodes: 3'));
    traffic = new Traffic(cluster, 'node1', ['node2', 'node3', 'hub1']);
    await traffic.flows('node2', 'node3', 'hub1');
  }, LIMIT_MS);
  afterAll(async () => {
    traffic?.close();
    await cluster?.stop();
  }, LIMIT_MS);

  /** `msgc_server.conf`, the same for all, with what stands in it beside the peers. */
  function writeServers(of: ClusterProcesses, lines: readonly string[], peers = ALL): void {
    of.write('conf/global/msgc_server.conf', [
      `msgc_server {\n  ${PATIENT}\n${lines.join('\n')}\n  peers = [\n${of.peers(peers)}\n  ]\n}`,
    ]);
  }

  async function onAll(command: string, answer: string | RegExp): Promise<void> {
    for (const name of ALL) expect(await cluster.ask(name, command), `${name}: ${command}`).toMatch(answer);
  }

  test('[MSG-01] [MSG-02] [MSG-03] every node and the manager run msgc_server, each linked to all others', async () => {
    await onAll('module list', /Module: msgc_client[\s\S]*Module: msgc_server/);
    for (const name of ALL) {
      const members = await until(() => {
        const last = cluster.process(name).logged('view.installed').at(-1)?.['members'];
        return Array.isArray(last) && last.length === ALL.length && last;
      });
      expect([...members].sort()).toEqual([...ALL].sort());
      expect(cluster.process(name).logged('bus.doubt')).toEqual([]);
    }
  });

  test('[MSG-25] msgc_server.conf comes from the global folder, included by the files of nodes and manager', async () => {
    const file = path.join(cluster.folder, 'conf/global/msgc_server.conf');
    writeServers(cluster, [`  port = ${cluster.busPort}`, '  max_backlog = few']);
    await onAll('config reload', `${file}:4:17: error: max_backlog:`);
    writeServers(cluster, [`  port = ${cluster.busPort}`, '  max_backlog = 4000']);
    await onAll('config reload', /^OK$/m);
    await onAll('config eval msgc_server max_backlog', /\b4000\b/);
    writeServers(cluster, [`  port = ${cluster.busPort}`]);
    await onAll('config reload', /^OK$/m);
  });

  test('[MSG-10] [MSG-11] [MSG-12] [MSG-13] [MSG-14] [MSG-15] [MSG-16] [MSG-17] every option has its default and changes by config set', async () => {
    for (const [scope, { options }] of [
      ['msgc_server', MSGC_SERVER_TABLE],
      ['msgc_client', MSGC_CLIENT_TABLE],
    ] as const) {
      for (const [option, standard, other] of SHARED) {
        expect(options.find(({ name }) => name === option)).toMatchObject({ default: standard });
        await onAll(`config eval ${scope} ${option}`, new RegExp(`\\b${standard}\\b`));
        await onAll(`config set ${scope} ${option} ${other}`, new RegExp(`^${option} = "?${other}"?$`, 'm'));
        await onAll(`config eval ${scope} ${option}`, new RegExp(`\\b${other}\\b`));
        await traffic.flows('node2', 'node3', 'hub1');
      }
    }
  });

  test('[MSG-18] [MSG-22] peers leave and come back by config set, and everybody else keeps every message', async () => {
    const without = ALL.filter((name) => name !== 'node3');
    for (const peers of [without, ALL]) {
      const words = cluster.peers(peers).trim().replaceAll(/\s+/g, ' ');
      for (const name of without) await cluster.ask(name, `config set msgc_server peers [ ${words} ]`);
      await until(() => traffic.sender.members === 1 + (peers.length === ALL.length ? 3 : 2));
      await traffic.flows('node2', 'hub1', ...(peers === ALL ? (['node3'] as const) : []));
    }
    for (const name of without) {
      const downs = cluster.process(name).logged('link.down');
      expect(downs.map(({ peer }) => peer)).toEqual(['node3']);
    }
  });

  test('[MSG-19] [MSG-20] [MSG-21] [MSG-22] everything changes by config reload: other options, another port, another source', async () => {
    const port = await freePort();
    const values = SHARED.map(([option, , other], index) => {
      return `  ${option} = ${option === 'debug_level' ? 'NOTICE' : Number(other) + index + 1}`;
    });
    writeServers(cluster, [`  port = ${port}`, ...values]);
    for (const name of ALL) {
      const address = cluster.address(name);
      cluster.write(`conf/${name}/node-local.conf`, [
        `msgcserver_listener { listen "${address}:${port}" { } }`,
        `msgc_client {\n${values.join('\n')}\n  server = ( "${address}:${port}" )\n  bind_address = "${address}"\n}`,
        `Control_Listener { Listen "${cluster.control(name)}" { } }`,
        ...(name.startsWith('node')
          ? [
              `ECCluster_Listener { Listen "${cluster.clusterAddress(name)}" { } }`,
              `cluster { nodeaddr = "${address}" }`,
            ]
          : []),
      ]);
      expect(await cluster.ask(name, 'config reload'), name).toMatch(/^OK$/m);
      await traffic.flows('node2', 'hub1');
    }
    await onAll('config eval msgc_server port', new RegExp(`\\b${port}\\b`));
    await onAll('config eval msgc_client max_backlog', /\b2005\b/);
    // Who comes now comes to the new port; the modules of the processes themselves did so too.
    const late = new RealBusClient(GROUP, { servers: [{ host: cluster.address('hub1'), port }] });
    await until(() => late.heard.length > 10);
    late.close();
    await cluster.askUntil('node1', 'cluster info', (text) =>
      text.includes(`${cluster.address('node1')}:${port} [`),
    );
    await cluster.askUntil('node1', 'cluster membership', (text) =>
      NODES.every((name) => text.includes(`Node Name: ${name}`)),
    );
  });

  test('[MSG-22] through all of this no message was lost and none came twice', async () => {
    await traffic.end('node2', 'node3', 'hub1');
    const all = Array.from({ length: traffic.published }, (_, number) => String(number));
    expect(all.length).toBeGreaterThan(100);
    for (const name of ['node2', 'hub1'] as const) expect(traffic.heard(name), name).toEqual(all);
    // node3 was no peer for a while: what it heard, it heard once and in order.
    const there = traffic.heard('node3').map(Number);
    expect(there).toEqual([...new Set(there)].sort((a, b) => a - b));
    expect(traffic.sender.mishaps).toEqual([]);
    for (const [name, client] of traffic.receivers) expect(client.mishaps, name).toEqual([]);
  });

  test('[MSG-26] a dedicated server is listed, killed and stopped like any other', async () => {
    await cluster.askUntil('node1', 'cluster membership', (text) =>
      /Node Name: hub1\nSubcluster: \(Null\)\nNode Type: msgc_server\n/.test(text),
    );
    expect(await cluster.ask('hub1', 'version')).toContain('# msgcd version: ');
    expect(await cluster.ask('hub1', 'cluster membership')).toMatch(/^Unknown command/);
    await cluster.process('hub1').end('SIGKILL');
    await cluster.askUntil('node1', 'cluster membership', (text) => !text.includes('hub1'));
    await cluster.start('hub1');
    await cluster.askUntil('node1', 'cluster membership', (text) => text.includes('Node Name: hub1'));
    expect(await cluster.ask('hub1', 'shutdown')).toBe('');
    expect(await cluster.process('hub1').ended).toEqual({ code: 0, signal: null });
  });
});

describe('a dedicated server alone', { timeout: LIMIT_MS }, () => {
  let folder: string;
  const running: RealProcess[] = [];
  const servers: Server[] = [];
  const address = (host: number): string => `127.${128 + (process.pid % 64)}.7.${host}`;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'muster-'));
  });
  afterAll(async () => {
    for (const one of running) await one.end('SIGTERM');
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(name: string, lines: readonly string[]): RealProcess {
    const file = path.join(folder, `${name}.conf`);
    const control = `Control_Listener { Listen "${path.join(folder, name)}" { } }`;
    writeFileSync(file, [control, ...lines].join('\n'));
    const started = new RealProcess('msgcd', ['-c', file], { EC_NODE_NAME: name });
    running.push(started);
    return started;
  }

  /** Somebody who listens and says nothing. @returns from where connections came. */
  async function probe(host: string, port: number): Promise<readonly (string | undefined)[]> {
    const from: (string | undefined)[] = [];
    const server = createServer((socket) => {
      from.push(socket.remoteAddress);
      socket.on('error', () => undefined);
    });
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return from;
  }

  test('[MSG-35] [MSG-20] it dials peers from the address of its listener, its client from bind_address', async () => {
    const port = await freePort();
    const peer = await probe(address(2), port);
    const bus = await probe(address(3), port);
    const hub = start('hub1', [
      `msgc_server { port = ${port} peers = [ hub1 = "${address(1)}" other = "${address(2)}" ] }`,
      `msgcserver_listener { listen "${address(1)}:${port}" { } }`,
      `msgc_client { server = ( "${address(3)}:${port}" ) bind_address = "${address(9)}" }`,
    ]);
    await hub.ready();
    await until(() => peer.length > 0 && bus.length > 0);
    expect([new Set(peer), new Set(bus)]).toEqual([new Set([address(1)]), new Set([address(9)])]);
  });

  const hosts = ['127.0.0.1', ...(hasIpv6() ? ['::1'] : [])];

  test.each(hosts)('[MSG-35] servers on %s find each other and carry messages', async (host) => {
    const ports = [await freePort(), await freePort()] as const;
    const shown = host.includes(':') ? `[${host}]` : host;
    const names = ['Left', 'right'] as const;
    const peers = names.map((name, index) => `${name} = "${shown}:${ports[index]}"`).join('\n');
    const hubs = names.map((name, index) =>
      start(`${name}${ports[0]}`, [
        `cluster { nodename = "${name}" }`,
        `msgc_server {\n ${PATIENT}\n port = ${ports[index]}\n peers = [\n${peers}\n]\n}`,
        `msgcserver_listener { listen "${shown}:${ports[index]}" { } }`,
      ]),
    );
    await Promise.all(hubs.map((hub) => hub.ready()));
    const clients = ports.map((port) => new RealBusClient(GROUP, { servers: [{ host, port }] }));
    try {
      await until(() => clients.every(({ members }) => members === 2));
      clients[0]?.publish('over there');
      await until(() => clients[1]?.heard.includes('over there'));
      // Names of any case are the same name, and nothing is doubtful about this.
      expect(hubs.flatMap((hub) => hub.logged('bus.doubt'))).toEqual([]);
    } finally {
      for (const client of clients) client.close();
    }
  });

  test('[MSG-19] [MSG-23] [MSG-33] what prevents its start, and what is doubtful, is one clear line each', async () => {
    const silent = start('hub2', ['msgc_server { }']);
    expect((await silent.ended).code).toBe(2);
    expect(silent.errors).toContain(
      'hub2.conf:2:1: error: msgc_server is configured but no msgcserver_listener',
    );
    const port = await freePort();
    const doubtful = start('HUB3', [
      `msgc_server { port = ${port} peers = [ hub3 = "${address(4)}" ] }`,
      `msgcserver_listener { listen "${address(5)}:${port}" { } }`,
    ]);
    await doubtful.ready();
    expect(doubtful.logged('bus.doubt')).toEqual([
      {
        doubt: `peers say that others reach hub3 at ${address(4)}:${port}, but its msgcserver_listener listens on ${address(5)}:${port}`,
      },
    ]);
    expect(doubtful.logged('name.normalised')).toEqual([
      { from: 'EC_NODE_NAME', read: 'HUB3', used: 'hub3' },
    ]);
  });
});

function hasIpv6(): boolean {
  const found = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );
  if (!found) process.stdout.write('no IPv6 loopback here: servers are tested on IPv4 only\n');
  return found;
}
