/** The file `pre_commit`: records that a C writer had taken and not yet moved into a segment (jlog.md 8). */

import { ok, type Result } from '../base/result.ts';
import type { FileStore, StoreError, StoreFile } from './api.ts';
import { bodyBytesAt, isHeader, type RecordFormat } from './format.ts';

const PREFIX_BYTES = 4;
/** A larger buffer is not taken over: nobody has one. */
const USED_BYTES_MAX = 64 * 1024 * 1024;

/** Creates the file where there is none. @returns the complete records in it, one after the other. */
export function readPreCommit(
  store: FileStore,
  path: string,
  format: RecordFormat,
): Result<readonly Buffer[], StoreError> {
  const opened = store.open(path, 'update');
  if (!opened.ok) return opened.error.kind === 'missing' ? create(store, path) : opened;
  const file = opened.value;
  try {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    const read = file.read(prefix, 0);
    if (!read.ok) return read;
    const used = read.value < PREFIX_BYTES ? 0 : prefix.readUInt32LE(0);
    if (used === 0 || used > USED_BYTES_MAX) return ok([]);
    const buffered = Buffer.alloc(used);
    const got = file.read(buffered, PREFIX_BYTES);
    return got.ok ? ok(completeRecords(buffered.subarray(0, got.value), format)) : got;
  } finally {
    file.close();
  }
}

function create(store: FileStore, path: string): Result<readonly Buffer[], StoreError> {
  const created = store.open(path, 'create');
  if (!created.ok) return created;
  const written = created.value.write(Buffer.alloc(PREFIX_BYTES), 0);
  created.value.close();
  return written.ok ? ok([]) : written;
}

/** A killed process may have left half a record behind them. */
function completeRecords(bytes: Buffer, format: RecordFormat): readonly Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + format.headerBytes <= bytes.length && isHeader(bytes, at, format); ) {
    const end = at + format.headerBytes + bodyBytesAt(bytes, at, format);
    if (end > bytes.length) break;
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}

/** Says that everything was moved. The rest of the file stays as it is. */
export function emptyPreCommit(store: FileStore, path: string): Result<void, StoreError> {
  const opened = store.open(path, 'update');
  if (!opened.ok) return opened;
  const written = opened.value.write(Buffer.alloc(PREFIX_BYTES), 0);
  opened.value.close();
  return written.ok ? ok(undefined) : written;
}

/**
 * Those that are not yet at the end of a segment: whoever moved them may have been killed before it said so.
 * @param size of the segment, which ends with a complete record
 */
export function notYetMoved(
  records: readonly Buffer[],
  segment: StoreFile,
  size: number,
): Result<readonly Buffer[], StoreError> {
  for (let count = records.length; count > 0; count -= 1) {
    const moved = Buffer.concat(records.slice(0, count));
    if (moved.length > size) continue;
    const end = Buffer.alloc(moved.length);
    const read = segment.read(end, size - moved.length);
    if (!read.ok) return read;
    if (read.value === end.length && end.equals(moved)) return ok(records.slice(count));
  }
  return ok(records);
}
