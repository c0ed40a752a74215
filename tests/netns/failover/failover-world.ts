/**
 * Three real nodes in network namespaces on one switch that keep addresses alive by DuraVIP, a client on a host of its
 * own that connects to them all the time, and a capture of who answers for them.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newKeyFile } from '../../../server/adapters/bus-keys.ts';
import { ConsoleClient } from '../../../server/daemons/console-client.ts';
import { Namespaces } from '../../support/net-namespaces.ts';
import { NetProcess } from '../../support/net-process.ts';
import { until } from '../../support/until.ts';
import { ArpWatch } from './arp-watch.ts';
import { type ProbeArguments, ProbeRun } from './probe-run.ts';

export type NodeLetter = 'a' | 'b' | 'c';
export const NODES: readonly NodeLetter[] = ['a', 'b', 'c'];
/** The host of the probing client. */
const CLIENT = 'p';
const BUS_PORT = 4809;
const CLUSTER_PORT = 4802;
export const SERVICE_PORT = 2525;
const WELL_LIMIT_MS = 90_000;
/** On the switch's own network, above the hosts. */
const FIRST_VIP = 110;

export type FailoverParts = {
  readonly vips: number;
  /** Lines inside `msgc_server { }` and `cluster { }`. */
  readonly busOptions?: readonly string[];
  readonly clusterOptions?: readonly string[];
  /** Preferred by all addresses; undefined: they are spread. */
  readonly preferred?: NodeLetter;
};

type Node = { process: NetProcess; ready: boolean };

export class FailoverWorld {
  readonly network: Namespaces;
  readonly vips: readonly string[];
  readonly arp: ArpWatch;
  readonly #folder: string;
  readonly #preferred: NodeLetter | undefined;
  readonly #nodes = new Map<NodeLetter, Node>();
  readonly #probes: ProbeRun[] = [];

  constructor({ vips, busOptions = [], clusterOptions = [], preferred }: FailoverParts) {
    this.#preferred = preferred;
    // Nobody writes down neighbours of a real host, and who is written down cannot be told anything.
    this.network = new Namespaces([...NODES, CLIENT], { asking: true });
    this.#folder = mkdtempSync(path.join(tmpdir(), `muster-net-${process.pid}-`));
    const subnet = this.network.bridge.address.replace(/\.\d+$/, '');
    this.vips = Array.from({ length: vips }, (_, index) => `${subnet}.${FIRST_VIP + index}`);
    this.arp = new ArpWatch(this.network.bridge.namespace, 'br0');
    this.#write('bus.key', [newKeyFile().trimEnd()], 0o600);
    for (const node of NODES) this.#configure(node, busOptions, clusterOptions);
  }

  async start(): Promise<void> {
    await this.arp.ready;
    for (const node of NODES) this.startNode(node);
    await this.settled();
  }

