/**
 * What all servers said of their links, views and groups, as the dashboard knows it: the last figures of each, rates
 * between two messages of one start, and moments brought onto this process's clock by their age. Servers that are
 * gone keep their last figures, marked. What was not said stays unknown.
 */

import { type NodeName, nodeOfPrivateName, type PrivateName } from '../model/names.ts';
import type { KnownBus, KnownLink, KnownServer } from './observer-api.ts';
import type { BusStatus, NodeStatus } from './status-message.ts';
import type { WallClock } from './wall-clock.ts';

export const SERVERS_KNOWN_MAX = 256;
/** Rates are taken over at least so much of the sender's time: changes bring messages close together. */
export const RATE_SPAN_MIN_MS = 500;
/** A process that was not scheduled for so long within a minute is slow for all others (BUS-16). */
export const PAUSED_SLOW_MS = 500;
/** A moment that is told by its age moves with the way of each message; less than this is no news. */
const MOMENT_JITTER_MS = 1_000;

/** A server became slow for others, or is not any more (`reason: undefined`). */
export type SlowNews = { readonly node: string; readonly reason: string | undefined };

type Known = {
  from: PrivateName;
  incarnation: number;
  /** Servers that count as slow because of what this one said, with the reason. */
  slow: ReadonlyMap<string, string>;
  figures: KnownServer;
  /** Where the rates begin. */
  base: { readonly upMs: number; readonly links: readonly KnownLink[] };
};

export class KnownServers {
  readonly #wall: WallClock;
  readonly #known = new Map<NodeName, Known>();
  #groups: (NonNullable<KnownBus['groups']> & { readonly sender: PrivateName; version: number }) | undefined;

  constructor(wall: WallClock) {
    this.#wall = wall;
  }

  bus(): KnownBus {
    const servers = [...this.#known.values()].map(({ figures }) => this.#withPauses(figures));
    servers.sort((a, b) => (a.node < b.node ? -1 : 1));
    if (this.#groups === undefined) return { servers, groups: null };
    const { from, toldMs, list } = this.#groups;
    return { servers, groups: { from, toldMs, list } };
  }

  /** @returns who became slow by it, and who is no more. */
  onStatus(from: PrivateName, status: NodeStatus, nowMs: number): readonly SlowNews[] {
    const { bus } = status;
    if (bus === undefined) return [];
    const { node } = status;
    const known = this.#known.get(node);
    // Whoever is attached to the very server that it speaks of is believed before anybody else.
    if (known?.figures.current === true && known.from !== from && nodeOfPrivateName(from) !== node) return [];
    const before = known?.incarnation === bus.incarnation ? known : undefined;
    const links = this.#links(status, before, nowMs);
    const spanMs = before === undefined ? 0 : bus.upMs - before.base.upMs;
    const anew = before === undefined || spanMs >= RATE_SPAN_MIN_MS || spanMs < 0;
    const slowBefore = this.#slowServers();
    this.#known.delete(node);
    this.#known.set(node, {
      from,
      incarnation: bus.incarnation,
      slow: slowIn(status),
      figures: { ...this.#figures(status, bus, before, nowMs), links },
      base: anew ? { upMs: bus.upMs, links } : before.base,
    });
    this.#noteGroups(from, status, nowMs);
    this.#bound();
    return this.#slowNews(slowBefore);
  }

  /** A member left: what it said of a server is the last that is known of it. It says nothing of others any more. */
  departed(name: PrivateName): readonly SlowNews[] {
    const slowBefore = this.#slowServers();
    for (const known of this.#known.values()) {
      if (known.from !== name) continue;
      known.figures = { ...known.figures, current: false };
      known.slow = new Map();
      slowBefore.delete(known.figures.node);
    }
    return this.#slowNews(slowBefore);
  }

  /** Who is slow by what any server says, with the first reason. */
  #slowServers(): Map<string, string> {
    const slow = new Map<string, string>();
    for (const known of this.#known.values()) {
      for (const [node, reason] of known.slow) if (!slow.has(node)) slow.set(node, reason);
    }
    return slow;
  }

