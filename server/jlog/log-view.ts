/** One look at a log: its files, its metastore, and what follows from them. */

import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { FileStore, StoreError } from './api.ts';
import {
  CHECKPOINT_BYTES,
  formatOf,
  formatOfRecord,
  MAGIC_PLAIN,
  METASTORE_BYTES,
  type Metastore,
  parseCheckpoint,
  parseMetastore,
  type RecordFormat,
} from './format.ts';
import { isCheckpointName, METASTORE, segmentName, segmentsIn, subscriberOf } from './names.ts';
import { readFailed } from './refusals.ts';

export type LogView = {
  readonly names: readonly string[];
  /** Those that exist, ascending. */
  readonly segments: readonly number[];
  /** To which is written: what the metastore says, or a higher one that exists. */
  readonly current: number;
  readonly format: RecordFormat;
  /** Undefined when the log can only be read; then `troubles` say why. */
  readonly meta: Metastore | undefined;
  readonly troubles: readonly string[];
};

/** Segments that are asked for the format when the metastore cannot tell. */
const ASKED_MAX = 16;

/** LOG_MISSING, LOG_READ_FAILED, LOG_UNUSABLE when nothing says that this is a log. */
export function lookAt(store: FileStore, directory: string): Result<LogView, ClusterError> {
  const names = store.list(directory);
  if (!names.ok) {
    if (names.error.kind === 'missing') return err(new ClusterError('LOG_MISSING', { directory }));
    return err(readFailed(directory, names.error));
  }
  const segments = segmentsIn(names.value);
  const highest = segments.at(-1) ?? 0;
  const bytes = readStart(store, `${directory}/${METASTORE}`, METASTORE_BYTES + 1);
  if (!bytes.ok && bytes.error.kind !== 'missing') return err(readFailed(directory, bytes.error));
  if (!bytes.ok && segments.length === 0) {
    return err(new ClusterError('LOG_UNUSABLE', { directory, reason: 'it has no metastore' }));
  }
  const parsed = bytes.ok
    ? parseMetastore(bytes.value)
    : err({ reason: 'it has no metastore', segment: undefined, format: undefined });
  const base = { names: names.value, segments };
  if (parsed.ok) {
    const { value: meta } = parsed;
    const current = Math.max(meta.segment, highest);
    const troubles =
      current > meta.segment + 1
        ? [`the metastore names segment ${segmentName(meta.segment)}, there are higher ones`]
        : [];
    return ok({ ...base, current, format: meta.format, meta, troubles });
  }
  const { reason, segment = 0, format } = parsed.error;
  return ok({
    ...base,
    current: Math.max(segment, highest),
    format: format ?? formatBySegments(store, directory, segments),
    meta: undefined,
    troubles: [reason],
  });
}

function formatBySegments(store: FileStore, directory: string, segments: readonly number[]): RecordFormat {
  for (const segment of segments.slice(0, ASKED_MAX)) {
    const first = readStart(store, `${directory}/${segmentName(segment)}`, 4);
    const format = first.ok && first.value.length === 4 ? formatOfRecord(first.value) : undefined;
    if (format !== undefined) return format;
  }
  return formatOf(MAGIC_PLAIN);
}

/** @returns as many of the first bytes as there are. */
export function readStart(store: FileStore, path: string, bytes: number): Result<Buffer, StoreError> {
  const file = store.open(path, 'read');
  if (!file.ok) return file;
  const into = Buffer.alloc(bytes);
  const read = file.value.read(into, 0);
  file.value.close();
  return read.ok ? ok(into.subarray(0, read.value)) : read;
}

export type CheckpointFile = {
  readonly file: string;
  /** Undefined for a file that belongs to no subscriber. */
  readonly subscriber: string | undefined;
  /** Undefined when it cannot be read, or is too short. */
  readonly position: LogPosition | undefined;
};

/** Every file that says what is still needed, in order of the bytes of their names. */
export function readCheckpoints(
  store: FileStore,
  directory: string,
  view: LogView,
): readonly CheckpointFile[] {
  return view.names
    .filter(isCheckpointName)
    .sort()
    .map((file) => {
      const bytes = readStart(store, `${directory}/${file}`, CHECKPOINT_BYTES);
      const position = bytes.ok ? parseCheckpoint(bytes.value, view.format.bigEndian) : undefined;
      return { file, subscriber: subscriberOf(file), position };
    });
}
