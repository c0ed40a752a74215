/**
 * Repair, only when somebody asks for it: a metastore that says what the files say, and segments without what is no
 * record. Keeps every record that readers can have, under the number that they know, so that checkpoints stay right. A
 * segment is written anew beside the old one and takes its place at once; what was cut out is counted.
 */

import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { FileStore, StoreError, StoreFile } from './api.ts';
import {
  encodeMetastore,
  MAGIC_LEGACY,
  METASTORE_BYTES,
  SAFETY_DEFAULT,
  UNIT_BYTES_DEFAULT,
} from './format.ts';
import { type LogView, lookAt, readCheckpoints, readStart } from './log-view.ts';
import { indexName, METASTORE, segmentName } from './names.ts';
import { readFailed, writeFailed } from './refusals.ts';
import { CHANGED, type OpenSegment, Segments, walkOf } from './segments.ts';
import { lockWriter } from './writer-lock.ts';

export type RepairReport = {
  /** What was done, and what an operator has to decide, for people. */
  readonly lines: readonly string[];
  readonly bytesCut: number;
};

type Done = (result: Result<RepairReport, ClusterError>) => void;

/**
 * Not while a writer is at work: LOG_IN_USE. LOG_UNUSABLE for logs of jlog 1 and of the other byte order, which are only
 * read. `done` is called when everything is on the disk.
 */
export function repairLog(store: FileStore, directory: string, done: Done): void {
  const view = lookAt(store, directory);
  if (!view.ok) {
    done(view);
    return;
  }
  const { format } = view.value;
  if (format.magic === MAGIC_LEGACY || format.bigEndian) {
    const reason = view.value.troubles.join(', ');
    done(err(new ClusterError('LOG_UNUSABLE', { directory, reason })));
    return;
  }
  const lock = lockWriter(store, directory);
  if (!lock.ok) {
    done(lock);
    return;
  }
  const repair = new Repair(store, directory, view.value);
  repair.run((failed) => {
    lock.value.release();
    done(failed === undefined ? ok(repair.report()) : err(failed));
  });
}

class Repair {
  readonly #store: FileStore;
  readonly #directory: string;
  readonly #view: LogView;
  readonly #segments: Segments;
  readonly #lines: string[] = [];
  #bytesCut = 0;

  constructor(store: FileStore, directory: string, view: LogView) {
    this.#store = store;
    this.#directory = directory;
    this.#view = view;
    this.#segments = new Segments(store, directory);
  }

