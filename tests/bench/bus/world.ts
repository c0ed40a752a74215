/** The processes of one run: servers, one client at each, a warm-up, a measured phase. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { findPort } from '../../../server/daemons/demo/free-port.ts';
import type { ChildNews, ChildOrder, ChildReport, Endpoint, Sending, Wiring } from './orders.ts';

/** First argument that makes the benchmark program one of these processes. */
export const CHILD_ARGUMENT = '--bus-child';
/** Messages under way when sending ends arrive within it. */
const SETTLE_MS = 300;
const PORT_PREFERRED = 48_090;

export type PhaseResult = {
  readonly servers: readonly ChildReport[];
  readonly clients: readonly ChildReport[];
};

class Child {
  readonly #process: ChildProcess;
  readonly #news: ChildNews[] = [];
  #look: () => void = () => undefined;

  constructor() {
    this.#process = fork(process.argv[1] ?? '', [CHILD_ARGUMENT]);
    const heard = (news: ChildNews): void => {
      this.#news.push(news);
      this.#look();
    };
    this.#process.on('message', heard);
    this.#process.on('exit', () => heard({ news: 'problem', text: 'a process of the benchmark ended' }));
  }

  tell(order: ChildOrder): void {
    this.#process.send(order);
  }

  /** The next news of a kind that passes; older ones are dropped. */
  async hear<N extends ChildNews['news']>(
    kind: N,
    passes: (news: Extract<ChildNews, { news: N }>) => boolean = () => true,
  ): Promise<Extract<ChildNews, { news: N }>> {
    return await new Promise((resolve, reject) => {
      this.#look = () => {
        for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift()) {
          if (news.news === 'problem') reject(new Error(news.text));
          else if (isOf(news, kind) && passes(news)) return resolve(news);
        }
      };
      this.#look();
    });
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}

function isOf<N extends ChildNews['news']>(
  news: ChildNews,
  kind: N,
): news is Extract<ChildNews, { news: N }> {
  return news.news === kind;
}

export class BusWorld {
  readonly servers: readonly Child[];
  readonly clients: readonly Child[];

  private constructor(servers: readonly Child[], clients: readonly Child[]) {
    this.servers = servers;
    this.clients = clients;
  }

  /** Resolves once every server and every client sees all others. */
  static async start(wiring: Wiring, size: number): Promise<BusWorld> {
    const hosts = Array.from({ length: size }, (_, index) => `127.0.1.${index + 1}`);
    const port = await findPort(PORT_PREFERRED, (free) => hosts.map((address) => ({ address, port: free })));
    const peers: readonly Endpoint[] = hosts.map((host, index) => ({ node: `s${index}`, host, port }));
    const servers = peers.map(() => new Child());
    const clients = peers.map(() => new Child());
    servers.forEach((server, index) => {
      const me = peers[index];
      if (me !== undefined) server.tell({ do: 'serve', wiring, me, peers });
    });
    await Promise.all(servers.map((server) => server.hear('ready', ({ members }) => members >= size)));
    clients.forEach((client, index) => {
      const server = peers[index];
      if (server !== undefined) client.tell({ do: 'connect', wiring, session: `c${index}`, server });
    });
    const wanted = wiring === 'bus' ? size : 1;
    await Promise.all(clients.map((client) => client.hear('ready', ({ members }) => members >= wanted)));
    return new BusWorld(servers, clients);
  }

  /** The last `senders` clients send; server 0 orders, so one sender is not beside the sequencer. */
  async phase(sending: Sending, senders: number): Promise<PhaseResult> {
    const all = [...this.servers, ...this.clients];
    for (const child of all) child.tell({ do: 'reset' });
    await Promise.all(all.map((child) => child.hear('reset')));
    const active = this.clients.slice(-senders);
    for (const client of active) client.tell({ do: 'send', ...sending });
    await Promise.all(active.map((client) => client.hear('sent')));
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const reportOf = async (child: Child): Promise<ChildReport> => {
      child.tell({ do: 'report' });
      return (await child.hear('report')).report;
    };
    return {
      servers: await Promise.all(this.servers.map(reportOf)),
      clients: await Promise.all(this.clients.map(reportOf)),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.clients, ...this.servers].map((child) => child.stop()));
  }
}
