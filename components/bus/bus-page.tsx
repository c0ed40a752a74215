'use client';

/** The bus: is the mesh complete, who links to whom, how views came and went, who is in which group. */

import { memo, useCallback, useMemo, useState } from 'react';
import { useFreshness, useGatewayNow } from '../live/use-live.ts';
import { compareNames } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, plural, zoneLabel } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { useUrlState } from '../ui/url-state.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { type LinkPair, pairText, readPair, samePair } from './bus-address.ts';
import { BusGroups } from './bus-groups.tsx';
import { KeylessNotice, RefusalTotals, RefusedNotice } from './bus-notices.tsx';
import { type BusPicture, serverOf } from './bus-picture.ts';
import { BusSide } from './bus-side.tsx';
import { busVerdict, openServers } from './bus-verdict.ts';
import { groupDigits } from './bus-words.ts';
import { LinkTable } from './link-table.tsx';
import { MeshList } from './mesh-list.tsx';
import { MeshMatrix } from './mesh-matrix.tsx';
import { type BusSeen, useBusPicture } from './use-bus-picture.ts';
import { VerdictLine } from './verdict-line.tsx';
import { ViewHistoryList } from './view-history-list.tsx';

const VIEWS_FIRST = 10;

export function BusPage() {
  usePageTitle('Bus');
  const seen = useBusPicture();
  const told = seen.state === 'told' && seen.figures.servers.length > 0;
  return (
    <div className="bus" data-test={MARKS.bus.page}>
      <div className="page-head">
        <h1 className="page-title">Bus</h1>
        {seen.state === 'told' ? <BusSummary seen={seen} /> : null}
      </div>
      {told ? <ToldBus seen={seen} /> : <NoFigures seen={seen} />}
    </div>
  );
}

type Told = Extract<BusSeen, { state: 'told' }>;

function BusSummary({ seen }: { readonly seen: Told }) {
  const { servers, matrix } = seen.picture;
  const nowMs = useGatewayNow(500);
  const current = servers.filter(({ figures }) => figures.current);
  const clients = current.reduce((sum, { figures }) => sum + figures.clients, 0);
  return (
    <p className="page-facts">
      <span>
        <b>{plural(current.length, 'server')}</b>
        {servers.length > current.length ? `, ${servers.length - current.length} out of the view` : ''}
      </span>
      <span>
        <b>
          {matrix.up} of {matrix.expected}
        </b>{' '}
        links up
      </span>
      <span>
        <b>{groupDigits(clients)}</b> {clients === 1 ? 'client' : 'clients'}
      </span>
      <span>figures {nowMs === null ? '—' : formatAge(nowMs - seen.figures.serverMs)} old</span>
    </p>
  );
}

/** Nothing yet, nothing at all, and nothing for you look different. */
function NoFigures({ seen }: { readonly seen: BusSeen }) {
  const { level } = useFreshness(1_000);
  const cut = level === 'lostBus' || level === 'disconnected';
  const words = {
    waiting: cut
      ? 'No figures of the bus: the connection was lost before any came.'
      : 'Waiting for the first figures of the bus…',
    refused:
      seen.state === 'refused' && seen.code === 'forbidden'
        ? 'Your role does not see the figures of the bus.'
        : 'The gateway does not tell the figures of the bus now.',
    told: 'The gateway is on the bus, and no server has told its links yet.',
  }[seen.state];
  return (
    <p className="empty" data-test={MARKS.bus.none} data-state={seen.state}>
      {words}
      {seen.state === 'refused' && seen.code !== 'forbidden' ? ` (${inertName(seen.code)})` : ''}
    </p>
  );
}

const ToldBus = memo(function ToldBus({ seen }: { readonly seen: Told }) {
  const { picture, refusals } = seen;
  const [openText, setOpenText] = useUrlState('link', '');
  const [nodeText, setNode] = useUrlState('node', '');
  const open = useMemo(() => readPair(openText), [openText]);
  const node = nodeText === '' ? null : nodeText;
  return (
    <div className="bus-columns">
      <div className="bus-top">
        <VerdictLine verdict={busVerdict(picture)} picture={picture} stale={seen.stale} />
        <KeylessNotice names={openServers(picture)} of={picture.servers.length} />
        <RefusedNotice refusals={refusals} nowMs={picture.nowMs} />
        {seen.unreadable === 0 ? null : (
          <p className="notice bus-notice hatched" data-tone="stale" data-test={MARKS.bus.partial}>
            What {plural(seen.unreadable, 'server')} told cannot be read by this page. The others are not
            touched.
          </p>
        )}
      </div>
      <Mesh picture={picture} open={open} node={node} onOpen={setOpenText} onNode={setNode} />
      <section className="bus-links" aria-labelledby="links-title">
        <div className="section-head">
          <h2 className="section-title" id="links-title">
            Links
          </h2>
          <span className="label">each direction by itself</span>
        </div>
        <LinkTable picture={picture} open={open} />
      </section>
      <Lower seen={seen} node={node} onNode={setNode} />
    </div>
  );
});

