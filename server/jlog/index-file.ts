/** Indexes: where the records of a segment begin. Readers write them, nobody has to believe them (jlog.md 6, 19.9). */

import { err, ok, type Result } from '../base/result.ts';
import type { FileStore, StoreError } from './api.ts';
import { bodyBytesAt, isHeader } from './format.ts';
import type { Place } from './segment-map.ts';
import { CHANGED, type OpenSegment, type Segments, walkOf } from './segments.ts';

export const ENTRY_BYTES = 8;
/** A walk over fewer bytes is quick enough without an index. */
const SEEK_BYTES_MIN = 4 * 1024 * 1024;
/** Entries written at once, as the C library does. */
const BATCH_ENTRIES = 1_024;

/**
 * Behind record `marker`, as the index has it and the segment confirms: a header where the record begins, and the next
 * entry where it ends. Undefined when there is no such index, or a walk is as good.
 */
export function placeByIndex(segments: Segments, open: OpenSegment, marker: number): Place | undefined {
  const { size, map, segment, file, format } = open;
  if (size - map.frontier.offset < SEEK_BYTES_MIN || marker === 0) return undefined;
  const entries = segments.readIndex(segment, (marker - 1) * ENTRY_BYTES, 2 * ENTRY_BYTES);
  if (entries === undefined || entries.length < 2 * ENTRY_BYTES) return undefined;
  const [offset, next] = [
    entryAt(entries, 0, format.bigEndian),
    entryAt(entries, ENTRY_BYTES, format.bigEndian),
  ];
  if ((marker > 1 && offset === 0) || offset + format.headerBytes > size || next <= offset || next > size) {
    return undefined;
  }
  const header = Buffer.alloc(format.headerBytes);
  const read = file.read(header, offset);
  if (!read.ok || read.value < header.length || !isHeader(header, 0, format)) return undefined;
  if (offset + format.headerBytes + bodyBytesAt(header, 0, format) !== next) return undefined;
  const after = Buffer.alloc(8);
  const readAfter = file.read(after, next);
  if (!readAfter.ok || readAfter.value < after.length || !isHeader(after, 0, format)) return undefined;
  return { offset: next, marker };
}

function entryAt(entries: Buffer, at: number, bigEndian: boolean): number {
  return Number(bigEndian ? entries.readBigUInt64BE(at) : entries.readBigUInt64LE(at));
}

/**
 * Makes the index of a segment what the C library makes of it: an entry for each record, and a closing zero when the
 * segment is over and its records end where the file does. Of a damaged segment only what lies before the damage.
 * An index that is no beginning of this is written again, from the front and in place.
 */
export function writeIndex(store: FileStore, path: string, open: OpenSegment): Result<void, StoreError> {
  const { sealed, size } = open;
  const opened = store.open(`${path}.idx`, 'update');
  const file = opened.ok ? opened : store.open(`${path}.idx`, 'create');
  if (!file.ok) return file;
  try {
    const known = file.value.size();
    if (!known.ok) return known;
    const walk = walkOf(open, {
      from: { offset: 0, marker: 0 },
      bodies: false,
      bytesMax: Number.POSITIVE_INFINITY,
    });
    let [batch, written] = [Buffer.alloc(BATCH_ENTRIES * ENTRY_BYTES), 0];
    let held = 0;
    const flush = (): Result<void, StoreError> => {
      const put = file.value.write(batch.subarray(0, held), written);
      if (!put.ok) return put;
      if (put.value < held) return err({ kind: 'full', reason: 'the disk is full' });
      [written, held] = [written + held, 0];
      return ok(undefined);
    };
    let step = walk.next();
    for (; step === 'record'; step = walk.next()) {
      batch.writeBigUInt64LE(BigInt(walk.recordOffset), held);
      held += ENTRY_BYTES;
      if (held < batch.length) continue;
      const flushed = flush();
      if (!flushed.ok) return flushed;
    }
    if (step === 'failed') return err(walk.error ?? CHANGED);
    if (step === 'end' && sealed && size > 0) {
      batch = Buffer.concat([batch.subarray(0, held), Buffer.alloc(ENTRY_BYTES)]);
      held = batch.length;
    }
    const flushed = flush();
    if (!flushed.ok) return flushed;
    return known.value > written ? file.value.truncate(written) : ok(undefined);
  } finally {
    file.value.close();
  }
}

export type IndexState = 'none' | 'error' | { readonly messages: number; readonly closed: boolean };

/** What an index says of itself. */
export function indexStateOf(bytes: number, lastEntry: Buffer): IndexState {
  if (bytes % ENTRY_BYTES !== 0) return 'error';
  const entries = bytes / ENTRY_BYTES;
  const closed = entries > 1 && lastEntry.every((byte) => byte === 0);
  return { messages: closed ? entries - 1 : entries, closed };
}
