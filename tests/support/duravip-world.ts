/** Three nodes that share addresses and a manager, whole processes on a network in memory. */

import { MAIN_FILE } from './live-configurations.ts';
import { configurationOf, PROCESS_NAMES, ProcessWorld, type SimulatedProcess } from './process-world.ts';
import { ip } from './vip-tables.ts';

export const NODES = PROCESS_NAMES.filter((name) => name !== 'manager');
export const ADDRESSES = ['127.0.9.1', '127.0.9.2', '127.0.9.3'].map(ip);

type NodeOf = (typeof NODES)[number];

/** `vip-3` for 127.0.9.3, `vip-10-3` for 127.0.10.3. */
function bindingOf(address: string): string {
  const [, , block = '', number = ''] = address.split('.');
  return block === '9' ? `vip-${number}` : `vip-${block}-${number}`;
}

function duravips(addresses: readonly string[], more = ''): string {
  return [
    `cluster { duravip_host = "loopback" view_mature_time = 1 view_balance_interval = 1 ${more}`,
    '  Topology "127.0.9.0/24" { interface = "lo" }\n}',
    ...addresses.map(
      (address) => `Binding "${bindingOf(address)}" { Bind_Address = "${address}" Enable_Duravip = true }`,
    ),
  ].join('\n');
}

export class DuravipWorld {
  readonly world = new ProcessWorld();
  readonly nodes = new Map<string, SimulatedProcess>();

  /** Everything runs, and the view is mature. @param more options of the scope `cluster` */
  constructor(addresses: readonly string[] = ADDRESSES, more = '') {
    this.nodes.set('manager', this.world.start('manager'));
    for (const name of NODES) this.start(name, addresses, more);
    this.run(8_000);
  }

  start(name: NodeOf, addresses: readonly string[] = ADDRESSES, more = ''): void {
    this.nodes.set(name, this.world.start(name, duravips(addresses, more)));
  }

  run(ms: number): void {
    this.world.clock.runFor(ms);
  }

  node(name: string): SimulatedProcess {
    const found = this.nodes.get(name);
    if (found === undefined) throw new Error(`${name} was not started`);
    return found;
  }

  /** Nodes whose machine has the address. */
  holders(address: string): readonly string[] {
    return [...this.nodes].flatMap(([name, { addresses }]) =>
      addresses.placed.has(ip(address)) ? [name] : [],
    );
  }

  owners(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(ADDRESSES.map((address) => [address, this.holders(address)]));
  }

  /** Asks all nodes from the manager. @returns the collected answers. */
  broadcast(command: string): string {
    this.node('manager').type(`broadcast ${command}`);
    this.run(2_000);
    return this.node('manager').type(`retrieve ${command}`);
  }

  /** Other addresses in the files of a node, and a reload. @returns its reply */
  reconfigure(name: string, addresses: readonly string[], more = ''): string {
    const node = this.node(name);
    node.files.write(MAIN_FILE, configurationOf(name, duravips(addresses, more)));
    const reply = node.ask('config reload');
    if (!reply.ok) throw new Error(reply.text);
    return reply.text;
  }
}
