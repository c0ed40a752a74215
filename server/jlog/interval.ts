/** What the C library calls an interval: the unread records of one segment, for a subscriber (jlog.md 11). */

import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { FileStore, StoreError } from './api.ts';
import { listSubscribers, moveCheckpoint } from './checkpoints.ts';
import { writeIndex } from './index-file.ts';
import { type LogView, lookAt } from './log-view.ts';
import { readFailed } from './refusals.ts';
import { Segments } from './segments.ts';

export type Interval = {
  /** First unread and last readable record; both the checkpoint when `count` is 0. */
  readonly start: LogPosition;
  readonly finish: LogPosition;
  readonly count: number;
};

export type IntervalOptions = {
  /** Does what the C library does on the way: brings indexes up to date and steps the checkpoint to the next segment. */
  readonly writes: boolean;
};

/** LOG_SUBSCRIBER_UNKNOWN, LOG_SUBSCRIBER_INVALID, and what reading and writing a log may say. */
export function readInterval(
  store: FileStore,
  directory: string,
  subscriber: string,
  { writes }: IntervalOptions,
): Result<Interval, ClusterError> {
  const looked = lookAt(store, directory);
  if (!looked.ok) return looked;
  const view = looked.value;
  const log = { store, directory };
  const found = listSubscribers(log, view).find(({ name }) => name === subscriber);
  if (found === undefined) return err(new ClusterError('LOG_SUBSCRIBER_UNKNOWN', { directory, subscriber }));
  const checkpoint = found.position;
  if (checkpoint === undefined) {
    const reason = 'its checkpoint cannot be read';
    return err(new ClusterError('LOG_SUBSCRIBER_INVALID', { directory, subscriber, reason }));
  }
  const finish = finishOf({ store, directory, view, writes }, checkpoint);
  if (!finish.ok) return err(readFailed(directory, finish.error));
  const stepped = finish.value.segment !== checkpoint.segment;
  const from = stepped ? { segment: finish.value.segment, marker: 0 } : checkpoint;
  const count = Math.max(0, finish.value.marker - from.marker);
  const moved = stepped || from.marker > finish.value.marker ? (stepped ? from : finish.value) : undefined;
  if (writes && moved !== undefined) {
    const set = moveCheckpoint(log, view, { subscriber, position: moved });
    if (!set.ok) return set;
  }
  const start = count > 0 ? { ...from, marker: from.marker + 1 } : from;
  return ok({ start, finish: finish.value, count });
}

type Around = {
  readonly store: FileStore;
  readonly directory: string;
  readonly view: LogView;
  readonly writes: boolean;
};

function finishOf(around: Around, checkpoint: LogPosition): Result<LogPosition, StoreError> {
  const { current, segments } = around.view;
  for (let place = checkpoint; ; ) {
    if (!segments.includes(place.segment)) {
      if (place.segment >= current) return ok(place);
      place = { segment: segments.find((segment) => segment > place.segment) ?? current, marker: 0 };
      continue;
    }
    const counted = countReadable(around, place.segment);
    if (!counted.ok) return counted;
    const { segment } = place;
    if (segment >= current || place.marker < counted.value) return ok({ segment, marker: counted.value });
    place = { segment: segments.find((other) => other > segment) ?? current, marker: 0 };
  }
}

/** Position of the last readable record of the current segment. */
export function lastPosition(around: Around): Result<LogPosition, StoreError> {
  const segment = around.view.current;
  const counted = countReadable(around, segment);
  return counted.ok ? ok({ segment, marker: counted.value }) : counted;
}

function countReadable(
  { store, directory, view, writes }: Around,
  segment: number,
): Result<number, StoreError> {
  const segments = new Segments(store, directory);
  const { current, format } = view;
  const counted = segments.with({ segment, current, format }, (open): Result<number, StoreError> => {
    const { error } = segments.explore(open, { bytesMax: Number.POSITIVE_INFINITY });
    if (error !== undefined) return err(error);
    const indexed = writes ? writeIndex(store, segments.pathOf(segment), open) : ok(undefined);
    return indexed.ok ? ok(open.map.behindLast.marker) : indexed;
  });
  return counted.ok ? counted.value : counted;
}
