/**
 * The addresses of a Linux host, by the program `ip`: changes in batches, surveys, neighbours, announcements. Whatever
 * cannot be done is a fact with the words of the system. The host's own addresses are left out of every survey and
 * never changed (VIP-33).
 */

import type { HostAdapter, HostCommand, HostFact, PlacedAddress } from '../duravip/api.ts';
import { type IpAddress, isIpv6 } from '../model/ip.ts';
import { IpAnnouncer, type Surroundings } from './ip-announce.ts';
import { IpBatch, type LineFailures } from './ip-batch.ts';
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
/** Due so soon, it is refreshed with those that are due. */
const REFRESHED_TOGETHER_MS = 250;
/** With so many on their way that the first refresh may come late. */
const FIRST_LEASE_SECONDS = 10;
/** Lines for `ip` at once, so that refreshes and removals do not wait for long behind additions. */
const LINES_AT_ONCE = 64;
/** What changed at once is said once. */
const QUIET_MS = 5;

export type LinuxAddressesParts = {
  readonly onFact: (fact: HostFact) => void;
  /** Addresses end by themselves when nobody refreshes them (vip.md 4.7); for a guard. */
  readonly lease?: boolean;
};

type Failed = { readonly address: IpAddress; readonly text: string };

type Change = {
  readonly removes: readonly PlacedAddress[];
  readonly adds: readonly PlacedAddress[];
  /** Those of the removed that were added by us. */
  readonly ours: ReadonlySet<PlacedAddress>;
  /** Before the last drop, it is void. */
  readonly epoch: number;
};

type Held = {
  readonly place: PlacedAddress;
  /** The system took it, and has not said that it is gone. What is in doubt is not refreshed: a refresh adds. */
  state: 'coming' | 'sure' | 'doubtful';
  /** When its lease is refreshed. */
  dueMs: number;
};

/**
 * Whole seconds after which the kernel removes an address that is not refreshed.
 * @param count of all addresses
 * @param refreshMs how long a refresh of all takes
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
  /** Being removed, and not gone yet. */
  readonly #leaving = new Set<PlacedAddress>();
  #own: ReadonlySet<IpAddress> = new Set();
  #interfaces: readonly FoundInterface[] = [];
  #routes: readonly FoundRoute[] = [];
  #neighbours: readonly FoundNeighbour[] = [];
  #quiet: NodeJS.Timeout | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #refreshing = false;
  /** How long one of all addresses takes, after what the last took for its part. */
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
      onAnnounced: (addresses) => this.#say({ type: 'announced', addresses }),
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
    const places = [...[...this.#held.values()].map(({ place }) => place), ...this.#leaving];
    this.#held.clear();
    this.#leaving.clear();
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
    for (const place of removes) this.#leaving.add(place);
    const ours = new Set(removes.filter((place) => this.#forget(place)));
    for (const place of adds) this.#held.set(place.address, { place, state: 'coming', dueMs: 0 });
    const epoch = this.#epoch;
    const make = async (): Promise<void> => {
      failed.push(...(await this.#make({ removes, adds, ours, epoch })));
      this.#say({ type: 'changed', id, failed });
    };
    if (adds.length === 0) void make();
    else this.#lastAddition = this.#lastAddition.then(make);
  }

  async #make(change: Change): Promise<readonly Failed[]> {
    const { removes, adds, ours, epoch } = change;
    const failed: Failed[] = [];
    const isGone = (index: number, text: string): boolean => index < removes.length && NOT_THERE.test(text);
    for (const [index, text] of await this.#run(change)) {
      const added = adds[index - removes.length];
      const place = added ?? removes[index];
      if (place === undefined || isGone(index, text)) continue;
      failed.push({ address: place.address, text });
      if (epoch !== this.#epoch) continue;
      if (added !== undefined) this.#forget(added);
      // It is still there, and would end by itself in the middle of whatever comes next.
      else if (ours.has(place)) this.#held.set(place.address, { place, state: 'sure', dueMs: 0 });
    }
    for (const place of removes) this.#leaving.delete(place);
    for (const { address } of adds) {
      const held = this.#held.get(address);
      if (held?.state === 'coming') held.state = 'sure';
    }
    this.#armRefresh();
    return failed;
  }

  get #coming(): number {
    let count = 0;
    for (const { state } of this.#held.values()) if (state === 'coming') count += 1;
    return count;
  }

  /** Failures by index, first those of removals. */
  async #run({ removes, adds, epoch }: Change): Promise<LineFailures> {
    const failures = new Map<number, string>();
    const leaseMin = this.#coming > LINES_AT_ONCE ? FIRST_LEASE_SECONDS : 0;
    const count = removes.length + adds.length;
    for (let from = 0; from < count; from += LINES_AT_ONCE) {
      const to = Math.min(count, from + LINES_AT_ONCE);
      const lines = [
        ...removes.slice(from, to).map(removal),
        ...adds
          .slice(Math.max(0, from - removes.length), Math.max(0, to - removes.length))
          .map((place) => this.#addition(place, this.#held.get(place.address), leaseMin)),
      ];
      const said: LineFailures =
        epoch === this.#epoch
          ? await this.#changes.run(lines)
          : new Map(lines.map((_line, index) => [index, 'dropped meanwhile']));
      for (const [index, text] of said) failures.set(from + index, text);
    }
    return failures;
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
  #addition(
    { address, prefix, interface: name }: PlacedAddress,
    held: Held | undefined,
    leaseMin = 0,
  ): string {
    const isV6 = isIpv6(address);
    const lease = leaseSeconds(this.#held.size, this.#refreshMs);
    const seconds = this.#lease ? Math.max(leaseMin, lease) : 'forever';
    if (held !== undefined) held.dueMs = performance.now() + (lease * 1_000) / REFRESHES_PER_LEASE;
    const lifetimes = `valid_lft ${seconds} preferred_lft ${isV6 ? 0 : seconds}`;
    return `addr replace ${address}/${prefix} dev ${name} ${isV6 ? 'nodad ' : ''}${lifetimes}`;
  }

  #armRefresh(): void {
    if (!this.#lease || this.#closed || this.#refreshing) return;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const held of this.#held.values()) if (held.state === 'sure') dueMs = Math.min(dueMs, held.dueMs);
    clearTimeout(this.#refreshTimer);
    if (!Number.isFinite(dueMs)) return;
    this.#refreshTimer = setTimeout(() => void this.#refresh(), Math.max(1, dueMs - performance.now()));
  }

  /**
   * In parts, by the same program as removals: a refresh adds what is not there, so none may stand in line behind a
   * removal of its address.
   */
  async #refresh(): Promise<void> {
    this.#refreshing = true;
    const epoch = this.#epoch;
    const startedMs = performance.now();
    const due = [...this.#held.values()].filter(
      ({ state, dueMs }) => state === 'sure' && dueMs <= startedMs + REFRESHED_TOGETHER_MS,
    );
    for (let from = 0; from < due.length && epoch === this.#epoch; from += LINES_AT_ONCE) {
      const lines = due
        .slice(from, from + LINES_AT_ONCE)
        .filter((held) => held.state === 'sure' && this.#held.get(held.place.address) === held)
        .map((held) => this.#addition(held.place, held));
      await this.#changes.run(lines);
    }
    this.#refreshing = false;
    if (epoch === this.#epoch && due.length > 0)
      this.#refreshMs = ((performance.now() - startedMs) / due.length) * this.#held.size;
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
