/** Three whole nodes with floating addresses and mail, on a network in memory, and a manager that commands them. */

import { must } from '../../server/base/assert.ts';
import { NodeApp } from '../../server/cluster/node.ts';
import type { NodeMail } from '../../server/cluster/node-mail.ts';
import type { Verdict } from '../../server/mail/api.ts';
import { ProcessWorld, type SimulatedProcess, WorldMail } from './process-world.ts';
import { ip } from './vip-tables.ts';

export const NODES = ['node1', 'node2', 'node3'] as const;
type NodeOf = (typeof NODES)[number];
export const VIPS = ['127.0.9.1', '127.0.9.2', '127.0.9.3'] as const;
/** Suspended in the files of all nodes. */
export const HELD = 'held.test';
export const LIMITED = 'limited.test';
export const LIMIT = 10;

const CONFIGURATION = `
cluster {
  duravip_host = "loopback"
  view_mature_time = 1
  view_balance_interval = 1
  Topology "127.0.9.0/24" { interface = "lo" }
  Replicate "inbound_cidr" { }
  Replicate "outbound_cidr" { }
  Replicate "outbound_domains" { }
  Replicate "outbound_binding_domains" { }
}
Relay_Hosts = ( 10.0.0.0/8 )
Retry_Interval = 5
Idle_Timeout = 1
Domain "${HELD}" { Suspend_Delivery = true }
Domain "${LIMITED}" { Cluster_Max_Outbound_Connections = ${LIMIT} }
${VIPS.map((address, i) => `Binding "vip-${i + 1}" { Bind_Address = "${address}" Enable_Duravip = true }`).join('\n')}
ESMTP_Listener {
${VIPS.map((address) => `  Listen "${address}:25" { Enable_Duravip = true }`).join('\n')}
}
`;

export class MailNodes {
  readonly mail = new WorldMail();
  readonly world = new ProcessWorld(this.mail);
  readonly processes = new Map<string, SimulatedProcess>();
  readonly #more: string;

  /** Everything runs, and every address has its owner. @param more added to the configuration of every node */
  constructor(more = '') {
    this.#more = more;
    this.processes.set('manager', this.world.start('manager'));
    for (const name of NODES) this.start(name);
    this.run(8_000);
  }

  start(name: NodeOf): void {
    this.processes.set(name, this.world.start(name, CONFIGURATION + this.#more));
  }

  run(ms: number): void {
    this.world.clock.runFor(ms);
  }

  node(name: string): SimulatedProcess {
    return must(this.processes.get(name), 'a node that was started');
  }

  mailOf(name: string): NodeMail {
    const { app } = this.node(name).core;
    return must(app instanceof NodeApp ? app.mail : undefined, 'a node with mail');
  }

  /** The node whose machine has the address. */
  holder(address: string): string {
    const [found] = NODES.filter((name) => this.node(name).addresses.placed.has(ip(address)));
    return must(found, `somebody has ${address}`);
  }

  other(name: string): NodeOf {
    return must(
      NODES.find((one) => one !== name),
      'three nodes',
    );
  }

  /** One message of a client to whoever has the address. */
  send(address: string, to: string): Verdict {
    const { mail } = this.node(this.holder(address));
    const client = { address: '10.0.0.9', local: address };
    return must(mail, 'mail').inject(client, 'sender@shop.test', [to]);
  }

  move(address: string, to: string): void {
    this.node('manager').type(`broadcast cluster duravip move ${address} to ${to}`);
    this.run(5_000);
  }

  /** Messages in the spool of a node. */
  spooled(name: string): number {
    return this.mail.spools.get(name)?.size ?? 0;
  }
}
