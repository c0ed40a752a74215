'use client';

/** One address: what is wrong and the cure, who says what, who could have it, since when, as one node sees it. */

import Link from 'next/link';
import { type ReactNode, useEffect, useRef } from 'react';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, formatRfc3339, UNKNOWN, zoneLabel } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { MoveButton } from './actions/move-button.tsx';
import { AnnounceButton, UnpinButton } from './actions/node-buttons.tsx';
import { vipHref, vipsHref } from './duravip-address.ts';
import { NodeSees } from './node-sees.tsx';
import { AgreeCell, FlagsCell, NodeTag, OwnerCell } from './vip-cells.tsx';
import { VipParticipants } from './vip-participants.tsx';
import {
  curesOf,
  ownerCauseWords,
  type Problem,
  plumbWords,
  STATE_SHAPES,
  type Vip,
  vipStates,
} from './vip-words.ts';

export type VipDetailProps = {
  readonly address: string;
  readonly closeHref: string;
};

export function VipDetail({ address, closeHref }: VipDetailProps) {
  const vip = useCollection('vips')[address];
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const state = vip === undefined ? null : (vipStates(vip)[0] ?? 'unknown');
  return (
    <aside
      className="node-panel vip-detail"
      aria-labelledby="vip-title"
      data-test={MARKS.duravips.detail}
      data-vip={address}
    >
      <div className="node-head">
        <div className="node-head-words">
          <h2
            className="node-title vip-title"
            id="vip-title"
            ref={title}
            tabIndex={-1}
            data-test={MARKS.duravips.detailTitle}
          >
            {inertName(address)}
          </h2>
          {vip === undefined || state === null ? null : (
            <p>
              <Status shape={STATE_SHAPES[state]}>{state}</Status>{' '}
              <span className="muted">{vip.names.map(inertName).join(', ')}</span>
            </p>
          )}
        </div>
        <Link
          className="button"
          href={closeHref}
          scroll={false}
          prefetch={false}
          data-test={MARKS.duravips.detailClose}
          aria-label="Close the detail"
        >
          Close
        </Link>
      </div>
      <div className="node-body">
        {vip === undefined ? (
          <p className="muted">No node that is known now has an address of this number.</p>
        ) : (
          <Known vip={vip} />
        )}
      </div>
    </aside>
  );
}

function Known({ vip }: { readonly vip: Vip }) {
  return (
    <>
      <div className="vip-acts">
        <MoveButton row={vip} />
        <UnpinButton address={vip.address} />
        <Link
          className="button"
          href={vipsHref(`net:${vip.address}/${bitsOf(vip.address)}`, 'timeline')}
          prefetch={false}
        >
          Its owners over time
        </Link>
      </div>
      <Cures vip={vip} />
      <Facts vip={vip} />
      <section aria-labelledby="says-title">
        <h3 className="section-title" id="says-title">
          Who says what
        </h3>
        <VipParticipants vip={vip} />
      </section>
      <section aria-labelledby="sees-title">
        <h3 className="section-title" id="sees-title">
          As one node sees it
        </h3>
        <NodeSees vip={vip} />
      </section>
    </>
  );
}

/** What an announced view cures. */
const BY_ANNOUNCEMENT: ReadonlySet<Problem> = new Set(['twoOwners', 'disagree', 'unknown']);

/** A network of this one address. */
function bitsOf(address: string): number {
  return address.includes(':') ? 128 : 32;
}

function Cures({ vip }: { readonly vip: Vip }) {
  const cures = curesOf(vip);
  if (cures.length === 0) return null;
  return (
    <ul className="vip-cures">
      {cures.map(({ problem, shape, tone, title, cause, cure }) => (
        <li key={problem} data-test={MARKS.duravips.cure} data-problem={problem}>
          <h3>
            <Status shape={shape} {...(tone === undefined ? {} : { tone })}>
              {title}
            </Status>
          </h3>
          <p className="isolate-text">{cause}</p>
          <p>
            <b>Cure:</b> {cure}
          </p>
          {BY_ANNOUNCEMENT.has(problem) ? <AnnounceButton showReason={false} /> : null}
        </li>
      ))}
    </ul>
  );
}

function Facts({ vip }: { readonly vip: Vip }) {
  const nowMs = useGatewayNow();
  const zone = nowMs === null ? '' : ` (${zoneLabel(nowMs)})`;
  return (
    <dl className="facts">
      <Fact term="Owner">
        <OwnerCell vip={vip} />
      </Fact>
      <Fact term={`Since${zone}`}>
        <Moment atMs={vip.ownerSinceMs} nowMs={nowMs} kind="owner" />
        {vip.cause === null ? null : <span className="muted">, {ownerCauseWords(vip.cause)}</span>}
      </Fact>
      <Fact term="On the host">{plumbWords(vip)}</Fact>
      <Fact term="Agree">
        <AgreeCell vip={vip} />
      </Fact>
      <Fact term="Flags">{vip.flags.length === 0 ? 'none' : <FlagsCell vip={vip} />}</Fact>
      <Fact term="Preferred">{vip.preference === null ? 'no node' : <NodeTag name={vip.preference} />}</Fact>
      <Fact term="Pinned">
        {vip.pinned === null ? (
          'no'
        ) : (
          <>
            to <NodeTag name={vip.pinned} />
          </>
        )}
      </Fact>
      <Fact term="Services">
        {vip.services.length === 0 ? UNKNOWN : vip.services.map(inertText).join(', ')}
      </Fact>
      <Fact term="Moves with">
        <MovesWith vip={vip} />
      </Fact>
      <Fact term={`View${zone}`}>
        unchanged since <Moment atMs={vip.viewSinceMs} nowMs={nowMs} kind="view" />
      </Fact>
      <Fact term={`Configuration${zone}`}>
        unchanged since <Moment atMs={vip.configSinceMs} nowMs={nowMs} kind="config" />
      </Fact>
    </dl>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

type MomentProps = { readonly atMs: number | null; readonly nowMs: number | null; readonly kind: string };

function Moment({ atMs, nowMs, kind }: MomentProps) {
  if (atMs === null) return UNKNOWN;
  return (
    <time
      dateTime={formatRfc3339(atMs)}
      title={formatRfc3339(atMs)}
      data-test={MARKS.duravips.moment}
      data-kind={kind}
    >
      {formatMoment(atMs, nowMs)}
      {nowMs === null ? '' : ` (${formatDuration(nowMs - atMs)})`}
    </time>
  );
}

function MovesWith({ vip }: { readonly vip: Vip }) {
  if (vip.follows === null && vip.followers.length === 0) return 'nothing';
  return (
    <>
      {vip.follows === null ? null : (
        <span>
          follows <AddressLink address={vip.follows} />
        </span>
      )}
      {vip.followers.length === 0 ? null : (
        <span>
          {vip.follows === null ? '' : '; '}followed by{' '}
          {vip.followers.map((address, index) => (
            <span key={address}>
              {index === 0 ? '' : ', '}
              <AddressLink address={address} />
            </span>
          ))}
        </span>
      )}
    </>
  );
}

function AddressLink({ address }: { readonly address: string }) {
  return (
    <Link href={vipHref(address)} scroll={false} prefetch={false} className="mono">
      {inertName(address)}
    </Link>
  );
}
