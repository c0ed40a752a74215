/** Figures of the bus for tests of components: a healthy mesh, to be changed where a test needs it. */

import type { BusFigures, BusServerFigures } from '../../../server/wire/bus.ts';

type Link = BusServerFigures['links'][number];
type View = BusServerFigures['views'][number];

export const NOW_MS = 1_700_000_000_000;

export function linkTo(to: string, change: Partial<Link> = {}): Link {
  return {
    to,
    state: 'up',
    sinceMs: NOW_MS - 60_000,
    roundTripMs: 0.4,
    backlog: 0,
    reconnects: 0,
    refused: 0,
    slow: null,
    rates: { bytesIn: 100, bytesOut: 200, messagesIn: 3, messagesOut: 4 },
    detail: '',
    ...change,
  };
}

export function busView(viewId: string, members: readonly string[], change: Partial<View> = {}): View {
  const base = { viewId, members: [...members], installedMs: NOW_MS - 60_000, tookMs: 12 };
  return { ...base, joined: [], lost: [], ...change };
}

export function busServer(
  node: string,
  peers: readonly string[],
  change: Partial<BusServerFigures> = {},
): BusServerFigures {
  return {
    node,
    toldMs: NOW_MS - 500,
    current: true,
    state: 'operational',
    viewId: 'v1',
    authenticated: true,
    maxBacklog: 5_000,
    clients: 2,
    refusals: {},
    links: peers.filter((peer) => peer !== node).map((peer) => linkTo(peer)),
    views: [busView('v1', peers)],
    ...change,
  };
}

/** @param change by server. */
export function busOf(
  names: readonly string[],
  change: Readonly<Record<string, Partial<BusServerFigures>>> = {},
): BusFigures {
  return {
    epoch: 'a',
    serverMs: NOW_MS,
    servers: names.map((name) => busServer(name, names, change[name])),
    groups: null,
  };
}
