'use client';

/** Audit: who did what, to what, with which result. Admins see everything, others what they did themselves. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type AuditRecord, auditReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { formatMoment, plural, zoneLabel } from '../ui/format-time.ts';
import { Status } from '../ui/status-glyph.tsx';
import { usePageTitle } from '../ui/use-page-title.ts';
import { auditColumns } from './audit-columns.tsx';

const PAGE_RECORDS = 100;
const DAY_MS = 86_400_000;
const TABLE_MARKS = { table: MARKS.audit.table, row: MARKS.audit.row } as const;

const idOf = (record: AuditRecord): string => String(record.id);

function attributesOf(record: AuditRecord): RowAttributes {
  return { 'data-result': record.result, 'data-action': record.action };
}

function useAudit() {
  return useInfiniteQuery({
    queryKey: ['audit'],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const reply = await callApi(`/api/audit?limit=${PAGE_RECORDS}${pageParam}`);
      return parsed(reply, (value) => auditReply.safeParse(value).data);
    },
    getNextPageParam: (page) => {
      const oldest = page.records.at(-1);
      return oldest === undefined || page.records.length < PAGE_RECORDS ? undefined : `&before=${oldest.id}`;
    },
    staleTime: 0,
  });
}

export function AuditPage() {
  const { account } = useSession();
  const query = useAudit();
  const gatewayMs = useGatewayNow(60_000);
  usePageTitle('Audit');
  const records = useMemo(() => query.data?.pages.flatMap((page) => page.records) ?? null, [query.data]);
  const chainOk = query.data?.pages[0]?.chainOk;
  const zone = gatewayMs === null ? '' : zoneLabel(gatewayMs);
  // Whatever the zone: the columns are made anew when the day may have changed, not every minute.
  const todayMs = gatewayMs === null ? null : gatewayMs - (gatewayMs % (DAY_MS / 48));
  const columns = useMemo(() => auditColumns(zone, todayMs), [zone, todayMs]);
  const oldest = records?.at(-1);
  return (
    <div data-test={MARKS.audit.page}>
      <div className="page-head">
        <h1 className="page-title">Audit</h1>
        <p className="page-facts">
          {account.role === 'admin' ? 'Everything that was done here.' : 'What you did here.'}
          {chainOk === undefined ? null : (
            <span data-test={MARKS.audit.chain} data-ok={chainOk}>
              <Status shape={chainOk ? 'ok' : 'critical'}>
                {chainOk ? 'chain verified' : 'the chain of records is broken'}
              </Status>
            </span>
          )}
        </p>
      </div>
      {query.isError ? <p className="empty">{query.error.message}</p> : null}
      {query.isError && records === null ? null : (
        <DataTable
          id="audit"
          label="Audit records"
          columns={columns}
          rows={records}
          rowId={idOf}
          marks={TABLE_MARKS}
          rowAttributes={attributesOf}
          waiting="Fetching…"
          empty="Nothing is recorded yet."
          perspective={account.role === 'admin' ? 'all' : `records of ${account.name}`}
        />
      )}
      {query.hasNextPage && oldest !== undefined ? (
        <p className="empty audit-older">
          <button
            type="button"
            className="button"
            data-test={MARKS.audit.older}
            onClick={() => void query.fetchNextPage()}
          >
            Older records
          </button>{' '}
          {plural(records?.length ?? 0, 'record')} fetched, back to {formatMoment(oldest.atMs, gatewayMs)}.
          The filter and exports know only these.
        </p>
      ) : null}
    </div>
  );
}