  report(): RepairReport {
    return { lines: this.#lines, bytesCut: this.#bytesCut };
  }

  run(done: (failed: ClusterError | undefined) => void): void {
    const failed = this.#repairMetastore();
    if (failed !== undefined) {
      done(failed);
      return;
    }
    for (const { file, position } of readCheckpoints(this.#store, this.#directory, this.#view)) {
      if (position === undefined) this.#lines.push(`${file} cannot be read: set or erase this subscriber`);
    }
    this.#next(0, done);
  }

  #repairMetastore(): ClusterError | undefined {
    const { meta, segments, format, current } = this.#view;
    const path = `${this.#directory}/${METASTORE}`;
    const segment = segments.at(-1) ?? current;
    if (meta?.segment === segment) return undefined;
    const before = readStart(this.#store, path, METASTORE_BYTES);
    const old = before.ok && before.value.length === METASTORE_BYTES ? before.value : undefined;
    const unitBytes = old?.readUInt32LE(4) || UNIT_BYTES_DEFAULT;
    const kept = old?.readUInt32LE(8) ?? SAFETY_DEFAULT;
    const bytes = encodeMetastore({ segment, unitBytes, safety: kept > 2 ? SAFETY_DEFAULT : kept, format });
    const opened = this.#store.open(path, 'update');
    const file = opened.ok ? opened : this.#store.open(path, 'create');
    if (!file.ok) return writeFailed(this.#directory, file.error);
    const written = file.value.write(bytes, 0);
    const cut = file.value.truncate(bytes.length);
    file.value.close();
    if (!written.ok) return writeFailed(this.#directory, written.error);
    if (!cut.ok) return writeFailed(this.#directory, cut.error);
    this.#lines.push(`metastore: segment ${segmentName(segment)}, segments of ${unitBytes} bytes`);
    return undefined;
  }

  #next(index: number, done: (failed: ClusterError | undefined) => void): void {
    const segment = this.#view.segments[index];
    if (segment === undefined) {
      this.#store.syncDirectory(this.#directory, (error) =>
        done(error && writeFailed(this.#directory, error)),
      );
      return;
    }
    const { format } = this.#view;
    const aside = `${this.#directory}/repair.${segmentName(segment)}`;
    const copied = this.#segments.with({ segment, current: segment + 1, format }, (open) =>
      this.#copy(open, aside),
    );
    if (!copied.ok || !copied.value.ok) {
      const error = copied.ok ? (copied.value.ok ? CHANGED : copied.value.error) : copied.error;
      this.#store.unlink(aside);
      done(error.kind === 'full' ? writeFailed(this.#directory, error) : readFailed(this.#directory, error));
      return;
    }
    const file = copied.value.value;
    if (file === undefined) {
      this.#next(index + 1, done);
      return;
    }
    file.sync((error) => {
      file.close();
      const failed = error ?? this.#replace(segment, aside);
      if (failed === undefined) this.#next(index + 1, done);
      else done(writeFailed(this.#directory, failed));
    });
  }

  #replace(segment: number, aside: string): StoreError | undefined {
    this.#store.unlink(`${this.#directory}/${indexName(segment)}`);
    const renamed = this.#store.rename(aside, this.#segments.pathOf(segment));
    return renamed.ok ? undefined : renamed.error;
  }

  /** Every record of a segment into a new file. @returns undefined when nothing is to be cut out. */
  #copy(open: OpenSegment, aside: string): Result<StoreFile | undefined, StoreError> {
    const { error } = this.#segments.explore(open, { bytesMax: Number.POSITIVE_INFINITY });
    if (error !== undefined) return err(error);
    const { gapsFound, gapBytes } = open.map;
    if (gapsFound === 0) return ok(undefined);
    this.#store.unlink(aside);
    const created = this.#store.open(aside, 'create');
    if (!created.ok) return created;
    const put = copyRecords(open, created.value);
    if (put !== undefined) {
      created.value.close();
      return err(put);
    }
    this.#bytesCut += gapBytes;
    const records = open.map.behindLast.marker;
    this.#lines.push(
      `segment ${segmentName(open.segment)}: ${gapBytes} bytes in ${gapsFound} places were no record, ${records} records kept`,
    );
    return ok(created.value);
  }
}

/** Runs of good records are copied in pieces. */
const PIECE_BYTES = 1024 * 1024;

function copyRecords(open: OpenSegment, to: StoreFile): StoreError | undefined {
  const walk = walkOf(open, {
    from: { offset: 0, marker: 0 },
    bodies: false,
    bytesMax: Number.POSITIVE_INFINITY,
  });
  let [runFrom, written] = [0, 0];
  for (let step = walk.next(); ; step = walk.next()) {
    if (step === 'record') continue;
    if (step !== 'gap' && step !== 'end') return walk.error ?? CHANGED;
    const runTo = step === 'gap' ? walk.gapOffset : walk.offset;
    for (let offset = runFrom; offset < runTo; offset += PIECE_BYTES) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, runTo - offset));
      const read = open.file.read(piece, offset);
      if (!read.ok) return read.error;
      const put = to.write(piece.subarray(0, read.value), written);
      if (!put.ok) return put.error;
      if (put.value < piece.length) return { kind: 'full', reason: 'the disk is full' };
      written += put.value;
    }
    if (step === 'end') return undefined;
    runFrom = walk.offset;
  }
}