type MeshProps = {
  readonly picture: BusPicture;
  readonly open: LinkPair | null;
  readonly node: string | null;
  readonly onOpen: (link: string) => void;
  readonly onNode: (node: string) => void;
};

/** The matrix with its detail; on a phone the servers one after the other. */
function Mesh({ picture, open, node, onOpen, onNode }: MeshProps) {
  const [pointed, setPointed] = useState<LinkPair | null>(null);
  const narrow = useNarrow();
  const openPair = useCallback((pair: LinkPair) => onOpen(pairText(pair)), [onOpen]);
  // Pointing at the same link again is no change.
  const point = useCallback(
    (pair: LinkPair | null) => setPointed((before) => (samePair(before, pair) ? before : pair)),
    [],
  );
  return (
    <>
      <section className="bus-mesh" aria-labelledby="mesh-title">
        <div className="section-head">
          <h2 className="section-title" id="mesh-title">
            Who links to whom
          </h2>
          <span className="label">{narrow ? 'each server’s own links' : 'row has a link to column'}</span>
        </div>
        {narrow ? (
          <MeshList picture={picture} node={node} />
        ) : (
          <MeshMatrix picture={picture} open={open} node={node} onPoint={point} onOpen={openPair} />
        )}
      </section>
      <BusSide
        picture={picture}
        pointed={pointed}
        open={open}
        node={node}
        narrow={narrow}
        onClose={() => onOpen('')}
        onCloseNode={() => onNode('')}
      />
    </>
  );
}

type LowerProps = {
  readonly seen: Told;
  readonly node: string | null;
  readonly onNode: (node: string) => void;
};

function Lower({ seen, node, onNode }: LowerProps) {
  const { picture, figures, refusals } = seen;
  return (
    <div className="bus-lower">
      <section aria-labelledby="views-title">
        <div className="section-head">
          <h2 className="section-title" id="views-title">
            Views
          </h2>
          <PerspectiveChoice picture={picture} node={node} onChange={onNode} />
        </div>
        <ViewHistoryList servers={picture.servers} of={node} nowMs={picture.nowMs} first={VIEWS_FIRST} />
        <p className="muted bus-source">
          {picture.nowMs === null ? '' : `times in ${zoneLabel(picture.nowMs)}; `}
          {node === null ? 'as all servers tell it' : `as ${inertName(node)} tells it`}
        </p>
      </section>
      <section aria-labelledby="bus-groups-title">
        <div className="section-head">
          <h2 className="section-title" id="bus-groups-title">
            Groups
          </h2>
          <span className="label">members by private name</span>
        </div>
        <BusGroups groups={figures.groups} nowMs={picture.nowMs} />
      </section>
      <section aria-labelledby="refusals-title">
        <div className="section-head">
          <h2 className="section-title" id="refusals-title">
            Refused
          </h2>
          <span className="label">since each server’s start</span>
        </div>
        <RefusalTotals refusals={refusals} nowMs={picture.nowMs} />
      </section>
    </div>
  );
}

type PerspectiveChoiceProps = {
  readonly picture: BusPicture;
  readonly node: string | null;
  readonly onChange: (node: string) => void;
};

function PerspectiveChoice({ picture, node, onChange }: PerspectiveChoiceProps) {
  const known = picture.servers.map(({ name }) => name);
  const missing = node !== null && serverOf(picture, node) === undefined ? [node] : [];
  return (
    <span className="members-perspective">
      <label htmlFor="bus-perspective">As told by</label>
      <select
        id="bus-perspective"
        className="input"
        value={node ?? ''}
        data-test={MARKS.bus.perspectiveChoice}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">everybody</option>
        {[...known, ...missing].sort(compareNames).map((name) => (
          <option key={name} value={name}>
            {inertName(name)}
          </option>
        ))}
      </select>
    </span>
  );
}
