'use client';

/** Who owned what at a moment of the past (D10): read only, in a frame of its own, so that nobody takes it for now. */

import Link from 'next/link';
import { useMemo } from 'react';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { DataTable } from '../../ui/data-table/data-table.tsx';
import type { TableColumn } from '../../ui/data-table/table-column.ts';
import { formatMoment, formatRfc3339 } from '../../ui/format-time.ts';
import { Status } from '../../ui/status-glyph.tsx';
import { withinPage } from '../duravip-address.ts';
import { NodeTag } from '../vip-cells.tsx';
import { useOwnersAt } from './history-queries.ts';

type Then = {
  readonly address: string;
  readonly owner: string | null;
  readonly blind: boolean;
  /** Undefined for an address that is configured no more. */
  readonly now: string | null | undefined;
};

const TABLE_MARKS = { table: MARKS.duravips.time.travelTable, row: MARKS.duravips.time.travelRow } as const;
const idOf = (then: Then): string => then.address;

const COLUMNS: readonly TableColumn<Then>[] = [
  {
    id: 'vip',
    label: 'VIP',
    kind: 'address',
    value: ({ address }) => address,
    mono: true,
    card: 'title',
    widthPx: 240,
  },
  {
    id: 'owner',
    label: 'Owner then',
    kind: 'text',
    value: ({ owner }) => owner,
    cell: ({ owner, blind }) => (
      <>
        {owner === null ? <Status shape="unowned">unowned</Status> : <NodeTag name={owner} />}
        {blind ? <span className="tag">not seen, last known</span> : null}
      </>
    ),
    card: 'status',
    widthPx: 260,
  },
  {
    id: 'now',
    label: 'Owner now',
    kind: 'text',
    value: ({ now }) => now ?? null,
    cell: ({ now, owner }) => (
      <span className={now === owner ? 'muted' : undefined}>
        {now === undefined ? 'not configured' : now === null ? 'unowned' : <NodeTag name={now} />}
      </span>
    ),
    card: 'line',
    widthPx: 240,
  },
  {
    id: 'changed',
    label: 'Changed',
    kind: 'word',
    choices: ['yes', 'no'],
    value: ({ now, owner }) => (now === owner ? 'no' : 'yes'),
    widthPx: 110,
  },
];

/** @param at milliseconds since 1970, as it stands in the address. */
export function TravelView({ at, search }: { readonly at: string; readonly search: string }) {
  const atMs = Number(at);
  const { data, error } = useOwnersAt(Number.isFinite(atMs) ? atMs : 0);
  const vips = useCollection('vips');
  const rows = useMemo<readonly Then[] | null>(
    () => data?.owners.map((then) => ({ ...then, now: vips[then.address]?.owner })) ?? null,
    [data, vips],
  );
  return (
    <section className="travel" aria-label="Owners at a moment of the past">
      <p className="travel-band" data-test={MARKS.duravips.time.travelBand}>
        <Status shape="warning">
          As of <time title={formatRfc3339(atMs)}>{formatMoment(atMs, null)}</time>, not now
        </Status>
        <span>Nothing can be moved here.</span>
        <Link
          href={withinPage(search, { at: '' })}
          prefetch={false}
          className="button"
          data-test={MARKS.duravips.time.travelBack}
        >
          Back to now
        </Link>
      </p>
      {error === null ? null : <p className="timeline-note">{error.message}</p>}
      <DataTable
        id="vips-then"
        label="Owners then"
        columns={COLUMNS}
        rows={rows}
        rowId={idOf}
        marks={TABLE_MARKS}
        urlPrefix="t"
        empty="Nothing is known of that moment."
        asOfMs={() => atMs}
      />
    </section>
  );
}
