/** Rows of the table of links: one for each direction that a server told. Pure. */

import { compareNames } from '../members/member-words.ts';
import { pairText } from './bus-address.ts';
import type { BusPicture, BusServer, LinkFigures } from './bus-picture.ts';

export type LinkRow = {
  readonly id: string;
  readonly server: BusServer;
  readonly link: LinkFigures;
};

export function linkRows({ servers }: Pick<BusPicture, 'servers'>): readonly LinkRow[] {
  return servers.flatMap((server) =>
    [...server.figures.links]
      .sort((a, b) => compareNames(a.to, b.to))
      .map((link) => ({ id: pairText({ from: server.name, to: link.to }), server, link })),
  );
}
