/**
 * The addresses of a Linux host, by the program `ip`: changes in batches, surveys, neighbours, announcements. Whatever
 * cannot be done is a fact with the words of the system. The host's own addresses are left out of every survey and
 * never changed (VIP-33).
 */

import type { HostAdapter, HostCommand, HostFact, PlacedAddress } from '../duravip/api.ts';
import { type IpAddress, isIpv6 } from '../model/ip.ts';
import { IpAnnouncer, type Surroundings } from './ip-announce.ts';
import { IpBatch } from './ip-batch.ts';
import { type IpEvent, IpMonitor } from './ip-monitor.ts';
import { ownAmong } from './ip-own-addresses.ts';
import {
  type FoundInterface,
  type FoundNeighbour,
  type FoundRoute,
  readLinks,
  readNeighbours,
  readRoutes,
} from './ip-read.ts';
import { HookRunner } from './vip-hook.ts';

/** What may stand in a line for `ip`; names with anything else exist, nobody uses them. */
const INTERFACE_NAME = /^[\w.-]{1,15}$/;
/** An address that is not there any more is as good as removed. */
const NOT_THERE = /address not found|Cannot assign requested address|Cannot find device|No such device/i;
const LEASE_SECONDS_MIN = 2;
/** A refresh of so many addresses costs at most a twentieth of the time until the next one. */
const ADDRESSES_PER_LEASE_SECOND = 200;
const REFRESHES_PER_LEASE = 4;
/** What changed at once is said once. */
const QUIET_MS = 5;

export type LinuxAddressesParts = {
  readonly onFact: (fact: HostFact) => void;
  /** Addresses end by themselves when nobody refreshes them (vip.md 4.7); for a guard. */
  readonly lease?: boolean;
};

type Held = {
  readonly place: PlacedAddress;
  /** The system took it, and has not said that it is gone. What is in doubt is not refreshed: a refresh adds. */
  state: 'coming' | 'sure' | 'doubtful';
};

/** Whole seconds after which the kernel removes an address that is not refreshed, with so many of them. */
export function leaseSeconds(count: number): number {
  return Math.max(LEASE_SECONDS_MIN, Math.ceil(count / ADDRESSES_PER_LEASE_SECOND));
}

