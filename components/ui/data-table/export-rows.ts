/**
 * Rows as files: CSV, NDJSON, Markdown, each with lines that say as of when, in which zone, through which filter and
 * from whose view. Pure, loaded on request. Moments leave the page as RFC 3339 with offset, spans as whole milliseconds.
 */

import { formatRfc3339 } from '../format-time.ts';
import { type CellValue, type Column, cellText, dataColumns } from './column.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'markdown'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORT_FILES: Readonly<
  Record<ExportFormat, { readonly label: string; readonly ending: string; readonly type: string }>
> = {
  csv: { label: 'CSV', ending: 'csv', type: 'text/csv' },
  ndjson: { label: 'NDJSON', ending: 'ndjson', type: 'application/x-ndjson' },
  markdown: { label: 'Markdown', ending: 'md', type: 'text/markdown' },
};

export type ExportHead = {
  readonly title: string;
  readonly asOfMs: number;
  readonly zone: string;
  /** Empty when all rows are meant. */
  readonly filter: string;
  readonly perspective: string;
  /** Rows there are, also those that the filter hides. */
  readonly total: number;
};

export function exportRows<R>(
  format: ExportFormat,
  head: ExportHead,
  columns: readonly Column<R>[],
  rows: readonly R[],
): string {
  const wanted = dataColumns(columns);
  switch (format) {
    case 'csv':
      return csv(head, wanted, rows);
    case 'ndjson':
      return ndjson(head, wanted, rows);
    case 'markdown':
      return markdown(head, wanted, rows);
  }
}

function headLines(head: ExportHead, count: number): readonly (readonly [string, string])[] {
  return [
    ['table', head.title],
    ['as of', formatRfc3339(head.asOfMs)],
    ['zone', head.zone],
    ['filter', head.filter === '' ? 'none' : head.filter],
    ['perspective', head.perspective],
    ['rows', `${count} of ${head.total}`],
  ];
}

function outside<R>(column: Column<R>, row: R): CellValue {
  const value = column.value(row);
  if (typeof value !== 'number') return value;
  if (column.kind === 'duration') return Math.round(value);
  return column.kind === 'moment' ? formatRfc3339(value) : value;
}

function columnHead<R>(column: Column<R>): string {
  return column.kind === 'duration' ? `${column.label} (ms)` : column.label;
}

/** A spreadsheet would run these as formulas: a leading quote makes them text. Numbers are numbers. */
const FORMULA = /^[=+\-@\t\r]/;

function csvField(value: CellValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const inert = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) || inert !== inert.trim() ? `"${inert.replaceAll('"', '""')}"` : inert;
}

function csv<R>(head: ExportHead, columns: readonly Column<R>[], rows: readonly R[]): string {
  const lines = headLines(head, rows.length).map(([name, value]) => csvField(`# ${name}: ${oneLine(value)}`));
  lines.push(columns.map((column) => csvField(columnHead(column))).join(','));
  for (const row of rows) lines.push(columns.map((column) => csvField(outside(column, row))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function ndjson<R>(head: ExportHead, columns: readonly Column<R>[], rows: readonly R[]): string {
  const about = Object.fromEntries(headLines(head, rows.length).map(([name, value]) => [name, value]));
  const lines = [JSON.stringify({ export: about })];
  for (const row of rows) {
    lines.push(JSON.stringify(Object.fromEntries(columns.map((each) => [each.id, outside(each, row)]))));
  }
  return `${lines.join('\n')}\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function markdownField(text: string): string {
  return oneLine(text).replace(/[\\|`*_<>[\]]/g, '\\$&');
}

function markdown<R>(head: ExportHead, columns: readonly Column<R>[], rows: readonly R[]): string {
  const lines = headLines(head, rows.length).map(([name, value]) => `- ${name}: ${markdownField(value)}`);
  lines.push('', `| ${columns.map((column) => markdownField(column.label)).join(' | ')} |`);
  lines.push(`|${columns.map(() => ' --- |').join('')}`);
  for (const row of rows) {
    lines.push(`| ${columns.map((column) => markdownField(cellText(column, row))).join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** One row or column as text to paste: tabs between cells, no line breaks inside. */
export function copiedText<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  return rows
    .map((row) =>
      dataColumns(columns)
        .map((column) => oneLine(copiedCell(column, row)))
        .join('\t'),
    )
    .join('\n');
}

/** Moments as RFC 3339, the rest as it is shown. */
export function copiedCell<R>(column: Column<R>, row: R): string {
  const value = column.value(row);
  if (column.kind === 'moment' && typeof value === 'number') return formatRfc3339(value);
  return cellText(column, row);
}
