'use client';

/** The mesh on a phone: one server after the other, each with its links. */

import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import type { BusPicture, BusServer } from './bus-picture.ts';
import { FiguresAge } from './figures-age.tsx';
import { ServerLinks } from './server-links.tsx';

export function MeshList({ picture, node }: { readonly picture: BusPicture; readonly node: string | null }) {
  return (
    <div className="mesh-list">
      {picture.servers.map((server) => (
        <details
          key={server.name}
          open={picture.servers.length <= OPEN_MAX || server.name === node || isTroubled(server)}
          data-test={MARKS.bus.listServer}
          data-server={server.name}
          className={server.figures.current ? undefined : 'hatched'}
        >
          <summary>
            <NodeSigil name={server.name} dim={!server.figures.current} />
            <span className="mesh-list-name">{inertName(server.name)}</span>
            <LinksUp server={server} />
            <span className="mesh-list-age">
              <FiguresAge server={server} />
            </span>
          </summary>
          <ServerLinks server={server} nowMs={picture.nowMs} />
        </details>
      ))}
    </div>
  );
}

/** With more servers only those with something to say stand open. */
const OPEN_MAX = 4;

function isTroubled({ figures }: BusServer): boolean {
  return figures.links.some((link) => link.state !== 'up' || link.slow !== null);
}

function LinksUp({ server }: { readonly server: BusServer }) {
  const { links, current } = server.figures;
  const up = links.filter(({ state }) => state === 'up').length;
  const shape = up === links.length ? 'ok' : 'warning';
  return (
    <Status shape={shape} {...(current && !server.old ? {} : { tone: 'stale' })}>
      {up} of {links.length} up
    </Status>
  );
}
