/**
 * When neighbours have to be told again of an address that its owner has already: because they may have been told of
 * another owner meanwhile, or because another host answered for it until now (D9).
 */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import type { OwnVips } from './own-vips.ts';
import type { NodeState, Ownership } from './ownership.ts';
import { ANNOUNCE_AGAIN_MS } from './timing.ts';

export class Retelling {
  #now = new Set<IpAddress>();
  #later: { readonly atMs: number; readonly addresses: readonly IpAddress[] }[] = [];
  /** With what they offer. */
  #suspects: ReadonlyMap<PrivateName, NodeState['offers']> = new Map();
  /** Own addresses that another host may have up as well. */
  #doubled: ReadonlySet<IpAddress> = new Set();

  /** Whether there is anything to tell at once. */
  get any(): boolean {
    return this.#now.size > 0;
  }

  now(addresses: Iterable<IpAddress>): void {
    for (const address of addresses) this.#now.add(address);
  }

  /** After a merge, in which the losers let go at once. */
  soon(addresses: readonly IpAddress[], nowMs: number): void {
    for (const waitMs of ANNOUNCE_AGAIN_MS) this.#later.push({ atMs: nowMs + waitMs, addresses });
  }

  /** A loser that was slow has let go by now; a suspect may have answered to the end for what it had. */
  look({ nodes }: Ownership, { owned, doubled: all }: OwnVips): void {
    const doubled = new Set<IpAddress>();
    for (const address of all.keys()) if (owned.has(address)) doubled.add(address);
    for (const address of this.#doubled) {
      if (owned.has(address) && !doubled.has(address)) this.#now.add(address);
    }
    this.#doubled = doubled;
    const suspects = new Map<PrivateName, NodeState['offers']>();
    for (const { name, suspect, offers } of nodes.values()) if (suspect) suspects.set(name, offers);
    for (const [name, offers] of this.#suspects) {
      if (suspects.has(name)) continue;
      for (const address of owned.keys()) if (offers.has(address)) this.#now.add(address);
    }
    this.#suspects = suspects;
  }

  /** What is due by now moves to what is told at once. */
  run(nowMs: number, wake: (atMs: number) => void): void {
    for (const { atMs, addresses } of this.#later) {
      if (nowMs < atMs) wake(atMs);
      else this.now(addresses);
    }
    this.#later = this.#later.filter(({ atMs }) => nowMs < atMs);
  }

  take(): ReadonlySet<IpAddress> {
    const taken = this.#now;
    this.#now = new Set();
    return taken;
  }
}
