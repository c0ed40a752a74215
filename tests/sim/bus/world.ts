/** Servers and clients of one schedule on one in-memory network, and what can be done to them. */

import { createHmac } from 'node:crypto';
import { must } from '../../../server/base/assert.ts';
import type { Prng } from '../../../server/base/prng.ts';
import { MemoryNetwork } from '../../../server/memory/memory-network.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import type { GroupName, NodeName } from '../../../server/model/names.ts';
import type { BusSecrets } from '../../../server/msgc/auth.ts';
import type { BusRequest } from '../../../server/msgc/client-api.ts';
import { viewIdText } from '../../../server/msgc/ids.ts';
import { PROTOCOL_TIMING, PROTOCOL_WINDOWS, type ProtocolTiming } from '../../../server/msgc/options.ts';
import { type ClientProcess, type ServerProcess, startClient, startServer } from './bus-processes.ts';
import type { EndOfSchedule } from './checkers/liveness.ts';
import { type Fault, inflict, type Who } from './faults.ts';
import { FlushFrames } from './flush-frames.ts';
import { type ClientTrace, History, type ServerTrace } from './history.ts';
import type { DelayKind, Recipe } from './recipe.ts';

export type SimServer = ServerProcess & { readonly node: NodeName; readonly trace: ServerTrace };
export type SimClient = ClientProcess & {
  /** Private names of the connection, by mailbox. */
  names: ReadonlyMap<string, string>;
  readonly trace: ClientTrace;
  readonly sessions: readonly string[];
};

const NONCE_BYTES = 16;
const RECONNECT_MS = 1_000;
const RETRY_FIRST_MS = 100;
/** How long a server that leaves may take for its goodbyes. */
const GOODBYE_MS = 20;

const DELAYS: Readonly<Record<DelayKind, (prng: Prng) => number>> = {
  lan: (prng) => prng.between(0.05, 0.5),
  wide: (prng) => prng.between(0.5, 15),
  tail: (prng) => (prng.chance(0.004) ? prng.between(20, 2_000) : prng.between(0.05, 5)),
};

export class BusWorld {
  readonly clock = new VirtualClock(1_000);
  readonly history = new History(() => this.clock.nowMs());
  readonly network: MemoryNetwork;
  readonly servers = new Map<NodeName, SimServer>();
  readonly clients: SimClient[] = [];
  readonly nodes: readonly NodeName[];
  readonly recipe: Recipe;
  readonly #prng: Prng;
  readonly #flushFrames = new FlushFrames();
  readonly #sentOf = new Map<string, number>();
  #calm = false;
  #linksAtMs = 0;
  #newestInc = 1_000;
  #oldestInc = 1_000;
  #clientNumber = 0;

