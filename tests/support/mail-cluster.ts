/** Real nodes that take mail on floating addresses and relay it to a sink of the test: all that a test of mail needs. */

import { connect } from 'node:net';
import type { MailTarget } from '../../server/daemons/demo/mail-client.ts';
import { MailTraffic, type TrafficOptions } from '../../server/daemons/demo/mail-traffic.ts';
import { ClusterProcesses, freePort, type ProcessName } from './cluster-processes.ts';
import type { MailLedger } from './mail-ledger.ts';
import { until } from './until.ts';

export type MailClusterParts = {
  readonly nodes: readonly ProcessName[];
  /** Last numbers of the addresses in the network of the cluster. */
  readonly vips: readonly number[];
  /** Where mail of a domain goes, and what else its scope says. */
  readonly domains: readonly {
    readonly domain: string;
    readonly port: number;
    readonly lines?: readonly string[];
  }[];
  /** Folder with bundles of the programs. */
  readonly bundles: string;
};

/** What all nodes count together. */
const SHARED = [
  'inbound_cidr',
  'outbound_cidr',
  'outbound_domains',
  'outbound_binding_domains',
  'shared_named_throttles',
  'OBTC',
  'OBTM',
];
const SILENCE_MS = 10_000;
const SERVED_LIMIT_MS = 30_000;

export class MailCluster {
  readonly processes: ClusterProcesses;
  readonly #port: number;
  readonly #parts: MailClusterParts;

  private constructor(processes: ClusterProcesses, port: number, parts: MailClusterParts) {
    this.processes = processes;
    this.#port = port;
    this.#parts = parts;
  }

  /** Writes the configuration; starts nothing. */
  static async create(parts: MailClusterParts): Promise<MailCluster> {
    const processes = await ClusterProcesses.create(parts.nodes.length);
    processes.bundles = parts.bundles;
    const cluster = new MailCluster(processes, await freePort(), parts);
    cluster.#configure();
    return cluster;
  }

  address(number: number): string {
    return this.processes.address('node1').replace(/\d+$/, String(number));
  }

  /** Where mail can be given in. */
  targets(): readonly MailTarget[] {
    return this.#parts.vips.map((number) => this.target(number));
  }

  target(number: number): MailTarget {
    return { address: this.address(number), port: this.#port };
  }

  /** Addresses that clients come from. */
  get sources(): readonly string[] {
    return [1, 2, 3, 4].map((number) => this.address(number));
  }

  #configure(): void {
    const { vips, domains, nodes } = this.#parts;
    const network = `${this.address(0)}/24`;
    this.processes.write('conf/default/ecelerity-cluster.conf', [
      'include "msgc_server.conf"',
      'cluster {',
      '  heartbeat_start_delay = 1',
      '  allow_loopback_nodeaddr = true',
      '  duravip_host = "loopback"',
      '  view_mature_time = 1',
      '  view_balance_interval = 1',
      `  Topology "${network}" {\n    interface = "lo"\n  }`,
      ...SHARED.map((object) => `  Replicate "${object}" { }`),
      '}',
      'Hostname = "mx.test.example"',
      'Retry_Interval = 1',
      'Max_Retry_Interval = 2',
      ...domains.map(({ domain, port, lines = [] }) =>
        [`Domain "${domain}" {`, `  Routes = ( "127.0.0.1:${port}" )`, ...lines, '}'].join('\n'),
      ),
      ...vips.map((number) =>
        [
          `Binding "mail-${number}" {`,
          `  Bind_Address = "${this.address(number)}"`,
          '  Enable_Duravip = true',
          '}',
        ].join('\n'),
      ),
      'ESMTP_Listener {',
      `  Relay_Hosts = ( "${network}" )`,
      `  Relay_Domains = ( ${domains.map(({ domain }) => `"${domain}"`).join(' ')} )`,
      ...vips.map(
        (number) => `  Listen "${this.address(number)}:${this.#port}" {\n    Enable_Duravip = true\n  }`,
      ),
      '}',
    ]);
    // On a machine that is busy with other tests nobody may be taken for dead who only waits for his turn.
    this.processes.append('conf/global/msgc_server.conf', [
      `msgc_server { silence_timeout = ${SILENCE_MS} }`,
    ]);
    for (const name of nodes) {
      this.processes.append(`conf/${name}/node-local.conf`, [
        `SpoolBase = "${this.processes.folder}/spool-${name}"`,
      ]);
    }
  }

  /** Starts all, and waits until every address takes mail. */
  async start(): Promise<void> {
    await this.processes.start('manager', ...this.#parts.nodes);
    await this.served();
  }

  /** Whether somebody says 220 on the address. */
  greets(number: number): Promise<boolean> {
    return new Promise((resolve) => {
      const { address, port } = this.target(number);
      const socket = connect(port, address);
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        resolve(String(data).startsWith('220'));
        socket.end('QUIT\r\n');
      });
      socket.once('close', () => resolve(false));
    });
  }

  /** Every address takes mail. */
  served(): Promise<unknown> {
    return until(async () => {
      const greeting = await Promise.all(this.#parts.vips.map((number) => this.greets(number)));
      return greeting.every(Boolean);
    }, SERVED_LIMIT_MS);
  }

  /** Starts a flow of 200 messages a second, as far as the machine allows it, to every address. */
  send(ledger: MailLedger, options: Partial<TrafficOptions>): MailTraffic {
    const traffic = new MailTraffic({
      targets: this.targets(),
      sources: this.sources,
      domains: [{ domain: 'inbox.example', share: 1 }],
      senderDomain: 'shop.example',
      perSecond: 200,
      inWaves: false,
      sessions: 16,
      messagesPerSession: 50,
      bodyBytes: 1_000,
      run: `r${performance.now().toFixed(0)}`,
      seed: 7,
      told: (number, outcome) => ledger.told(number, outcome),
      ...options,
    });
    traffic.start();
    return traffic;
  }

  /** Messages in the queues of a node. */
  async queued(name: ProcessName): Promise<number> {
    const text = await this.processes.ask(name, 'summary');
    return Number(/Total Queue Size:\s*(\d+)/.exec(text)?.[1]);
  }

  /** The node that a node takes for the owner of an address; undefined while it has none. */
  async owner(number: number, as: ProcessName): Promise<ProcessName | undefined> {
    const text = await this.processes.ask(as, 'cluster duravip show');
    const block = text.split(/\n(?=\d)/).find((one) => one.startsWith(`${this.address(number)}/`)) ?? '';
    return /^ \* {2}\t(\w+)/m.exec(block)?.[1] as ProcessName | undefined;
  }
}
