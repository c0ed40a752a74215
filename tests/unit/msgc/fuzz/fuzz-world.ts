/**
 * Two honest servers with honest clients among attackers: a server of the mesh and clients whose frames are spoiled on
 * their way, strangers that send any frame first, and a client of the attacking server, which hears spoiled frames.
 * Everything is seeded. After each storm the attackers are gone, and the bus must work as before.
 */

import { createHmac } from 'node:crypto';
import { type Driver, drive } from '../../../../server/base/core.ts';
import { Prng } from '../../../../server/base/prng.ts';
import type { StreamEffect, StreamInput } from '../../../../server/base/stream-io.ts';
import type { MemoryEndpoint } from '../../../../server/memory/memory-endpoint.ts';
import { MemoryNetwork } from '../../../../server/memory/memory-network.ts';
import { VirtualClock } from '../../../../server/memory/virtual-clock.ts';
import type { GroupName, NodeName } from '../../../../server/model/names.ts';
import type { BusSecrets } from '../../../../server/msgc/auth.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../../../../server/msgc/client.ts';
import { clientOptions, serverOptions } from '../../../../server/msgc/options.ts';
import { MsgcServer, type MsgcServerEffect, type MsgcServerInput } from '../../../../server/msgc/server.ts';
import type { ServerStatus } from '../../../../server/msgc/server-api.ts';
import { CLUSTER, PORT } from '../../../sim/bus/bus-processes.ts';
import { Mutator } from './mutate.ts';
import { WatchedCore } from './watched-core.ts';

const HONEST = ['b', 'd'] as NodeName[];
/** Better, between and worse ranked than the honest ones. */
const ATTACKERS = ['a', 'c', 'e'] as NodeName[];
const GROUP = 'g' as GroupName;
const GROUPS = [GROUP, 'ga' as GroupName, 'gb' as GroupName];
/** Attackers are back at once, or little would be heard of them. */
const RECONNECT_MS = 40;
const RETRY_FIRST_MS = 5;
const WORK_MS = 1;
/** An attacker comes back under another name this often. */
const ERA_MS = 3_000;
/** Suspicion, the longest wait of a proposer and a few attempts. */
const CALM_LIMIT_MS = 40_000;
const CALM_STEP_MS = 250;
/** Batches that a server may keep while nothing moves on: the early frames of one attempt and the own window. */
const RETAINED_MAX = 20_000;

type Stop = () => void;
type ServerRun = { readonly core: MsgcServer; readonly stop: Stop };
type ClientRun = {
  readonly core: MsgcClient;
  readonly session: string;
  readonly driver: Driver<MsgcClientInput>;
  readonly heard: Set<string>;
  readonly stop: Stop;
};

export class FuzzWorld {
  readonly #clock = new VirtualClock(1_000);
  readonly #network: MemoryNetwork;
  readonly #prng: Prng;
  readonly #mutator: Mutator;
  readonly #honest = new Map<NodeName, ServerRun>();
  readonly #honestClients: ClientRun[] = [];
  #attackers: { readonly clients: readonly ClientRun[]; readonly stop: Stop } | undefined;
  readonly #clientCloses: Record<string, number> = {};
  /** Attackers know the key as well: a member gone mad, not a thief. */
  readonly #secrets: BusSecrets | undefined;
  #number = 1_000;
  #storming = false;

