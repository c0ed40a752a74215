/** A mail core with scripted time, a spool that is a map, and a cluster that counts here alone. */

import { DEADLINE_REACHED } from '../../server/base/core.ts';
import type {
  DeliveryPolicy,
  Envelope,
  MailCluster,
  MailEffect,
  MailInput,
  MailPlan,
  Transferred,
} from '../../server/mail/api.ts';
import { MailCore } from '../../server/mail/mail-core.ts';
import { type IpAddress, parseIp } from '../../server/model/ip.ts';
import { type NodeName, parseNodeName } from '../../server/model/names.ts';
import { given } from './given.ts';

export const WALL_START_MS = 1_767_225_600_000;

export function ip(text: string): IpAddress {
  return given(parseIp(text));
}

export function nodeName(text: string): NodeName {
  return given(parseNodeName(text));
}

export const CLIENT = {
  address: ip('10.0.0.9'),
  port: 40_000,
  localAddress: ip('10.1.0.1'),
  localPort: 25,
  transfer: false,
} as const;

export function deliveryPolicy(part: Partial<DeliveryPolicy> = {}): DeliveryPolicy {
  return {
    clusterMax: undefined,
    clusterServerMax: undefined,
    clusterScopeMax: [],
    nodeMax: 32,
    throttleConnections: undefined,
    throttleMessages: undefined,
    retryMs: 1_200_000,
    maxRetryMs: 43_200_000,
    maxRetries: undefined,
    expirationMs: 86_400_000,
    suspended: false,
    deliveriesPerConnection: undefined,
    idleMs: 5_000,
    routes: [],
    port: 25,
    generateBounces: true,
    session: {
      ehlo: 'mta1.test',
      connectMs: 30_000,
      ehloMs: 30_000,
      mailFromMs: 30_000,
      rcptToMs: 30_000,
      bodyMs: 30_000,
      rsetMs: 30_000,
    },
    ...part,
  };
}

export function mailPlan(policy: Partial<DeliveryPolicy> = {}, part: Partial<MailPlan> = {}): MailPlan {
  const all = deliveryPolicy(policy);
  return {
    node: nodeName('mta1'),
    hostname: 'mta1.test',
    bindings: [
      { name: 'default', group: 'default', bindAddress: undefined, floating: false, receivesOn: [] },
      {
        name: 'vip',
        group: 'group-a',
        bindAddress: ip('10.1.0.7'),
        floating: true,
        receivesOn: [ip('10.1.0.7')],
      },
    ],
    policy: () => all,
    hostMax: () => undefined,
    relayHosts: [{ address: ip('10.0.0.0'), bits: 8 }],
    relayDomains: new Set(['ours.test']),
    inbound: [],
    reconfigMessage: '4.3.2 Reconfiguration in progress',
    unconditionalRebind: true,
    ...part,
  };
}

type Claim = {
  readonly id: number;
  readonly keys: readonly { object: string; key: string; limit: number }[];
};

/** Counts of one node; claims wait until `answerClaims`. */
export class OwnCluster implements MailCluster {
  readonly counts = new Map<string, number>();
  readonly claims: Claim[] = [];
  readonly waits = new Map<string, number>();
  #ids = 0;

  /** Sums of what was counted by domain, by binding group. */
  readonly groups = new Map<string, number>();

  /** `connect 127.0.0.1` and how often. */
  readonly metered = new Map<string, number>();

  meter(what: string, address: string): void {
    const name = `${what} ${address}`;
    this.metered.set(name, (this.metered.get(name) ?? 0) + 1);
  }

  count(
    object: string,
    key: string,
    change: number,
    _nowMs?: number,
    group?: string,
    claimed?: boolean,
  ): void {
    if (claimed === true) return;
    if (group !== undefined && object === 'outbound_domains') {
      this.groups.set(group, (this.groups.get(group) ?? 0) + change);
    }
    const name = `${object} ${key}`;
    const value = (this.counts.get(name) ?? 0) + change;
    if (value < 0) throw new Error(`${name} falls below 0`);
    if (value === 0) this.counts.delete(name);
    else this.counts.set(name, value);
  }

