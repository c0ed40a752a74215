/** The last lines of a log, or those behind a position, for a page: bounded in number and in bytes. Moves nothing. */

import type { JournalLog } from '../jlog/api.ts';
import { COUNTING } from '../jlog/lag.ts';
import { formatPosition, type LogPosition } from '../model/log-position.ts';
import { type LogTail, TAIL_BYTES_MAX, TAIL_RECORDS_MAX, TAIL_TEXT_CHARACTERS_MAX } from '../wire/logs.ts';

const GAPS_TOLD_MAX = 20;
const BEGIN: LogPosition = { segment: 0, marker: 0 };

/** @param from records behind it; undefined: the last ones. */
export function tailOf(journal: JournalLog, from: LogPosition | undefined, wallUs: number): LogTail {
  const start = startOf(journal, from, wallUs);
  if (start === undefined)
    return {
      records: [],
      next: from === undefined ? null : formatPosition(from),
      skipped: null,
      gaps: [COUNTING],
    };
  const read = journal.readFrom(start.position, { records: TAIL_RECORDS_MAX, bytes: TAIL_BYTES_MAX });
  if (!read.ok)
    return { records: [], next: formatPosition(start.position), skipped: null, gaps: [read.error.message] };
  const { records, gaps, next } = read.value;
  return {
    records: records.map(({ position, timeUs, data }) => {
      const text = textOf(data);
      return {
        id: formatPosition(position),
        atMs: timeUs / 1_000,
        text: text.slice(0, TAIL_TEXT_CHARACTERS_MAX),
        cut: text.length > TAIL_TEXT_CHARACTERS_MAX,
      };
    }),
    next: formatPosition(next),
    skipped: start.skipped,
    gaps: gaps.slice(0, GAPS_TOLD_MAX).map(({ after, reason, bytes }) => {
      const size = bytes === undefined ? 'an unknown number of' : bytes;
      return `${reason}: ${size} bytes behind ${formatPosition(after)}`;
    }),
  };
}

/** Undefined while records are still being counted. */
function startOf(
  journal: JournalLog,
  from: LogPosition | undefined,
  wallUs: number,
): { readonly position: LogPosition; readonly skipped: number | null } | undefined {
  if (from !== undefined) {
    const lag = journal.lagOf(from, wallUs);
    const unread = lag.ok && lag.value.known ? lag.value.records : undefined;
    if (unread === undefined) return { position: from, skipped: null };
    if (unread <= TAIL_RECORDS_MAX) return { position: from, skipped: 0 };
    const later = lastOnes(journal);
    return later === undefined
      ? { position: from, skipped: 0 }
      : { position: later, skipped: unread - TAIL_RECORDS_MAX };
  }
  const position = lastOnes(journal);
  if (position !== undefined) return { position, skipped: 0 };
  const described = journal.describe(wallUs);
  return described.ok && described.value.segments === 0 ? { position: BEGIN, skipped: 0 } : undefined;
}

function lastOnes(journal: JournalLog): LogPosition | undefined {
  const end = journal.stepFrom(BEGIN, Number.MAX_SAFE_INTEGER);
  if (!end.ok || end.value === undefined) return undefined;
  const start = journal.stepFrom(end.value, -TAIL_RECORDS_MAX);
  return start.ok ? start.value : undefined;
}

/** What is no UTF-8 is shown as replaced; a line end at the end is none of the text. */
function textOf(data: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = data;
  const bytes = Math.min(byteLength, 4 * TAIL_TEXT_CHARACTERS_MAX + 4);
  return Buffer.from(buffer, byteOffset, bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
