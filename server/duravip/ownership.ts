/**
 * The replicated state: nodes with what they offer, and addresses with who owns them (vip.md 4.2). Plain data, changed by
 * `election.ts` and `replica.ts`; what follows from the offers alone is derived here. Nothing in it depends on a clock:
 * the moments are for people and belong to no hash.
 */

import { compareIps, type IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import type { OwnerCause, VipOffer } from './api.ts';

export type NodeState = {
  readonly name: PrivateName;
  readonly node: NodeName;
  mature: boolean;
  /** It stops in order and hands everything over. */
  leaving: boolean;
  suspect: boolean;
  setSize: number;
  /** `duravip_isolated` is `drop` there. */
  dropsAlone: boolean;
  offers: ReadonlyMap<IpAddress, VipOffer>;
};

/** What the offers of the present nodes say of an address. */
export type Derived = {
  /** In order of members. */
  readonly hosts: readonly NodeState[];
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly preference: NodeName | undefined;
  readonly follows: IpAddress | undefined;
  readonly unsafe: boolean;
  readonly conflict: boolean;
  readonly broken: boolean;
  /** All offers are equal: fewer hosts change nothing else. */
  readonly uniform: boolean;
};

/** Larger `at` is later, also across parts of the cluster that had not met. */
export type Pin = { readonly to: NodeName | undefined; readonly at: number; readonly by: string };

export type VipState = {
  readonly address: IpAddress;
  /** Who may have it up. While `moving` it lets go. */
  owner: PrivateName | undefined;
  /** While `moving`, who gets it (undefined: nobody). Without an owner: who was to get it when the owner was lost. */
  next: PrivateName | undefined;
  moving: boolean;
  /** Clock at the start of the move, so that an answer to an earlier move is not taken for one to this. */
  since: number;
  cause: OwnerCause | undefined;
  /** Who asked for the last move; empty where nobody did. */
  by: string;
  /** Why the next owner gets it: reason of the move, or of the loss of the last owner. */
  nextCause: OwnerCause | undefined;
  pin: Pin | undefined;
  state: 'up' | 'coming' | 'unknown';
  /** Nodes that gave it up, with what their system said. */
  readonly failed: Map<PrivateName, string>;
  /** Nodes that had it beside the owner when parts met, and have not said yet that they let go. */
  readonly shed: Set<PrivateName>;
  /** Clock at the last change of owner, next or moving. */
  version: number;
  derived: Derived;
  viewSinceMs: number;
  configSinceMs: number;
};

export type Drain = { readonly on: boolean; readonly at: number; readonly by: string };

const NOTHING: Derived = {
  hosts: [],
  names: [],
  services: [],
  preference: undefined,
  follows: undefined,
  unsafe: false,
  conflict: false,
  broken: false,
  uniform: true,
};

export class Ownership {
  /** Participants in order of the view; each is a key of `nodes`. */
  members: readonly PrivateName[] = [];
  readonly nodes = new Map<PrivateName, NodeState>();
  readonly vips = new Map<IpAddress, VipState>();
  /** By node name: a drain outlives a restart of the node. */
  readonly drains = new Map<NodeName, Drain>();
  /** Grows with every change and jumps over what other parts of the cluster had (a Lamport clock). */
  clock = 0;
  /** Addresses whose state changed since the last look. */
  readonly changed = new Set<IpAddress>();
  /** Addresses that changed only in what follows from the offers of nodes. */
  readonly derived = new Set<IpAddress>();
  #sorted: readonly VipState[] | undefined;
  #followers: ReadonlyMap<IpAddress, readonly VipState[]> | undefined;

  /** In numeric order of addresses. */
  sorted(): readonly VipState[] {
    this.#sorted ??= [...this.vips.values()].sort((a, b) => compareIps(a.address, b.address));
    return this.#sorted;
  }

  /** Those that move with an address, in numeric order. One level only: nothing follows a follower. */
  followersOf(address: IpAddress): readonly VipState[] {
    if (this.#followers === undefined) {
      const followers = new Map<IpAddress, VipState[]>();
      for (const vip of this.sorted()) {
        const lead = this.leadOf(vip);
        if (lead === vip) continue;
        const list = followers.get(lead.address);
        if (list === undefined) followers.set(lead.address, [vip]);
        else list.push(vip);
      }
      this.#followers = followers;
    }
    return this.#followers.get(address) ?? [];
  }

  leadOf(vip: VipState): VipState {
    const { follows } = vip.derived;
    const lead = follows === undefined ? undefined : this.vips.get(follows);
    return lead === undefined || lead.derived.follows !== undefined ? vip : lead;
  }

  draining(node: NodeState): boolean {
    return this.drains.get(node.node)?.on === true;
  }

  nodeNameOf(name: PrivateName | undefined): NodeName | undefined {
    return name === undefined ? undefined : this.nodes.get(name)?.node;
  }

  /** Adds, derives again, or removes the address. */
  derive(address: IpAddress, nowMs: number, because: 'view' | 'config'): void {
    const hosts: NodeState[] = [];
    for (const name of this.members) {
      const node = this.nodes.get(name);
      if (node?.offers.has(address)) hosts.push(node);
    }
    let vip = this.vips.get(address);
    if (vip === undefined) {
      if (hosts.length === 0) return;
      vip = freshVip(address, nowMs);
      this.vips.set(address, vip);
      this.changed.add(address);
      this.#forgetOrder();
    }
    this.derived.add(address);
    const before = vip.derived;
    const onlyLess = because === 'view' && before.uniform && hosts.length > 0;
    vip.derived =
      onlyLess && isWithin(hosts, before.hosts) ? { ...before, hosts } : deriveOffers(address, hosts);
    if (because === 'config') vip.configSinceMs = nowMs;
    if (!sameHosts(before.hosts, hosts)) vip.viewSinceMs = nowMs;
    if (before.follows !== vip.derived.follows) this.#followers = undefined;
    if (hosts.length === 0 && vip.owner === undefined) this.#forget(address);
  }

  deriveAll(addresses: Iterable<IpAddress>, nowMs: number, because: 'view' | 'config'): void {
    for (const address of addresses) this.derive(address, nowMs, because);
  }

  /**
   * Forgets those that nobody offers and nobody holds.
   * @returns whether there were any: what followed them leads itself now.
   */
  prune(vips: Iterable<VipState>): boolean {
    let any = false;
    for (const { address, derived, owner } of vips) {
      if (derived.hosts.length > 0 || owner !== undefined || !this.vips.has(address)) continue;
      this.#forget(address);
      any = true;
    }
    return any;
  }

  #forget(address: IpAddress): void {
    this.vips.delete(address);
    this.changed.add(address);
    this.#forgetOrder();
  }

  /** Everything by value, except for offers, which never change in place. */
  clone(): Ownership {
    const copy = new Ownership();
    copy.members = this.members;
    copy.clock = this.clock;
    for (const [name, node] of this.nodes) copy.nodes.set(name, { ...node });
    for (const [name, drain] of this.drains) copy.drains.set(name, drain);
    for (const vip of this.vips.values()) {
      const hosts = vip.derived.hosts.flatMap(({ name }) => copy.nodes.get(name) ?? []);
      copy.vips.set(vip.address, {
        ...vip,
        failed: new Map(vip.failed),
        shed: new Set(vip.shed),
        derived: { ...vip.derived, hosts },
      });
    }
    return copy;
  }

  #forgetOrder(): void {
    this.#sorted = undefined;
    this.#followers = undefined;
  }
}

