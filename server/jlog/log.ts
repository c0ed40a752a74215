/** A log as readers and subscribers see it, and how a new one is made. */

import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { LOG_BEGIN, type LogPosition } from '../model/log-position.ts';
import {
  type Checkpointed,
  type FileStore,
  type JournalLog,
  type Lag,
  type LogCreation,
  type LogDescription,
  type ReadLimits,
  type ReadResult,
  type SubscriberPosition,
  TROUBLES_MAX,
} from './api.ts';
import {
  addCheckpoint,
  behindTheEnd,
  listSubscribers,
  moveCheckpoint,
  removeCheckpoint,
  retire,
} from './checkpoints.ts';
import {
  encodeMetastore,
  formatOf,
  MAGIC_PLAIN,
  METASTORE_BYTES,
  SAFETY_DEFAULT,
  UNIT_BYTES_DEFAULT,
} from './format.ts';
import { LagSurvey } from './lag.ts';
import { type LogView, lookAt, readCheckpoints } from './log-view.ts';
import {
  checkpointName,
  isCheckpointName,
  isIndexName,
  METASTORE,
  PRE_COMMIT,
  parseSegmentName,
  segmentName,
} from './names.ts';
import { ReadCall } from './read-from.ts';
import { readFailed, writeFailed } from './refusals.ts';
import { Segments } from './segments.ts';
import { stepFrom } from './steps.ts';
import { isOwnerName } from './writer-lock.ts';

/** Bytes that one description may count. */
const SURVEY_BYTES_MAX = 32 * 1024 * 1024;

/** LOG_EXISTS when the directory holds a metastore; a directory without one is taken. LOG_READ_ONLY, LOG_FULL, LOG_WRITE_FAILED. */
export function createLog(
  store: FileStore,
  directory: string,
  { unitBytes = UNIT_BYTES_DEFAULT, safety = SAFETY_DEFAULT, subscribers = [] }: LogCreation = {},
): Result<void, ClusterError> {
  for (const subscriber of subscribers) {
    const name = checkpointName(subscriber);
    if (!name.ok)
      return err(new ClusterError('LOG_SUBSCRIBER_INVALID', { directory, subscriber, reason: name.error }));
  }
  const made = store.makeDirectory(directory, { parents: true });
  if (!made.ok && made.error.kind !== 'exists') return err(writeFailed(directory, made.error));
  const file = store.open(`${directory}/${METASTORE}`, 'create');
  if (!file.ok && file.error.kind === 'exists') return err(new ClusterError('LOG_EXISTS', { directory }));
  if (!file.ok) return err(writeFailed(directory, file.error));
  const bytes = encodeMetastore({ segment: 0, unitBytes, safety, format: formatOf(MAGIC_PLAIN) });
  const written = file.value.write(bytes, 0);
  file.value.close();
  if (!written.ok || written.value < METASTORE_BYTES) {
    store.unlink(`${directory}/${METASTORE}`);
    return err(
      writeFailed(directory, written.ok ? { kind: 'full', reason: 'the disk is full' } : written.error),
    );
  }
  for (const subscriber of subscribers) {
    const added = addCheckpoint({ store, directory }, subscriber, LOG_BEGIN);
    if (!added.ok && added.error.code !== 'LOG_SUBSCRIBER_EXISTS') return added;
  }
  return ok(undefined);
}

/** LOG_MISSING when there is no such directory; LOG_UNUSABLE when it holds no log; LOG_READ_FAILED. */
export function openLog(store: FileStore, directory: string): Result<JournalLog, ClusterError> {
  const view = lookAt(store, directory);
  return view.ok ? ok(new Journal(store, directory)) : view;
}

class Journal implements JournalLog {
  readonly directory: string;
  readonly #store: FileStore;
  readonly #segments: Segments;

  constructor(store: FileStore, directory: string) {
    this.directory = directory;
    this.#store = store;
    this.#segments = new Segments(store, directory);
  }

  close(): void {
    this.#segments.forget();
  }

  readFrom(position: LogPosition, limits: ReadLimits): Result<ReadResult, ClusterError> {
    return this.#withView((view) => {
      const read = new ReadCall({ view, segments: this.#segments }, position, limits).run();
      return read.ok ? read : err(readFailed(this.directory, read.error));
    });
  }

  subscribers(): Result<readonly SubscriberPosition[], ClusterError> {
    return this.#withView((view) => ok(listSubscribers(this.#log, view)));
  }

