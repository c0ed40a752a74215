/**
 * Goes through a segment record by record, over damage where it can. A record counts when its header is one and either
 * the file ends behind it, or another header follows, or nothing inside it says that a later record begins there
 * (jlog.md 16, 19.11). What is passed over depends on the bytes alone, so numbers of records are the same each time.
 */

import type { GapReason, StoreError, StoreFile } from './api.ts';
import { RECORD_BYTES_MAX } from './api.ts';
import { bodyBytesAt, isHeader, type RecordFormat, u32 } from './format.ts';
import type { MapGap } from './segment-map.ts';
import { FileWindow } from './window.ts';

export type WalkOptions = {
  readonly file: StoreFile;
  readonly size: number;
  readonly format: RecordFormat;
  /** The segment is over: what is incomplete will stay so. */
  readonly sealed: boolean;
  readonly from: { readonly offset: number; readonly marker: number };
  /** Whether messages are wanted, or only where they are. */
  readonly bodies: boolean;
  readonly chunkBytes: number;
  /** About so many bytes are read before `budget` is answered. */
  readonly bytesMax: number;
  /** Gaps known from earlier, by offset. */
  readonly knownGap?: (offset: number) => MapGap | undefined;
  /** How far earlier searches behind the damage at an offset came. */
  readonly searched: Map<number, number>;
};

/**
 * `record`, `gap`: the fields say which; `end`: nothing more, cleanly; `tail`: what follows is not complete, or no record
 * so far; `budget`: call again some other time; `failed`: the disk refused, see `error`.
 */
export type WalkStep = 'record' | 'gap' | 'end' | 'tail' | 'budget' | 'failed';

/** Fake headers inside a damaged record that are followed. */
const CHAINS_MAX = 65_536;
/** What looking at a candidate costs of the budget. */
const CANDIDATE_COST_BYTES = 256;

