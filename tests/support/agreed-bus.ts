/**
 * A bus of one group as its members see it: messages in one order for all of a component, views, and the same messages
 * between two views for those who go from one to the other together (EVS). Delays, partitions and merges are given by
 * whoever drives it; nothing here is the real bus.
 */

import { must } from '../../server/base/assert.ts';
import type { Prng } from '../../server/base/prng.ts';
import type { VirtualClock } from '../../server/memory/virtual-clock.ts';
import type { PrivateName } from '../../server/model/names.ts';
import type { ReplicationMember, ReplicatorInput } from '../../server/replication/api.ts';

type View = Extract<ReplicatorInput, { type: 'view' }>;
type Message = { readonly from: PrivateName; readonly to: PrivateName | undefined; readonly payload: Buffer };
type Item = { readonly message: Message } | { readonly view: View };

type Component = { readonly ports: readonly Port[]; readonly log: Message[] };

class Port {
  readonly member: ReplicationMember;
  readonly number: number;
  readonly give: (input: ReplicatorInput) => void;
  component: Component | undefined;
  /** Came to this member and was not delivered. */
  queue: Item[] = [];
  /** Messages of the present log that were delivered. */
  delivered = 0;
  /** Sent, and in nobody's order yet. */
  unordered: Message[] = [];
  nextMs = 0;
  ordersMs = 0;

  constructor(member: ReplicationMember, number: number, give: (input: ReplicatorInput) => void) {
    this.member = member;
    this.number = number;
    this.give = give;
  }

  /** The last view did not come yet. */
  get behind(): boolean {
    return this.queue.some((item) => 'view' in item);
  }
}

export class AgreedBus {
  readonly #clock: VirtualClock;
  readonly #prng: Prng;
  readonly #delayMs: number;
  readonly #ports = new Map<PrivateName, Port>();
  #numbers = 0;
  messages = 0;
  bytes = 0;
  /** Bytes of the longest message. */
  longest = 0;

  constructor(clock: VirtualClock, prng: Prng, delayMs: number) {
    this.#clock = clock;
    this.#prng = prng;
    this.#delayMs = delayMs;
  }

  get names(): readonly PrivateName[] {
    return [...this.#ports.keys()];
  }

  /** Components with their members. */
  get parts(): readonly (readonly PrivateName[])[] {
    const components = new Set([...this.#ports.values()].map(({ component }) => component));
    return [...components].flatMap((one) =>
      one === undefined ? [] : [one.ports.map(({ member }) => member.name)],
    );
  }

  partOf(name: PrivateName): readonly PrivateName[] {
    return this.parts.find((part) => part.includes(name)) ?? [];
  }

  /** All members of the part of a member have had its view. */
  isStable(name: PrivateName): boolean {
    const component = this.#ports.get(name)?.component;
    return component?.ports.every((port) => !port.behind) ?? false;
  }

  /** Joins a part; alone where `beside` is undefined. */
  join(
    member: ReplicationMember,
    give: (input: ReplicatorInput) => void,
    beside: PrivateName | undefined,
  ): void {
    this.#numbers += 1;
    this.#ports.set(member.name, new Port(member, this.#numbers, give));
    const part = beside === undefined ? [] : this.partOf(beside);
    this.reshape([...this.parts.filter((one) => !same(one, part)), [...part, member.name]]);
  }

  /** Gone, with what it sent and nobody ordered. */
  leave(name: PrivateName): void {
    this.#ports.delete(name);
    this.reshape(
      this.parts.map((part) => part.filter((one) => one !== name)).filter((part) => part.length > 0),
    );
  }

  send(from: PrivateName, to: PrivateName | undefined, payload: Buffer): void {
    const port = this.#ports.get(from);
    if (port === undefined) return;
    this.messages += 1;
    this.bytes += payload.length;
    this.longest = Math.max(this.longest, payload.length);
    port.unordered.push({ from, to, payload });
    port.ordersMs = Math.max(port.ordersMs, this.#clock.nowMs() + this.#delay());
    this.#clock.at(port.ordersMs, () => {
      const message = port.unordered.shift();
      if (message !== undefined && this.#ports.get(from) === port)
        this.#order(must(port.component, 'a part'), message);
    });
  }

  /** Who is together from now on; every member once. */
  reshape(parts: readonly (readonly PrivateName[])[]): void {
    const before = new Map([...this.#ports.values()].map((port) => [port, port.component]));
    for (const part of parts) {
      const ports = part.map((name) => must(this.#ports.get(name), name)).sort((a, b) => a.number - b.number);
      const old = before.get(must(ports[0], 'somebody'));
      if (
        old !== undefined &&
        same(
          old.ports.map(({ member }) => member.name),
          part,
        )
      )
        continue;
      this.#install(ports, before);
    }
  }

  #install(ports: readonly Port[], before: ReadonlyMap<Port, Component | undefined>): void {
    const component: Component = { ports, log: [] };
    const again: Message[] = [];
    const members = ports.map(({ member }) => member);
    for (const old of new Set(ports.map((port) => before.get(port)))) {
      if (old === undefined) continue;
      const together = ports.filter((port) => before.get(port) === old);
      const seen = Math.max(...together.map(({ delivered }) => delivered));
      const cut = seen + this.#prng.below(old.log.length - seen + 1);
      for (const port of together) {
        const more = old.log.slice(port.delivered, cut);
        // Up to the last view that waits everything belongs to logs that are closed.
        const closed = port.queue.slice(0, port.queue.findLastIndex((item) => 'view' in item) + 1);
        port.queue = [...closed, ...more.map((message) => ({ message }))];
      }
      const names = new Set(together.map(({ member }) => member.name));
      again.push(...old.log.slice(cut).filter(({ from }) => names.has(from)));
      for (const port of together) port.queue.push({ view: viewOf(members, port, names) });
    }
    for (const port of ports) {
      if (before.get(port) === undefined)
        port.queue = [{ view: viewOf(members, port, new Set([port.member.name])) }];
      port.component = component;
      port.delivered = 0;
      this.#schedule(port);
    }
    for (const message of again) this.#order(component, message);
  }

  #order(component: Component, message: Message): void {
    component.log.push(message);
    for (const port of component.ports) {
      if (port.component !== component) continue;
      port.queue.push({ message });
      this.#schedule(port);
    }
  }

  #schedule(port: Port): void {
    port.nextMs = Math.max(port.nextMs, this.#clock.nowMs() + this.#delay());
    this.#clock.at(port.nextMs, () => this.#deliver(port));
  }

  #deliver(port: Port): void {
    if (this.#ports.get(port.member.name) !== port) return;
    const item = port.queue.shift();
    if (item === undefined) return;
    if ('view' in item) {
      port.give(item.view);
      return;
    }
    // Messages before a view that still waits belong to a log that is closed.
    if (!port.behind) port.delivered += 1;
    const { from, to, payload } = item.message;
    if (to === undefined || to === port.member.name) port.give({ type: 'message', from, payload });
  }

  #delay(): number {
    return this.#prng.between(0, this.#delayMs);
  }
}

function viewOf(
  members: readonly ReplicationMember[],
  { member }: Port,
  transitional: ReadonlySet<PrivateName>,
): View {
  return { type: 'view', members, me: member.name, transitional };
}

function same(one: readonly PrivateName[], other: readonly PrivateName[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
