'use client';

/** A node's own share of the bus on its page: its links with rates, whom it refused, its view history. */

import Link from 'next/link';
import { MARKS } from '../test-marks.ts';
import { busHref } from './bus-address.ts';
import { serverOf } from './bus-picture.ts';
import { ServerFacts } from './server-facts.tsx';
import { ServerLinks } from './server-links.tsx';
import { useBusPicture } from './use-bus-picture.ts';
import { ViewHistoryList } from './view-history-list.tsx';

const VIEWS_FIRST = 3;

export function NodeShare({ server: name }: { readonly server: string }) {
  const seen = useBusPicture();
  const server = seen.state === 'told' ? serverOf(seen.picture, name) : undefined;
  return (
    <div className="node-share" data-test={MARKS.node.bus}>
      <div className="section-head">
        <h3 className="section-title">On the bus</h3>
        <Link href={busHref(name)} prefetch={false} data-test={MARKS.node.busLink}>
          Bus, seen from here
        </Link>
      </div>
      {seen.state !== 'told' ? (
        <p className="muted">
          {seen.state === 'refused' ? 'The gateway does not tell its figures.' : 'Waiting for its figures…'}
        </p>
      ) : server === undefined ? (
        <p className="muted">It has told no figures of the bus.</p>
      ) : (
        <>
          {seen.stale === null ? null : <p className="value-stale">{seen.stale}</p>}
          <ServerFacts server={server} nowMs={seen.picture.nowMs} />
          <h4 className="label">Links</h4>
          <ServerLinks server={server} nowMs={seen.picture.nowMs} />
          <h4 className="label">Views, as it saw them</h4>
          <ViewHistoryList
            servers={seen.picture.servers}
            of={name}
            nowMs={seen.picture.nowMs}
            first={VIEWS_FIRST}
          />
        </>
      )}
    </div>
  );
}
