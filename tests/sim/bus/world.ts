/** Servers and clients of one schedule on one in-memory network, and what can be done to them. */

import type { Prng } from '../../../server/base/prng.ts';
import { MemoryNetwork } from '../../../server/memory/memory-network.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { GroupName, NodeName } from '../../../server/model/names.ts';
import type { BusRequest } from '../../../server/msgc/client-api.ts';
import { viewIdText } from '../../../server/msgc/ids.ts';
import type { MsgcServerOptions } from '../../../server/msgc/options.ts';
import { type ClientProcess, type ServerProcess, startClient, startServer } from './bus-processes.ts';
import type { EndOfSchedule } from './checkers/liveness.ts';
import { type ClientTrace, History, type ServerTrace } from './history.ts';

export type SimServer = ServerProcess & { readonly node: NodeName; readonly trace: ServerTrace };
export type SimClient = ClientProcess & {
  readonly trace: ClientTrace;
  readonly sessions: readonly string[];
  sentCount: number;
};

export type WorldOptions = {
  readonly nodes: readonly NodeName[];
  readonly delayMs: (prng: Prng) => number;
  readonly server: Partial<MsgcServerOptions>;
  /** Whether a client may go to another server when its own is away. */
  readonly roaming: boolean;
};

export class BusWorld {
  readonly clock = new VirtualClock(1_000);
  readonly history = new History();
  readonly network: MemoryNetwork;
  readonly servers = new Map<NodeName, SimServer>();
  readonly clients: SimClient[] = [];
  readonly #prng: Prng;
  readonly #options: WorldOptions;
  #incarnation = 1_000;
  #clientNumber = 0;

  constructor(prng: Prng, options: WorldOptions) {
    this.#prng = prng;
    this.#options = options;
    this.network = new MemoryNetwork(this.clock, prng.fork(), { delayMs: options.delayMs });
  }

  get nodes(): readonly NodeName[] {
    return this.#options.nodes;
  }

  start(node: NodeName): void {
    this.#incarnation += 1;
    const trace = this.history.server({ node, inc: this.#incarnation });
    const started = startServer({
      network: this.network,
      node,
      nodes: this.#options.nodes,
      incarnation: this.#incarnation,
      seed: this.#prng.uint32(),
      options: this.#options.server,
      probe: {
        sent: (view, batch) => this.history.noteSent(trace, view, batch),
        delivered: (view, batch, gseq, phase) => this.history.noteDelivered(trace, view, batch, gseq, phase),
        transition: (_view, together) => this.history.noteTransition(trace, together),
        installed: (view) => this.history.noteInstalled(trace, view),
        accepted: (att) => {
          trace.accepted.add(viewIdText(att));
        },
      },
    });
    this.servers.set(node, { ...started, node, trace });
  }

  crash(node: NodeName): void {
    const server = this.servers.get(node);
    if (server === undefined) return;
    server.trace.crashed = true;
    server.process.kill(this.network);
    this.servers.delete(node);
  }

  startClient(host: NodeName, mailboxes: number): SimClient {
    this.#clientNumber += 1;
    const name = `c${this.#clientNumber}@${host}`;
    const sessions = Array.from({ length: mailboxes }, (_, index) => `s${this.#clientNumber}-${index}`);
    const trace: ClientTrace = { name, host, records: [], killed: false };
    this.history.clients.push(trace);
    const others = this.#options.roaming ? this.#options.nodes.filter((node) => node !== host) : [];
    const started = startClient({
      network: this.network,
      host,
      servers: [host, ...others],
      sessions,
      instance: this.#clientNumber,
      seed: this.#prng.uint32(),
      onEvent: (event) => {
        trace.records.push({ type: 'event', event });
        if (event.type === 'message')
          this.history.mix(`${name} heard ${event.session} ${event.payload.toString()}`);
        else if (event.type === 'view')
          this.history.mix(`${name} view ${event.session} ${event.view.viewId}`);
        else this.history.mix(`${name} ${event.type}`);
      },
    });
    const client: SimClient = { ...started, trace, sessions, sentCount: 0 };
    this.clients.push(client);
    return client;
  }

  killClient(client: SimClient): void {
    client.trace.killed = true;
    client.process.kill(this.network);
    this.clients.splice(this.clients.indexOf(client), 1);
  }

  request(client: SimClient, request: BusRequest): void {
    if (client.process.paused) return;
    client.trace.records.push({ type: 'request', request });
    client.process.give({ type: 'request', request });
  }

  /** The next payload of a mailbox: its private name and a growing number; undefined while it has no name. */
  nextPayload(client: SimClient, session: string, several = false): Buffer | undefined {
    const name = client.trace.records.findLast(
      (record) => record.type === 'event' && record.event.type === 'busConnected',
    );
    if (!client.core.isConnected || name?.type !== 'event' || name.event.type !== 'busConnected')
      return undefined;
    client.sentCount += 1;
    return Buffer.from(
      `${name.event.privateNames.get(session)} ${client.sentCount}${several ? ' several' : ''}`,
    );
  }

  join(client: SimClient, session: string, group: string): void {
    const capabilities = Buffer.from('c');
    this.request(client, { type: 'join', session, group: group as GroupName, capabilities });
  }

  /** Everything works again: no block, nobody paused, every server runs. */
  heal(): void {
    this.network.heal();
    for (const server of this.servers.values()) server.process.proceed();
    for (const client of this.clients) client.process.proceed();
    for (const node of this.#options.nodes) if (!this.servers.has(node)) this.start(node);
  }

  end(healedAtMs: number, settledAtMs: number): EndOfSchedule {
    const nowMs = this.clock.nowMs();
    return {
      healedAtMs,
      settledAtMs,
      servers: [...this.servers.values()].map(({ core }) => core.status(nowMs)),
      clients: this.clients.map((client) => ({
        trace: client.trace,
        connected: client.core.isConnected,
        joined: client.core.joined,
      })),
    };
  }
}
