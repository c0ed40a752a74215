/** A small bus in memory for tests: servers and clients by name, what they said, and time moved by hand. */

import { Prng } from '../../server/base/prng.ts';
import { MemoryNetwork } from '../../server/memory/memory-network.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { GroupName, NodeName, PrivateName } from '../../server/model/names.ts';
import type { BusEvent, BusRequest, GroupView, Service } from '../../server/msgc/client-api.ts';
import type { MsgcServerOptions } from '../../server/msgc/options.ts';
import type { ServerEvent } from '../../server/msgc/server-api.ts';
import {
  type ClientProcess,
  type ServerProcess,
  startClient,
  startServer,
} from '../sim/bus/bus-processes.ts';

export type BusServer = ServerProcess & {
  readonly node: NodeName;
  readonly events: (ServerEvent & { readonly atMs: number })[];
};
export type BusClient = ClientProcess & { readonly events: BusEvent[] };

export class MemoryBus {
  readonly clock = new VirtualClock(1_000);
  readonly network: MemoryNetwork;
  readonly servers = new Map<string, BusServer>();
  readonly #nodes: readonly NodeName[];
  readonly #options: Partial<MsgcServerOptions>;
  #number = 0;

  constructor(nodes: readonly string[], options: Partial<MsgcServerOptions> = {}) {
    this.#nodes = nodes as NodeName[];
    this.#options = options;
    this.network = new MemoryNetwork(this.clock, new Prng(1));
  }

  /** Starts all servers and waits for their common view. */
  static started(nodes: readonly string[], options: Partial<MsgcServerOptions> = {}): MemoryBus {
    const bus = new MemoryBus(nodes, options);
    for (const node of nodes) bus.start(node);
    bus.clock.runFor(300);
    return bus;
  }

  start(node: string): BusServer {
    return this.startWith(node, this.#nodes);
  }

  /** @param nodes its peers, itself among them. */
  startWith(node: string, nodes: readonly string[]): BusServer {
    this.#number += 1;
    const events: (ServerEvent & { readonly atMs: number })[] = [];
    const started = startServer({
      network: this.network,
      node: node as NodeName,
      nodes: nodes as readonly NodeName[],
      incarnation: this.#number,
      seed: this.#number,
      options: this.#options,
      onEvent: (event) => events.push({ ...event, atMs: this.clock.nowMs() }),
    });
    const server = { ...started, node: node as NodeName, events };
    this.servers.set(node, server);
    return server;
  }

  server(node: string): BusServer {
    const server = this.servers.get(node);
    if (server === undefined) throw new Error(`no server ${node}`);
    return server;
  }

  kill(node: string): void {
    this.server(node).process.kill(this.network);
    this.servers.delete(node);
  }

  client(
    host: string,
    parts: {
      readonly sessions?: readonly string[];
      readonly servers?: readonly string[];
      readonly instance?: number;
    } = {},
  ): BusClient {
    this.#number += 1;
    const events: BusEvent[] = [];
    const started = startClient({
      network: this.network,
      host,
      servers: parts.servers ?? [host],
      sessions: parts.sessions ?? [`ec0-${this.#number}`],
      instance: parts.instance ?? this.#number,
      seed: this.#number,
      onEvent: (event) => events.push(event),
    });
    return { ...started, events };
  }

  members(node: string): readonly string[] {
    return this.server(node).core.status(this.clock.nowMs()).view?.members ?? [];
  }

  counter(node: string, name: string): number {
    return this.server(node).core.status(this.clock.nowMs()).counters[name] ?? 0;
  }

  /** What was lost in the last view that `node` installed, by cause. */
  lastLost(node: string): readonly string[] {
    const event = this.server(node).events.findLast(({ type }) => type === 'viewInstalled');
    return event?.type === 'viewInstalled' ? event.lost.map((one) => `${one.node}:${one.cause}`) : [];
  }
}

export function ask(client: BusClient, request: BusRequest): void {
  client.process.give({ type: 'request', request });
}

export function join(client: BusClient, session: string, group: string, capabilities = ''): void {
  ask(client, { type: 'join', session, group: group as GroupName, capabilities: Buffer.from(capabilities) });
}

export function publish(
  client: BusClient,
  session: string,
  groups: readonly string[],
  text: string,
  service: Service = 'agreed',
): void {
  ask(client, {
    type: 'publish',
    session,
    groups: groups as GroupName[],
    service,
    kind: 1,
    payload: Buffer.from(text),
  });
}

export function send(client: BusClient, session: string, to: string, text: string): void {
  ask(client, { type: 'send', session, to: to as PrivateName, kind: 2, payload: Buffer.from(text) });
}

/** `session<sender: text` of every message heard. */
export function heard(client: BusClient): readonly string[] {
  return client.events.flatMap((event) =>
    event.type === 'message' ? [`${event.session}<${event.sender}: ${event.payload.toString()}`] : [],
  );
}

export function views(client: BusClient, group: string): readonly GroupView[] {
  return client.events.flatMap((event) =>
    event.type === 'view' && event.view.group === group ? [event.view] : [],
  );
}

export function names(view: GroupView | undefined): readonly string[] {
  return view?.members.map(({ name }) => name) ?? [];
}
