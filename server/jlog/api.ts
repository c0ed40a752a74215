/**
 * What others need of durable logs. A log is a directory in the format of the jlog library (reference: jlog.md); the
 * functions that make these objects: `createLog`, `openLog` in log.ts, `openWriter` in writer.ts, `repairLog` in
 * repair.ts. Everything works at once and returns, except that the disk may take its time for a sync: all else goes
 * to memory of the kernel, and a node that appends has nothing better to do than to have it done. Every call does a
 * bounded amount of work.
 */

import type { ClusterError } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';

/** Why the disk refused. `full` stands for a full disk and for a quota, `damaged` for a disk that cannot read its own. */
export type StoreError = {
  readonly kind: 'missing' | 'exists' | 'denied' | 'full' | 'damaged' | 'other';
  /** For people, without the path. */
  readonly reason: string;
};

/** An open file. Offsets and sizes are bytes. */
export interface StoreFile {
  size(): Result<number, StoreError>;
  /** @returns how many bytes were read: fewer than `into` holds only at the end of the file. */
  read(into: Uint8Array, offset: number): Result<number, StoreError>;
  /** One write call. @returns how many bytes were written, which may be fewer. A file opened to append ignores the offset. */
  write(bytes: Uint8Array, offset: number): Result<number, StoreError>;
  truncate(size: number): Result<void, StoreError>;
  /** `done` is called once, later, when everything written so far is on the disk; also when the file is closed meanwhile. */
  sync(done: (error: StoreError | undefined) => void): void;
  /** After this nothing else may be called. */
  close(): void;
}

/**
 * How a file is opened: `read`; `update` reads and writes an existing one; `append` creates it where needed, and every
 * write goes to its end whoever else writes; `create` must not exist yet.
 */
export type OpenMode = 'read' | 'update' | 'append' | 'create';

/** Files. Paths are absolute or relative as the configuration gives them; names hold no slash. */
export interface FileStore {
  open(path: string, mode: OpenMode): Result<StoreFile, StoreError>;
  /** Names in a directory, in any order. */
  list(directory: string): Result<readonly string[], StoreError>;
  /** Of a regular file, without opening it. */
  sizeOf(path: string): Result<number, StoreError>;
  unlink(path: string): Result<void, StoreError>;
  /** Takes the place of what is there, at once. */
  rename(from: string, to: string): Result<void, StoreError>;
  /** Creates one directory; its parent must exist unless `parents`. */
  makeDirectory(path: string, options: { readonly parents: boolean }): Result<void, StoreError>;
  /** Makes created and removed names last; see `StoreFile.sync`. */
  syncDirectory(directory: string, done: (error: StoreError | undefined) => void): void;
  /**
   * Names this process among all that ever ran on this machine: letters, digits, `-`. What comes before the first `-`
   * changes when the machine is switched on.
   */
  readonly processId: string;
  /** False only when no process has this name any more. */
  isAlive(processId: string): boolean;
}

/** Text is written as UTF-8. */
export type LogMessage = Uint8Array | string;

export type LogRecord = {
  /** Of this record; also the checkpoint that says it was read. */
  readonly position: LogPosition;
  /** Wall time at which it was written, in microseconds since 1970. From the file: anything is possible. */
  readonly timeUs: number;
  /** Shares memory with the other records of the same answer. */
  readonly data: Uint8Array;
};

/** What could not be read. */
export type LogGap = {
  /** Position of the last readable record before it. */
  readonly after: LogPosition;
  readonly reason: GapReason;
  /** Bytes that were passed over; undefined where nobody knows. */
  readonly bytes: number | undefined;
  /** Where it begins in its segment; undefined when the segment is gone. */
  readonly offset: number | undefined;
};

/**
 * `damaged`: bytes that are no record; `torn`: a record that was never completed in a segment that is over; `unpackable`:
 * one record that does not decompress; `too-large`: one record above `RECORD_BYTES_MAX`; `missing-segment`: one or more
 * segments are gone; `empty-segment`: a segment that is over holds nothing; `unreadable`: the disk refuses a segment;
 * `past-end`: the position asked for lies behind the end of the log, reading goes on at the end.
 */
export type GapReason =
  | 'damaged'
  | 'torn'
  | 'unpackable'
  | 'too-large'
  | 'missing-segment'
  | 'empty-segment'
  | 'unreadable'
  | 'past-end';

/** A longer record is passed over and reported. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;

export type ReadLimits = {
  /** At most so many records, at least 1. */
  readonly records: number;
  /** About so many bytes of messages; one longer message alone still comes. */
  readonly bytes: number;
};

export type ReadResult = {
  readonly records: readonly LogRecord[];
  /** What was passed over on the way, in order; at most `GAPS_MAX`. */
  readonly gaps: readonly LogGap[];
  /**
   * Where to go on, and the checkpoint that says that all of the above was taken. Steps into the next segment as soon as
   * one is over, so that it can be retired: set it even when there was no record.
   */
  readonly next: LogPosition;
  /** Nothing is left at the moment. False with no records: the place is still being looked for, call again. */
  readonly atEnd: boolean;
};

/** What stands between a checkpoint and the end. */
export type Lag =
  | {
      readonly known: true;
      readonly records: number;
      /** As they lie in the segments, with their headers. */
      readonly bytes: number;
      /** Age of the oldest unread record by its own time; undefined when nothing is unread. */
      readonly ageUs: number | undefined;
      /** Set when the log no longer has everything since the checkpoint. */
      readonly lost: 'before-oldest-segment' | 'past-end' | undefined;
    }
  /** A reason for people, for example that counting is under way. */
  | { readonly known: false; readonly reason: string };