export class SegmentWalk {
  readonly #options: WalkOptions;
  readonly #window: FileWindow;
  readonly #magic: Buffer;
  #candidates = 0;
  /** Where a search ended because it had read enough. */
  #ranOutAt: number | undefined;
  /** Behind what was stepped over last. */
  offset: number;
  /** Records before `offset`. */
  marker: number;
  recordOffset = 0;
  bodyBytes = 0;
  gapOffset = 0;
  gapBytes = 0;
  gapReason: GapReason = 'damaged';
  /** After `tail`: an incomplete record, bytes that are none, or a record that a later one may have been written over. */
  tail: 'torn' | 'garbage' | 'unclear' = 'torn';

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#window = new FileWindow(options.file, {
      size: options.size,
      chunkBytes: options.chunkBytes,
      handsOut: options.bodies,
    });
    this.#magic = options.format.magicBytes;
    this.offset = options.from.offset;
    this.marker = options.from.marker;
  }

  get error(): StoreError | undefined {
    return this.#window.error;
  }

  get bytesRead(): number {
    return this.#window.bytesRead + this.#candidates * CANDIDATE_COST_BYTES;
  }

  next(): WalkStep {
    const { size, format, sealed, bytesMax, knownGap, bodies } = this.#options;
    const left = size - this.offset;
    if (left === 0) return 'end';
    if (this.bytesRead >= bytesMax) return 'budget';
    const known = knownGap?.(this.offset);
    if (known !== undefined) return this.#gap(known.offset + known.bytes, known.reason);
    if (left < format.headerBytes) return this.#short(left);
    const at = this.#window.at(this.offset, format.headerBytes);
    if (at < 0) return 'failed';
    if (!isHeader(this.#window.buffer, at, format)) return this.#resume(this.offset + 1, 'damaged');
    const bodyBytes = bodyBytesAt(this.#window.buffer, at, format);
    const end = this.offset + format.headerBytes + bodyBytes;
    if (end > size) {
      this.tail = 'torn';
      return sealed ? this.#resume(this.offset + 1, 'torn') : 'tail';
    }
    if (end < size && !this.#headerAt(end)) {
      const later = this.#overrunBy(this.offset, end);
      if (this.error !== undefined) return 'failed';
      if (later === 'incomplete') {
        this.tail = 'unclear';
        return 'tail';
      }
      if (later !== undefined) return this.#gap(later, 'damaged');
    }
    if (bodies && bodyBytes <= RECORD_BYTES_MAX && this.#window.at(this.offset, end - this.offset) < 0) {
      return 'failed';
    }
    this.recordOffset = this.offset;
    this.bodyBytes = bodyBytes;
    this.offset = end;
    this.marker += 1;
    return 'record';
  }

  /** Header and body of the record just stepped over; only with `bodies`, and up to `RECORD_BYTES_MAX`. */
  recordBytes(): Buffer {
    const bytes = this.offset - this.recordOffset;
    const at = this.#window.at(this.recordOffset, bytes);
    return this.#window.buffer.subarray(at, at + bytes);
  }

  /** Wall time of the record just stepped over, in microseconds; undefined when the disk refuses. */
  recordTimeUs(): number | undefined {
    const header = this.#window.peek(this.recordOffset, this.#options.format.headerBytes);
    return header.length < this.#options.format.headerBytes
      ? undefined
      : timeUsOf(header, this.#options.format);
  }

  /** Fewer bytes than a header has. */
  #short(left: number): WalkStep {
    const rest = this.#window.peek(this.offset, left);
    if (this.error !== undefined) return 'failed';
    const common = Math.min(rest.length, this.#magic.length);
    this.tail = rest.compare(this.#magic, 0, common, 0, common) === 0 ? 'torn' : 'garbage';
    if (!this.#options.sealed) return 'tail';
    return this.#gap(this.#options.size, this.tail === 'torn' ? 'torn' : 'damaged');
  }

  #gap(to: number, reason: GapReason): WalkStep {
    this.gapOffset = this.offset;
    this.gapBytes = to - this.offset;
    this.gapReason = reason;
    this.offset = to;
    return 'gap';
  }

  /** Finds the record with which the segment goes on. */
  #resume(first: number, reason: GapReason): WalkStep {
    const { size, sealed, searched, bytesMax } = this.#options;
    const damage = this.offset;
    let settled: number | undefined;
    for (let from = Math.max(first, searched.get(damage) ?? 0); ; ) {
      const candidate = this.#find(from, size, bytesMax);
      if (this.error !== undefined) return 'failed';
      if (candidate === undefined) break;
      const end = this.#endOf(candidate);
      if (end !== undefined && this.#isEnd(end)) return this.#gap(candidate, reason);
      // What is incomplete now may be complete when the file has grown.
      if (end === undefined || end + this.#magic.length > size) settled ??= candidate;
      from = candidate + 1;
      this.#candidates += 1;
    }
    if (this.#ranOutAt !== undefined) {
      searched.set(damage, settled ?? this.#ranOutAt);
      return 'budget';
    }
    if (sealed) return this.#gap(size, reason);
    searched.set(damage, settled ?? Math.max(first, size - this.#magic.length + 1));
    this.tail = 'garbage';
    return 'tail';
  }

  /** Where the magic stands next, before `end`. */
  #find(from: number, end: number, bytesMax = Number.POSITIVE_INFINITY): number | undefined {
    for (let offset = from; offset + this.#magic.length <= end; ) {
      if (this.bytesRead >= bytesMax) {
        this.#ranOutAt = offset;
        return undefined;
      }
      const view = this.#window.viewFrom(offset);
      if (view.length < this.#magic.length) return undefined;
      const found = view.indexOf(this.#magic);
      if (found >= 0) return offset + found + this.#magic.length <= end ? offset + found : undefined;
      offset += view.length - this.#magic.length + 1;
    }
    return undefined;
  }

  /** The end of the file, or a place where the next header stands. */
  #isEnd(end: number): boolean {
    const { size } = this.#options;
    return end === size || (end < size && this.#headerAt(end));
  }

  #endOf(offset: number): number | undefined {
    const { format } = this.#options;
    const header = this.#window.peek(offset, format.headerBytes);
    if (header.length < format.headerBytes || !isHeader(header, 0, format)) return undefined;
    return offset + format.headerBytes + bodyBytesAt(header, 0, format);
  }

  /** As much of a header as there is. */
  #headerAt(offset: number): boolean {
    const start = this.#window.peek(offset, 8);
    if (start.length === 8) return isHeader(start, 0, this.#options.format);
    const common = Math.min(start.length, this.#magic.length);
    return start.compare(this.#magic, 0, common, 0, common) === 0;
  }

  /**
   * A record that was torn and then written over claims bytes of its successors. Then a chain of headers that begins
   * inside it leads across its end, which what a message contains cannot.
   * @returns where the first of them begins; `incomplete` when that one may still be on its way
   */
  #overrunBy(start: number, end: number): number | 'incomplete' | undefined {
    if (end - start > RECORD_BYTES_MAX) return undefined;
    const failed = new Set<number>();
    for (let from = start + 1; failed.size < CHAINS_MAX; ) {
      const candidate = this.#find(from, end);
      if (candidate === undefined) return undefined;
      const crossing = this.#leadsAcross(candidate, end, failed);
      if (crossing === true) return candidate;
      if (crossing === 'incomplete' && !this.#options.sealed) return crossing;
      from = candidate + 1;
    }
    return undefined;
  }

  #leadsAcross(candidate: number, border: number, failed: Set<number>): boolean | 'incomplete' {
    for (let offset = candidate; offset < border && !failed.has(offset); ) {
      failed.add(offset);
      this.#candidates += 1;
      const next = this.#endOf(offset);
      if (next === undefined) return false;
      if (next > this.#options.size) return 'incomplete';
      if (next > border) return this.#isEnd(next);
      offset = next;
    }
    return false;
  }
}

export function timeUsOf(header: Buffer, { bigEndian }: RecordFormat): number {
  return u32(header, 4, bigEndian) * 1_000_000 + u32(header, 8, bigEndian);
}
