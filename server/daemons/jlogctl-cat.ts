/** A log as lines of JSON: records with their data in base64, damage as gaps. */

import type { Writable } from 'node:stream';
import type { ClusterError } from '../base/errors.ts';
import type { JournalLog, LogGap, LogRecord } from '../jlog/api.ts';
import { formatPosition, LOG_BEGIN, type LogPosition } from '../model/log-position.ts';

const LIMITS = { records: 1_000, bytes: 256 * 1024 };

export type CatOutput = { readonly output: Writable; readonly errors: Writable };

/** @returns why reading ended early; undefined at the end of the log, and when nobody reads the output any more. */
export async function printRecords(
  log: JournalLog,
  { output, errors }: CatOutput,
): Promise<ClusterError | undefined> {
  let gaps = 0;
  const described = log.describe(0);
  if (!described.ok) return described.error;
  for (let next: LogPosition = described.value.first ?? LOG_BEGIN; ; ) {
    const read = log.readFrom(next, LIMITS);
    if (!read.ok) return read.error;
    const lines = [...read.value.records.map(recordLine), ...read.value.gaps.map(gapLine)]
      .sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2])
      .map(({ text }) => text);
    gaps += read.value.gaps.length;
    if (lines.length > 0 && !(await written(output, `${lines.join('\n')}\n`))) return undefined;
    if (read.value.atEnd) break;
    next = read.value.next;
  }
  if (gaps > 0) errors.write(`jlogctl: ${gaps} places could not be read; each is a line with gap\n`);
  return undefined;
}

type Line = { readonly order: readonly [number, number, number]; readonly text: string };

function recordLine({ position, timeUs, data }: LogRecord): Line {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const line = { id: formatPosition(position), time: timeText(timeUs), data: bytes.toString('base64') };
  return { order: [position.segment, position.marker, 0], text: JSON.stringify(line) };
}

function gapLine({ after, reason, bytes, offset }: LogGap): Line {
  const gap = { after: formatPosition(after), reason, bytes: bytes ?? null, offset: offset ?? null };
  return { order: [after.segment, after.marker, 1], text: JSON.stringify({ gap }) };
}

/** `2023-11-14T22:13:20.000001Z` */
function timeText(timeUs: number): string {
  const date = new Date(Math.floor(timeUs / 1_000));
  const microseconds = String(timeUs % 1_000).padStart(3, '0');
  return `${date.toISOString().slice(0, -1)}${microseconds}Z`;
}

/** False once nobody reads any more. */
function written(output: Writable, text: string): Promise<boolean> {
  if (output.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    output.write(text, (failed) => resolve(failed === null || failed === undefined));
  });
}
