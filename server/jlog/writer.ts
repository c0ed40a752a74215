/** The one writer of a log: batches, rollover, and never a byte over what is good (jlog.md 5, 10, 19). */

import { assert } from '../base/assert.ts';
import { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';
import {
  type Appended,
  type FileStore,
  type JournalWriter,
  type LogMessage,
  RECORD_BYTES_MAX,
  type StoreError,
  type StoreFile,
  TROUBLES_MAX,
  type WriterStats,
} from './api.ts';
import { lengthOf, RecordBatch } from './encode.ts';
import { METASTORE_BYTES, type Metastore, parseMetastore } from './format.ts';
import { lookAt } from './log-view.ts';
import { METASTORE, PRE_COMMIT, SEGMENT_MAX, segmentName, segmentsIn } from './names.ts';
import { emptyPreCommit, notYetMoved, readPreCommit } from './pre-commit.ts';
import { readFailed, writeFailed } from './refusals.ts';
import { Syncer } from './syncer.ts';
import { examineTail } from './tail.ts';
import { lockWriter, type WriterLock } from './writer-lock.ts';

const DISK_FULL: StoreError = { kind: 'full', reason: 'the disk is full' };

/** LOG_MISSING, LOG_UNUSABLE, LOG_IN_USE, LOG_READ_ONLY, LOG_FULL, LOG_WRITE_FAILED, LOG_READ_FAILED. */
export function openWriter(store: FileStore, directory: string): Result<JournalWriter, ClusterError> {
  const view = lookAt(store, directory);
  if (!view.ok) return view;
  const { meta, troubles } = view.value;
  if (meta === undefined) {
    return err(new ClusterError('LOG_UNUSABLE', { directory, reason: troubles.join(', ') }));
  }
  const metastore = store.open(`${directory}/${METASTORE}`, 'update');
  if (!metastore.ok) return err(writeFailed(directory, metastore.error));
  const lock = lockWriter(store, directory);
  if (!lock.ok) {
    metastore.value.close();
    return lock;
  }
  const writer = new Writer({ store, directory, meta, metastore: metastore.value, lock: lock.value });
  const failed = writer.start();
  if (failed === undefined) return ok(writer);
  writer.abandon();
  return err(failed.kind === 'damaged' ? readFailed(directory, failed) : writeFailed(directory, failed));
}

type Parts = {
  readonly store: FileStore;
  readonly directory: string;
  readonly meta: Metastore;
  readonly metastore: StoreFile;
  readonly lock: WriterLock;
};

type Current = {
  readonly file: StoreFile;
  readonly segment: number;
  /** Bytes that are good; the file is as long. */
  size: number;
  /** Records in them. */
  records: number;
};

class Writer implements JournalWriter {
  readonly #parts: Parts;
  readonly #syncer: Syncer;
  readonly #batch: RecordBatch;
  readonly #troubles: string[] = [];
  #current: Current | undefined;
  #meta: Metastore;
  /** The bytes of `#meta`, and room to compare. */
  readonly #metaSeen = Buffer.alloc(METASTORE_BYTES);
  readonly #metaNow = Buffer.alloc(METASTORE_BYTES);
  #synced: LogPosition | undefined;
  #closed = false;
  /** A write of ours left half of itself behind. */
  #ownTear = false;
  #messages = 0;
  #bytes = 0;
  #rolled = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#syncer = new Syncer(parts.store, parts.directory);
    this.#batch = new RecordBatch(parts.meta.format);
    this.#meta = parts.meta;
  }

  /** Opens the current segment and brings its end in order. */
  start(): StoreError | undefined {
    const { store, directory, meta, lock } = this.#parts;
    const names = store.list(directory);
    if (!names.ok) return names.error;
    const highest = segmentsIn(names.value).at(-1) ?? 0;
    if (highest > meta.segment) {
      if (highest > meta.segment + 1)
        this.#trouble(`the metastore named segment ${segmentName(meta.segment)}`);
      const stored = this.#storeSegment(highest);
      if (stored !== undefined) return stored;
    }
    const path = `${directory}/${PRE_COMMIT}`;
    const waiting = readPreCommit(store, path, meta.format);
    if (!waiting.ok) return waiting.error;
    const failed =
      this.#enter(Math.max(highest, meta.segment), lock.afterCrash) ?? this.#takeOver(path, waiting.value);
    // Readers may have seen more than is left: what they know as read must not be written anew under the same number.
    const left =
      failed ??
      (lock.afterPowerLoss && this.#openSegment().size > 0 ? this.#roll(this.#openSegment()) : undefined);
    if (left === undefined) this.#flush(() => {});
    return left;
  }

  abandon(): void {
    this.#current?.file.close();
    this.#parts.metastore.close();
    this.#parts.lock.release();
  }

  append(messages: readonly LogMessage[], timeUs: number): Appended {
    assert(!this.#closed, 'the writer is open');
    const stamp = {
      seconds: Math.floor(timeUs / 1_000_000) >>> 0,
      microseconds: Math.floor(timeUs % 1_000_000),
    };
    let last: LogPosition | undefined;
    let done = 0;
    let failed = this.#follow();
    while (failed === undefined && done < messages.length) {
      failed = this.#makeRoom();
      if (failed !== undefined) break;
      const current = this.#openSegment();
      const taken = this.#batch.fill(messages, done, this.#meta.unitBytes - current.size, stamp);
      if (taken === 0) return { last, messages: done, error: this.#tooLarge(messages[done]) };
      failed = this.#write(current, this.#batch.view(), taken);
      if (failed !== undefined) break;
      done += taken;
      last = { segment: current.segment, marker: current.records };
    }
    // A new segment that cannot be made now is made with the next message.
    if (failed === undefined) this.#makeRoom();
    return { last, messages: done, error: failed && writeFailed(this.#parts.directory, failed) };
  }

  flush(done: (error: ClusterError | undefined) => void): void {
    assert(!this.#closed, 'the writer is open');
    this.#flush(done);
  }

  #flush(done: (error: ClusterError | undefined) => void): void {
    const { segment, records: marker } = this.#openSegment();
    this.#syncer.flush((error) => {
      if (error === undefined) this.#synced = { segment, marker };
      else this.#trouble(`a sync failed: ${error.reason}`);
      done(error && writeFailed(this.#parts.directory, error));
    });
  }

  stats(): WriterStats {
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      segment: this.#current?.segment ?? this.#parts.meta.segment,
      synced: this.#synced,
      rolled: this.#rolled,
      troubles: this.#troubles,
    };
  }

  close(done: (error: ClusterError | undefined) => void = () => {}): void {
    if (this.#closed) {
      done(undefined);
      return;
    }
    this.#closed = true;
    this.#flush((error) => {
      this.abandon();
      done(error);
    });
  }

  #tooLarge(message: LogMessage | undefined): ClusterError {
    const bytes = message === undefined ? 0 : lengthOf(message);
    const { directory } = this.#parts;
    return new ClusterError('LOG_MESSAGE_TOO_LARGE', { directory, bytes, most: RECORD_BYTES_MAX });
  }

  /** All of it or nothing. */
  #write(current: Current, bytes: Uint8Array, messages: number): StoreError | undefined {
    const before = current.size;
    this.#syncer.wrote(current.file);
    let written = 0;
    while (written < bytes.length) {
      const part = current.file.write(written === 0 ? bytes : bytes.subarray(written), before + written);
      if (part.ok && part.value > 0) {
        written += part.value;
        continue;
      }
      if (written > 0 || !part.ok) this.#cutBack(current, before);
      return part.ok ? DISK_FULL : part.error;
    }
    current.size = before + bytes.length;
    current.records += messages;
    this.#messages += messages;
    this.#bytes += bytes.length;
    return undefined;
  }

  /** Where not even that works, the segment is looked at again before the next message. */
  #cutBack(current: Current, size: number): void {
    const cut = current.file.truncate(size);
    if (cut.ok) return;
    this.#ownTear = true;
    this.#trouble(`segment ${segmentName(current.segment)} could not be cut back: ${cut.error.reason}`);
  }

  /** The segment that the metastore names, as long as we left it; otherwise somebody else was here. */
  #follow(): StoreError | undefined {
    const { metastore, directory, store } = this.#parts;
    const bytes = this.#metaNow;
    const read = metastore.read(bytes, 0);
    if (!read.ok) return read.error;
    if (read.value !== METASTORE_BYTES || !bytes.equals(this.#metaSeen)) {
      const parsed = parseMetastore(bytes.subarray(0, read.value));
      if (!parsed.ok) return { kind: 'other', reason: parsed.error.reason };
      this.#meta = parsed.value;
      bytes.copy(this.#metaSeen);
    }
    const { segment: named } = this.#meta;
    const current = this.#current;
    if (current === undefined || named > current.segment) {
      const names = store.list(directory);
      const highest = names.ok ? (segmentsIn(names.value).at(-1) ?? 0) : 0;
      return this.#enter(Math.max(named, highest), false);
    }
    if (named < current.segment) {
      const stored = this.#storeSegment(current.segment);
      if (stored !== undefined) return stored;
    }
    const size = current.file.size();
    if (!size.ok) return size.error;
    if (size.value === current.size) return undefined;
    this.#trouble(
      `segment ${segmentName(current.segment)} has ${size.value} bytes instead of ${current.size}`,
    );
    return this.#enter(current.segment, this.#ownTear);
  }

  /** Leaves the current segment when it is full. */
  #makeRoom(): StoreError | undefined {
    const current = this.#openSegment();
    return current.size < this.#meta.unitBytes ? undefined : this.#roll(current);
  }

  /** The new file first, then the metastore that names it. */
  #roll({ segment }: Current): StoreError | undefined {
    if (segment >= SEGMENT_MAX) return { kind: 'other', reason: 'there are no more numbers for segments' };
    const failed = this.#enter(segment + 1, false);
    if (failed !== undefined) return failed;
    this.#rolled += 1;
    return this.#storeSegment(segment + 1);
  }

  #storeSegment(segment: number): StoreError | undefined {
    const { metastore } = this.#parts;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(segment);
    this.#syncer.wrote(metastore);
    const written = metastore.write(bytes, 0);
    if (!written.ok) return written.error;
    return written.value < bytes.length ? DISK_FULL : undefined;
  }

  /** Opens a segment in place of the present one, and cuts off its end what is no record. */
  #enter(segment: number, afterCrash: boolean): StoreError | undefined {
    const { store, directory, meta } = this.#parts;
    const opened = store.open(`${directory}/${segmentName(segment)}`, 'append');
    if (!opened.ok) return opened.error;
    const file = opened.value;
    const size = file.size();
    const tail = size.ok
      ? examineTail({ file, size: size.value, format: meta.format, segment, afterCrash })
      : size.error;
    if ('kind' in tail) {
      file.close();
      return tail;
    }
    if (tail.advice === 'cut' || tail.advice === 'cut-and-leave') {
      const cut = file.truncate(tail.end);
      if (!cut.ok) {
        file.close();
        return cut.error;
      }
      this.#trouble(
        `${size.ok ? size.value - tail.end : 0} bytes at the end of segment ${segmentName(segment)} were no record`,
      );
    }
    this.#replace({
      file,
      segment,
      size: tail.advice === 'leave' && size.ok ? size.value : tail.end,
      records: tail.records,
    });
    if (tail.advice === 'go' || tail.advice === 'cut') return undefined;
    if (tail.advice === 'leave')
      this.#trouble(`segment ${segmentName(segment)} is damaged and was left as it is`);
    return this.#roll(this.#openSegment());
  }

  #replace(next: Current): void {
    const before = this.#current;
    this.#ownTear = false;
    this.#current = next;
    this.#syncer.named();
    this.#syncer.wrote(next.file);
    if (before !== undefined) this.#syncer.leave(before.file);
  }

  /** Records of a C writer that was killed. */
  #takeOver(path: string, waiting: readonly Buffer[]): StoreError | undefined {
    if (waiting.length === 0) return undefined;
    const current = this.#openSegment();
    const rest = notYetMoved(waiting, current.file, current.size);
    if (!rest.ok) return rest.error;
    const bytes = Buffer.concat(rest.value);
    const failed = bytes.length === 0 ? undefined : this.#write(current, bytes, rest.value.length);
    if (failed !== undefined) return failed;
    const emptied = emptyPreCommit(this.#parts.store, path);
    if (!emptied.ok) return emptied.error;
    this.#trouble(`${rest.value.length} records were taken over from ${PRE_COMMIT}`);
    return this.#makeRoom();
  }

  #openSegment(): Current {
    assert(this.#current !== undefined, 'a segment is open');
    return this.#current;
  }

  #trouble(what: string): void {
    this.#troubles.push(what);
    if (this.#troubles.length > TROUBLES_MAX) this.#troubles.shift();
  }
}
