/** What one read gave, in the pieces in which it leaves: records frame by frame, gaps in their places (LGS-14, LGS-15). */

import { comparePositions, type LogPosition } from '../model/log-position.ts';
import type { LogBatch, LogGap, LogRecord } from './api.ts';
import { costOf, RECORD_HEADER_BYTES, RECORDS_BYTES_MAX } from './log-frames.ts';

export type BatchItem =
  | {
      readonly type: 'records';
      readonly records: readonly LogRecord[];
      readonly upTo: LogPosition;
      /** What it takes of the window. */
      readonly cost: number;
    }
  /** A record that does not fit into one frame. */
  | { readonly type: 'large'; readonly record: LogRecord }
  | { readonly type: 'gap'; readonly gap: LogGap };

/** @param after where the read began. Nothing comes of a read that found nothing and moved nowhere. */
export function itemsOf({ records, gaps, upTo }: LogBatch, after: LogPosition): BatchItem[] {
  const items: BatchItem[] = [];
  let open: LogRecord[] = [];
  let cost = 0;
  let at = after;
  const close = (): void => {
    if (open.length > 0) items.push({ type: 'records', records: open, upTo: at, cost });
    open = [];
    cost = 0;
  };
  let nextGap = 0;
  const gapsBefore = (id: LogPosition | undefined): void => {
    for (let gap = gaps[nextGap]; gap !== undefined; gap = gaps[nextGap]) {
      if (id !== undefined && comparePositions(gap.from, id) >= 0) return;
      close();
      items.push({ type: 'gap', gap });
      nextGap += 1;
    }
  };
  for (const record of records) {
    gapsBefore(record.id);
    const more = costOf(record);
    if (cost + more > RECORDS_BYTES_MAX) close();
    at = record.id;
    if (more > RECORDS_BYTES_MAX) {
      items.push({ type: 'large', record });
    } else {
      open.push(record);
      cost += more;
    }
  }
  gapsBefore(undefined);
  if (comparePositions(upTo, at) > 0) {
    at = upTo;
    if (open.length === 0) items.push({ type: 'records', records: [], upTo, cost: RECORD_HEADER_BYTES });
  }
  close();
  return items;
}