export type SubscriberState = {
  /** As text when it is UTF-8; other bytes as `\xHH`. */
  readonly name: string;
  /** Undefined when its checkpoint cannot be read: then nothing is retired. */
  readonly position: LogPosition | undefined;
  readonly lag: Lag;
};

export type LogDescription = {
  /** Sum of all regular files of the directory, as the C library counts. */
  readonly onDiskBytes: number;
  readonly segments: number;
  /** Oldest segment that exists, marker 0; undefined in a log without segments. */
  readonly first: LogPosition | undefined;
  /** Undefined while its records are still being counted, and in a log without segments. */
  readonly last: LogPosition | undefined;
  readonly subscribers: readonly SubscriberState[];
  /** Damaged places, as far as records were counted. */
  readonly gaps: number;
  /** What is wrong with the log, for people; at most `TROUBLES_MAX`. Damage is found where it was read or counted. */
  readonly troubles: readonly string[];
};

/** A log for reading and for its subscribers. Keeps what it learned about segments, in bounded memory: keep the object. */
export interface JournalLog {
  readonly directory: string;
  /** Reads on after `position`, across segments. Moves no checkpoint and writes nothing. */
  readFrom(position: LogPosition, limits: ReadLimits): Result<ReadResult, ClusterError>;
  /** Names in order of their bytes. */
  subscribers(): Result<readonly SubscriberPosition[], ClusterError>;
  /** @returns where it stands. LOG_SUBSCRIBER_EXISTS when there is one. */
  addSubscriber(name: string, whence: 'begin' | 'end'): Result<LogPosition, ClusterError>;
  /** Retires nothing. LOG_SUBSCRIBER_UNKNOWN when there is none. */
  removeSubscriber(name: string): Result<void, ClusterError>;
  /** What the subscriber has read: moves its checkpoint and retires segments that it passed and nobody needs. */
  checkpoint(name: string, position: LogPosition): Result<Checkpointed, ClusterError>;
  /** The same by hand of an operator, back or forth; adds the subscriber where it does not exist. */
  setCheckpoint(name: string, position: LogPosition): Result<Checkpointed, ClusterError>;
  /** Deletes every segment that no subscriber needs, orphans as well; nothing when there is no subscriber. */
  clean(): Result<readonly number[], ClusterError>;
  /** Counts a bounded amount at each call; lags that are not counted yet say so. */
  describe(nowUs: number): Result<LogDescription, ClusterError>;
  /** What lies behind a position, whether a subscriber stands there or not. Counts a bounded amount at each call. */
  lagOf(position: LogPosition, nowUs: number): Result<Lag, ClusterError>;
  /**
   * So many records on, or back when negative, but never out of the log. Counts a bounded amount at each call; undefined
   * until all is counted, and in a log without segments.
   */
  stepFrom(position: LogPosition, records: number): Result<LogPosition | undefined, ClusterError>;
  /** Gives back memory. The object stays usable. */
  close(): void;
}

export type SubscriberPosition = { readonly name: string; readonly position: LogPosition | undefined };

export type Checkpointed = {
  /** Numbers of the segments that were deleted. */
  readonly retired: readonly number[];
};

export type Appended = {
  /** Of the last message that was written; undefined when none was. */
  readonly last: LogPosition | undefined;
  /** How many of the given messages were written, from the first. They survive the death of the process. */
  readonly messages: number;
  /** LOG_FULL, LOG_WRITE_FAILED or LOG_MESSAGE_TOO_LARGE: why the rest was not. Nothing of the rest is in the file. */
  readonly error: ClusterError | undefined;
};

export type WriterStats = {
  readonly messages: number;
  /** With headers. */
  readonly bytes: number;
  readonly segment: number;
  /** Last message that survives the loss of power; undefined before the first `flush` came back. */
  readonly synced: LogPosition | undefined;
  /** Times that the current segment was left. */
  readonly rolled: number;
  /** What opening found at the end of the current segment, and appending at other times: for people. */
  readonly troubles: readonly string[];
};

/** The one writer of a log. */
export interface JournalWriter {
  /** All messages of one turn: one write call for each segment and MiB. @param timeUs wall time in microseconds since 1970. */
  append(messages: readonly LogMessage[], timeUs: number): Appended;
  /**
   * Calls `done` when everything appended before this call survives the loss of power. Calls that come while the disk is
   * busy share the next sync.
   */
  flush(done: (error: ClusterError | undefined) => void): void;
  stats(): WriterStats;
  /** Syncs and lets another writer in; `done` is called when all is on disk. */
  close(done?: (error: ClusterError | undefined) => void): void;
}

/** What a new log gets. */
export type LogCreation = {
  /** Size at which a segment is left; 1 .. 2^32-1, default 4 MiB. */
  readonly unitBytes?: number;
  /** 0 unsafe, 1 almost safe (default), 2 safe; for the C library, see jlog.md 15. */
  readonly safety?: 0 | 1 | 2;
  /** Added at the beginning. */
  readonly subscribers?: readonly string[];
};

/** LOG_EXISTS when the directory exists with a metastore; LOG_READ_ONLY, LOG_FULL, LOG_WRITE_FAILED. */
export type CreateLog = (
  store: FileStore,
  directory: string,
  creation: LogCreation,
) => Result<void, ClusterError>;

/** LOG_MISSING when there is no such directory; LOG_UNUSABLE when it holds no log; LOG_READ_FAILED. */
export type OpenLog = (store: FileStore, directory: string) => Result<JournalLog, ClusterError>;

/** LOG_MISSING, LOG_UNUSABLE, LOG_IN_USE, LOG_READ_ONLY, LOG_FULL, LOG_WRITE_FAILED, LOG_READ_FAILED. */
export type OpenWriter = (store: FileStore, directory: string) => Result<JournalWriter, ClusterError>;

export const GAPS_MAX = 100;
export const TROUBLES_MAX = 20;
