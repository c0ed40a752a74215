/** The processes of one run: servers, one client at each, a warm-up, a measured phase. */

import { findPort } from '../../../server/daemons/demo/free-port.ts';
import { BenchProcess, preferredPort } from './bench-process.ts';
import type { ChildOrder, ChildReport, Endpoint, Sending, Wiring } from './orders.ts';

export type PhaseResult = {
  /** By all senders, and received by each client. */
  readonly sent: number;
  readonly servers: readonly ChildReport[];
  readonly clients: readonly ChildReport[];
};

/** An address of its own for each server, one port that is free on all of them. */
export async function endpointsOf(size: number): Promise<readonly Endpoint[]> {
  const hosts = Array.from({ length: size }, (_, index) => `127.0.1.${index + 1}`);
  const places = (port: number) => hosts.map((address) => ({ address, port }));
  const port = await findPort(preferredPort(), places);
  return hosts.map((host, index) => ({ node: `s${index}`, host, port }));
}

export class BusWorld {
  readonly servers: readonly BenchProcess[];
  readonly clients: readonly BenchProcess[];

  private constructor(servers: readonly BenchProcess[], clients: readonly BenchProcess[]) {
    this.servers = servers;
    this.clients = clients;
  }

  /** Resolves once every server and every client sees all others. */
  static async start(wiring: Wiring, size: number, maxBacklog: number): Promise<BusWorld> {
    const peers = await endpointsOf(size);
    const world = new BusWorld(
      peers.map(() => new BenchProcess()),
      peers.map(() => new BenchProcess()),
    );
    try {
      await world.#connect(wiring, peers, maxBacklog);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #connect(wiring: Wiring, peers: readonly Endpoint[], maxBacklog: number): Promise<void> {
    const size = peers.length;
    this.servers.forEach((server, index) => {
      const me = peers[index];
      if (me !== undefined) server.tell({ do: 'serve', wiring, me, peers, maxBacklog, silenceMs: undefined });
    });
    await Promise.all(this.servers.map((server) => server.hear('ready', ({ members }) => members >= size)));
    this.clients.forEach((client, index) => {
      const server = peers[index];
      if (server !== undefined)
        client.tell({ do: 'connect', wiring, session: `c${index}`, server, maxBacklog, steady: true });
    });
    const wanted = wiring === 'bus' ? size : 1;
    await Promise.all(this.clients.map((client) => client.hear('ready', ({ members }) => members >= wanted)));
  }

  /** @returns ends the profiles and gives the file of each process, servers first, then clients. */
  async profile(fileOf: (index: number) => string): Promise<() => Promise<readonly string[]>> {
    const all = [...this.servers, ...this.clients];
    const each = async (order: (index: number) => ChildOrder, until: 'profiling' | 'profiled') => {
      await Promise.all(
        all.map(async (child, index) => {
          child.tell(order(index));
          await child.hear(until);
        }),
      );
    };
    await each(() => ({ do: 'profile' }), 'profiling');
    return async () => {
      await each((index) => ({ do: 'profileEnd', file: fileOf(index) }), 'profiled');
      return all.map((_, index) => fileOf(index));
    };
  }

  /** The last `senders` clients send; server 0 orders, so one sender is not beside the sequencer. */
  async phase(sending: Sending, senders: number): Promise<PhaseResult> {
    const all = [...this.servers, ...this.clients];
    for (const child of all) child.tell({ do: 'reset' });
    await Promise.all(all.map((child) => child.hear('reset')));
    const active = this.clients.slice(-senders);
    for (const client of active) client.tell({ do: 'send', ...sending });
    const counts = await Promise.all(active.map((client) => client.hear('sent')));
    const sent = counts.reduce((sum, { messages }) => sum + messages, 0);
    for (const client of this.clients) client.tell({ do: 'await', messages: sent });
    await Promise.all(this.clients.map((client) => client.hear('received')));
    const reportOf = async (child: BenchProcess): Promise<ChildReport> => {
      child.tell({ do: 'report' });
      return (await child.hear('report')).report;
    };
    const clients = await Promise.all(this.clients.map(reportOf));
    const tooMany = clients.find(({ received }) => received !== sent);
    if (tooMany !== undefined) throw new Error(`A client received ${tooMany.received} of ${sent} messages.`);
    return { sent, servers: await Promise.all(this.servers.map(reportOf)), clients };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.clients, ...this.servers].map((child) => child.stop()));
  }
}