  constructor(prng: Prng, recipe: Recipe) {
    this.#prng = prng;
    this.recipe = recipe;
    this.nodes = Array.from({ length: recipe.size }, (_, index) => `n${index.toString(36)}` as NodeName);
    const delayMs = DELAYS[recipe.delay];
    const { dialDelayChance, dialDelayMaxMs, windowBytes } = recipe;
    this.network = new MemoryNetwork(this.clock, prng.fork(), {
      delayMs: (net) => (this.#calm ? DELAYS.lan(net) : delayMs(net)),
      dialDelayMs: (net) => (!this.#calm && net.chance(dialDelayChance) ? net.between(0, dialDelayMaxMs) : 0),
      windowBytes,
      drainedDelayMs: recipe.drainedDelayMs,
    });
    this.network.tap = (from, bytes) => {
      if (from.listening !== undefined) this.#flushFrames.saw(from.host as NodeName, bytes);
    };
  }

  /** Frames of view changes that were sent so far. */
  get flushFrames(): number {
    return this.#flushFrames.count;
  }

  /** When a link of anybody last went up or down. */
  get linksAtMs(): number {
    return this.#linksAtMs;
  }

  later(afterMs: number, callback: () => void): void {
    this.clock.at(this.clock.nowMs() + afterMs, callback);
  }

  /** At its moment, or at the frame it waits for. */
  schedule(fault: Fault): void {
    this.later(fault.atMs, () => {
      if (this.#calm) return;
      if (fault.flushFrame === 0) inflict(this, fault);
      else this.#flushFrames.at(fault.flushFrame, () => inflict(this, fault));
    });
  }

  nodeOf(who: Who): NodeName {
    let node = typeof who === 'number' ? this.nodes[who] : undefined;
    if (who === 'coordinator') node = this.#flushFrames.coordinator;
    if (who === 'sequencer') node = this.history.newestView?.members[0]?.node;
    return node ?? must(this.nodes[0], 'a world has servers');
  }

  /** @param memory the new incarnation is greater than all before; else smaller, as after a wall clock that went back. */
  start(node: NodeName, memory = true): void {
    if (this.servers.has(node)) return;
    if (memory) this.#newestInc += 1;
    else this.#oldestInc -= 1;
    const inc = memory ? this.#newestInc : this.#oldestInc;
    const trace = this.history.server({ node, inc });
    const { pace, maxBacklog, messagesPerIter, ownBatches, viewBytes, batchMessages, drift } = this.recipe;
    const timing = paced(this.recipe);
    const started = startServer({
      network: this.network,
      node,
      nodes: this.nodes,
      incarnation: inc,
      seed: this.#prng.uint32(),
      clockRate: drift === 0 ? 1 : 1 + this.#prng.between(-drift, drift),
      options: {
        reconnectIntervalMs: RECONNECT_MS * pace,
        retryFirstMs: RETRY_FIRST_MS * pace,
        maxBacklog,
        messagesPerIter,
        timing,
        secrets: this.#secrets(),
        windows: { ...PROTOCOL_WINDOWS, ownBatches, viewBytes, batchMessages, stallMs: 1_000 * pace },
      },
      probe: {
        sent: (view, batch) => this.history.noteSent(trace, view, batch),
        delivered: (view, batch, gseq, phase) => this.history.noteDelivered(trace, view, batch, gseq, phase),
        transition: (_view, together) => this.history.noteTransition(trace, together),
        installed: (view) => this.history.noteInstalled(trace, view),
        accepted: (att) => {
          trace.accepted.add(viewIdText(att));
        },
      },
      onEvent: (event) => {
        if (event.type === 'linkDown') trace.linksLost.push(event.detail);
        if (event.type === 'linkDown' || event.type === 'linkUp') this.#linksAtMs = this.clock.nowMs();
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

  /** Says goodbye, and is gone soon. */
  leave(node: NodeName): void {
    const server = this.servers.get(node);
    if (server === undefined || server.process.paused) return;
    server.trace.crashed = true;
    server.process.give({ type: 'leave' });
    this.servers.delete(node);
    const { endpoint } = server.process;
    if (endpoint.listening !== undefined) this.network.unlisten(endpoint.listening);
    endpoint.listening = undefined;
    this.later(GOODBYE_MS, () => server.process.kill(this.network));
  }

  /** @param sessions names of mailboxes that were used before; else new ones. */
  startClient(host: NodeName, mailboxes: number, again?: readonly string[]): SimClient {
    this.#clientNumber += 1;
    const number = this.#clientNumber;
    const name = `c${number}@${host}`;
    const sessions = again ?? Array.from({ length: mailboxes }, (_, index) => `s${number}-${index}`);
    const trace: ClientTrace = { name, host, records: [], killed: false };
    this.history.clients.push(trace);
    const { roaming, pace, maxBacklog } = this.recipe;
    const others = roaming ? this.nodes.filter((node) => node !== host) : [];
    const started = startClient({
      network: this.network,
      host,
      servers: [host, ...others],
      sessions,
      instance: number,
      seed: this.#prng.uint32(),
      options: {
        reconnectIntervalMs: RECONNECT_MS * pace,
        retryFirstMs: RETRY_FIRST_MS * pace,
        maxBacklog,
        secrets: this.#secrets(),
      },
      onEvent: (event) => {
        trace.records.push({ type: 'event', event });
        if (event.type === 'message')
          this.history.mix(`${name} heard ${event.session} ${event.payload.toString()}`);
        else if (event.type === 'view')
          this.history.mix(`${name} view ${event.session} ${event.view.viewId}`);
        else this.history.mix(`${name} ${event.type}`);
        if (event.type === 'busConnected') client.names = event.privateNames;
      },
    });
    const client: SimClient = {
      ...started,
      trace,
      sessions,
      names: new Map(),
    };
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
    const name = client.core.isConnected ? client.names.get(session) : undefined;
    if (name === undefined) return undefined;
    const number = (this.#sentOf.get(session) ?? 0) + 1;
    this.#sentOf.set(session, number);
    return Buffer.from(`${name} ${number}${several ? ' several' : ''}`);
  }

  join(client: SimClient, session: string, group: string): void {
    const capabilities = Buffer.from('c');
    this.request(client, { type: 'join', session, group: group as GroupName, capabilities });
  }

  /** Everything works again: no block, no slowness, nobody paused, every server runs, no fault waits. */
  heal(): void {
    this.#calm = true;
    this.#flushFrames.forget();
    this.network.heal();
    for (const server of this.servers.values()) server.process.proceed();
    for (const client of this.clients) client.process.proceed();
    for (const node of this.nodes) this.start(node);
  }

  #secrets(): BusSecrets | undefined {
    if (!this.recipe.keys) return undefined;
    const prng = this.#prng.fork();
    const mac = (data: Buffer): Buffer =>
      createHmac('sha256', 'the key of the simulation').update(data).digest();
    const nonce = (): Buffer => Buffer.from(Array.from({ length: NONCE_BYTES }, () => prng.below(256)));
    return { keys: [{ id: 'k1', mac }], nonce };
  }

  end(healedAtMs: number, settledAtMs: number): EndOfSchedule {
    return {
      healedAtMs,
      settledAtMs,
      servers: [...this.servers.values()].map(({ core, trace }) => ({
        ...core.status(this.clock.nowMs()),
        trace,
      })),
      clients: this.clients.map((client) => ({
        trace: client.trace,
        connected: client.core.isConnected,
        joined: client.core.joined,
      })),
    };
  }
}

/** Times that say how soon somebody is given up; what only coalesces or paces work stays. */
function paced({ pace, heartbeats }: Recipe): ProtocolTiming {
  const { suspectMs, ownPauseMs, proposeWaitMs, attemptMs, flushMs, handshakeMs } = PROTOCOL_TIMING;
  return {
    ...PROTOCOL_TIMING,
    heartbeatMs: (suspectMs * pace) / heartbeats,
    suspectMs: suspectMs * pace,
    untoldSuspectMs: suspectMs * pace,
    ownPauseMs: ownPauseMs * pace,
    proposeWaitMs: proposeWaitMs * pace,
    attemptMs: attemptMs * pace,
    flushMs: flushMs * pace,
    handshakeMs: handshakeMs * pace,
  };
}
