/**
 * Members of DuraVIP over an ideal group: every message reaches all members of a component in one order, views come when
 * the test says so. Hosts bring addresses up and down at once, or when the test lets them.
 */

import { assert, must } from '../../../server/base/assert.ts';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import type {
  HostReport,
  MemberEffect,
  MemberInput,
  VipEntry,
  VipHappening,
  VipMessage,
  VipOffer,
  VipOrder,
  VipPolicy,
  VipTable,
  VipView,
} from '../../../server/duravip/api.ts';
import { VipMember } from '../../../server/duravip/member.ts';
import { VipObserver } from '../../../server/duravip/observer.ts';
import { type IpAddress, parseIp } from '../../../server/model/ip.ts';
import {
  type NodeName,
  nodeOfPrivateName,
  type PrivateName,
  privateName,
} from '../../../server/model/names.ts';

export const POLICY: VipPolicy = {
  viewMatureMs: 5_000,
  viewBalanceMs: 10_000,
  viewBroadcastMs: 0,
  balanceSetSize: 10,
  isolated: 'serve',
};

export function ip(text: string): IpAddress {
  const parsed = parseIp(text);
  assert(parsed.ok, `${text} is an address`);
  return parsed.value;
}

/** 10.0.x.y, numbered from 1. */
export function address(index: number): IpAddress {
  return `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}` as IpAddress;
}

export function offer(of: IpAddress, changes: Partial<VipOffer> = {}): VipOffer {
  const plain = { names: [`b-${of}`], services: ['multivip'], preference: undefined };
  return { address: of, ...plain, follows: undefined, refused: undefined, ...changes };
}

export function offers(count: number): readonly VipOffer[] {
  return Array.from({ length: count }, (_, index) => offer(address(index)));
}

type Place = {
  readonly name: PrivateName;
  readonly node: NodeName;
  readonly member: VipMember | undefined;
  readonly observer: VipObserver | undefined;
  readonly queue: MemberInput[];
  readonly have: Set<IpAddress>;
  readonly announced: IpAddress[];
  readonly happened: VipHappening[];
  /** Reports wait until the test lets them go. */
  holds: boolean;
  readonly reports: HostReport[];
  stopped: boolean;
  dead: boolean;
};

export class VipCluster {
  nowMs = 0;
  /** Messages that were given to the group. */
  published = 0;
  publishedBytes = 0;
  /** Bytes of the largest payload. */
  largest = 0;
  #views = 0;
  #lives = 0;
  readonly #places = new Map<PrivateName, Place>();
  #groups: PrivateName[][] = [];

  /** Joins as a new process. Others are told in the same moment. */
  join(
    node: string,
    own: readonly VipOffer[] | 'observer',
    policy: Partial<VipPolicy> = {},
    group = 0,
  ): PrivateName {
    this.#lives += 1;
    const name = privateName(`ec0-${String(this.#lives).padStart(5, '0')}`, node as NodeName);
    const watches = own === 'observer';
    const place: Place = {
      name,
      node: nodeOfPrivateName(name),
      member: watches
        ? undefined
        : new VipMember({ node: node as NodeName, offers: own, policy: { ...POLICY, ...policy } }),
      observer: watches ? new VipObserver() : undefined,
      queue: [],
      have: new Set(),
      announced: [],
      happened: [],
      holds: false,
      reports: [],
      stopped: false,
      dead: false,
    };
    this.#places.set(name, place);
    if (!watches) this.#step(place, { type: 'start' });
    this.#step(place, { type: 'connected', name });
    const before = this.#groups[group] ?? [];
    this.#groups[group] = [...before, name];
    this.#announceView(group, before, []);
    return name;
  }

