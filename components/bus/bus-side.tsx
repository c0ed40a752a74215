'use client';

/** Beside the matrix: the link that is pointed at, else the one that is kept open, else the chosen server. */

import Link from 'next/link';
import { useEffect, useRef } from 'react';
import { memberHref } from '../members/member-address.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { type LinkPair, pairText } from './bus-address.ts';
import { type BusPicture, serverOf } from './bus-picture.ts';
import { LinkDetail } from './link-detail.tsx';
import { ServerFacts } from './server-facts.tsx';

export type BusSideProps = {
  readonly picture: BusPicture;
  readonly pointed: LinkPair | null;
  readonly open: LinkPair | null;
  readonly node: string | null;
  readonly narrow: boolean;
  readonly onClose: () => void;
  readonly onCloseNode: () => void;
};

export function BusSide(props: BusSideProps) {
  const { picture, pointed, open, node, narrow } = props;
  const asked = open === null ? '' : pairText(open);
  const side = useRef<HTMLElement>(null);
  const shown = useRef(narrow ? '' : asked);
  useEffect(() => {
    // A link that was chosen in the table or the list is shown where it can be read.
    if (asked !== '' && asked !== shown.current) side.current?.scrollIntoView({ block: 'nearest' });
    shown.current = asked;
  }, [asked]);
  const pair = pointed ?? open;
  const empty = pair === null && node === null;
  return (
    <aside className="bus-side" aria-label="Detail" ref={side} data-empty={empty || undefined}>
      {pair !== null ? (
        <LinkDetail picture={picture} pair={pair} onClose={pointed === null ? props.onClose : null} />
      ) : node !== null ? (
        <ChosenServer picture={picture} node={node} onClose={props.onCloseNode} />
      ) : (
        <p className="muted bus-side-hint">
          Point at a link to see what both ends say of it; press it to keep it open. With the keyboard: Tab
          into the matrix, then the arrow keys.
        </p>
      )}
    </aside>
  );
}

type ChosenServerProps = {
  readonly picture: BusPicture;
  readonly node: string;
  readonly onClose: () => void;
};

function ChosenServer({ picture, node, onClose }: ChosenServerProps) {
  const server = serverOf(picture, node);
  return (
    <div className="link-detail">
      <div className="link-detail-head">
        <h2 className="section-title name-tag" id="detail-title">
          <NodeSigil name={node} dim={server?.figures.current !== true} />
          <span className="name-tag-text">{inertName(node)}</span>
        </h2>
        <button type="button" className="button" data-test={MARKS.bus.detailClose} onClick={onClose}>
          Close
        </button>
      </div>
      {server === undefined ? (
        <p className="muted">It has told no figures of the bus.</p>
      ) : (
        <ServerFacts server={server} nowMs={picture.nowMs} />
      )}
      <Link href={memberHref(node)} prefetch={false}>
        Its page among the members
      </Link>
    </div>
  );
}
