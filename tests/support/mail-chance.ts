/**
 * Three mail cores, a spool each that survives, a sink that answers as it likes, and chance: receptions, lost answers,
 * dropped connections, crashes in the middle of effects, bindings that move. Every recipient has a name of its own, so
 * that each can be followed. Checks after every step that nobody is lost and that limits hold.
 */

import { DEADLINE_REACHED } from '../../server/base/core.ts';
import { Prng } from '../../server/base/prng.ts';
import type {
  Envelope,
  MailCluster,
  MailEffect,
  MailInput,
  MailPlan,
  RecipientResult,
} from '../../server/mail/api.ts';
import { MailCore } from '../../server/mail/mail-core.ts';
import { ChanceNode, checkLimits, checkRecipients, SharedCounts } from './mail-chance-node.ts';
import { CLIENT, ip, mailPlan, nodeName, WALL_START_MS } from './mail-world.ts';

export const CLUSTER_MAX = 4;
export const NODE_MAX = 3;
const DOMAINS = ['one.test', 'two.test', 'three.test'];
const VIP = ip('10.1.0.7');
const HERE = { at: 'here' } as const;
const NOWHERE = { at: 'nowhere' } as const;
const EXPIRATION_MS = 3_600_000;

type Action = { readonly atMs: number; readonly run: () => void };
type Keys = readonly { readonly object: string; readonly key: string; readonly limit: number }[];

