/** The columns of the audit records. */

import Link from 'next/link';
import { type AuditRecord, COMMAND_CLASSES } from '../../server/wire/http.ts';
import { consoleHref } from '../console/console-address.ts';
import { ClassPlate } from '../ui/class-plate.tsx';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { formatMoment, formatRfc3339, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { type GlyphShape, Status } from '../ui/status-glyph.tsx';

const RESULT_GLYPHS: Readonly<Record<AuditRecord['result'], GlyphShape>> = {
  pending: 'moving',
  done: 'ok',
  partly: 'warning',
  refused: 'critical',
  failed: 'critical',
  unknown: 'unknown',
};

function whatOf({ command, action }: AuditRecord): string {
  return command ?? action;
}

/** @param zone in the head of the time column, once. @param todayMs its day is not written out. */
export function auditColumns(zone: string, todayMs: number | null): readonly TableColumn<AuditRecord>[] {
  return [
    {
      id: 'time',
      label: zone === '' ? 'Time' : `Time (${zone})`,
      kind: 'moment',
      value: (record) => record.atMs,
      text: (record) => formatMoment(record.atMs, todayMs),
      cell: (record) => (
        <time dateTime={formatRfc3339(record.atMs)} title={formatRfc3339(record.atMs)}>
          {formatMoment(record.atMs, todayMs)}
        </time>
      ),
      card: 'aside',
      widthPx: 170,
    },
    {
      id: 'actor',
      label: 'Actor',
      kind: 'text',
      value: (record) => record.actor,
      cell: (record) => (
        <>
          <span className="isolate-text">{inertName(record.actor)}</span>{' '}
          <span className="muted">{record.role}</span>
        </>
      ),
      card: 'line',
    },
    {
      id: 'class',
      label: 'Class',
      kind: 'word',
      choices: COMMAND_CLASSES,
      value: (record) => record.class,
      cell: (record) =>
        record.class === null ? (
          <span className="muted">{UNKNOWN}</span>
        ) : (
          <ClassPlate value={record.class} />
        ),
      widthPx: 80,
    },
    {
      id: 'what',
      label: 'What',
      kind: 'text',
      value: whatOf,
      cell: (record) => <What record={record} />,
      className: 'audit-what',
      mono: true,
      card: 'title',
      widthPx: 380,
    },
    {
      id: 'target',
      label: 'Targets',
      kind: 'text',
      value: (record) => (record.targets.length === 0 ? null : record.targets.join(', ')),
      words: (record) => record.targets,
      widthPx: 200,
    },
    {
      id: 'result',
      label: 'Result',
      kind: 'word',
      choices: Object.keys(RESULT_GLYPHS),
      value: (record) => record.result,
      cell: (record) => (
        <>
          <Status shape={RESULT_GLYPHS[record.result]}>{record.result}</Status>
          {record.detail === '' ? null : <span className="muted"> {inertText(record.detail)}</span>}
        </>
      ),
      card: 'status',
      widthPx: 240,
    },
    {
      id: 'source',
      label: 'Source',
      kind: 'address',
      value: (record) => record.sourceAddress,
      mono: true,
      widthPx: 180,
    },
    ...fieldsOnly(),
  ];
}

/** Not columns: tokens to filter by, and fields of an export. */
function fieldsOnly(): readonly TableColumn<AuditRecord>[] {
  return [
    { id: 'action', label: 'Action', kind: 'word', value: (record) => record.action, show: 'never' },
    { id: 'detail', label: 'Detail', kind: 'text', value: (record) => record.detail, show: 'never' },
    { id: 'record', label: 'Record', kind: 'number', value: (record) => record.id, show: 'never' },
    { id: 'hash', label: 'Hash', kind: 'text', value: (record) => record.hash, show: 'never' },
  ];
}

function What({ record }: { readonly record: AuditRecord }) {
  const what = inertText(whatOf(record));
  if (record.job === null) return what;
  return (
    <Link href={consoleHref({ job: record.job })} prefetch={false}>
      {what}
    </Link>
  );
}
