/** The processes of one run: servers, one client at each, a warm-up, a measured phase. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { findPort } from '../../../server/daemons/demo/free-port.ts';
import type { ChildNews, ChildOrder, ChildReport, Endpoint, Sending, Wiring } from './orders.ts';

/** Beside the program that starts it: scripts/bundle.mjs. */
export const PROGRAM = new URL('bench-bus.mjs', import.meta.url);
/** Messages under way when sending ends arrive within it, or the run fails. */
const ARRIVE_MS = 30_000;
/** Benchmarks that run beside each other begin to look for ports in different places. */
const PORT_FIRST = 20_000;
const PORT_SPREAD = 12_000;

export type PhaseResult = {
  /** By all senders, and received by each client. */
  readonly sent: number;
  readonly servers: readonly ChildReport[];
  readonly clients: readonly ChildReport[];
};

class Child {
  readonly #process: ChildProcess;
  readonly #news: ChildNews[] = [];
  #look: () => void = () => undefined;

  constructor() {
    this.#process = fork(PROGRAM);
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
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
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
  static async start(wiring: Wiring, size: number, maxBacklog: number): Promise<BusWorld> {
    const hosts = Array.from({ length: size }, (_, index) => `127.0.1.${index + 1}`);
    const preferred = PORT_FIRST + (process.pid % PORT_SPREAD);
    const port = await findPort(preferred, (free) => hosts.map((address) => ({ address, port: free })));
    const peers: readonly Endpoint[] = hosts.map((host, index) => ({ node: `s${index}`, host, port }));
    const world = new BusWorld(
      peers.map(() => new Child()),
      peers.map(() => new Child()),
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
      if (me !== undefined) server.tell({ do: 'serve', wiring, me, peers, maxBacklog });
    });
    await Promise.all(this.servers.map((server) => server.hear('ready', ({ members }) => members >= size)));
    this.clients.forEach((client, index) => {
      const server = peers[index];
      if (server !== undefined)
        client.tell({ do: 'connect', wiring, session: `c${index}`, server, maxBacklog });
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
    await inTime(Promise.all(this.clients.map((client) => client.hear('received'))));
    const reportOf = async (child: Child): Promise<ChildReport> => {
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

async function inTime<T>(arriving: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`Not all messages arrived within ${ARRIVE_MS} ms.`);
    timer = setTimeout(() => reject(error), ARRIVE_MS);
  });
  try {
    return await Promise.race([arriving, late]);
  } finally {
    clearTimeout(timer);
  }
}