export function freshVip(address: IpAddress, nowMs: number): VipState {
  return {
    address,
    owner: undefined,
    next: undefined,
    moving: false,
    since: 0,
    cause: undefined,
    by: '',
    nextCause: undefined,
    pin: undefined,
    state: 'unknown',
    failed: new Map(),
    shed: new Set(),
    version: 0,
    derived: NOTHING,
    viewSinceMs: nowMs,
    configSinceMs: nowMs,
  };
}

function deriveOffers(address: IpAddress, hosts: readonly NodeState[]): Derived {
  const offers = hosts.flatMap(({ offers: of }) => of.get(address) ?? []);
  const first = offers[0];
  if (first === undefined) return NOTHING;
  if (offers.every((offer) => offer === first || sameOffer(offer, first))) {
    const { names, services, preference, follows } = first;
    return { ...NOTHING, hosts, names, services, preference, follows: followed(address, follows) };
  }
  const preferences = new Set(offers.flatMap(({ preference }) => preference ?? []));
  // Only bindings have names: a node that has but a listener there differs in services, which is not as bad.
  const named = offers.filter(({ names }) => names.length > 0);
  return {
    uniform: false,
    hosts,
    names: [...new Set(offers.flatMap(({ names }) => names))],
    services: [...new Set(offers.flatMap(({ services }) => services))],
    preference: preferences.size === 1 ? [...preferences][0] : undefined,
    follows: followed(address, offers.find(({ follows }) => follows !== undefined)?.follows),
    unsafe: offers.some(({ services }) => !sameSet(services, first.services)),
    conflict: preferences.size > 1,
    broken: named.some(({ names }) => !sameSet(names, named[0]?.names ?? [])),
  };
}

function followed(address: IpAddress, follows: IpAddress | undefined): IpAddress | undefined {
  return follows === address ? undefined : follows;
}

/** In everything but what only its own node cares for. */
function sameOffer(a: VipOffer, b: VipOffer): boolean {
  return (
    a.preference === b.preference &&
    a.follows === b.follows &&
    sameList(a.names, b.names) &&
    sameList(a.services, b.services)
  );
}

export function sameOffers(
  a: ReadonlyMap<IpAddress, VipOffer>,
  b: ReadonlyMap<IpAddress, VipOffer>,
): boolean {
  if (a.size !== b.size) return false;
  for (const [address, offer] of a) {
    const other = b.get(address);
    if (other === undefined || other.refused !== offer.refused || !sameOffer(offer, other)) return false;
  }
  return true;
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return sameList(a, b) || (new Set(a).size === new Set(b).size && a.every((item) => b.includes(item)));
}

function isWithin(some: readonly NodeState[], all: readonly NodeState[]): boolean {
  let at = 0;
  for (const host of some) {
    while (at < all.length && all[at] !== host) at += 1;
    if (at === all.length) return false;
    at += 1;
  }
  return true;
}

function sameHosts(a: readonly NodeState[], b: readonly NodeState[]): boolean {
  return a.length === b.length && a.every(({ name }, index) => name === b[index]?.name);
}
