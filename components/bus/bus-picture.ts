/**
 * What the Bus page is drawn from: servers with the age of what they told, and the links between them as a matrix. Pure.
 * What nobody told is unknown, not down.
 */

import type { BusFigures, BusServerFigures } from '../../server/wire/bus.ts';
import { FRESHNESS } from '../../server/wire/freshness.ts';
import { compareNames } from '../members/member-words.ts';
import { type Matrix, matrixOf, type Sighting } from '../members/who-sees-whom.ts';

export type LinkFigures = BusServerFigures['links'][number];
export type ViewFigures = BusServerFigures['views'][number];

/** Every server tells once a second; older figures are marked where they stand. */
export const FIGURES_OLD_MS = FRESHNESS.silentMemberMs;

export type BusServer = {
  readonly name: string;
  readonly figures: BusServerFigures;
  /** By the peer. */
  readonly links: ReadonlyMap<string, LinkFigures>;
  /** Since it told them; null before the gateway's clock is known. */
  readonly ageMs: number | null;
  /** It is in the view and tells nothing. */
  readonly old: boolean;
};

export type BusPicture = {
  readonly servers: readonly BusServer[];
  readonly byName: ReadonlyMap<string, BusServer>;
  readonly matrix: Matrix;
  /** Wall clock of the gateway, milliseconds since 1970. */
  readonly nowMs: number | null;
  /** The moment that verdicts are of: now, or that of the last figures while none come. */
  readonly asOfMs: number;
};

export type PictureMoments = {
  readonly nowMs: number | null;
  /** Figures come in time. */
  readonly live: boolean;
};

export function busPictureOf(figures: BusFigures, { nowMs, live }: PictureMoments): BusPicture {
  const asOfMs = live && nowMs !== null ? Math.max(nowMs, figures.serverMs) : figures.serverMs;
  const servers = figures.servers
    .map((server): BusServer => {
      const ageMs = nowMs === null ? null : Math.max(0, nowMs - server.toldMs);
      const old = server.current && (ageMs ?? 0) > FIGURES_OLD_MS;
      const links = new Map(server.links.map((link) => [link.to, link]));
      return { name: server.node, figures: server, links, ageMs, old };
    })
    .sort((a, b) => compareNames(a.name, b.name));
  const sightings: Record<string, Sighting> = {};
  for (const { node, links, toldMs, current } of figures.servers) {
    const tells = current && asOfMs - toldMs <= FIGURES_OLD_MS;
    sightings[node] = { from: node, links, toldMs, current: tells };
  }
  const byName = new Map(servers.map((server) => [server.name, server]));
  return { servers, byName, matrix: matrixOf(sightings), nowMs, asOfMs };
}

/** Servers that tell what is now, as of the picture. */
export function tellingServers({ servers, matrix }: BusPicture): readonly BusServer[] {
  const telling = new Set(matrix.rows.filter((row) => row.current).map((row) => row.from));
  return servers.filter(({ name }) => telling.has(name));
}

export function serverOf(picture: BusPicture, name: string): BusServer | undefined {
  return picture.byName.get(name);
}

export function linkOf(picture: BusPicture, from: string, to: string): LinkFigures | undefined {
  return serverOf(picture, from)?.links.get(to);
}

/** The view a server is in, where it told more of it than its name. */
export function viewOf({ figures }: BusServer): ViewFigures | undefined {
  return figures.views.findLast(({ viewId }) => viewId === figures.viewId);
}
