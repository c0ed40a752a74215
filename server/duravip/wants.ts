/** What the host of this member should have up, what it may have up, and what it said of it. Level-triggered. */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import type { HostReport, MemberEffect, VipOffer } from './api.ts';
import type { Ownership, VipState } from './ownership.ts';

/**
 * Addresses of moves that are on their way to other hosts at a time. The others go on serving meanwhile, so that the gap
 * of each is that of a small hand-over.
 */
export const HANDED_AT_ONCE = 8;
/** Of very many, so large a part at a time that this many turns are enough. */
const HAND_OVER_TURNS = 16;
/** The next do not wait longer for a host that does not say of its addresses that they are up. */
export const HANDED_MS = 300;

export type Failure = { readonly text: string; readonly untilMs: number };

export class Wants {
  #wanted = new Set<IpAddress>();
  /** Wanted, or released and not yet reported down. */
  readonly #held = new Set<IpAddress>();
  readonly #up = new Set<IpAddress>();
  /** Given up by the host; not tried again until then. */
  readonly failures = new Map<IpAddress, Failure>();
  #forgiven = false;
  /** Let go of by a move, and not yet up at the next owner: when that was. */
  readonly #handed = new Map<IpAddress, number>();
  /** Of the hand-over that is under way. */
  #atOnce = HANDED_AT_ONCE;

  /** A new configuration may have ended what made the host fail. */
  endFailures(nowMs: number): void {
    for (const [address, { text }] of this.failures) this.failures.set(address, { text, untilMs: nowMs });
  }

  /** It may be wanted again. */
  forgive(address: IpAddress): void {
    if (this.failures.delete(address)) this.#forgiven = true;
  }

  /** Whether anything was forgiven since the last call. */
  takeForgiven(): boolean {
    const forgiven = this.#forgiven;
    this.#forgiven = false;
    return forgiven;
  }

  get wanted(): ReadonlySet<IpAddress> {
    return this.#wanted;
  }

  get held(): ReadonlySet<IpAddress> {
    return this.#held;
  }

  isUp(address: IpAddress): boolean {
    return this.#up.has(address) && this.#wanted.has(address);
  }

  /** @param failedMs how long a failure counts. */
  report(reports: readonly HostReport[], failedMs: number, nowMs: number): void {
    for (const report of reports) {
      const { address } = report;
      if (report.state === 'well') {
        const failure = this.failures.get(address);
        if (failure !== undefined) this.failures.set(address, { ...failure, untilMs: nowMs });
        continue;
      }
      if (report.state === 'up') {
        this.#up.add(address);
        this.failures.delete(address);
        continue;
      }
      this.#up.delete(address);
      if (!this.#wanted.has(address)) this.#held.delete(address);
      if (report.state === 'failed') {
        this.failures.set(address, { text: report.text, untilMs: nowMs + failedMs });
      }
    }
  }

  /** Until when the next addresses of moves wait at most; undefined while none are on their way. */
  get handedUntilMs(): number | undefined {
    const [first] = this.#handed.values();
    return first === undefined ? undefined : first + HANDED_MS;
  }

  /** @returns whether any address arrived, or was waited for long enough: others may be let go of. */
  follow(state: Ownership, me: PrivateName, nowMs: number): boolean {
    const before = this.#handed.size;
    for (const [address, sinceMs] of this.#handed) {
      const vip = state.vips.get(address);
      const isUnderWay = vip !== undefined && (vip.owner === me ? vip.moving : vip.state === 'coming');
      if (!isUnderWay || nowMs >= sinceMs + HANDED_MS) this.#handed.delete(address);
    }
    return this.#handed.size < before;
  }

  /** What the table says of those that this member owns; addresses that move wait for their turn. */
  ofOwned(
    owned: Iterable<VipState>,
    offers: ReadonlyMap<IpAddress, VipOffer>,
    nowMs: number,
  ): Set<IpAddress> {
    const wanted = new Set<IpAddress>();
    const going: IpAddress[] = [];
    for (const vip of owned) {
      const { address } = vip;
      const offer = offers.get(address);
      // A host that gave up tries again only when it is asked again.
      if (vip.derived.broken || offer === undefined || this.failures.has(address)) continue;
      // What this host cannot have any more is held until another has it, but never taken.
      if (offer.refused !== undefined && !this.#wanted.has(address)) continue;
      if (vip.shed.size > 0 && !this.#wanted.has(address)) continue;
      if (!vip.moving) wanted.add(address);
      else if (this.#wanted.has(address) && vip.next !== undefined) going.push(address);
    }
    if (going.length === 0) this.#atOnce = HANDED_AT_ONCE;
    this.#atOnce = Math.max(this.#atOnce, Math.ceil(going.length / HAND_OVER_TURNS));
    const free = Math.max(0, this.#atOnce - this.#handed.size);
    for (const address of going.slice(0, free)) this.#handed.set(address, nowMs);
    for (const address of going.slice(free)) wanted.add(address);
    return wanted;
  }

  /** @param announce those of them that are held already are told to neighbours again. */
  become(
    wanted: Set<IpAddress>,
    announce: Iterable<IpAddress>,
  ): Extract<MemberEffect, { type: 'want' }> | undefined {
    const acquire = [...wanted].filter((address) => !this.#wanted.has(address));
    const release = [...this.#wanted].filter((address) => !wanted.has(address));
    const again = [...announce].filter((address) => wanted.has(address) && this.#wanted.has(address));
    this.#wanted = wanted;
    for (const address of acquire) {
      this.#held.add(address);
      this.#up.delete(address);
    }
    for (const address of release) this.#up.delete(address);
    if (acquire.length === 0 && release.length === 0 && again.length === 0) return undefined;
    return { type: 'want', acquire, release, announce: again };
  }
}