  addSubscriber(name: string, whence: 'begin' | 'end'): Result<LogPosition, ClusterError> {
    return this.#writing((view) => {
      const position = whence === 'begin' ? beginOf(view) : this.#endOf(view);
      if (!('segment' in position)) return position;
      const added = addCheckpoint(this.#log, name, position);
      return added.ok ? ok(position) : added;
    });
  }

  removeSubscriber(name: string): Result<void, ClusterError> {
    return removeCheckpoint(this.#log, name);
  }

  checkpoint(subscriber: string, position: LogPosition): Result<Checkpointed, ClusterError> {
    return this.#writing((view) => {
      if (this.#isBehindEnd(view, position)) return err(behindTheEnd(this.directory, subscriber, position));
      return moveCheckpoint(this.#log, view, { subscriber, position });
    });
  }

  setCheckpoint(subscriber: string, position: LogPosition): Result<Checkpointed, ClusterError> {
    return this.#writing((view) => {
      if (this.#isBehindEnd(view, position)) return err(behindTheEnd(this.directory, subscriber, position));
      const added = addCheckpoint(this.#log, subscriber, beginOf(view));
      if (!added.ok && added.error.code !== 'LOG_SUBSCRIBER_EXISTS') return added;
      return moveCheckpoint(this.#log, view, { subscriber, position });
    });
  }

  clean(): Result<readonly number[], ClusterError> {
    return this.#writing((view) => {
      const needed = readCheckpoints(this.#store, this.directory, view);
      if (needed.length === 0) return ok([]);
      return ok(retire(this.#log, view, { from: 0, to: view.current }));
    });
  }

  describe(nowUs: number): Result<LogDescription, ClusterError> {
    return this.#withView((view) => {
      const survey = this.#survey(view);
      const subscribers = listSubscribers(this.#log, view).map(({ name, position }) => ({
        name,
        position,
        lag:
          position === undefined
            ? { known: false as const, reason: 'its checkpoint cannot be read' }
            : survey.lagOf(position, nowUs),
      }));
      const [first] = view.segments;
      const last = view.segments.at(-1);
      const counted = last === undefined ? undefined : survey.count(last);
      return ok({
        onDiskBytes: this.#onDiskBytes(view),
        segments: view.segments.length,
        first: first === undefined ? undefined : { segment: first, marker: 0 },
        last:
          last === undefined || counted === undefined || !counted.ok || counted.value === undefined
            ? undefined
            : { segment: last, marker: counted.value.records },
        subscribers,
        gaps: survey.gaps,
        troubles: this.#troubles(view, survey),
      });
    });
  }

  lagOf(position: LogPosition, nowUs: number): Result<Lag, ClusterError> {
    return this.#withView((view) => ok(this.#survey(view).lagOf(position, nowUs)));
  }

  stepFrom(position: LogPosition, records: number): Result<LogPosition | undefined, ClusterError> {
    return this.#withView((view) => ok(stepFrom({ survey: this.#survey(view), view }, position, records)));
  }

  #survey(view: LogView): LagSurvey {
    return new LagSurvey({ view, segments: this.#segments }, SURVEY_BYTES_MAX);
  }

  get #log(): { readonly store: FileStore; readonly directory: string } {
    return { store: this.#store, directory: this.directory };
  }

  #withView<T>(use: (view: LogView) => Result<T, ClusterError>): Result<T, ClusterError> {
    const view = lookAt(this.#store, this.directory);
    if (!view.ok) return view;
    this.#segments.keepOnly(new Set(view.value.segments));
    return use(view.value);
  }

  /** A log whose metastore cannot be trusted is only read. */
  #writing<T>(use: (view: LogView) => Result<T, ClusterError>): Result<T, ClusterError> {
    return this.#withView((view) => {
      if (view.meta !== undefined) return use(view);
      const reason = view.troubles.join(', ');
      return err(new ClusterError('LOG_UNUSABLE', { directory: this.directory, reason }));
    });
  }

  /** Where everything written so far has been read. */
  #endOf(view: LogView): LogPosition | Result<never, ClusterError> {
    const segment = view.current;
    if (!view.segments.includes(segment)) return { segment, marker: 0 };
    const counted = new LagSurvey({ view, segments: this.#segments }, Number.POSITIVE_INFINITY).count(
      segment,
    );
    if (!counted.ok) return err(readFailed(this.directory, counted.error));
    return { segment, marker: counted.value?.records ?? 0 };
  }

  /** A checkpoint there would skip what is still to be written. Looks no further than it has to: a segment may be huge. */
  #isBehindEnd({ current, segments, format }: LogView, { segment, marker }: LogPosition): boolean {
    if (segment !== current) return segment > current;
    if (marker === 0) return false;
    if (!segments.includes(segment)) return true;
    const reaches = this.#segments.with({ segment, current, format }, (open) => {
      const { error } = this.#segments.explore(open, { bytesMax: Number.POSITIVE_INFINITY, marker });
      return error !== undefined || open.map.behindLast.marker >= marker;
    });
    return reaches.ok && !reaches.value;
  }

  #onDiskBytes({ names }: LogView): number {
    let bytes = 0;
    for (const name of names) {
      const size = this.#store.sizeOf(`${this.directory}/${name}`);
      if (size.ok) bytes += size.value;
    }
    return bytes;
  }

  #troubles(view: LogView, survey: LagSurvey): readonly string[] {
    const troubles = [...view.troubles];
    for (const { file, position } of readCheckpoints(this.#store, this.directory, view)) {
      if (position === undefined) troubles.push(`the checkpoint ${file} cannot be read: nothing is retired`);
    }
    const foreign = view.names.filter((name) => !isOfLog(name));
    if (foreign.length > 0) troubles.push(`${foreign.length} foreign files, for example ${foreign[0]}`);
    for (const segment of view.segments) {
      if (troubles.length >= TROUBLES_MAX) break;
      const damage = survey.damageOf(segment);
      if (damage !== undefined) troubles.push(`segment ${segmentName(segment)}: ${damage}`);
    }
    return troubles.slice(0, TROUBLES_MAX);
  }
}

function isOfLog(name: string): boolean {
  if (name === METASTORE || name === PRE_COMMIT || isCheckpointName(name) || isIndexName(name)) return true;
  return parseSegmentName(name) !== undefined || isOwnerName(name);
}

/** JLOG_BEGIN: before everything that exists. */
function beginOf({ segments }: LogView): LogPosition {
  const [first] = segments;
  return first === undefined ? LOG_BEGIN : { segment: first, marker: 0 };
}
