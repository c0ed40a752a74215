/**
 * When the network is told whose an address is (vip.md 4.6): at once and at 0.1, 0.5, 2 and 30 s, and beside that every
 * known neighbour one by one, those last heard of first. Pure. Two allowances keep a takeover of thousands of addresses
 * from flooding the network; an address that was never told goes before repetitions.
 */

import type { IpAddress } from '../model/ip.ts';
import type { PlacedAddress } from './api.ts';
import type { Outbox } from './host-outbox.ts';

/** After the address came up. */
export const ANNOUNCE_AT_MS = [0, 100, 500, 2_000, 30_000] as const;
/**
 * vip.md 4.6; neighbours told one by one, so many in a second and so many at once: whoever changed its entry a moment ago
 * learns in no other way, and a drain of a hundred addresses tells all at once.
 */
export const HOSTS_PER_SECOND = 256;
/** Of one address, before it is the turn of the next: few, since whoever was heard last needs it most. */
const HOSTS_AT_ONCE = 4;
/** Ours: one frame for each, so that 10,240 addresses are told within 5 s. */
export const ADDRESSES_PER_SECOND = 2_048;
const ADDRESSES_BURST = 1_024;
const ADDRESSES_AT_ONCE = 64;
/** By then neighbours have found out by themselves. */
const TELL_HOSTS_FOR_MS = 30_000;

type Plan = { readonly place: PlacedAddress; readonly sinceMs: number; told: boolean };
type Round = { readonly afterMs: number; plans: Plan[]; next: number };
type Telling = { readonly plan: Plan; readonly hosts: readonly IpAddress[]; readonly next: number };

/** So many a second, and not more at once than a burst. */
class Allowance {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#left = burst;
    this.#atMs = nowMs;
  }

  left(nowMs: number): number {
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    // What is due at a moment is there at that moment, whatever fractions make of it.
    return Math.floor(this.#left + 1e-6);
  }

  take(count: number): void {
    this.#left -= count;
  }

  /** When so many may go. */
  dueMs(count: number): number {
    return this.#atMs + Math.max(0, (count - this.#left) / this.#perMs);
  }
}

export class Announcer {
  readonly #out: Outbox;
  readonly #plans = new Map<IpAddress, Plan>();
  readonly #rounds: readonly Round[] = ANNOUNCE_AT_MS.map((afterMs) => ({ afterMs, plans: [], next: 0 }));
  #tellings: Telling[] = [];
  readonly #addresses: Allowance;
  readonly #hosts: Allowance;

  constructor(out: Outbox, nowMs: number) {
    this.#out = out;
    this.#addresses = new Allowance(ADDRESSES_PER_SECOND, ADDRESSES_BURST, nowMs);
    this.#hosts = new Allowance(HOSTS_PER_SECOND, HOSTS_PER_SECOND, nowMs);
  }

  get deadlineMs(): number | undefined {
    const dues = this.#rounds.flatMap((round) => {
      const plan = round.plans[round.next];
      if (plan === undefined) return [];
      const count = Math.min(ADDRESSES_AT_ONCE, round.plans.length - round.next);
      return [Math.max(plan.sinceMs + round.afterMs, this.#addresses.dueMs(count))];
    });
    if (this.#tellings.length > 0) dues.push(this.#hosts.dueMs(HOSTS_AT_ONCE));
    return dues.length === 0 ? undefined : Math.min(...dues);
  }

  /** @param hosts who is told one by one, in this order */
  start(place: PlacedAddress, hosts: readonly IpAddress[], nowMs: number): void {
    const plan = { place, sinceMs: nowMs, told: false };
    this.#plans.set(place.address, plan);
    for (const round of this.#rounds) round.plans.push(plan);
    if (hosts.length > 0) this.#tellings.push({ plan, hosts, next: 0 });
  }

  stop(address: IpAddress): void {
    this.#plans.delete(address);
  }

  /** Those of them that the network had not been told of before. */
  told(addresses: readonly IpAddress[]): readonly IpAddress[] {
    return addresses.filter((address) => {
      const plan = this.#plans.get(address);
      if (plan === undefined || plan.told) return false;
      plan.told = true;
      return true;
    });
  }

  run(nowMs: number): void {
    for (const round of this.#rounds) this.#tellNetwork(round, nowMs);
    this.#tellHosts(nowMs);
  }

  #isCurrent(plan: Plan): boolean {
    return this.#plans.get(plan.place.address) === plan;
  }

  #tellNetwork(round: Round, nowMs: number): void {
    const last = round === this.#rounds.at(-1);
    for (;;) {
      const plan = round.plans[round.next];
      if (plan === undefined || plan.sinceMs + round.afterMs > nowMs) break;
      if (this.#isCurrent(plan)) {
        if (this.#addresses.left(nowMs) < 1) break;
        this.#addresses.take(1);
        this.#say(plan, []);
        if (last) this.#plans.delete(plan.place.address);
      }
      round.next += 1;
    }
    if (round.next < round.plans.length / 2 && round.next < ADDRESSES_BURST) return;
    round.plans = round.plans.slice(round.next);
    round.next = 0;
  }

  /** In turns, so that no address waits for all the hosts of another. */
  #tellHosts(nowMs: number): void {
    let left = this.#hosts.left(nowMs);
    const waiting = this.#tellings;
    let at = 0;
    for (let telling = waiting[at]; telling !== undefined && left >= 1; telling = waiting[at]) {
      at += 1;
      const { plan, hosts, next } = telling;
      if (!this.#isCurrent(plan) || nowMs - plan.sinceMs > TELL_HOSTS_FOR_MS) continue;
      const part = hosts.slice(next, next + Math.min(HOSTS_AT_ONCE, left));
      this.#say(plan, part);
      this.#hosts.take(part.length);
      left -= part.length;
      if (next + part.length < hosts.length) waiting.push({ plan, hosts, next: next + part.length });
    }
    this.#tellings = waiting.slice(at);
  }

  #say({ place }: Plan, hosts: readonly IpAddress[]): void {
    const { address, interface: name } = place;
    this.#out.command({ type: 'announce', address, interface: name, hosts });
  }
}
