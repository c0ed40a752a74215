'use client';

/** Audit: who did what, to what, with which result. Admins see everything, others what they did themselves. */

import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { type AuditRecord, auditReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { ClassPlate } from '../ui/class-plate.tsx';
import { consoleHref } from '../console/console-address.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatMoment, formatRfc3339, UNKNOWN, zoneLabel } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { type GlyphShape, Status } from '../ui/status-glyph.tsx';
import { usePageTitle } from '../ui/use-page-title.ts';

const PAGE_RECORDS = 100;

const RESULT_GLYPHS: Readonly<Record<AuditRecord['result'], GlyphShape>> = {
  pending: 'moving',
  done: 'ok',
  partly: 'warning',
  refused: 'critical',
  failed: 'critical',
  unknown: 'unknown',
};

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
  const pages = query.data?.pages ?? [];
  const records = pages.flatMap((page) => page.records);
  const chainOk = pages[0]?.chainOk;
  const zone = gatewayMs === null ? '' : ` (${zoneLabel(gatewayMs)})`;
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
      {query.isPending ? <p className="empty">Fetching…</p> : null}
      {query.data !== undefined && records.length === 0 ? (
        <p className="empty">Nothing is recorded yet.</p>
      ) : null}
      {records.length > 0 ? (
        <ScrollRegion className="table-scroll" label="Audit records">
          <table className="table audit-table card-table">
            <thead>
              <tr>
                {[`Time${zone}`, 'Actor', 'Class', 'What', 'Targets', 'Result', 'Source'].map((label) => (
                  <th key={label} scope="col" className="label">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {records.map((record) => (
                <RecordRow key={record.id} record={record} todayMs={gatewayMs} />
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      ) : null}
      {query.hasNextPage ? (
        <p className="empty">
          <button type="button" className="button" onClick={() => void query.fetchNextPage()}>
            Older records
          </button>
        </p>
      ) : null}
    </div>
  );
}

function RecordRow({ record, todayMs }: { readonly record: AuditRecord; readonly todayMs: number | null }) {
  const what = record.command ?? record.action;
  return (
    <tr data-test={MARKS.audit.row} data-result={record.result} data-action={record.action}>
      <td className="cell-time">
        <time dateTime={formatRfc3339(record.atMs)} title={formatRfc3339(record.atMs)}>
          {formatMoment(record.atMs, todayMs)}
        </time>
      </td>
      <td>
        <span className="isolate-text">{inertName(record.actor)}</span>{' '}
        <span className="muted">{record.role}</span>
      </td>
      <td>
        {record.class === null ? (
          <span className="muted">{UNKNOWN}</span>
        ) : (
          <ClassPlate value={record.class} />
        )}
      </td>
      <td className="audit-what card-wide mono">
        {record.job === null ? (
          inertText(what)
        ) : (
          <Link href={consoleHref({ job: record.job })} prefetch={false}>
            {inertText(what)}
          </Link>
        )}
      </td>
      <td>{record.targets.length === 0 ? UNKNOWN : record.targets.map(inertName).join(', ')}</td>
      <td>
        <Status shape={RESULT_GLYPHS[record.result]}>{record.result}</Status>
        {record.detail === '' ? null : <span className="muted"> {inertText(record.detail)}</span>}
      </td>
      <td className="card-drop mono muted">{inertName(record.sourceAddress)}</td>
    </tr>
  );
}