  #slowNews(before: ReadonlyMap<string, string>): readonly SlowNews[] {
    const now = this.#slowServers();
    const begun = [...now].filter(([node]) => !before.has(node)).map(([node, reason]) => ({ node, reason }));
    const ended = [...before.keys()].filter((node) => !now.has(node));
    return [...begun, ...ended.map((node) => ({ node, reason: undefined }))];
  }

  /** What a server says of itself is shown where the others look at it. */
  #withPauses(server: KnownServer): KnownServer {
    const links = server.links.map((link) => {
      const said = this.#known.get(link.to as NodeName)?.slow.get(link.to);
      return link.slow === null && said !== undefined ? { ...link, slow: said } : link;
    });
    return { ...server, links };
  }

  #figures(
    status: NodeStatus,
    bus: BusStatus,
    before: Known | undefined,
    nowMs: number,
  ): Omit<KnownServer, 'links'> {
    const { node, state, viewId, clients } = status;
    const { authenticated, maxBacklog, refusals, viewChanges } = bus;
    return {
      node,
      toldMs: this.#wall.at(nowMs),
      current: true,
      state,
      viewId,
      authenticated,
      maxBacklog,
      clients,
      refusals,
      viewChanges,
      views: bus.views === undefined ? (before?.figures.views ?? []) : this.#views(bus.views, before, nowMs),
    };
  }

  #views(
    views: NonNullable<BusStatus['views']>,
    before: Known | undefined,
    nowMs: number,
  ): KnownServer['views'] {
    return views.map(({ agoMs, ...view }) => {
      const told = before?.figures.views.find(({ viewId }) => viewId === view.viewId)?.installedMs;
      return { ...view, installedMs: told ?? this.#wall.at(nowMs - agoMs) };
    });
  }

  #links({ links, bus }: NodeStatus, before: Known | undefined, nowMs: number): readonly KnownLink[] {
    return links.flatMap(({ figures, to, state, roundTripMs, backlog, reconnects }) => {
      if (figures === undefined) return [];
      const { refused, slow, detail, bytesIn, bytesOut, messagesIn, messagesOut } = figures;
      const last = before?.figures.links.find((link) => link.to === to);
      const traffic = { bytesIn, bytesOut, messagesIn, messagesOut };
      const base = before?.base.links.find((link) => link.to === to)?.traffic;
      const spanMs = (bus?.upMs ?? 0) - (before?.base.upMs ?? 0);
      const since = this.#wall.at(nowMs - figures.sinceAgoMs);
      const same = last?.state === state && Math.abs(last.sinceMs - since) < MOMENT_JITTER_MS;
      return {
        to,
        state,
        sinceMs: same ? last.sinceMs : since,
        roundTripMs,
        backlog,
        reconnects,
        refused,
        slow,
        rates:
          spanMs < RATE_SPAN_MIN_MS && spanMs >= 0 ? (last?.rates ?? null) : ratesOf(base, traffic, spanMs),
        detail,
        traffic,
      };
    });
  }

  #noteGroups(sender: PrivateName, { node, bus }: NodeStatus, nowMs: number): void {
    const told = bus?.groups;
    if (told === undefined) return;
    const toldMs = this.#wall.at(nowMs);
    if (told.list !== undefined) {
      this.#groups = { sender, version: told.version, from: node, toldMs, list: told.list };
    } else if (this.#groups?.sender === sender && this.#groups.version === told.version) {
      this.#groups = { ...this.#groups, toldMs };
    }
  }

  /** The ones that are gone for longest go first. */
  #bound(): void {
    if (this.#known.size <= SERVERS_KNOWN_MAX) return;
    const gone = [...this.#known].find(([, { figures }]) => !figures.current);
    const oldest = gone?.[0] ?? this.#known.keys().next().value;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

/** Whom the sender calls slow; itself, if it was not scheduled for long. */
function slowIn({ node, links, bus }: NodeStatus): ReadonlyMap<string, string> {
  const slow = new Map<string, string>();
  for (const { to, state, figures } of links) {
    const reason = figures?.slow ?? null;
    if (state === 'up' && reason !== null) slow.set(to, `${reason}, as ${node} sees it`);
  }
  const pausedMs = bus?.pausedMs ?? 0;
  if (pausedMs >= PAUSED_SLOW_MS) {
    slow.set(node, `was not scheduled for ${(pausedMs / 1_000).toFixed(1)} s of the last minute`);
  }
  return slow;
}

/** Per second; null where a total went down, because then it counts something else. */
function ratesOf(
  base: KnownLink['traffic'] | undefined,
  now: KnownLink['traffic'],
  spanMs: number,
): KnownLink['rates'] {
  if (base === undefined || spanMs <= 0) return null;
  const perSecond = (field: keyof KnownLink['traffic']) => ((now[field] - base[field]) * 1_000) / spanMs;
  const rates = {
    bytesIn: perSecond('bytesIn'),
    bytesOut: perSecond('bytesOut'),
    messagesIn: perSecond('messagesIn'),
    messagesOut: perSecond('messagesOut'),
  };
  return Object.values(rates).every((rate) => rate >= 0) ? rates : null;
}