export class ChanceCluster {
  readonly prng: Prng;
  readonly nodes: readonly ChanceNode[];
  readonly counts = new SharedCounts();
  /** Recipients whose client heard 250. */
  readonly accepted = new Set<string>();
  /** How often the sink took each, and how often its answer could get lost. */
  readonly served = new Map<string, number>();
  readonly lost = new Map<string, number>();
  /** Refused for good by the sink, or bounced for age. */
  readonly failed = new Set<string>();
  readonly stats = { moved: 0, crashes: 0, duplicates: 0, bounced: 0, refusedClaims: 0 };
  nowMs = 1_000;
  calm = false;
  #owner: number | undefined = 0;
  readonly #actions: Action[] = [];
  #recipients = 0;
  #claimIds = 0;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.nodes = ['mta1', 'mta2', 'mta3'].map((name) => new ChanceNode(name, this.#boot(name, 0)));
    for (const node of this.nodes) this.#give(node, { type: 'start' }, this.#ownersFor(node));
  }

  /** One thing that chance chooses. */
  step(): void {
    const choice = this.prng.below(20);
    if (choice < 9) for (let n = this.prng.below(12); n >= 0; n -= 1) this.#act();
    else if (choice < 14) this.#receive(this.prng.pick(this.nodes));
    else if (choice < 16) this.#pass(this.prng.below(60_000));
    else if (choice < 17) this.#moveBinding();
    else if (choice < 18) this.#dropOne();
    else if (choice < 19 && this.prng.chance(0.3)) this.#crash(this.prng.pick(this.nodes));
    else this.#act();
    this.check();
  }

  /** No more faults: everything comes to its end. */
  settle(): void {
    this.calm = true;
    this.#owner = this.prng.below(3);
    for (const node of this.nodes) this.#give(node, this.#ownersFor(node));
    for (let round = 0; round < 20_000; round += 1) {
      while (this.#actions.length > 0) this.#act();
      const due = this.nodes.map(({ core }) => core.deadlineMs).filter((ms) => ms !== undefined);
      if (due.length === 0) break;
      this.#pass(Math.max(0, Math.min(...due) - this.nowMs));
      this.check();
    }
  }

  check(): void {
    checkRecipients(this);
    for (const domain of DOMAINS) checkLimits(this.nodes, domain, { cluster: CLUSTER_MAX, node: NODE_MAX });
  }

  #boot(name: string, life: number): MailCore {
    const plan: MailPlan = {
      ...mailPlan({
        clusterMax: CLUSTER_MAX,
        nodeMax: NODE_MAX,
        retryMs: 20_000,
        maxRetryMs: 300_000,
        expirationMs: EXPIRATION_MS,
        deliveriesPerConnection: 3,
      }),
      node: nodeName(name),
      unconditionalRebind: this.prng.chance(0.5),
    };
    const cluster: MailCluster = {
      count: (object, key, change, _nowMs, _group, claimed) => {
        if (claimed !== true) this.counts.add(name, object, key, change);
      },
      meter: () => undefined,
      claim: (keys) => this.#claim(name, life, keys),
      release: (keys) => {
        for (const { object, key } of keys) this.counts.add(name, object, key, -1);
      },
      total: (object, key) => this.counts.sum(object, key),
      throttle: () => (this.prng.chance(0.1) ? 1 + this.prng.below(2_000) : 0),
    };
    const wall = { at: (ms: number) => WALL_START_MS + Math.round(ms) };
    return new MailCore({ pid: 100 + life, plan, cluster, wall });
  }

  #claim(name: string, life: number, keys: Keys): number {
    this.#claimIds += 1;
    const id = this.#claimIds;
    this.#later(() => {
      const node = this.nodes.find((one) => one.name === name);
      if (node === undefined || node.life !== life) return;
      const granted = keys.every(({ object, key, limit }) => this.counts.sum(object, key) < limit);
      if (granted) for (const { object, key } of keys) this.counts.add(name, object, key, 1);
      else this.stats.refusedClaims += 1;
      this.#give(node, { type: 'claimed', id, granted });
    });
    return id;
  }

  #ownersFor(node: ChanceNode): MailInput {
    const owner = this.#owner === undefined ? undefined : this.nodes[this.#owner];
    const there = nodeName(owner?.name ?? 'none');
    const elsewhere = { at: 'node', node: there, listener: `${there}:4802` } as const;
    const at = owner === undefined ? NOWHERE : owner === node ? HERE : elsewhere;
    return { type: 'owners', owners: new Map([['vip', at]]) };
  }

  /** Nodes hear of it one after the other. */
  #moveBinding(): void {
    this.#owner = this.prng.chance(0.2) ? undefined : this.prng.below(3);
    for (const node of this.nodes) this.#later(() => this.#give(node, this.#ownersFor(node)));
  }

  #later(run: () => void): void {
    this.#actions.push({ atMs: this.nowMs + this.prng.below(500), run });
  }

  #act(): void {
    const [action] = this.#actions.splice(this.prng.below(this.#actions.length), 1);
    if (action === undefined) this.#pass(1_000);
    else action.run();
  }

  #pass(ms: number): void {
    this.nowMs += ms;
    for (const node of this.nodes) {
      for (let turn = 0; turn < 50 && (node.core.deadlineMs ?? Infinity) <= this.nowMs; turn += 1) {
        this.#perform(node, node.core.step(DEADLINE_REACHED, this.nowMs));
      }
    }
  }

  #give(node: ChanceNode, ...inputs: readonly MailInput[]): void {
    const { life } = node;
    for (const input of inputs) {
      if (node.life !== life) return;
      this.#perform(node, node.core.step(input, this.nowMs));
    }
  }

  /** A crash may come between any two effects. @returns false after one. */
  #perform(node: ChanceNode, effects: readonly MailEffect[]): boolean {
    for (const effect of effects) {
      if (!this.calm && this.prng.chance(0.0005)) {
        this.#crash(node);
        return false;
      }
      this.#performOne(node, effect);
    }
    return true;
  }

  #performOne(node: ChanceNode, effect: MailEffect): void {
    const { life } = node;
    const inLife = (run: () => void): void => this.#later(() => (node.life === life ? run() : undefined));
    switch (effect.type) {
      case 'update':
        node.spool.set(effect.envelope.id, effect.envelope);
        return;
      case 'remove':
        node.spool.delete(effect.id);
        return;
      case 'resolve':
        inLife(() => this.#resolve(node, effect.domain));
        return;
      case 'connect':
        node.open.set(effect.connection, { domain: effect.hosts[0]?.host.slice(3), to: undefined });
        inLife(() => this.#connected(node, effect.connection));
        return;
      case 'connectNode':
        node.open.set(effect.connection, { domain: undefined, to: effect.node });
        inLife(() => this.#connected(node, effect.connection));
        return;
      case 'send':
        inLife(() => this.#send(node, effect.connection, effect.envelope));
        return;
      case 'disconnect':
        inLife(() => this.#drop(node, effect.connection));
        return;
      case 'bounce':
        inLife(() => this.#writeBounce(node, effect));
        return;
      case 'log':
        return;
    }
  }

  #resolve(node: ChanceNode, domain: string): void {
    const fails = !this.calm && this.prng.chance(0.1);
    const hosts = [{ host: `mx.${domain}`, addresses: ['192.0.2.1'] }];
    const answer = fails
      ? ({ ok: false, gone: false, text: 'SERVFAIL' } as const)
      : ({ ok: true, hosts } as const);
    this.#give(node, { type: 'resolved', domain, answer });
  }

  #connected(node: ChanceNode, connection: number): void {
    const open = node.open.get(connection);
    if (open === undefined) return;
    if (!this.calm && this.prng.chance(0.15)) this.#drop(node, connection);
    else {
      const address = open.domain === undefined ? undefined : ip('192.0.2.1');
      this.#give(node, { type: 'connected', connection, host: `mx.${open.domain}`, address });
    }
  }

  #drop(node: ChanceNode, connection: number): void {
    if (!node.open.delete(connection)) return;
    this.#give(node, { type: 'disconnected', connection, reason: 'closed', stage: undefined });
  }

  #send(node: ChanceNode, connection: number, envelope: Envelope): void {
    const open = node.open.get(connection);
    if (open === undefined) return;
    const fate = this.calm ? 1 : this.prng.unit();
    if (fate < 0.08) {
      this.#drop(node, connection);
      return;
    }
    const codes =
      open.to === undefined
        ? envelope.recipients.map(({ address }) => this.#sink(address, envelope))
        : this.#handOver(open.to, envelope);
    if (fate < 0.16) {
      for (const [index, { address }] of envelope.recipients.entries()) {
        if (codes[index] === 250) this.#lose(address);
      }
      this.#drop(node, connection);
      return;
    }
    const results = codes.map((code) => ({ code, text: `${code} so`, stage: 9 }));
    for (const [index, { address }] of envelope.recipients.entries()) {
      const code = codes[index] ?? 0;
      // From a null sender nobody hears of it, so the answer is the end; else the bounce is what must not be lost.
      if (open.to === undefined && code >= 500 && envelope.from === '') this.failed.add(address);
    }
    if (open.to !== undefined) this.stats.moved += codes.filter((code) => code === 250).length;
    this.#answer(node, connection, envelope, results);
  }

  /** A crash before the core has heard the answer, or performed it, is a lost answer. */
  #answer(
    node: ChanceNode,
    connection: number,
    envelope: Envelope,
    results: readonly RecipientResult[],
  ): void {
    const { life } = node;
    this.#give(node, { type: 'sent', connection, outcome: { message: envelope.id, results } });
    if (node.life === life) return;
    for (const { address } of envelope.recipients) this.#lose(address);
  }

  #sink(address: string, { from }: Envelope): number {
    const fate = this.calm ? 1 : this.prng.unit();
    if (fate < 0.15) return 451;
    if (fate < 0.22 && from !== '') return 550;
    const times = (this.served.get(address) ?? 0) + 1;
    this.served.set(address, times);
    if (times > 1 && from !== '') this.stats.duplicates += 1;
    return 250;
  }

  #handOver(to: string, envelope: Envelope): readonly number[] {
    const target = this.nodes.find(({ name }) => name === to);
    const refused = envelope.recipients.map(() => 451);
    if (target === undefined) return refused;
    const { reception } = target.core;
    const client = { ...CLIENT, transfer: true };
    const { verdict, connection } = reception.clientConnected(client, this.nowMs);
    if (verdict.code !== 220) return refused;
    reception.mailFrom(connection, envelope.from, undefined, this.nowMs);
    const codes = envelope.recipients.map(
      ({ address }) => reception.rcptTo(connection, address, this.nowMs).code,
    );
    const { id, binding, receivedWallMs, attempts } = envelope;
    const transferred = { id, binding, receivedWallMs, attempts };
    const end = reception.dataEnd(connection, { bytes: envelope.bytes, hops: 1, transferred }, this.nowMs);
    const stored = end.verdict.code === 250 && this.#store(target, connection, end.envelopes);
    this.#give(target, { type: 'clientClosed', connection });
    return stored ? codes : refused;
  }

  /** @returns false where the client does not hear 250: what is on disk by then is there without its knowledge. */
  #store(node: ChanceNode, connection: number, envelopes: readonly Envelope[]): boolean {
    const { life } = node;
    const failsAt =
      !this.calm && this.prng.chance(0.05) ? this.prng.below(envelopes.length) : envelopes.length;
    for (const [index, envelope] of envelopes.entries()) {
      if (index >= failsAt) {
        this.#give(node, { type: 'notSpooled', id: envelope.id, reason: 'full' });
        continue;
      }
      node.spool.set(envelope.id, envelope);
      this.#give(node, { type: 'spooled', connection, envelope });
      if (node.life !== life) break;
    }
    if (node.life === life && failsAt === envelopes.length) return true;
    for (const { recipients } of envelopes) for (const { address } of recipients) this.#lose(address);
    return false;
  }

  #lose(address: string): void {
    this.lost.set(address, (this.lost.get(address) ?? 0) + 1);
  }

  #receive(node: ChanceNode): void {
    const { reception } = node.core;
    const client = { ...CLIENT, localAddress: this.prng.chance(0.5) ? VIP : CLIENT.localAddress };
    const { verdict, connection } = reception.clientConnected(client, this.nowMs);
    if (verdict.code !== 220) return;
    const from = this.prng.chance(0.5) ? '' : `sender${this.#recipients}@one.test`;
    reception.mailFrom(connection, from, undefined, this.nowMs);
    const to: string[] = [];
    for (let n = this.prng.below(3); n >= 0; n -= 1) {
      this.#recipients += 1;
      const address = `r${this.#recipients}@${this.prng.pick(DOMAINS)}`;
      if (reception.rcptTo(connection, address, this.nowMs).code === 250) to.push(address);
    }
    const end = reception.dataEnd(connection, { bytes: 100, hops: 0, transferred: undefined }, this.nowMs);
    if (end.verdict.code === 250 && this.#store(node, connection, end.envelopes)) {
      for (const address of to) this.accepted.add(address);
    }
    this.#give(node, { type: 'clientClosed', connection });
  }

  #writeBounce(node: ChanceNode, { envelope, failed }: Extract<MailEffect, { type: 'bounce' }>): void {
    if (!this.calm && this.prng.chance(0.2)) {
      this.#give(node, { type: 'notSpooled', id: envelope.id, reason: 'full' });
      return;
    }
    node.spool.set(envelope.id, envelope);
    this.stats.bounced += 1;
    // The sender will hear of these: its bounce is as safe as any message.
    for (const { address } of failed) this.failed.add(address);
    const [sender] = envelope.recipients;
    if (sender !== undefined) {
      this.accepted.add(sender.address);
      // One bounce for each failure: a sender may get several.
      this.#lose(sender.address);
    }
    this.#give(node, { type: 'spooled', connection: 0, envelope });
  }

  #dropOne(): void {
    const node = this.prng.pick(this.nodes);
    const open = [...node.open.keys()];
    if (open.length > 0) this.#drop(node, this.prng.pick(open));
  }

  #crash(node: ChanceNode): void {
    this.stats.crashes += 1;
    for (const { recipients } of node.spool.values()) {
      for (const { address } of recipients) this.#lose(address);
    }
    node.life += 1;
    node.open.clear();
    this.counts.forget(node.name);
    node.core = this.#boot(node.name, node.life);
    this.#give(
      node,
      { type: 'recovered', envelopes: [...node.spool.values()] },
      { type: 'start' },
      this.#ownersFor(node),
    );
  }
}
