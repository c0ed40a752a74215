/** What goes to browsers and scripts of what the servers of the bus said of themselves. Pure. */

import type { KnownBus, KnownServer } from '../cluster/observer-api.ts';
import type { BusFigures, BusServerFigures } from '../wire/bus.ts';

/** Links of all servers together; servers beyond it are left out. A full mesh of 128 fits. */
export const BUS_LINKS_MAX = 16_384;
/** Views of all servers together; each tells at least its last one. */
export const BUS_VIEWS_MAX = 400;

/** @param at.wallMs moment of sending. */
export function busFiguresOf(
  { servers, groups }: KnownBus,
  at: { readonly epoch: string; readonly wallMs: number },
): BusFigures {
  const viewsEach = Math.max(1, Math.floor(BUS_VIEWS_MAX / Math.max(1, servers.length)));
  return {
    epoch: at.epoch,
    serverMs: at.wallMs,
    servers: withinLinks(servers).map((server) => figuresOf(server, viewsEach)),
    groups,
  };
}

/** As many servers as have BUS_LINKS_MAX links together. */
export function withinLinks(servers: readonly KnownServer[]): readonly KnownServer[] {
  let links = 0;
  return servers.filter((server) => {
    links += server.links.length;
    return links <= BUS_LINKS_MAX;
  });
}

function figuresOf({ viewChanges: _total, ...server }: KnownServer, viewsEach: number): BusServerFigures {
  return {
    ...server,
    links: server.links.map(({ traffic: _totals, ...link }) => link),
    views: server.views.slice(-viewsEach),
  };
}
