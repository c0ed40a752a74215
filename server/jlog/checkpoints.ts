/** Checkpoint files: who has read how far, and which segments nobody needs any more (jlog.md 7, 12, 13). */

import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { comparePositions, formatPosition, type LogPosition } from '../model/log-position.ts';
import type { Checkpointed, FileStore, StoreError, SubscriberPosition } from './api.ts';
import { CHECKPOINT_BYTES, encodeCheckpoint, parseCheckpoint } from './format.ts';
import { type LogView, readCheckpoints, readStart } from './log-view.ts';
import { checkpointName, indexName, segmentName } from './names.ts';
import { readFailed, writeFailed } from './refusals.ts';

type Log = { readonly store: FileStore; readonly directory: string };

/** Path of the file of a subscriber. */
function pathOf({ directory }: Log, subscriber: string): Result<string, ClusterError> {
  const name = checkpointName(subscriber);
  if (name.ok) return ok(`${directory}/${name.value}`);
  return err(new ClusterError('LOG_SUBSCRIBER_INVALID', { directory, subscriber, reason: name.error }));
}

export function listSubscribers(log: Log, view: LogView): readonly SubscriberPosition[] {
  return readCheckpoints(log.store, log.directory, view).flatMap(({ subscriber, position }) =>
    subscriber === undefined ? [] : [{ name: subscriber, position }],
  );
}

/** An empty file is a subscriber whose adding was interrupted: it is completed. */
export function addCheckpoint(
  log: Log,
  subscriber: string,
  position: LogPosition,
): Result<void, ClusterError> {
  const { store, directory } = log;
  const path = pathOf(log, subscriber);
  if (!path.ok) return path;
  const created = store.open(path.value, 'create');
  if (!created.ok && created.error.kind !== 'exists') return err(writeFailed(directory, created.error));
  if (!created.ok) {
    const size = store.sizeOf(path.value);
    if (!size.ok || size.value > 0)
      return err(new ClusterError('LOG_SUBSCRIBER_EXISTS', { directory, subscriber }));
  }
  const file = created.ok ? created : store.open(path.value, 'update');
  if (!file.ok) return err(writeFailed(directory, file.error));
  const written = put(file.value, position);
  file.value.close();
  if (written.ok) return ok(undefined);
  if (created.ok) store.unlink(path.value);
  return err(writeFailed(directory, written.error));
}

function put(
  file: { write(bytes: Uint8Array, offset: number): Result<number, StoreError> },
  position: LogPosition,
): Result<void, StoreError> {
  const written = file.write(encodeCheckpoint(position), 0);
  if (!written.ok) return written;
  return written.value === CHECKPOINT_BYTES
    ? ok(undefined)
    : err({ kind: 'full', reason: 'the disk is full' });
}

export function removeCheckpoint(log: Log, subscriber: string): Result<void, ClusterError> {
  const { store, directory } = log;
  const path = pathOf(log, subscriber);
  if (!path.ok) return path;
  const gone = store.unlink(path.value);
  if (gone.ok) return gone;
  if (gone.error.kind === 'missing')
    return err(new ClusterError('LOG_SUBSCRIBER_UNKNOWN', { directory, subscriber }));
  return err(writeFailed(directory, gone.error));
}

/** Writes the position in place, then deletes what was passed and nobody needs. */
export function moveCheckpoint(
  log: Log,
  view: LogView,
  { subscriber, position }: { readonly subscriber: string; readonly position: LogPosition },
): Result<Checkpointed, ClusterError> {
  const { store, directory } = log;
  const path = pathOf(log, subscriber);
  if (!path.ok) return path;
  const before = readStart(store, path.value, CHECKPOINT_BYTES);
  if (!before.ok && before.error.kind === 'missing') {
    return err(new ClusterError('LOG_SUBSCRIBER_UNKNOWN', { directory, subscriber }));
  }
  if (!before.ok) return err(readFailed(directory, before.error));
  if (view.meta === undefined) return err(readOnly(directory, view));
  const old = parseCheckpoint(before.value, view.format.bigEndian) ?? position;
  if (comparePositions(old, position) === 0 && before.value.length === CHECKPOINT_BYTES)
    return ok({ retired: [] });
  const file = store.open(path.value, 'update');
  if (!file.ok) return err(writeFailed(directory, file.error));
  const written = put(file.value, position);
  file.value.close();
  if (!written.ok) return err(writeFailed(directory, written.error));
  return ok({ retired: retire(log, view, { from: old.segment, to: position.segment }) });
}

function readOnly(directory: string, { troubles }: LogView): ClusterError {
  return new ClusterError('LOG_UNUSABLE', { directory, reason: troubles.join(', ') });
}

/**
 * Deletes segments from `from` to before `to` that no checkpoint needs; never the current one, and none at all when
 * anything that looks like a checkpoint cannot be read.
 */
export function retire(
  log: Log,
  view: LogView,
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] {
  const { store, directory } = log;
  if (from >= to) return [];
  const names = store.list(directory);
  if (!names.ok) return [];
  const needed = readCheckpoints(store, directory, { ...view, names: names.value });
  if (needed.some(({ position }) => position === undefined)) return [];
  const lowest = Math.min(to, view.current, ...needed.map(({ position }) => position?.segment ?? 0));
  return view.segments.filter((segment) => {
    if (segment < from || segment >= lowest) return false;
    const gone = store.unlink(`${directory}/${segmentName(segment)}`);
    if (!gone.ok && gone.error.kind !== 'missing') return false;
    store.unlink(`${directory}/${indexName(segment)}`);
    return true;
  });
}

/** For refusals that name a position. */
export function behindTheEnd(directory: string, subscriber: string, position: LogPosition): ClusterError {
  const reason = `${formatPosition(position)} lies behind the end`;
  return new ClusterError('LOG_SUBSCRIBER_INVALID', { directory, subscriber, reason });
}
