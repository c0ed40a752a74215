/**
 * Real nodes that share floating addresses on loopback. Whoever answers on an address says its name, so that tests see
 * what a client sees, beside what the nodes say.
 */

import { connect } from 'node:net';
import { ClusterProcesses, freePort, type ProcessName } from './cluster-processes.ts';
import { until } from './until.ts';

export type DuravipClusterParts = {
  readonly nodes: number;
  /** Last numbers of the addresses in the network of the cluster. */
  readonly vips: readonly number[];
  /** The node that an address prefers, by its last number. */
  readonly preferences?: Readonly<Record<number, ProcessName>>;
  readonly balanceSeconds?: number;
};

export class DuravipCluster {
  readonly processes: ClusterProcesses;
  readonly #parts: DuravipClusterParts;
  readonly #port: number;

  private constructor(processes: ClusterProcesses, port: number, parts: DuravipClusterParts) {
    this.processes = processes;
    this.#port = port;
    this.#parts = parts;
  }

  /** Writes the configuration; starts nothing. */
  static async create(parts: DuravipClusterParts): Promise<DuravipCluster> {
    const cluster = new DuravipCluster(await ClusterProcesses.create(parts.nodes), await freePort(), parts);
    cluster.configure(parts.vips);
    return cluster;
  }

  /** On which every address is served. */
  get port(): number {
    return this.#port;
  }

  address(number: number): string {
    return this.processes.address('node1').replace(/\d+$/, String(number));
  }

  /** What all nodes have in common: so many addresses, each with a binding and a listener. */
  configure(numbers: readonly number[]): void {
    const network = this.address(0);
    const { preferences = {}, balanceSeconds = 1 } = this.#parts;
    this.processes.write('conf/default/ecelerity-cluster.conf', [
      'include "msgc_server.conf"',
      'cluster {',
      '  heartbeat_start_delay = 1',
      '  allow_loopback_nodeaddr = true',
      '  duravip_host = "loopback"',
      '  view_mature_time = 1',
      `  view_balance_interval = ${balanceSeconds}`,
      `  Topology "${network}/24" {\n    interface = "lo"\n  }`,
      '}',
      ...numbers.map((number) => {
        const preferred = preferences[number];
        const preference = preferred === undefined ? '' : `\n  Duravip_Preference = "${preferred}"`;
        return `Binding "vip-${number}" {\n  Bind_Address = "${this.address(number)}"\n  Enable_Duravip = true${preference}\n}`;
      }),
      'ESMTP_Listener {',
      ...numbers.map((number) => `  Listen "${this.address(number)}:${this.#port}" { }`),
      '}',
    ]);
  }

  /** The node that answers on the address; undefined when nobody does. */
  answers(number: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, this.address(number));
      let text = '';
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('data', (data) => {
        text += data.toString('utf8');
        if (text.includes('\n')) socket.end('QUIT\r\n');
      });
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(/^220 (\w+) ESMTP/.exec(text)?.[1]));
    });
  }

  /** Waits until exactly these addresses are served, by nodes that fit. */
  served(
    numbers: readonly number[],
    fits: (nodes: readonly string[]) => boolean,
  ): Promise<readonly string[]> {
    return until(async () => {
      const nodes = await Promise.all(numbers.map((number) => this.answers(number)));
      const known = nodes.flatMap((node) => (node === undefined ? [] : [node]));
      return known.length === numbers.length && fits(known) ? known : undefined;
    }, 30_000);
  }

  /** Owners as a node shows them, by the last number of the address. */
  async shown(name: ProcessName): Promise<ReadonlyMap<number, string | undefined>> {
    const text = await this.processes.ask(name, 'cluster duravip show');
    const owners = new Map<number, string | undefined>();
    for (const block of text
      .split('\n')
      .slice(1)
      .join('\n')
      .split(/\n(?=\d)/)) {
      const number = /^[\d.]+\.(\d+)\//.exec(block)?.[1];
      if (number !== undefined) owners.set(Number(number), /^ \* {2}\t(\w+)/m.exec(block)?.[1]);
    }
    return owners;
  }
}