export class LinuxAddresses implements HostAdapter {
  readonly #onFact: (fact: HostFact) => void;
  readonly #lease: boolean;
  readonly #changes = new IpBatch();
  readonly #refreshes = new IpBatch();
  readonly #neigh = new IpBatch();
  readonly #monitor: IpMonitor;
  readonly #announcer: IpAnnouncer;
  readonly #hooks: HookRunner;
  readonly #held = new Map<IpAddress, Held>();
  #own: ReadonlySet<IpAddress> = new Set();
  #interfaces: readonly FoundInterface[] = [];
  #routes: readonly FoundRoute[] = [];
  #neighbours: readonly FoundNeighbour[] = [];
  #quiet: NodeJS.Timeout | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ onFact, lease = false }: LinuxAddressesParts) {
    this.#onFact = onFact;
    this.#lease = lease;
    this.#monitor = new IpMonitor((event) => this.#took(event));
    this.#hooks = new HookRunner((fact) => this.#say(fact));
    this.#announcer = new IpAnnouncer({
      batch: this.#neigh,
      surroundings: (name) => this.#surroundings(name),
      onProblem: (address, text) => this.#say({ type: 'notAnnounced', address, text }),
    });
  }

  /** Addresses that it added or is adding. */
  get held(): number {
    return this.#held.size;
  }

  perform(command: HostCommand): void {
    if (this.#closed) return;
    switch (command.type) {
      case 'survey':
        void this.#survey(command.id);
        break;
      case 'change':
        void this.#change(command);
        break;
      case 'announce':
        if (INTERFACE_NAME.test(command.interface))
          this.#announcer.announce(command.address, command.interface, command.hosts);
        break;
      case 'readNeighbours':
        void this.#readNeighbours(command.id);
        break;
      case 'hook':
        this.#hooks.run(command);
        break;
    }
  }

  /** Removes all that it added, before anything else that waits. */
  async dropAll(why: string): Promise<void> {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = undefined;
    const places = [...this.#held.values()].map(({ place }) => place);
    this.#held.clear();
    await Promise.all([this.#changes, this.#refreshes].map((batch) => batch.end(why)));
    await this.#changes.run(places.map(removal));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#quiet);
    this.#monitor.close();
    await this.dropAll('closed');
    await this.#announcer.close();
    await Promise.all([this.#changes, this.#refreshes, this.#neigh].map((batch) => batch.end('closed')));
  }

  #say(fact: HostFact): void {
    if (!this.#closed) this.#onFact(fact);
  }

  async #survey(id: number): Promise<void> {
    const [links, routes] = await Promise.all([readLinks(), readRoutes()]);
    if (!links.ok) {
      this.#say({ type: 'impossible', id, text: links.error });
      return;
    }
    const { addresses, interfaces } = links.value;
    this.#routes = routes;
    this.#interfaces = interfaces;
    const notOurs = addresses.filter(({ address }) => !this.#held.has(address));
    this.#own = ownAmong(notOurs, routes);
    for (const { address, prefix, interface: name } of addresses) {
      const held = this.#held.get(address);
      const isThere = held?.place.interface === name && held.place.prefix === prefix;
      if (isThere && held.state === 'doubtful') held.state = 'sure';
    }
    const places = addresses
      .filter(({ address }) => !this.#own.has(address))
      .map(({ address, prefix, interface: name }) => ({ address, prefix, interface: name }));
    this.#say({ type: 'surveyed', id, addresses: places, interfaces });
  }

  async #change({ id, remove, add }: Extract<HostCommand, { type: 'change' }>): Promise<void> {
    const failed: { readonly address: IpAddress; readonly text: string }[] = [];
    const mayBe = (place: PlacedAddress): boolean => {
      const text = this.#refusal(place);
      if (text !== undefined) failed.push({ address: place.address, text });
      return text === undefined;
    };
    const removes = remove.filter(mayBe);
    const adds = add.filter(mayBe);
    for (const place of removes) this.#forget(place);
    for (const place of adds) this.#held.set(place.address, { place, state: 'coming' });
    const lines = [...removes.map(removal), ...adds.map((place) => this.#addition(place))];
    const failures = await this.#changes.run(lines);
    for (const [index, text] of failures) {
      const added = adds[index - removes.length];
      const place = added ?? removes[index];
      if (place === undefined || (added === undefined && NOT_THERE.test(text))) continue;
      if (added !== undefined) this.#forget(added);
      // It is still there, and would end by itself in the middle of whatever comes next.
      else this.#held.set(place.address, { place, state: 'sure' });
      failed.push({ address: place.address, text });
    }
    for (const { address } of adds) {
      const held = this.#held.get(address);
      if (held !== undefined) held.state = 'sure';
    }
    this.#armRefresh();
    this.#say({ type: 'changed', id, failed });
  }

  #forget(place: PlacedAddress): void {
    const held = this.#held.get(place.address);
    if (held?.place.interface === place.interface && held.place.prefix === place.prefix)
      this.#held.delete(place.address);
  }

  #refusal({ address, interface: name }: PlacedAddress): string | undefined {
    if (!INTERFACE_NAME.test(name)) return `${JSON.stringify(name)} is no name of an interface`;
    return this.#own.has(address) ? `${address} is an address of this host itself` : undefined;
  }

  /** IPv6: no search for duplicates, and never the source of connections that did not ask for it. */
  #addition({ address, prefix, interface: name }: PlacedAddress): string {
    const isV6 = isIpv6(address);
    const seconds = this.#lease ? leaseSeconds(this.#held.size) : 'forever';
    const lifetimes = `valid_lft ${seconds} preferred_lft ${isV6 ? 0 : seconds}`;
    return `addr replace ${address}/${prefix} dev ${name} ${isV6 ? 'nodad ' : ''}${lifetimes}`;
  }

  #armRefresh(): void {
    if (!this.#lease || this.#closed || this.#refreshTimer !== undefined || this.#held.size === 0) return;
    const everyMs = (leaseSeconds(this.#held.size) * 1_000) / REFRESHES_PER_LEASE;
    this.#refreshTimer = setTimeout(() => void this.#refresh(), everyMs);
  }

  async #refresh(): Promise<void> {
    const sure = [...this.#held.values()].filter(({ state }) => state === 'sure');
    await this.#refreshes.run(sure.map(({ place }) => this.#addition(place)));
    this.#refreshTimer = undefined;
    this.#armRefresh();
  }

  async #readNeighbours(id: number): Promise<void> {
    const found = await readNeighbours();
    if (!found.ok) {
      this.#say({ type: 'impossible', id, text: found.error });
      return;
    }
    this.#neighbours = [...found.value].sort((a, b) => a.ageSeconds - b.ageSeconds);
    const entries = this.#neighbours.map(({ address, mac, ageSeconds }) => ({ address, mac, ageSeconds }));
    this.#say({ type: 'neighbours', id, entries });
  }

  #surroundings(name: string): Surroundings {
    const here = this.#neighbours.filter((one) => one.interface === name);
    return {
      networks: this.#interfaces.find((one) => one.name === name)?.networks ?? [],
      gateways: this.#routes.flatMap(({ gateway, interface: at }) =>
        gateway === undefined || at !== name ? [] : [gateway],
      ),
      neighbours: here.map(({ address }) => address),
      untouchable: new Set([
        ...this.#own,
        ...this.#held.keys(),
        ...here.filter(({ isPermanent }) => isPermanent).map(({ address }) => address),
      ]),
    };
  }

  /** What this object does itself is no news. */
  #took(event: IpEvent): void {
    if (event.type !== 'link') {
      const held = this.#held.get(event.address);
      const isOurs = held?.place.interface === event.interface && held.place.prefix === event.prefix;
      if (isOurs === (event.type === 'added') || (isOurs && held.state === 'coming')) return;
      // The host decides when it comes back (`if_down_limit`).
      if (isOurs) held.state = 'doubtful';
    }
    this.#quiet ??= setTimeout(() => {
      this.#quiet = undefined;
      this.#say({ type: 'linkChanged' });
    }, QUIET_MS);
  }
}

/** The line for `ip`. */
export function removal({ address, prefix, interface: name }: PlacedAddress): string {
  return `addr del ${address}/${prefix} dev ${name}`;
}
