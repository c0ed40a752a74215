'use client';

/** One pair of servers: what each says of the link to the other, side by side, and where they disagree. */

import Link from 'next/link';
import type { ReactNode } from 'react';
import { CELL_GLYPHS, type CellState } from '../members/who-sees-whom.ts';
import { MARKS } from '../test-marks.ts';
import { formatLatency, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { Backlog } from './backlog-meter.tsx';
import { busHref, type LinkPair } from './bus-address.ts';
import { type BusPicture, type BusServer, type LinkFigures, linkOf, serverOf } from './bus-picture.ts';
import { backlogShare, formatByteRate, formatMessageRate, groupDigits, stateFor } from './bus-words.ts';
import { FiguresAge } from './figures-age.tsx';

export type LinkDetailProps = {
  readonly picture: BusPicture;
  readonly pair: LinkPair;
  /** It stays open by itself: then it can be closed. */
  readonly onClose: (() => void) | null;
};

type Side = {
  readonly from: string;
  readonly server: BusServer | undefined;
  readonly link: LinkFigures | undefined;
  readonly state: CellState;
};

function sideOf(picture: BusPicture, { from, to }: LinkPair): Side {
  const link = linkOf(picture, from, to);
  return { from, server: serverOf(picture, from), link, state: link?.state ?? 'unknown' };
}

export function LinkDetail({ picture, pair, onClose }: LinkDetailProps) {
  const there = sideOf(picture, pair);
  const back = sideOf(picture, { from: pair.to, to: pair.from });
  return (
    <div
      className="link-detail"
      data-test={MARKS.bus.detail}
      data-from={pair.from}
      data-to={pair.to}
      data-kept={onClose === null ? undefined : true}
    >
      <div className="link-detail-head">
        <h2 className="section-title" id="detail-title">
          {inertName(pair.from)} <span aria-hidden="true">⇄</span>
          <span className="visually-hidden"> and </span> {inertName(pair.to)}
        </h2>
        {onClose === null ? null : (
          <button type="button" className="button" data-test={MARKS.bus.detailClose} onClick={onClose}>
            Close
          </button>
        )}
      </div>
      <Agreement there={there} back={back} nowMs={picture.nowMs} />
      <table className="link-sides">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Figure</span>
            </th>
            {[there, back].map((side) => (
              <th key={side.from} scope="col">
                <Link href={busHref(side.from)} scroll={false} prefetch={false} className="name-tag">
                  <NodeSigil name={side.from} size="small" dim={side.server?.figures.current !== true} />
                  <span className="name-tag-text">{inertName(side.from)} says</span>
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Figure label="State" sides={[there, back]}>
            {(side) => (
              <Status shape={CELL_GLYPHS[side.state]}>
                {stateFor(side.state, side.link?.sinceMs ?? null, picture.nowMs)}
              </Status>
            )}
          </Figure>
          <Figure label="Round trip" sides={[there, back]}>
            {({ link }) => formatLatency(link?.roundTripMs)}
          </Figure>
          <Figure label="Backlog" sides={[there, back]}>
            {({ link, server }) =>
              link === undefined ? (
                UNKNOWN
              ) : (
                <Backlog
                  backlog={link.backlog}
                  share={backlogShare(link.backlog, server?.figures.maxBacklog ?? 0)}
                />
              )
            }
          </Figure>
          <Figure label="Sends" sides={[there, back]}>
            {({ link }) => <Rates link={link} direction="Out" />}
          </Figure>
          <Figure label="Receives" sides={[there, back]}>
            {({ link }) => <Rates link={link} direction="In" />}
          </Figure>
          <Figure label="Reconnects" sides={[there, back]}>
            {({ link }) => (link === undefined ? UNKNOWN : groupDigits(link.reconnects))}
          </Figure>
          <Figure label="Refused" sides={[there, back]}>
            {({ link }) => (link === undefined ? UNKNOWN : groupDigits(link.refused))}
          </Figure>
          <Figure label="Slow" sides={[there, back]}>
            {({ link }) => <Slow link={link} />}
          </Figure>
          <Figure label="Detail" sides={[there, back]}>
            {({ link }) => (link === undefined || link.detail === '' ? UNKNOWN : inertText(link.detail))}
          </Figure>
          <Figure label="Told" sides={[there, back]}>
            {({ server }) => <FiguresAge server={server} />}
          </Figure>
        </tbody>
      </table>
    </div>
  );
}

type FigureProps = {
  readonly label: string;
  readonly sides: readonly Side[];
  readonly children: (side: Side) => ReactNode;
};

function Figure({ label, sides, children }: FigureProps) {
  return (
    <tr>
      <th scope="row">{label}</th>
      {sides.map((side) => (
        <td
          key={side.from}
          className={side.server?.figures.current === true ? undefined : 'hatched'}
          data-test={MARKS.bus.detailFigure}
          data-figure={label}
          data-from={side.from}
        >
          <span className={side.server?.old === true ? 'value-stale' : undefined}>{children(side)}</span>
        </td>
      ))}
    </tr>
  );
}

function Rates({
  link,
  direction,
}: {
  readonly link: LinkFigures | undefined;
  readonly direction: 'In' | 'Out';
}) {
  const rates = link?.rates ?? null;
  if (rates === null) return UNKNOWN;
  return (
    <>
      <span className="rate-line">{formatByteRate(rates[`bytes${direction}`])}</span>
      <span className="rate-line muted">{formatMessageRate(rates[`messages${direction}`])} messages</span>
    </>
  );
}

function Slow({ link }: { readonly link: LinkFigures | undefined }) {
  if (link === undefined) return UNKNOWN;
  return link.slow === null ? 'no' : <Status shape="warning">{inertText(link.slow)}</Status>;
}

/** Both sides of a link see the same thing, or one of them is wrong. */
function Agreement({
  there,
  back,
  nowMs,
}: {
  readonly there: Side;
  readonly back: Side;
  readonly nowMs: number | null;
}) {
  const told = there.state !== 'unknown' && back.state !== 'unknown';
  const both = told && there.server?.figures.current === true && back.server?.figures.current === true;
  if (!both) {
    const mute = [there, back].filter(
      ({ state, server }) => state === 'unknown' || server?.figures.current !== true,
    );
    const names = mute.map(({ from }) => inertName(from)).join(' and ');
    return (
      <p data-test={MARKS.bus.agreement}>
        <Status shape="unknown">{names} cannot be compared now: not in the view, or it told nothing.</Status>
      </p>
    );
  }
  if (there.state === back.state) {
    return (
      <p data-test={MARKS.bus.agreement}>
        <Status shape={CELL_GLYPHS[there.state]}>Both say {stateFor(there.state, null, nowMs)}.</Status>
      </p>
    );
  }
  return (
    <p data-test={MARKS.bus.agreement}>
      <Status shape="disputed">
        They disagree: {inertName(there.from)} says {stateFor(there.state, null, nowMs)},{' '}
        {inertName(back.from)} says {stateFor(back.state, null, nowMs)}.
      </Status>
    </p>
  );
}
