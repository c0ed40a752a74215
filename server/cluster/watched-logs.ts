/**
 * The logs that a node publishes, as it sees them: looked at one by one, so that no look takes long. Keeps what only
 * time shows: rates, and when a checkpoint moved. Everything else is asked of the log each time.
 */

import type { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { FileStore, JournalLog, Lag, LogDescription, SubscriberState } from '../jlog/api.ts';
import { COUNTING } from '../jlog/lag.ts';
import { openLog } from '../jlog/log.ts';
import type { LogJob } from '../logs/api.ts';
import { comparePositions, LOG_BEGIN, type LogPosition } from '../model/log-position.ts';
import type { LogRow, SubscriberView } from '../wire/logs.ts';
import { type LogAmount, LogRate } from './log-rates.ts';
import type { WrittenSoFar } from './log-streams.ts';

export type DiskSpace = { readonly freeBytes: number; readonly totalBytes: number };

/** What a node has for its logs; a simulated one may have none. */
export type LogPlaces = {
  readonly store: FileStore;
  /** Of the file system that holds the path or, where that does not exist yet, its next parent; undefined: not known. */
  readonly diskOf: (path: string) => DiskSpace | undefined;
  /** What a logger of this process wrote there. */
  readonly written: (directory: string) => WrittenSoFar | undefined;
};

/** A checkpoint that moved within this time is in use (LS-7). */
export const IN_USE_MS = 30_000;

export type LookMoment = { readonly nowMs: number; readonly wallUs: number };

/** As `SubscriberView`, on the clock of this process. */
export type SubscriberLook = {
  readonly name: string;
  readonly position: LogPosition | undefined;
  readonly lag: Extract<Lag, { known: true }> | undefined;
  readonly unknown: SubscriberView['unknown'];
  readonly text: string;
  readonly rate: LogAmount | undefined;
  readonly job: LogJob | undefined;
  readonly movedAtMs: number | undefined;
  readonly neverRead: boolean;
  readonly active: boolean;
};

export type LogLook = {
  readonly log: string;
  readonly directory: string;
  readonly state: LogRow['state'];
  readonly text: string;
  readonly description: LogDescription | undefined;
  readonly rate: LogAmount | undefined;
  readonly disk: DiskSpace | undefined;
  readonly subscribers: readonly SubscriberLook[];
};

type Reader = {
  position: LogPosition | undefined;
  movedAtMs: number | undefined;
  readonly rate: LogRate;
};

type Published = {
  readonly log: string;
  readonly directory: string;
  journal: JournalLog | undefined;
  /** Written since the first look. */
  total: LogAmount;
  /** What the writer of this process had written, and where the log ended, at the last look. */
  last: { readonly written: LogAmount | undefined; readonly end: LogPosition | undefined } | undefined;
  readonly rate: LogRate;
  readonly readers: Map<string, Reader>;
  look: LogLook | undefined;
};

export class WatchedLogs {
  readonly #places: LogPlaces;
  readonly #jobs: (nowMs: number) => readonly LogJob[];
  readonly #logs = new Map<string, Published>();

  constructor(places: LogPlaces, jobs: (nowMs: number) => readonly LogJob[]) {
    this.#places = places;
    this.#jobs = jobs;
  }

  /** @param wanted key and directory. */
  follow(wanted: ReadonlyMap<string, string>): void {
    const before = new Map(this.#logs);
    this.#logs.clear();
    for (const [log, directory] of wanted) {
      const known = before.get(log);
      if (known?.directory === directory) before.delete(log);
      this.#logs.set(log, known?.directory === directory ? known : newPublished(log, directory));
    }
    for (const { journal } of before.values()) journal?.close();
  }

  /** In order of the configuration. */
  get keys(): readonly string[] {
    return [...this.#logs.keys()];
  }

  directoryOf(log: string): string | undefined {
    return this.#logs.get(log)?.directory;
  }

  /** As seen by the last look; undefined before the first one. */
  lookOf(log: string): LogLook | undefined {
    return this.#logs.get(log)?.look;
  }

  /** Undefined for a log that is not published. */
  journal(log: string): Result<JournalLog, ClusterError> | undefined {
    const published = this.#logs.get(log);
    return published === undefined ? undefined : this.#journalOf(published);
  }

  /** Looks at one log now. Undefined for one that is not published. */
  look(log: string, moment: LookMoment): LogLook | undefined {
    const published = this.#logs.get(log);
    if (published === undefined) return undefined;
    const journal = this.#journalOf(published);
    const described = journal.ok ? journal.value.describe(moment.wallUs) : journal;
    const disk = this.#places.diskOf(published.directory);
    if (!described.ok || !journal.ok) {
      published.last = undefined;
      published.look = unreadable(published, described.ok ? undefined : described.error, disk);
      return published.look;
    }
    this.#count(published, journal.value, described.value, moment);
    const jobs = this.#jobs(moment.nowMs).filter((job) => job.log === log);
    const subscribers = described.value.subscribers.map((state) =>
      this.#reader(published, state, jobs, moment.nowMs),
    );
    for (const name of published.readers.keys())
      if (!subscribers.some((one) => one.name === name)) published.readers.delete(name);
    const { gaps, troubles } = described.value;
    published.look = {
      log,
      directory: published.directory,
      state: gaps > 0 ? 'damaged' : 'ok',
      text: troubles.join('; '),
      description: described.value,
      rate: published.rate.perS(),
      disk,
      subscribers,
    };
    return published.look;
  }

  /** Without counting anything. */
  sizeOf(log: string): number {
    const directory = this.#logs.get(log)?.directory ?? '';
    const { store } = this.#places;
    const names = store.list(directory);
    if (!names.ok) return 0;
    let bytes = 0;
    for (const name of names.value) {
      const size = store.sizeOf(`${directory}/${name}`);
      if (size.ok) bytes += size.value;
    }
    return bytes;
  }

  /** A job serves it, or its checkpoint moved a moment ago; the reason is for people. */
  inUse(log: string, subscriber: string, nowMs: number): string | undefined {
    const job = this.#jobs(nowMs).find((one) => one.log === log && one.subscriber === subscriber);
    if (job !== undefined) return `job ${job.id} serves it to ${job.by}`;
    const movedAtMs = this.#logs.get(log)?.readers.get(subscriber)?.movedAtMs;
    if (movedAtMs === undefined || nowMs - movedAtMs >= IN_USE_MS) return undefined;
    const agoS = Math.max(0, Math.floor((nowMs - movedAtMs) / 1_000));
    return `its checkpoint moved ${agoS} s ago: somebody reads there`;
  }

  /** An operator moved a checkpoint: that was no reader, and rates begin anew. */
  noteMoved(log: string, subscriber: string, position: LogPosition): void {
    const reader = this.#logs.get(log)?.readers.get(subscriber);
    if (reader === undefined) return;
    reader.position = position;
    reader.movedAtMs = undefined;
    reader.rate.forget();
  }

  #journalOf(published: Published): Result<JournalLog, ClusterError> {
    if (published.journal !== undefined) return ok(published.journal);
    const opened = openLog(this.#places.store, published.directory);
    if (opened.ok) published.journal = opened.value;
    return opened.ok ? opened : err(opened.error);
  }

  /** What was written since the last look: by the writer of this process, or else by what lies behind the last end. */
  #count(
    published: Published,
    journal: JournalLog,
    now: LogDescription,
    { nowMs, wallUs }: LookMoment,
  ): void {
    const written = this.#places.written(published.directory);
    const before = published.last;
    published.last = {
      written: written && { records: written.messages, bytes: written.bytes },
      end: now.last ?? before?.end,
    };
    if (before === undefined) {
      published.rate.add(published.total, nowMs);
      return;
    }
    const added = addedSince(before, written) ?? behind(journal, before.end, wallUs);
    if (added === undefined) return;
    const { records, bytes } = published.total;
    published.total = { records: records + added.records, bytes: bytes + added.bytes };
    published.rate.add(published.total, nowMs);
  }

  #reader(
    published: Published,
    { name, position, lag }: SubscriberState,
    jobs: readonly LogJob[],
    nowMs: number,
  ): SubscriberLook {
    const reader = published.readers.get(name) ?? { position, movedAtMs: undefined, rate: new LogRate() };
    published.readers.set(name, reader);
    if (
      position !== undefined &&
      reader.position !== undefined &&
      comparePositions(position, reader.position) !== 0
    )
      reader.movedAtMs = nowMs;
    reader.position = position ?? reader.position;
    const known = lag.known && lag.lost === undefined ? lag : undefined;
    if (known !== undefined) {
      const { records, bytes } = published.total;
      reader.rate.add({ records: records - known.records, bytes: bytes - known.bytes }, nowMs);
    }
    const job = jobs.find((one) => one.subscriber === name);
    const { unknown, text } = whyUnknown(position, lag);
    return {
      name,
      position,
      lag: known,
      unknown,
      text,
      rate: reader.rate.perS(),
      job,
      movedAtMs: reader.movedAtMs,
      neverRead:
        position !== undefined &&
        comparePositions(position, LOG_BEGIN) === 0 &&
        reader.movedAtMs === undefined,
      active: job !== undefined || (reader.movedAtMs !== undefined && nowMs - reader.movedAtMs < IN_USE_MS),
    };
  }
}

function newPublished(log: string, directory: string): Published {
  return {
    log,
    directory,
    journal: undefined,
    total: { records: 0, bytes: 0 },
    last: undefined,
    rate: new LogRate(),
    readers: new Map(),
    look: undefined,
  };
}

function unreadable(
  { log, directory }: Published,
  error: ClusterError | undefined,
  disk: DiskSpace | undefined,
): LogLook {
  const missing = error?.code === 'LOG_MISSING';
  return {
    log,
    directory,
    state: missing ? 'missing' : 'unreadable',
    text: missing ? 'nothing was written there yet' : (error?.message ?? ''),
    description: undefined,
    rate: undefined,
    disk,
    subscribers: [],
  };
}

/** By the counters of the writer; undefined where it was not there at both looks, or began anew. */
function addedSince(
  before: NonNullable<Published['last']>,
  written: WrittenSoFar | undefined,
): LogAmount | undefined {
  if (written === undefined || before.written === undefined) return undefined;
  const records = written.messages - before.written.records;
  const bytes = written.bytes - before.written.bytes;
  return records < 0 || bytes < 0 ? undefined : { records, bytes };
}

function behind(journal: JournalLog, end: LogPosition | undefined, wallUs: number): LogAmount | undefined {
  if (end === undefined) return undefined;
  const lag = journal.lagOf(end, wallUs);
  return lag.ok && lag.value.known && lag.value.lost !== 'past-end' ? lag.value : undefined;
}

function whyUnknown(position: LogPosition | undefined, lag: Lag): Pick<SubscriberLook, 'unknown' | 'text'> {
  if (position === undefined) return { unknown: 'badCheckpoint', text: 'its checkpoint cannot be read' };
  if (!lag.known) {
    return { unknown: lag.reason === COUNTING ? 'notCounted' : 'unreadable', text: lag.reason };
  }
  if (lag.lost === 'before-oldest-segment')
    return { unknown: 'dataLost', text: 'records behind its checkpoint were deleted before it read them' };
  if (lag.lost === 'past-end')
    return { unknown: 'pastEnd', text: 'its checkpoint lies behind the end of the log' };
  return { unknown: null, text: '' };
}
