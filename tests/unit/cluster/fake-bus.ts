/**
 * A bus in memory for tests of cluster cores: agreed order, views, private messages, losses with a cause. Everything
 * is delivered at once and in one order. Time is a number that tests move.
 */

import type { Core, DeadlineReached } from '../../../server/base/core.ts';
import { type GroupName, type NodeName, type PrivateName, privateName } from '../../../server/model/names.ts';
import type { BusEvent, BusRequest, GroupView, LossCause } from '../../../server/msgc/client-api.ts';

export const group = (name: string): GroupName => name as GroupName;
export const node = (name: string): NodeName => name as NodeName;

type BusInput = { readonly type: 'start' } | { readonly type: 'bus'; readonly event: BusEvent };
type BusCore = Core<BusInput | DeadlineReached, { readonly type: string }>;

export class Client {
  readonly bus: FakeBus;
  readonly node: NodeName;
  readonly sessions: readonly string[];
  readonly core: BusCore;
  /** Effects other than bus requests, in order. */
  readonly effects: { readonly type: string }[] = [];
  readonly joins: Extract<BusRequest, { type: 'join' }>[] = [];
  connected = false;
  /** Requests refused instead of taken, for tests of back-pressure. */
  refuse: ((request: BusRequest) => boolean) | undefined;

  constructor(bus: FakeBus, options: { node: string; sessions: readonly string[]; core: BusCore }) {
    this.bus = bus;
    this.node = node(options.node);
    this.sessions = options.sessions;
    this.core = options.core;
  }

  name(session = this.sessions[0] ?? ''): PrivateName {
    return privateName(session, this.node);
  }

  step(input: Parameters<BusCore['step']>[0]): void {
    for (const effect of this.core.step(input, this.bus.nowMs)) {
      if (effect.type === 'bus')
        this.bus.request(this, (effect as unknown as { request: BusRequest }).request);
      else this.effects.push(effect);
    }
  }
}

export class FakeBus {
  nowMs = 0;
  readonly clients: Client[] = [];
  readonly requests: BusRequest[] = [];
  readonly #groups = new Map<GroupName, { name: PrivateName; capabilities: Buffer; client: Client }[]>();
  readonly #queue: { client: Client; event: BusEvent }[] = [];
  #views = 0;
  #running = false;

  add(options: { node: string; sessions: readonly string[]; core: unknown }): Client {
    const client = new Client(this, { ...options, core: options.core as BusCore });
    this.clients.push(client);
    return client;
  }

  /** Starts the core and connects it. */
  start(client: Client): void {
    client.step({ type: 'start' });
    this.connect(client);
  }

  connect(client: Client): void {
    client.connected = true;
    const privateNames = new Map(client.sessions.map((session) => [session, client.name(session)]));
    this.#deliver(client, {
      type: 'busConnected',
      server: '127.0.0.1:4809',
      serverNode: client.node,
      privateNames,
    });
    for (const join of client.joins) this.#join(client, join);
  }

  /** The connection is lost on both ends: others see a view without it. */
  drop(client: Client, cause: LossCause, groupCause: GroupView['cause'] = 'network'): void {
    client.connected = false;
    for (const [name, members] of this.#groups) {
      const lost = members.filter((member) => member.client === client);
      if (lost.length === 0) continue;
      this.#groups.set(
        name,
        members.filter((member) => member.client !== client),
      );
      this.#view(name, {
        cause: groupCause,
        joined: [],
        lost: lost.map((member) => ({ name: member.name, cause })),
      });
    }
    this.#deliver(client, { type: 'busLost', reason: cause }, true);
  }

  request(client: Client, request: BusRequest): void {
    this.requests.push(request);
    if (request.type === 'join') {
      client.joins.push(request);
      if (client.connected) this.#join(client, request);
      return;
    }
    if (!client.connected) this.#refuse(client, request, 'busDown');
    else if (client.refuse?.(request) === true) this.#refuse(client, request, 'backlog');
    else if (request.type === 'publish') this.#publish(client, request);
    else if (request.type === 'send') this.#send(client, request);
  }

  /** Moves time on, giving each core its deadlines in order. */
  run(toMs: number): void {
    for (;;) {
      const due = this.clients
        .map((client) => ({ client, dueMs: client.core.deadlineMs ?? Number.POSITIVE_INFINITY }))
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined || due.dueMs > toMs) break;
      this.nowMs = Math.max(this.nowMs, due.dueMs);
      due.client.step({ type: 'deadlineReached' });
    }
    this.nowMs = toMs;
  }

  /** A message from somebody who is no client here. */
  inject(name: GroupName, message: { from: string; kind: number; payload: Buffer }): void {
    for (const member of this.#groups.get(name) ?? []) {
      this.#deliver(member.client, {
        type: 'message',
        session: member.client.sessions[0] ?? '',
        group: name,
        sender: message.from as PrivateName,
        kind: message.kind,
        payload: message.payload,
      });
    }
  }

  #join(client: Client, join: Extract<BusRequest, { type: 'join' }>): void {
    const members = this.#groups.get(join.group) ?? [];
    const name = client.name(join.session);
    if (members.some((member) => member.name === name)) return;
    this.#groups.set(join.group, [...members, { name, capabilities: join.capabilities, client }]);
    this.#view(join.group, { cause: 'join', joined: [name], lost: [] });
  }

  #view(name: GroupName, change: Pick<GroupView, 'cause' | 'joined' | 'lost'>): void {
    this.#views += 1;
    const members = this.#groups.get(name) ?? [];
    const view: GroupView = {
      group: name,
      viewId: String(this.#views).padStart(8, '0'),
      members: members.map(({ name: member, capabilities }) => ({ name: member, capabilities })),
      transitional: [],
      ...change,
    };
    for (const { client, name: member } of members) {
      const session = client.sessions.find((one) => client.name(one) === member) ?? '';
      this.#deliver(client, { type: 'view', session, view });
    }
  }

  #publish(client: Client, request: Extract<BusRequest, { type: 'publish' }>): void {
    for (const name of request.groups) {
      for (const member of this.#groups.get(name) ?? []) {
        const { kind, payload } = request;
        const session = member.client.sessions.find((one) => member.client.name(one) === member.name) ?? '';
        const sender = client.name(request.session);
        this.#deliver(member.client, { type: 'message', session, group: name, sender, kind, payload });
      }
    }
  }

  #send(client: Client, request: Extract<BusRequest, { type: 'send' }>): void {
    const { kind, payload, to } = request;
    for (const other of this.clients) {
      const session = other.sessions.find((one) => other.name(one) === to);
      if (session === undefined || !other.connected) continue;
      const sender = client.name(request.session);
      this.#deliver(other, { type: 'message', session, group: undefined, sender, kind, payload });
    }
  }

  #refuse(client: Client, request: BusRequest, reason: 'busDown' | 'backlog'): void {
    this.#deliver(client, { type: 'requestRefused', request, reason }, true);
  }

  #deliver(client: Client, event: BusEvent, always = false): void {
    if (!client.connected && !always) return;
    this.#queue.push({ client, event });
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      next.client.step({ type: 'bus', event: next.event });
    }
    this.#running = false;
  }
}