  startNode(name: NodeLetter): void {
    const { namespace } = this.network.host(name);
    const node: Node = {
      ready: false,
      process: new NetProcess({
        script: 'server/bin/ecnode.ts',
        args: ['-c', path.join(this.#folder, `${name}.conf`)],
        env: { EC_NODE_NAME: name },
        namespace,
        onErrorLine: (line) => {
          if (line.includes('"event":"ready"')) node.ready = true;
        },
      }),
    };
    this.#nodes.set(name, node);
  }

  node(name: NodeLetter): NetProcess {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`${name} was not started`);
    return node.process;
  }

  /** Connects to the addresses with these indices from the client's host until the world ends. */
  probe(indices: readonly number[], everyMs: number): ProbeRun {
    const addresses = indices.map((index) => this.vips[index] ?? '');
    const args: ProbeArguments = { addresses, port: SERVICE_PORT, everyMs };
    const run = new ProbeRun(args, this.network.host(CLIENT).namespace);
    this.#probes.push(run);
    return run;
  }

  /** Which hosts have the address on an interface, also hosts whose daemon is gone. */
  holders(vip: string): readonly NodeLetter[] {
    return NODES.filter((name) => this.#addressesOf(name).includes(vip));
  }

  /** Addresses of each host, by one look at each. */
  owned(): ReadonlyMap<NodeLetter, readonly string[]> {
    return new Map(
      NODES.map((name) => {
        const present = new Set(this.#addressesOf(name));
        return [name, this.vips.filter((vip) => present.has(vip))];
      }),
    );
  }

  /** Waits until every address is on exactly one host, and, if wanted, on the preferred one or evenly spread. */
  async settled(balanced = true): Promise<void> {
    const preferred = this.#preferred;
    const share = Math.ceil(this.vips.length / NODES.length);
    await until(() => {
      for (const [name, { process: one }] of this.#nodes)
        if (!one.isRunning) throw new Error(`${name} ended:\n${one.errors.slice(-3_000)}`);
      const owned = this.owned();
      const counts = [...owned.values()].map(({ length }) => length);
      const all = counts.reduce((sum, count) => sum + count, 0);
      if (all !== this.vips.length) return false;
      if (preferred !== undefined && balanced) return owned.get(preferred)?.length === all;
      return !balanced || counts.every((count) => count <= share);
    }, WELL_LIMIT_MS);
  }

  /** What each node says of the addresses, and the last it logged. */
  async describe(): Promise<string> {
    const said = NODES.map(async (name) => {
      const table = await this.ask(name, 'cluster duravip show').catch(String);
      return `${name}: ${table}\n${this.node(name).errors.slice(-3_000)}`;
    });
    return (await Promise.all(said)).join('\n');
  }

  async ask(name: NodeLetter, command: string): Promise<string> {
    const address = this.#socket(name);
    const client = new ConsoleClient({
      endpoint: { kind: 'unix', path: address },
      address,
      answerTimeoutMs: 10_000,
    });
    try {
      return await client.ask(command);
    } finally {
      client.close();
    }
  }

  async stop(): Promise<void> {
    this.arp.end();
    await Promise.all(this.#probes.map((probe) => probe.end()));
    await Promise.all([...this.#nodes.values()].map(({ process: one }) => one.end('SIGKILL')));
    this.network.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #addressesOf(name: NodeLetter): readonly string[] {
    const { namespace } = this.network.host(name);
    const text = execFileSync('ip', ['-n', namespace, '-4', '-o', 'addr', 'show'], { encoding: 'utf8' });
    return [...text.matchAll(/inet (\S+?)\//g)].map((match) => match[1] ?? '');
  }

  #socket(name: NodeLetter): string {
    return path.join(this.#folder, `${name}.socket`);
  }

  #configure(name: NodeLetter, bus: readonly string[], cluster: readonly string[]): void {
    const own = this.network.host(name).address;
    const network = `${own.replace(/\.\d+$/, '')}.0/24`;
    const preference = this.#preferred === undefined ? '' : `Duravip_Preference = "${this.#preferred}"`;
    this.#write(`${name}.conf`, [
      `SpoolBase = "${path.join(this.#folder, name)}"`,
      'msgc_server {',
      `  port = ${BUS_PORT}`,
      '  reconnect_interval = 1',
      `  auth_key_file = "${path.join(this.#folder, 'bus.key')}"`,
      ...bus.map((line) => `  ${line}`),
      '  peers = [',
      ...NODES.map((other) => `    ${other} = "${this.network.host(other).address}"`),
      '  ]',
      '}',
      `msgcserver_listener { listen "${own}:${BUS_PORT}" { } }`,
      `msgc_client { server = ( "${own}:${BUS_PORT}" ) auth_key_file = "${path.join(this.#folder, 'bus.key')}" }`,
      `Control_Listener { Listen "${this.#socket(name)}" { } }`,
      `ECCluster_Listener { Listen "${own}:${CLUSTER_PORT}" { } }`,
      'cluster {',
      `  nodeaddr = "${own}"`,
      `  Topology "${network}" { interface = "eth0" cidrmask = "32" }`,
      ...cluster.map((line) => `  ${line}`),
      '}',
      'ESMTP_Listener {',
      ...this.vips.map((vip) => `  Listen "${vip}:${SERVICE_PORT}" { Enable_Duravip = true }`),
      '}',
      ...this.vips.map(
        (vip, index) => `Binding "b${index}" { Bind_Address = "${vip}" Enable_Duravip = true ${preference} }`,
      ),
    ]);
  }

  #write(name: string, lines: readonly string[], mode = 0o644): void {
    const file = path.join(this.#folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`, { mode });
  }
}
