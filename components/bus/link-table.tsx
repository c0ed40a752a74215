'use client';

/** All links as a table: sorted and filtered by the address, exported with the moment they are of. */

import { useMemo, useRef } from 'react';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { type LinkPair, pairText } from './bus-address.ts';
import type { BusPicture } from './bus-picture.ts';
import { linkColumns } from './link-columns.tsx';
import { type LinkRow, linkRows } from './link-rows.ts';
import { useLinkHref } from './use-link-href.ts';

const TABLE_MARKS = { table: MARKS.bus.table, row: MARKS.bus.row, link: MARKS.bus.rowLink } as const;

const idOf = (row: LinkRow): string => row.id;

function attributesOf({ server, link }: LinkRow): RowAttributes {
  return {
    'data-from': server.name,
    'data-to': link.to,
    'data-state': link.state,
    'data-slow': link.slow === null ? undefined : 'true',
    'data-current': server.figures.current ? undefined : 'false',
  };
}

export function LinkTable({
  picture,
  open,
}: {
  readonly picture: BusPicture;
  readonly open: LinkPair | null;
}) {
  const nowMs = useRef(picture.nowMs);
  nowMs.current = picture.nowMs;
  const columns = useMemo(() => linkColumns(() => nowMs.current), []);
  const rows = useMemo(() => linkRows(picture), [picture]);
  const hrefOf = useLinkHref();
  return (
    <div className="bus-table">
      <DataTable
        id="bus-links"
        label="Links"
        columns={columns}
        rows={rows}
        rowId={idOf}
        href={({ server, link }) => hrefOf({ from: server.name, to: link.to })}
        openId={open === null ? null : pairText(open)}
        marks={TABLE_MARKS}
        rowAttributes={attributesOf}
        empty="No server has told of a link: each may be alone, or configured without peers."
        asOfMs={() => picture.asOfMs}
      />
    </div>
  );
}
