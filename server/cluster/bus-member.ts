/**
 * What every member of the cluster does on the bus, be it node, manager or dashboard: joins its groups, says who it
 * is, asks others who they are, and keeps the membership table. Hands on what is not its own: commands, replies and
 * status. Knows no console and no process.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import { VIP_KIND_FIRST, VIP_KIND_LAST } from '../duravip/api.ts';
import type { GroupName, PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import { REPLICATION_KIND } from '../replication/api.ts';
import { Membership } from './membership.ts';
import type { MembershipEffect, MembershipInput } from './membership-io.ts';
import {
  type ClusterMessage,
  decodeMessage,
  encodeCapabilities,
  encodeMessage,
  type MemberFacts,
  type MessageRefusal,
} from './messages.ts';

export type BusMemberOptions = {
  readonly session: string;
  readonly groups: readonly GroupName[];
  readonly clusterGroup: GroupName;
  /** Without `privateNames` and `groups`, which the member fills in. */
  readonly facts: Omit<MemberFacts, 'privateNames' | 'groups'>;
  readonly departedKeptMs: number;
  readonly byzantineAction: 'flag' | 'exclude';
};

export type BusMemberInput =
  | { readonly type: 'start' }
  /** Other groups or facts; the session is the same. */
  | { readonly type: 'reconfigured'; readonly options: BusMemberOptions }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'dismissed'; readonly name: PrivateName };

type Handed = Extract<
  ClusterMessage,
  { type: 'request' | 'reply' | 'status' | 'query' | 'aggregation' | 'logs' | 'objects' }
>;

export type BusMemberEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  | {
      readonly type: 'message';
      readonly from: PrivateName;
      readonly group: GroupName | undefined;
      readonly message: Handed;
    }
  | Exclude<MembershipEffect, { type: 'ask' }>;

export class BusMember implements Core<BusMemberInput | DeadlineReached, BusMemberEffect> {
  readonly membership: Membership;
  #options: BusMemberOptions;
  readonly #refused = new Map<MessageRefusal, number>();
  #ownNames: readonly PrivateName[] = [];
  #connected = false;

  constructor(options: BusMemberOptions) {
    this.#options = options;
    this.membership = new Membership({
      clusterGroup: options.clusterGroup,
      departedKeptMs: options.departedKeptMs,
      byzantineAction: options.byzantineAction,
    });
  }

