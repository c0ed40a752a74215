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
/** The kernel looks for each among all: a refresh of many costs a lot, and gets as much of the time as of few. */
const ADDRESSES_PER_LEASE_SECOND = 200;
const REFRESHES_PER_LEASE = 4;
/** A lease is so much longer than a refresh took: a tenth of the time at most is spent on it. */
const LEASE_PER_REFRESH = 40;
const LEASE_SECONDS_MAX = 120;
const REFRESHED_AT_ONCE = 64;
/** What changed at once is said once. */
const QUIET_MS = 5;

export type LinuxAddressesParts = {
  readonly onFact: (fact: HostFact) => void;
  /** Addresses end by themselves when nobody refreshes them (vip.md 4.7); for a guard. */
  readonly lease?: boolean;
};

type Failed = { readonly address: IpAddress; readonly text: string };

type Held = {
  readonly place: PlacedAddress;
  /** The system took it, and has not said that it is gone. What is in doubt is not refreshed: a refresh adds. */
  state: 'coming' | 'sure' | 'doubtful';
};

/**
 * Whole seconds after which the kernel removes an address that is not refreshed.
 * @param count of all addresses
 * @param refreshMs how long the last refresh of all took
 */
export function leaseSeconds(count: number, refreshMs: number): number {
  const wished = Math.max(count / ADDRESSES_PER_LEASE_SECOND, (refreshMs * LEASE_PER_REFRESH) / 1_000);
  return Math.min(LEASE_SECONDS_MAX, Math.max(LEASE_SECONDS_MIN, Math.ceil(wished)));
}

export class LinuxAddresses implements HostAdapter {
  readonly #onFact: (fact: HostFact) => void;
  readonly #lease: boolean;
  readonly #changes = new IpBatch();
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
  #refreshAtMs = 0;
  #refreshing = false;
  /** How long the last one took. */
  #refreshMs = 0;
  /** Additions are made one after the other, so that each knows how many there will be, and removals pass them. */
  #lastAddition: Promise<void> = Promise.resolve();
  /** Grows with each drop: changes that waited for their turn are void. */
  #epoch = 0;
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
        this.#change(command);
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
    this.#epoch += 1;
    const places = [...this.#held.values()].map(({ place }) => place);
    this.#held.clear();
    await this.#changes.end(why);
    await this.#changes.run(places.map(removal));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#quiet);
    this.#monitor.close();
    await this.dropAll('closed');
    await this.#announcer.close();
    await Promise.all([this.#changes, this.#neigh].map((batch) => batch.end('closed')));
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

  #change({ id, remove, add }: Extract<HostCommand, { type: 'change' }>): void {
    const failed: Failed[] = [];
    const mayBe = (place: PlacedAddress): boolean => {
      const text = this.#refusal(place);
      if (text !== undefined) failed.push({ address: place.address, text });
      return text === undefined;
    };
    const removes = remove.filter(mayBe);
    const adds = add.filter(mayBe);
    const leaving = new Set(removes.filter((place) => this.#forget(place)));
    for (const place of adds) this.#held.set(place.address, { place, state: 'coming' });
    const epoch = this.#epoch;
    const make = async (): Promise<void> => {
      const isVoid = epoch !== this.#epoch;
      const unmade = [...removes, ...adds].map(({ address }) => ({ address, text: 'dropped meanwhile' }));
      failed.push(...(isVoid ? unmade : await this.#make(removes, adds, leaving)));
      this.#say({ type: 'changed', id, failed });
    };
    if (adds.length === 0) void make();
    else this.#lastAddition = this.#lastAddition.then(make);
  }

  /** @param leaving those of the removed that this object had added. */
  async #make(
    removes: readonly PlacedAddress[],
    adds: readonly PlacedAddress[],
    leaving: ReadonlySet<PlacedAddress>,
  ): Promise<readonly Failed[]> {
    const failed: Failed[] = [];
    const epoch = this.#epoch;
    const lines = [...removes.map(removal), ...adds.map((place) => this.#addition(place))];
    const failures = await this.#changes.run(lines);
    for (const [index, text] of failures) {
      const added = adds[index - removes.length];
      const place = added ?? removes[index];
      if (place === undefined || (added === undefined && NOT_THERE.test(text))) continue;
      failed.push({ address: place.address, text });
      if (epoch !== this.#epoch) continue;
      if (added !== undefined) this.#forget(added);
      // It is still there, and would end by itself in the middle of whatever comes next.
      else if (leaving.has(place)) this.#held.set(place.address, { place, state: 'sure' });
    }
    for (const { address } of adds) {
      const held = this.#held.get(address);
      if (held?.state === 'coming') held.state = 'sure';
    }
    this.#armRefresh();
    return failed;
  }

  /** @returns whether it was held at this place. */
  #forget(place: PlacedAddress): boolean {
    const held = this.#held.get(place.address);
    if (held?.place.interface !== place.interface || held.place.prefix !== place.prefix) return false;
    return this.#held.delete(place.address);
  }

  #refusal({ address, interface: name }: PlacedAddress): string | undefined {
    if (!INTERFACE_NAME.test(name)) return `${JSON.stringify(name)} is no name of an interface`;
    return this.#own.has(address) ? `${address} is an address of this host itself` : undefined;
  }

  /** IPv6: no search for duplicates, and never the source of connections that did not ask for it. */
  #addition({ address, prefix, interface: name }: PlacedAddress): string {
    const isV6 = isIpv6(address);
    const seconds = this.#lease ? this.#leaseSeconds : 'forever';
    const lifetimes = `valid_lft ${seconds} preferred_lft ${isV6 ? 0 : seconds}`;
    return `addr replace ${address}/${prefix} dev ${name} ${isV6 ? 'nodad ' : ''}${lifetimes}`;
  }

  /** Fewer addresses have shorter leases: then the next refresh comes earlier than it was planned. */
  #armRefresh(): void {
    if (!this.#lease || this.#closed || this.#refreshing || this.#held.size === 0) return;
    const dueMs = performance.now() + (this.#leaseSeconds * 1_000) / REFRESHES_PER_LEASE;
    if (this.#refreshTimer !== undefined && this.#refreshAtMs <= dueMs) return;
    clearTimeout(this.#refreshTimer);
    this.#refreshAtMs = dueMs;
    this.#refreshTimer = setTimeout(() => void this.#refresh(), dueMs - performance.now());
  }

  get #leaseSeconds(): number {
    return leaseSeconds(this.#held.size, this.#refreshMs);
  }

  /**
   * In parts, by the same program as removals: a refresh adds what is not there, so none may stand in line behind a
   * removal of its address.
   */
  async #refresh(): Promise<void> {
    this.#refreshTimer = undefined;
    this.#refreshing = true;
    const epoch = this.#epoch;
    const startedMs = performance.now();
    const addresses = [...this.#held.keys()];
    for (let from = 0; from < addresses.length && epoch === this.#epoch; from += REFRESHED_AT_ONCE) {
      const part = addresses.slice(from, from + REFRESHED_AT_ONCE).flatMap((address) => {
        const held = this.#held.get(address);
        return held?.state === 'sure' ? [this.#addition(held.place)] : [];
      });
      await this.#changes.run(part);
    }
    this.#refreshing = false;
    if (epoch === this.#epoch) this.#refreshMs = performance.now() - startedMs;
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