  /** @param authenticated connections begin with CHALLENGE and PROOF. */
  constructor(seed: number, authenticated: boolean) {
    this.#prng = new Prng(seed);
    this.#secrets = authenticated ? secretsFrom(this.#prng.fork()) : undefined;
    this.#network = new MemoryNetwork(this.#clock, this.#prng.fork());
    this.#mutator = new Mutator(this.#prng.fork(), { frame: 0.2, replay: 0.15, pieces: 0.1 });
    for (const node of HONEST) this.#honest.set(node, this.#startServer(node));
    for (const node of HONEST) this.#honestClients.push(this.#startClient(`h${node}`, node, [node]));
    for (const client of this.#honestClients) this.#join(client, GROUP);
    this.#clock.runFor(500);
  }

  /** Spoiled frames so far. */
  get frames(): number {
    return this.#mutator.frames;
  }

  /** Real frames of every type that attackers were about to send. */
  get seen(): readonly Buffer[] {
    return this.#mutator.seen;
  }

  /** Why the honest servers and the clients of attackers closed connections so far. */
  get closes(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = {};
    const counters = [...this.#honest.keys()].map((node) => closeCounters(this.status(node)));
    for (const one of [...counters, Object.entries(this.#clientCloses)]) {
      for (const [reason, count] of one) sum[reason] = (sum[reason] ?? 0) + count;
    }
    return sum;
  }

  status(node: NodeName): ServerStatus {
    const server = this.#honest.get(node);
    if (server === undefined) throw new Error(`no honest server ${node}`);
    return server.core.status(this.#clock.nowMs());
  }

  /** @throws Error as soon as anybody honest breaks a rule. */
  storm(frames: number): void {
    const goal = this.#mutator.frames + frames;
    this.#mutator.active = true;
    this.#storming = true;
    this.#clock.at(this.#clock.nowMs(), () => this.#work());
    let eraEndsMs = 0;
    while (this.#mutator.frames < goal) {
      if (this.#clock.nowMs() >= eraEndsMs) {
        this.#attackers?.stop();
        this.#attackers = this.#attack(this.#prng.pick(ATTACKERS));
        eraEndsMs = this.#clock.nowMs() + ERA_MS;
      }
      this.#clock.runFor(50);
      for (const node of HONEST) this.#judgeQueues(this.status(node));
    }
    this.#storming = false;
    this.#attackers?.stop();
    this.#attackers = undefined;
  }

  /**
   * An honest server under the name of an attacker: one view, and messages between all clients.
   * @throws Error when that does not come about in time.
   */
  calm(): void {
    this.#mutator.active = false;
    const node = this.#prng.pick(ATTACKERS);
    const server = this.#startServer(node);
    const client = this.#startClient(`n${node}`, node, [node]);
    this.#join(client, GROUP);
    const clients = [...this.#honestClients, client];
    const cores = [...[...this.#honest.values()].map(({ core }) => core), server.core];
    const untilMs = this.#clock.nowMs() + CALM_LIMIT_MS;
    while (!this.#isWell(cores, clients)) {
      if (this.#clock.nowMs() > untilMs) throw new Error(`not well again: ${this.#describe(cores, clients)}`);
      for (const one of clients) {
        one.heard.clear();
        this.#publish(one, `well ${one.session}`, GROUP);
      }
      this.#clock.runFor(CALM_STEP_MS);
    }
    client.stop();
    server.stop();
    this.#clock.runFor(1_000);
  }

  stop(): void {
    this.#storming = false;
    stopAll([...this.#honest.values(), ...this.#honestClients]);
  }

  #isWell(cores: readonly MsgcServer[], clients: readonly ClientRun[]): boolean {
    const all = cores.map((core) => core.status(this.#clock.nowMs()));
    const ids = new Set(all.map(({ view }) => view?.viewId));
    const oneView =
      ids.size === 1 &&
      all.every(({ state, view }) => state === 'operational' && view?.members.length === cores.length);
    const everybody = clients.map(({ session }) => `well ${session}`);
    return oneView && clients.every(({ heard }) => everybody.every((text) => heard.has(text)));
  }

  #describe(cores: readonly MsgcServer[], clients: readonly ClientRun[]): string {
    const servers = cores.map((core) => {
      const { node, state, view, links, counters } = core.status(this.#clock.nowMs());
      const ways = links.map(({ peer, state: way, detail }) => `${peer} ${way} ${detail}`).join(', ');
      const kept = `retained ${counters['retained_batches']}, queued ${counters['queued_batches']}`;
      return `${node} ${state} in ${view?.viewId} [${view?.members.join()}] (${ways}; ${kept})`;
    });
    const people = clients.map(
      ({ session, core, heard }) => `${session} ${core.isConnected} heard ${[...heard].join()}`,
    );
    return [...servers, ...people].join('\n');
  }

  #judgeQueues({ node, counters, links, maxBacklog }: ServerStatus): void {
    const kept = (counters['retained_batches'] ?? 0) + (counters['queued_batches'] ?? 0);
    if (kept > RETAINED_MAX) throw new Error(`${node} keeps ${kept} batches`);
    const full = links.find(({ backlog }) => backlog > maxBacklog);
    if (full !== undefined) throw new Error(`${node} queues ${full.backlog} messages for ${full.peer}`);
  }

  #attack(node: NodeName): { readonly clients: readonly ClientRun[]; readonly stop: Stop } {
    const server = this.#startServer(node, this.#mutator);
    const hostile = HONEST.map((target, index) => {
      const session = this.#prng.chance(0.2) ? `h${target}` : `x${index}`;
      return this.#startClient(session, 'x', [target], this.#mutator);
    });
    const victim = this.#startClient('v', 'v', [node]);
    for (const client of [...hostile, victim]) this.#join(client, GROUP);
    const runs = [server, ...hostile, victim];
    return { clients: [...hostile, victim], stop: () => stopAll(runs) };
  }

  /** What clients do, and a stranger now and then. */
  #work(): void {
    if (!this.#storming) return;
    const prng = this.#prng;
    const client = prng.pick([...this.#honestClients, ...(this.#attackers?.clients ?? [])]);
    const group = prng.pick(GROUPS);
    const dice = prng.unit();
    const mayLeave = !this.#honestClients.includes(client);
    if (dice < 0.08) this.#join(client, group);
    else if (dice < 0.12 && mayLeave)
      client.driver.give({ type: 'request', request: { type: 'leave', session: client.session, group } });
    else if (dice < 0.16) this.#stranger(prng.pick(HONEST));
    else for (let burst = 1 + prng.below(4); burst > 0; burst -= 1) this.#publish(client, 'x', group);
    this.#clock.at(this.#clock.nowMs() + prng.between(0, 2 * WORK_MS), () => this.#work());
  }

  #stranger(target: NodeName): void {
    const endpoint: MemoryEndpoint = this.#network.endpoint({
      host: 'z',
      give: (input) => {
        if (input.type === 'closed') this.#network.crash(endpoint);
        if (input.type !== 'connected') return;
        const count = 1 + this.#prng.below(2);
        const bytes = Buffer.concat(Array.from({ length: count }, () => this.#mutator.anyFrame()));
        if (bytes.length === 0) return;
        for (const piece of this.#mutator.pieces(bytes))
          endpoint.perform({ type: 'write', conn: 1, bytes: piece });
        // Some say nothing more and keep the connection.
        if (this.#prng.chance(0.7)) endpoint.perform({ type: 'end', conn: 1 });
      },
    });
    const dial = { type: 'dial', conn: 1, host: target, port: PORT, bindAddress: undefined } as const;
    endpoint.perform({ ...dial, timeoutMs: 1_000 });
  }

  #join(client: ClientRun, group: GroupName): void {
    const { session, driver } = client;
    const capabilities = Buffer.from('c');
    driver.give({ type: 'request', request: { type: 'join', session, group, capabilities } });
  }

  #publish({ session, driver }: ClientRun, text: string, group: GroupName): void {
    const service = this.#prng.chance(0.3) ? 'safe' : 'agreed';
    const payload = Buffer.from(text);
    driver.give({
      type: 'request',
      request: { type: 'publish', session, groups: [group], service, kind: 1, payload },
    });
  }

  #startServer(node: NodeName, mutator?: Mutator): ServerRun {
    this.#number += 1;
    const core = new MsgcServer({
      node,
      incarnation: this.#number,
      cluster: CLUSTER,
      options: serverOptions({
        peers: [...HONEST, ...ATTACKERS].map((name) => ({ node: name, host: name, port: PORT })),
        reconnectIntervalMs: RECONNECT_MS,
        retryFirstMs: RETRY_FIRST_MS,
        secrets: this.#secrets,
      }),
      seed: this.#prng.uint32(),
      nowMs: this.#clock.nowMs(),
    });
    let counted = 0;
    const watched = new WatchedCore<MsgcServerInput, MsgcServerEffect>(`server ${node}`, core, () => {
      const before = counted;
      counted = sumOf(closeCounters(core.status(0)));
      return counted - before;
    });
    const stop = this.#host(watched, { host: node, port: PORT, mutator }, () => undefined).stop;
    return { core, stop };
  }

  #startClient(session: string, host: string, servers: readonly string[], mutator?: Mutator): ClientRun {
    this.#number += 1;
    const core = new MsgcClient({
      sessions: [session],
      cluster: CLUSTER,
      instance: this.#number,
      options: clientOptions({
        servers: servers.map((name) => ({ host: name, port: PORT })),
        reconnectIntervalMs: RECONNECT_MS,
        retryFirstMs: RETRY_FIRST_MS,
        secrets: this.#secrets,
      }),
      seed: this.#prng.uint32(),
      nowMs: this.#clock.nowMs(),
    });
    const watched = new WatchedCore<MsgcClientInput, MsgcClientEffect>(
      `client ${session}`,
      core,
      (effects) => effects.filter((effect) => reasonOf(effect) !== undefined).length,
    );
    const heard = new Set<string>();
    const { driver, stop } = this.#host<MsgcClientInput, MsgcClientEffect>(
      watched,
      { host, mutator },
      (effect) => {
        const reason = reasonOf(effect);
        if (reason !== undefined) this.#countClientClose(reason);
        if (effect.type !== 'event' || effect.event.type !== 'message') return;
        const { payload } = effect.event;
        if (payload.subarray(0, 4).toString() === 'well') heard.add(payload.toString());
      },
    );
    return { core, session, driver, heard, stop };
  }

  #host<Input, Effect extends StreamEffect | { readonly type: 'event' }>(
    core: WatchedCore<Input | StreamInput, Effect>,
    at: { readonly host: string; readonly port?: number; readonly mutator: Mutator | undefined },
    onEvent: (effect: Effect) => void,
  ): { readonly driver: Driver<Input | StreamInput>; readonly stop: Stop } {
    const { host, port, mutator } = at;
    const endpoint = this.#network.endpoint({
      host,
      ...(port === undefined ? {} : { port }),
      give: (input) => driver.give(input),
    });
    const driver = drive<Input | StreamInput, Effect>(core, this.#clock, (effect) => {
      if (effect.type === 'event') onEvent(effect);
      else if (effect.type === 'write' && mutator !== undefined) {
        const { conn, bytes } = effect;
        for (const piece of mutator.pass(conn, bytes))
          endpoint.perform({ type: 'write', conn, bytes: piece });
      } else {
        if (effect.type === 'write') this.#mutator.overhear(effect.bytes);
        endpoint.perform(effect as StreamEffect);
      }
    });
    const stop = (): void => {
      driver.stop();
      this.#network.crash(endpoint);
    };
    return { driver, stop };
  }

  #countClientClose(reason: string): void {
    const name = `client: ${reason}`;
    this.#clientCloses[name] = (this.#clientCloses[name] ?? 0) + 1;
  }
}

function stopAll(runs: readonly { readonly stop: Stop }[]): void {
  for (const { stop } of runs) stop();
}

function secretsFrom(prng: Prng): BusSecrets {
  const mac = (data: Buffer): Buffer =>
    createHmac('sha256', 'the key of the fuzz test').update(data).digest();
  const nonce = (): Buffer => Buffer.from(Array.from({ length: 16 }, () => prng.below(256)));
  return { keys: [{ id: 'k1', mac }], nonce };
}

/** Why a client gave its connection up; what a server said stands behind a colon. */
function reasonOf(effect: MsgcClientEffect): string | undefined {
  if (effect.type !== 'event') return undefined;
  const { event } = effect;
  return event.type === 'busLost' || event.type === 'busRefused' ? event.reason.split(':')[0] : undefined;
}

const CLOSE_COUNTERS = ['closed_', 'link_down_', 'client_down_'];

function closeCounters({ counters }: ServerStatus): readonly (readonly [string, number])[] {
  return Object.entries(counters).filter(([name]) => CLOSE_COUNTERS.some((start) => name.startsWith(start)));
}

function sumOf(counters: readonly (readonly [string, number])[]): number {
  return counters.reduce((sum, [, count]) => sum + count, 0);
}