  get deadlineMs(): number | undefined {
    return this.membership.deadlineMs;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** The own private names, main mailbox first; those of the last connection while there is none. */
  get ownNames(): readonly PrivateName[] {
    return this.#ownNames;
  }

  /** Messages that were not understood: counters such as `messages_garbage`. */
  refused(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#refused].map(([reason, count]) => [`messages_${reason}`, count]));
  }

  step(input: BusMemberInput | DeadlineReached, nowMs: number): readonly BusMemberEffect[] {
    switch (input.type) {
      case 'start':
        return this.#joins();
      case 'reconfigured':
        return this.#reconfigure(input.options, nowMs);
      case 'bus':
        return this.#onBus(input.event, nowMs);
      case 'dismissed':
      case 'deadlineReached':
        return this.#table(input, nowMs);
      default:
        return unreachable(input);
    }
  }

  /** Joining again is harmless: it renews what is told with the next connection. */
  #joins(): readonly BusMemberEffect[] {
    const { session, groups } = this.#options;
    const capabilities = encodeCapabilities(this.#facts());
    return groups.map((group) => ({ type: 'bus', request: { type: 'join', session, group, capabilities } }));
  }

  #reconfigure(options: BusMemberOptions, nowMs: number): readonly BusMemberEffect[] {
    const before = this.#options;
    this.#options = options;
    if (JSON.stringify(before) === JSON.stringify(options)) return [];
    const { session, clusterGroup, byzantineAction } = options;
    const own = this.#own();
    const effects = [...this.#table({ type: 'configured', clusterGroup, byzantineAction, own }, nowMs)];
    for (const group of before.groups.filter((one) => !options.groups.includes(one))) {
      effects.push({ type: 'bus', request: { type: 'leave', session, group } });
      effects.push(...this.#table({ type: 'groupLeft', group }, nowMs));
    }
    effects.push(...this.#joins());
    if (!this.#connected) return effects;
    // Also to those who know this member from a group that it leaves.
    const groups = [...new Set([...options.groups, ...before.groups])];
    const told = encodeMessage(this.#answer());
    const publish = { type: 'publish', session, groups, service: 'agreed', ...told } as const;
    return [...effects, { type: 'bus', request: publish }];
  }

  #facts(): MemberFacts {
    const { facts, groups } = this.#options;
    return { ...facts, groups: [...groups], privateNames: [...this.#ownNames] };
  }

  #onBus(event: BusEvent, nowMs: number): readonly BusMemberEffect[] {
    switch (event.type) {
      case 'busConnected':
        this.#connected = true;
        this.#ownNames = this.#mainFirst(event.privateNames);
        return this.#table({ type: 'connected', own: this.#own() }, nowMs);
      case 'busLost':
        this.#connected = false;
        return this.#table({ type: 'lost' }, nowMs);
      case 'view':
        if (event.session !== this.#options.session) return [];
        return this.#table({ type: 'view', view: event.view }, nowMs);
      case 'message':
        return this.#onMessage(event, nowMs);
      case 'transition':
      case 'requestRefused':
      case 'busRefused':
        return [];
      default:
        return unreachable(event);
    }
  }

  #own() {
    const [name] = this.#ownNames;
    return name === undefined ? undefined : { name, facts: this.#facts() };
  }

  #mainFirst(names: ReadonlyMap<string, PrivateName>): readonly PrivateName[] {
    const main = names.get(this.#options.session);
    const others = [...names.values()].filter((name) => name !== main);
    return main === undefined ? others : [main, ...others];
  }

  #onMessage(event: Extract<BusEvent, { type: 'message' }>, nowMs: number): readonly BusMemberEffect[] {
    // For whoever runs or watches DuraVIP; managers and dedicated servers hear it as members of the same group.
    if (isVipKind(event.kind)) return this.#table({ type: 'heard', from: event.sender }, nowMs);
    // From another mailbox of a member, for whoever shares data.
    if (event.kind === REPLICATION_KIND) return [];
    const decoded = decodeMessage(event.kind, event.payload);
    if (!decoded.ok) {
      this.#refused.set(decoded.error, (this.#refused.get(decoded.error) ?? 0) + 1);
      return [];
    }
    const message = decoded.value;
    const from = event.sender;
    switch (message.type) {
      case 'question':
        return [...this.#table({ type: 'heard', from }, nowMs), this.#send(from, this.#answer())];
      case 'answer':
        return this.#table({ type: 'answered', from, facts: message.facts }, nowMs);
      case 'heartbeat':
        return this.#table({ type: 'heartbeat', from, intervalMs: message.intervalMs }, nowMs);
      case 'request':
      case 'reply':
      case 'status':
      case 'query':
      case 'aggregation':
      case 'logs':
      case 'objects':
        return [
          ...this.#table({ type: 'heard', from }, nowMs),
          { type: 'message', from, group: event.group, message },
        ];
      default:
        return unreachable(message);
    }
  }

  #answer(): ClusterMessage {
    return { type: 'answer', facts: this.#facts() };
  }

  #send(to: PrivateName, message: ClusterMessage): BusMemberEffect {
    return {
      type: 'bus',
      request: { type: 'send', session: this.#options.session, to, ...encodeMessage(message) },
    };
  }

  #table(input: MembershipInput | DeadlineReached, nowMs: number): readonly BusMemberEffect[] {
    return this.membership
      .step(input, nowMs)
      .map((effect) => (effect.type === 'ask' ? this.#send(effect.to, { type: 'question' }) : effect));
  }
}

/** A message of DuraVIP, whose codec is in that room. */
export function isVipKind(kind: number): boolean {
  return kind >= VIP_KIND_FIRST && kind <= VIP_KIND_LAST;
}
