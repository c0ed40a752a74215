'use client';

/** One server's links as a list: what a phone shows instead of the matrix, and a node of itself. */

import Link from 'next/link';
import type { ReactNode } from 'react';
import { CELL_GLYPHS } from '../members/who-sees-whom.ts';
import { MARKS } from '../test-marks.ts';
import { formatLatency } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { Backlog } from './backlog-meter.tsx';
import { linkHref } from './bus-address.ts';
import type { BusServer, LinkFigures } from './bus-picture.ts';
import { agedWords, backlogShare, formatRates, groupDigits, stateFor } from './bus-words.ts';

export type ServerLinksProps = {
  readonly server: BusServer;
  readonly nowMs: number | null;
};

export function ServerLinks({ server, nowMs }: ServerLinksProps) {
  if (server.figures.links.length === 0) return <p className="muted">It is configured with no peers.</p>;
  return (
    <ul className="server-links" data-aged={agedWords(server) === null ? undefined : true}>
      {server.figures.links.map((link) => (
        <LinkItem key={link.to} server={server} link={link} nowMs={nowMs} />
      ))}
    </ul>
  );
}

function LinkItem({ server, link, nowMs }: ServerLinksProps & { readonly link: LinkFigures }) {
  const share = backlogShare(link.backlog, server.figures.maxBacklog);
  const stale = agedWords(server) !== null;
  return (
    <li data-test={MARKS.bus.serverLink} data-from={server.name} data-to={link.to} data-state={link.state}>
      <Link
        className="server-link-name"
        href={linkHref({ from: server.name, to: link.to })}
        prefetch={false}
        scroll={false}
      >
        <span className="name-tag">
          <NodeSigil name={link.to} size="small" dim={link.state !== 'up'} />
          <span className="name-tag-text">{inertName(link.to)}</span>
        </span>
      </Link>
      <span className="server-link-state">
        <Status shape={CELL_GLYPHS[link.state]} {...(stale ? { tone: 'stale' } : {})}>
          {stateFor(link.state, link.sinceMs, nowMs)}
        </Status>
      </span>
      <dl className="server-link-figures">
        <Pair term="round trip">{formatLatency(link.roundTripMs)}</Pair>
        <Pair term="backlog">
          <Backlog backlog={link.backlog} share={share} />
        </Pair>
        <Pair term="out">{formatRates(link.rates, 'Out')}</Pair>
        <Pair term="in">{formatRates(link.rates, 'In')}</Pair>
        <Pair term="reconnects">{groupDigits(link.reconnects)}</Pair>
        <Pair term="refused">{groupDigits(link.refused)}</Pair>
      </dl>
      {link.slow === null ? null : (
        <p className="server-link-note">
          <Status shape="warning">slow: {inertText(link.slow)}</Status>
        </p>
      )}
      {link.detail === '' ? null : <p className="server-link-note muted">{inertText(link.detail)}</p>}
    </li>
  );
}

function Pair({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