  /** `closed` drops what it holds at once, as its guard would; the others get a view. */
  leave(name: PrivateName, cause: 'closed' | 'silence' | 'leave' = 'closed'): void {
    const group = this.#groupOf(name);
    const place = this.place(name);
    place.dead = true;
    place.have.clear();
    const rest = must(this.#groups[group], 'its group').filter((one) => one !== name);
    this.#groups[group] = rest;
    this.#announceView(group, rest, [{ name, cause }]);
  }

  /** Cuts or joins components; each name once. */
  split(...groups: readonly (readonly PrivateName[])[]): void {
    const before = this.#groups;
    this.#groups = groups.map((names) => [...names]);
    this.#groups.forEach((names, group) => {
      this.#views += 1;
      for (const name of names) {
        const old = must(
          before.find((one) => one.includes(name)),
          'its old group',
        );
        const lost = old
          .filter((one) => !names.includes(one))
          .map((one) => ({ name: one, cause: 'silence' as const }));
        const together = names.filter((one) => old.includes(one));
        this.place(name).queue.push({ type: 'view', view: this.#view(group, together, lost) });
      }
    });
  }

  place(name: PrivateName): Place {
    return must(this.#places.get(name), 'a member');
  }

  member(name: PrivateName): VipMember {
    return must(this.place(name).member, 'a participant');
  }

  table(name: PrivateName): VipTable {
    const { member, observer } = this.place(name);
    return must(member?.table ?? observer?.table, 'a table');
  }

  entry(name: PrivateName, of: IpAddress): VipEntry {
    return must(this.table(name).entry(of), 'an entry');
  }

  alive(): readonly Place[] {
    return [...this.#places.values()].filter(({ dead }) => !dead);
  }

  give(name: PrivateName, input: MemberInput): void {
    this.#step(this.place(name), input);
  }

  order(
    name: PrivateName,
    order: VipOrder,
    broadcast = false,
  ): { readonly ok: boolean; readonly text: string } {
    const { answer, effects } = this.member(name).order(order, { user: 'admin', broadcast }, this.nowMs);
    this.#perform(this.place(name), effects);
    return answer;
  }

  /** Who has it up now. */
  holders(of: IpAddress): readonly NodeName[] {
    return this.alive()
      .filter(({ have }) => have.has(of))
      .map(({ node }) => node);
  }

  /** Delivers everything that is under way, without time passing. */
  settle(): void {
    for (let rounds = 0; this.step(); rounds += 1) assert(rounds < 1_000_000, 'the cluster comes to rest');
  }

  /** Delivers one thing to one member. */
  step(): boolean {
    for (const place of this.alive()) {
      const input = place.queue.shift();
      if (input === undefined) continue;
      this.#step(place, input);
      return true;
    }
    return false;
  }

  run(spanMs: number): void {
    const endMs = this.nowMs + spanMs;
    for (;;) {
      this.settle();
      const dueMs = Math.min(...this.alive().map((place) => this.#deadlineOf(place)));
      if (dueMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      for (const place of this.alive()) {
        if (this.#deadlineOf(place) <= this.nowMs) this.#step(place, DEADLINE_REACHED);
      }
    }
    this.nowMs = endMs;
  }

  /** The host of this member says what it did. */
  letReports(name: PrivateName): void {
    const place = this.place(name);
    place.holds = false;
    const reports = place.reports.splice(0);
    if (reports.length > 0) place.queue.push({ type: 'host', reports });
  }

  #deadlineOf({ member, observer, stopped }: Place): number {
    if (stopped) return Number.POSITIVE_INFINITY;
    return (member ?? observer)?.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  #groupOf(name: PrivateName): number {
    return this.#groups.findIndex((names) => names.includes(name));
  }

  #announceView(group: number, together: readonly PrivateName[], lost: VipView['lost']): void {
    this.#views += 1;
    const view = this.#view(group, together, lost);
    for (const name of this.#groups[group] ?? []) this.place(name).queue.push({ type: 'view', view });
  }

  #view(group: number, together: readonly PrivateName[], lost: VipView['lost']): VipView {
    const members = (this.#groups[group] ?? []).map((name) => {
      const { node, member } = this.place(name);
      return { name, node, participant: member !== undefined };
    });
    return { id: `v${this.#views}.${group}`, members, together, lost };
  }

  #step(place: Place, input: MemberInput | typeof DEADLINE_REACHED): void {
    if (place.stopped) return;
    if (place.member !== undefined) this.#perform(place, place.member.step(input, this.nowMs));
    else if (place.observer !== undefined) {
      const { type } = input;
      if (
        type !== 'connected' &&
        type !== 'lost' &&
        type !== 'view' &&
        type !== 'message' &&
        type !== 'deadlineReached'
      )
        return;
      this.#perform(place, place.observer.step(input, this.nowMs));
    }
  }

  #perform(place: Place, effects: readonly MemberEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'publish') this.publish(place.name, effect.message);
      else if (effect.type === 'send') {
        this.send(place.name, effect.to, effect.message);
      } else if (effect.type === 'want') this.#host(place, effect);
      else if (effect.type === 'happened') place.happened.push(effect.what);
      else place.stopped = true;
    }
  }

  publish(sender: PrivateName, message: VipMessage): void {
    this.published += 1;
    this.publishedBytes += message.payload.length;
    this.largest = Math.max(this.largest, message.payload.length);
    for (const name of this.#groups[this.#groupOf(sender)] ?? []) {
      this.place(name).queue.push({ type: 'message', sender, message });
    }
  }

  send(sender: PrivateName, to: PrivateName, message: VipMessage): void {
    this.#places.get(to)?.queue.push({ type: 'message', sender, message });
  }

  #host(place: Place, want: Extract<MemberEffect, { type: 'want' }>): void {
    const reports: HostReport[] = [];
    for (const of of want.release) reports.push({ address: of, state: 'down' });
    for (const of of want.acquire) reports.push({ address: of, state: 'up' });
    place.announced.push(...want.acquire, ...want.announce);
    if (!place.holds) for (const of of want.release) place.have.delete(of);
    for (const of of want.acquire) place.have.add(of);
    if (reports.length === 0) return;
    if (place.holds) place.reports.push(...reports);
    else place.queue.push({ type: 'host', reports });
  }
}