  claim(keys: Claim['keys']): number {
    this.#ids += 1;
    this.claims.push({ id: this.#ids, keys });
    return this.#ids;
  }

  release(keys: readonly { object: string; key: string }[]): void {
    for (const { object, key } of keys) this.count(object, key, -1);
  }

  total(object: string, key: string): number | undefined {
    return this.counts.get(`${object} ${key}`) ?? 0;
  }

  throttle(object: string, name: string): number {
    return this.waits.get(`${object} ${name}`) ?? 0;
  }

  /** In order, each as the counts then are. */
  answerClaims(): readonly { readonly type: 'claimed'; readonly id: number; readonly granted: boolean }[] {
    return this.claims.splice(0).map(({ id, keys }) => {
      const granted = keys.every(({ object, key, limit }) => (this.total(object, key) ?? 0) < limit);
      if (granted) for (const { object, key } of keys) this.count(object, key, 1);
      return { type: 'claimed', id, granted };
    });
  }
}

export class MailWorld {
  readonly cluster = new OwnCluster();
  readonly spool = new Map<string, Envelope>();
  readonly lines: string[] = [];
  core: MailCore;
  plan: MailPlan;
  nowMs = 1_000;
  effects: MailEffect[] = [];

  constructor(plan: MailPlan = mailPlan()) {
    this.plan = plan;
    this.core = this.#boot();
    this.give({ type: 'start' });
  }

  get wallMs(): number {
    return WALL_START_MS + this.nowMs;
  }

  give(...inputs: readonly MailInput[]): readonly MailEffect[] {
    const effects = inputs.flatMap((input) => [...this.core.step(input, this.nowMs)]);
    for (const effect of effects) this.#keep(effect);
    this.effects.push(...effects);
    return effects;
  }

  /** Time passes, deadlines are met. */
  pass(ms: number): readonly MailEffect[] {
    const untilMs = this.nowMs + ms;
    const effects: MailEffect[] = [];
    for (;;) {
      const due = this.core.deadlineMs;
      if (due === undefined || due > untilMs) break;
      this.nowMs = Math.max(this.nowMs, due);
      const step = this.core.step(DEADLINE_REACHED, this.nowMs);
      for (const effect of step) this.#keep(effect);
      effects.push(...step);
    }
    this.nowMs = untilMs;
    this.effects.push(...effects);
    return effects;
  }

  /** The process ends and comes back with what the spool holds. */
  restart(): void {
    this.cluster.counts.clear();
    this.cluster.claims.length = 0;
    this.core = this.#boot();
    this.give({ type: 'recovered', envelopes: [...this.spool.values()] }, { type: 'start' });
  }

  /** Takes the effects of one kind since the last time. */
  take<T extends MailEffect['type']>(type: T): readonly Extract<MailEffect, { type: T }>[] {
    const isMeant = (effect: MailEffect): effect is Extract<MailEffect, { type: T }> => effect.type === type;
    const found = this.effects.filter(isMeant);
    this.effects = this.effects.filter((effect) => effect.type !== type);
    return found;
  }

  /** One message in one connection, as far as it comes. @returns the last verdict and what was stored. */
  receive(
    from: string,
    recipients: readonly string[],
    more: {
      readonly transferred?: Transferred;
      readonly bytes?: number;
      readonly localAddress?: IpAddress;
      readonly hops?: number;
    } = {},
  ): { readonly code: number; readonly ids: readonly string[] } {
    const { reception } = this.core;
    const client = {
      ...CLIENT,
      transfer: more.transferred !== undefined,
      localAddress: more.localAddress ?? CLIENT.localAddress,
    };
    const { verdict, connection } = reception.clientConnected(client, this.nowMs);
    if (verdict.code !== 220) return { code: verdict.code, ids: [] };
    const verdicts = [
      reception.mailFrom(connection, from, undefined, this.nowMs),
      ...recipients.map((address) => reception.rcptTo(connection, address, this.nowMs)),
      reception.dataBegin(connection, this.nowMs),
    ];
    const refusal = verdicts.find(({ code }) => code >= 400);
    const arrival = {
      bytes: more.bytes ?? 201,
      hops: more.hops ?? 0,
      transferred: more.transferred,
    };
    const end =
      refusal === undefined
        ? reception.dataEnd(connection, arrival, this.nowMs)
        : { verdict: refusal, envelopes: [] };
    this.give({ type: 'asked' });
    for (const envelope of end.envelopes) {
      this.spool.set(envelope.id, envelope);
      this.give({ type: 'spooled', connection, envelope });
    }
    this.give({ type: 'clientClosed', connection });
    return { code: end.verdict.code, ids: end.envelopes.map(({ id }) => id) };
  }

  /** DNS and every connection attempt of this moment succeed. */
  connectAll(host = 'mx.test', address = '192.0.2.1'): readonly number[] {
    for (const { domain } of this.take('resolve')) {
      this.give({ type: 'resolved', domain, answer: { ok: true, hosts: [{ host, addresses: [address] }] } });
    }
    this.give(...this.cluster.answerClaims());
    return this.take('connect').map(({ connection }) => {
      this.give({ type: 'connected', connection, host, address: ip(address) });
      return connection;
    });
  }

  answer(connection: number, envelope: Envelope, ...codes: readonly number[]): readonly MailEffect[] {
    const results = envelope.recipients.map((_, index) => {
      const code = codes[index] ?? codes[0] ?? 250;
      return { code, text: `${code} as asked`, stage: 9 };
    });
    return this.give({ type: 'sent', connection, outcome: { message: envelope.id, results } });
  }

  bounceWritten(): void {
    for (const { envelope } of this.take('bounce')) {
      const written = { ...envelope, bytes: 900 };
      this.spool.set(written.id, written);
      this.give({ type: 'spooled', connection: 0, envelope: written });
    }
  }

  #boot(): MailCore {
    const wall = { at: (ms: number) => WALL_START_MS + Math.round(ms) };
    return new MailCore({ pid: 25_004, plan: this.plan, cluster: this.cluster, wall });
  }

  #keep(effect: MailEffect): void {
    if (effect.type === 'log') this.lines.push(`${effect.line.log} ${effect.line.text}`);
    if (effect.type === 'update') this.spool.set(effect.envelope.id, effect.envelope);
    if (effect.type === 'remove') this.spool.delete(effect.id);
  }
}
