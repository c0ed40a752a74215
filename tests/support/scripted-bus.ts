/**
 * What the servers of a scripted cluster say of the bus: a full mesh with traffic, views with their history, groups.
 * Tests say who is gone, slow or mute, and who was refused.
 */

import type { KnownBus, KnownLink, KnownServer } from '../../server/cluster/observer-api.ts';

type Told = { -readonly [K in keyof KnownServer]: KnownServer[K] };
type Loss = KnownServer['views'][number]['lost'][number];

const NO_TRAFFIC = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 } as const;

export class ScriptedBus {
  readonly #servers = new Map<string, Told>();
  readonly #mute = new Set<string>();
  readonly #links = new Map<string, Partial<KnownLink>>();
  readonly #groups = new Map<string, readonly string[]>();
  #view = 0;
  #nowMs: number;

  constructor(names: readonly string[], nowMs: number) {
    this.#nowMs = nowMs;
    for (const [index, name] of names.entries()) {
      this.#servers.set(name, {
        node: name,
        toldMs: nowMs,
        current: true,
        state: 'operational',
        viewId: null,
        authenticated: true,
        maxBacklog: 5_000,
        clients: 1 + (index % 3),
        refusals: {},
        links: [],
        views: [],
        viewChanges: 0,
      });
    }
    this.#change([...names], []);
  }

  /** The server is out of the view; its last figures stay. */
  lose(name: string, cause: string): void {
    const server = this.#servers.get(name);
    if (server?.current !== true) return;
    server.current = false;
    this.#change([], [{ node: name, cause }]);
  }

  rejoin(name: string): void {
    const server = this.#servers.get(name);
    if (server === undefined || server.current) return;
    server.current = true;
    this.#mute.delete(name);
    this.#change([name], []);
  }

  /** In the view, but its figures come no more. */
  silence(name: string): void {
    this.#mute.add(name);
  }

  setLink(from: string, to: string, change: Partial<KnownLink>): void {
    this.#links.set(`${from}\n${to}`, change);
  }

  set(name: string, change: Partial<KnownServer>): void {
    const server = this.#servers.get(name);
    if (server !== undefined) Object.assign(server, change);
  }

  setGroup(group: string, members: readonly string[]): void {
    this.#groups.set(group, members);
  }

  refuse(name: string, reason: string, times = 1): void {
    const server = this.#servers.get(name);
    if (server === undefined) return;
    server.refusals = { ...server.refusals, [reason]: (server.refusals[reason] ?? 0) + times };
  }

  /** As everybody says it now; mute servers and those out of the view say what they said last. */
  tell(nowMs: number): KnownBus {
    this.#nowMs = nowMs;
    for (const server of this.#servers.values()) {
      if (!server.current || this.#mute.has(server.node)) continue;
      server.toldMs = nowMs;
      server.links = this.#linksOf(server);
    }
    const servers = [...this.#servers.values()];
    const from = servers.find(({ current }) => current)?.node;
    const list = [...this.#groups].map(([group, members]) => ({
      group,
      count: members.length,
      members: [...members],
    }));
    return {
      servers: servers.map((server) => ({ ...server })),
      groups: from === undefined ? null : { from, toldMs: nowMs, list },
    };
  }

  #linksOf(server: Told): readonly KnownLink[] {
    const before = new Map(server.links.map((link) => [link.to, link]));
    return [...this.#servers.values()]
      .filter(({ node }) => node !== server.node)
      .map(({ node: to, current }, index): KnownLink => {
        const state = current ? 'up' : 'waiting';
        const was = before.get(to);
        return {
          to,
          state,
          sinceMs: was?.state === state ? was.sinceMs : this.#nowMs,
          roundTripMs: current ? 0.3 + 0.1 * (index % 4) : null,
          backlog: 0,
          reconnects: 0,
          refused: 0,
          slow: null,
          rates: current
            ? {
                bytesIn: 11_800 + 900 * index,
                bytesOut: 12_400 + 700 * index,
                messagesIn: 41,
                messagesOut: 44.5,
              }
            : { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 },
          traffic: NO_TRAFFIC,
          detail: current ? '' : 'no answer',
          ...this.#links.get(`${server.node}\n${to}`),
        };
      });
  }

  /** A new view of all who are current, in everybody's history. */
  #change(joined: readonly string[], lost: readonly Loss[]): void {
    this.#view += 1;
    const members = [...this.#servers.values()].filter(({ current }) => current).map(({ node }) => node);
    const viewId = `${this.#view}.${members[0] ?? ''}`;
    for (const [index, name] of members.entries()) {
      const server = this.#servers.get(name);
      if (server === undefined) continue;
      const view = {
        viewId,
        members,
        installedMs: this.#nowMs,
        tookMs: server.views.length === 0 ? null : 12 + index,
        joined: joined.filter((each) => each !== name),
        lost: [...lost],
      };
      server.viewId = viewId;
      server.views = [...server.views, view];
      server.viewChanges += 1;
    }
  }
}
