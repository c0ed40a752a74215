'use client';

/** Every replicated object as a row, what needs a look first. */

import { useMemo, useRef } from 'react';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { objectHref } from './object-address.ts';
import { objectColumns } from './object-columns.tsx';
import type { ObjectLine } from './object-lines.ts';
import type { ObjectsNow } from './use-object-lines.ts';

const TABLE_MARKS = {
  table: MARKS.objects.table,
  row: MARKS.objects.row,
  link: MARKS.objects.rowLink,
} as const;

const idOf = ({ row }: ObjectLine): string => row.id;
const hrefOf = ({ row }: ObjectLine): string => objectHref(row.id);

function attributesOf({ row, states }: ObjectLine): RowAttributes {
  return { 'data-object': row.id, 'data-state': states[0] };
}

export function ObjectTable({ now }: { readonly now: ObjectsNow }) {
  const { lines, cut } = now;
  const newestMs = useRef(now.nowMs);
  newestMs.current = now.nowMs;
  const columns = useMemo(() => objectColumns(() => newestMs.current), []);
  return (
    <div className="objects-table" data-cut={cut || undefined}>
      <DataTable
        id="objects"
        label="Replicated objects"
        columns={columns}
        rows={lines}
        rowId={idOf}
        href={hrefOf}
        marks={TABLE_MARKS}
        rowAttributes={attributesOf}
        waiting="Waiting for the first data from the gateway…"
        empty={<EmptyWords cut={cut} />}
        asOfMs={() => newestMs.current ?? Date.now()}
      />
    </div>
  );
}

function EmptyWords({ cut }: { readonly cut: boolean }) {
  if (cut) return 'No object is known: the connection was lost before any was seen.';
  return (
    <>
      No node shares an object: none has a <code>Replicate</code> scope in its cluster module, or no node has
      said anything yet.
    </>
  );
}
