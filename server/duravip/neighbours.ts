/**
 * The neighbours that hosts of the cluster know, merged into one table: whoever takes an address over knows to whom the
 * owner before talked (vip.md 1.4, 4.3 ARPSHARE). Pure; entries of other nodes are already parsed.
 */

import { compareIps, type IpAddress } from '../model/ip.ts';
import type { Neighbour } from './api.ts';

/** Those longest unconfirmed go first. */
export const NEIGHBOURS_MAX = 4_096;
/** Confirmed by nobody for so long: gone. */
const FORGET_MS = 15 * 60_000;
/** Known with the same MAC, it is said again only after so long, so that it stays known elsewhere. */
const SAY_AGAIN_MS = 5 * 60_000;
/** In one message. */
const SAID_AT_ONCE_MAX = 1_024;
const AGE_MAX_SECONDS = FORGET_MS / 1_000;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

type Known = { readonly mac: string; readonly confirmedAtMs: number };

export class Neighbours {
  readonly #known = new Map<IpAddress, Known>();
  readonly #said = new Map<IpAddress, Known>();

  /** What this host's own table holds now. @returns what the other nodes do not know yet. */
  read(entries: readonly Neighbour[], nowMs: number): readonly Neighbour[] {
    const news: Neighbour[] = [];
    for (const entry of entries) {
      const known = this.#take(entry, nowMs);
      if (known === undefined || news.length >= SAID_AT_ONCE_MAX) continue;
      const said = this.#said.get(entry.address);
      if (said?.mac === known.mac && known.confirmedAtMs - said.confirmedAtMs < SAY_AGAIN_MS) continue;
      this.#said.set(entry.address, known);
      news.push(entry);
    }
    this.#forget(nowMs);
    return news;
  }

  heard(entries: readonly Neighbour[], nowMs: number): void {
    for (const entry of entries.slice(0, NEIGHBOURS_MAX)) this.#take(entry, nowMs);
    this.#forget(nowMs);
  }

  /** Everything counts as news again. */
  sayAll(): void {
    this.#said.clear();
  }

  /** By address; for `cluster arp show`. */
  table(nowMs: number): readonly Neighbour[] {
    return this.#entries(nowMs).sort((a, b) => compareIps(a.address, b.address));
  }

  /** Last confirmed first. @param withinSeconds no older ones */
  newestFirst(nowMs: number, withinSeconds: number): readonly IpAddress[] {
    return this.#entries(nowMs)
      .filter(({ ageSeconds }) => ageSeconds <= withinSeconds)
      .sort((a, b) => a.ageSeconds - b.ageSeconds)
      .map(({ address }) => address);
  }

  #entries(nowMs: number): Neighbour[] {
    return [...this.#known].map(([address, { mac, confirmedAtMs }]) => ({
      address,
      mac,
      ageSeconds: Math.max(0, Math.round((nowMs - confirmedAtMs) / 1_000)),
    }));
  }

  #take({ address, mac, ageSeconds }: Neighbour, nowMs: number): Known | undefined {
    const valid = MAC.test(mac) && ageSeconds >= 0 && ageSeconds <= AGE_MAX_SECONDS;
    if (!valid) return undefined;
    const known = { mac, confirmedAtMs: nowMs - ageSeconds * 1_000 };
    const before = this.#known.get(address);
    if (before === undefined || before.confirmedAtMs <= known.confirmedAtMs) this.#known.set(address, known);
    return known;
  }

  #forget(nowMs: number): void {
    for (const table of [this.#known, this.#said]) {
      for (const [address, { confirmedAtMs }] of table)
        if (nowMs - confirmedAtMs > FORGET_MS) table.delete(address);
      if (table.size <= NEIGHBOURS_MAX) continue;
      const oldestFirst = [...table].sort(([, a], [, b]) => a.confirmedAtMs - b.confirmedAtMs);
      for (const [address] of oldestFirst.slice(0, table.size - NEIGHBOURS_MAX)) table.delete(address);
    }
  }
}
