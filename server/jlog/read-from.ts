/** Reads on after a position, across segments and over what is damaged. */

import { assert } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { GapReason, LogGap, LogRecord, ReadLimits, ReadResult, StoreError } from './api.ts';
import { GAPS_MAX, RECORD_BYTES_MAX } from './api.ts';
import { type RecordFormat, u32 } from './format.ts';
import { placeByIndex } from './index-file.ts';
import type { LogView } from './log-view.ts';
import { unpackBlock } from './lz4.ts';
import type { Place } from './segment-map.ts';
import { CHANGED, learn, type OpenSegment, type Segments, walkOf } from './segments.ts';
import { type SegmentWalk, timeUsOf } from './walk.ts';

/** Bytes that one call may pass over without delivering them. */
const LOOK_BYTES_MAX = 16 * 1024 * 1024;
/** Segments that one call may open. */
const SEGMENTS_MAX = 256;
const CHUNK_BYTES_MAX = 512 * 1024;
const CHUNK_BYTES_MIN = 4 * 1024;

/** What a segment said: nothing more in it, nothing more at the moment, or enough for one call. */
type Outcome = 'over' | 'atEnd' | 'stop' | StoreError;

/** One call. The error is one of the disk that may go away: nothing is skipped for it. */
export class ReadCall {
  readonly #view: LogView;
  readonly #segments: Segments;
  readonly #limits: ReadLimits;
  readonly #records: LogRecord[] = [];
  readonly #gaps: LogGap[] = [];
  /** Gaps behind `next`: they count once something behind them was read. */
  #pending: LogGap[] = [];
  #next: LogPosition;
  #bytes = 0;
  #lookBytes = LOOK_BYTES_MAX;

  constructor(
    known: { readonly view: LogView; readonly segments: Segments },
    position: LogPosition,
    limits: ReadLimits,
  ) {
    assert(limits.records > 0, 'at least one record is asked for');
    this.#view = known.view;
    this.#segments = known.segments;
    this.#limits = limits;
    this.#next = position;
  }

  run(): Result<ReadResult, StoreError> {
    if (!this.#view.segments.includes(this.#next.segment)) {
      const outcome = this.#enter();
      if (outcome !== 'over') return this.#answer(outcome);
    }
    for (let opened = 0; opened < SEGMENTS_MAX && this.#gaps.length < GAPS_MAX; opened += 1) {
      const { segment } = this.#next;
      const { current, format } = this.#view;
      const read = this.#segments.with({ segment, current, format }, (open) => this.#read(open));
      const outcome = this.#unreadable(read.ok ? read.value : read.error);
      if (outcome !== 'over') return this.#answer(outcome);
      const following = this.#view.segments.find((other) => other > segment);
      if (following === undefined) return this.#answer('atEnd');
      if (following > segment + 1) this.#gapAfter(this.#next, 'missing-segment');
      this.#take({ segment: following, marker: 0 });
    }
    return this.#answer('stop');
  }

  #answer(outcome: Outcome): Result<ReadResult, StoreError> {
    if (typeof outcome === 'object' && this.#records.length === 0) return err(outcome);
    return ok({
      records: this.#records,
      gaps: this.#gaps,
      next: this.#next,
      atEnd: outcome === 'atEnd',
    });
  }

  /** Everything before `next` was delivered or reported. */
  #take(next: LogPosition): void {
    this.#gaps.push(...this.#pending);
    this.#pending = [];
    this.#next = next;
  }

  #gapAfter(
    after: LogPosition,
    reason: GapReason,
    where?: { readonly offset: number; readonly bytes: number },
  ): void {
    this.#pending.push({ after, reason, bytes: where?.bytes, offset: where?.offset });
  }

  /** Finds a segment to begin with when the one asked for does not exist. */
  #enter(): Outcome {
    const { segments, current, format } = this.#view;
    const following = segments.find((segment) => segment > this.#next.segment);
    if (following !== undefined) {
      this.#gapAfter(this.#next, 'missing-segment');
      this.#take({ segment: following, marker: 0 });
      return 'over';
    }
    const last = segments.at(-1);
    if (this.#next.segment <= current || last === undefined) return 'atEnd';
    const counted = this.#segments.with({ segment: last, current, format }, (open) => this.#pastEnd(open));
    return counted.ok ? counted.value : counted.error;
  }

  /** Goes on at the end of a segment that has fewer records than the position says, or does not exist. */
  #pastEnd(open: OpenSegment): Outcome {
    const { bytesRead, done, error } = this.#segments.explore(open, { bytesMax: this.#lookBytes });
    this.#lookBytes -= bytesRead;
    if (!done) return error ?? 'stop';
    const end = { segment: open.segment, marker: open.map.behindLast.marker };
    this.#gapAfter(end, 'past-end');
    this.#take(end);
    return open.sealed ? 'over' : 'atEnd';
  }

  /** A disk that cannot read a segment which is over is passed over; anything else is told. */
  #unreadable(outcome: Outcome): Outcome {
    if (typeof outcome !== 'object') return outcome;
    if (outcome.kind === 'missing') return 'stop'; // Retired since we looked; the next look finds what follows.
    if (outcome.kind !== 'damaged' || this.#next.segment >= this.#view.current) return outcome;
    this.#gapAfter(this.#next, 'unreadable');
    return 'over';
  }

  #read(open: OpenSegment): Outcome {
    const { segment, size, sealed } = open;
    if (size === 0 && sealed) {
      this.#gapAfter({ segment, marker: 0 }, 'empty-segment', { offset: 0, bytes: 0 });
      return 'over';
    }
    const from = this.#placeOf(open, this.#next.marker);
    return 'offset' in from ? this.#deliver(open, from) : from.outcome;
  }

  /** Behind record `marker`, before the gaps that follow it. */
  #placeOf(open: OpenSegment, marker: number): Place | { readonly outcome: Outcome } {
    const { map } = open;
    if (marker > map.behindLast.marker) {
      const indexed = placeByIndex(this.#segments, open, marker);
      if (indexed !== undefined) return indexed;
      const { bytesRead, done, error } = this.#segments.explore(open, { bytesMax: this.#lookBytes, marker });
      this.#lookBytes -= bytesRead;
      if (map.behindLast.marker < marker) return { outcome: done ? this.#pastEnd(open) : (error ?? 'stop') };
    }
    const walk = walkOf(open, { from: map.placeBefore(marker), bodies: false, bytesMax: LOOK_BYTES_MAX });
    while (walk.marker < marker) {
      const step = walk.next();
      if (step !== 'record' && step !== 'gap')
        return { outcome: walk.error ?? (step === 'budget' ? 'stop' : CHANGED) };
    }
    return { offset: walk.offset, marker: walk.marker };
  }

  #deliver(open: OpenSegment, from: Place): Outcome {
    const { segment, sealed, map, format } = open;
    const left = Math.max(0, this.#limits.bytes - this.#bytes);
    const known = from.offset <= map.frontier.offset;
    const walk = walkOf(open, {
      from,
      bodies: true,
      bytesMax: this.#lookBytes + 2 * left,
      // With room for headers, so that one read is enough.
      chunkBytes: Math.min(CHUNK_BYTES_MAX, CHUNK_BYTES_MIN + Math.ceil(left * 1.125)),
    });
    while (this.#records.length < this.#limits.records && this.#gaps.length < GAPS_MAX) {
      const step = walk.next();
      if ((step === 'record' || step === 'gap') && known) learn(open, walk, step);
      if (step === 'gap') {
        const { gapOffset: offset, gapBytes: bytes } = walk;
        this.#gapAfter({ segment, marker: walk.marker }, walk.gapReason, { offset, bytes });
      } else if (step === 'record') {
        const full = this.#records.length > 0 && this.#bytes + walk.bodyBytes > this.#limits.bytes;
        if (full) return this.#stopBefore();
        this.#deliverOne(segment, walk, format);
      } else {
        if (step === 'end' && sealed) return 'over';
        if (step === 'failed') return walk.error ?? CHANGED;
        this.#pending = [];
        return step === 'budget' ? 'stop' : 'atEnd';
      }
    }
    return this.#stopBefore();
  }

  #stopBefore(): Outcome {
    this.#pending = [];
    return 'stop';
  }

  #deliverOne(segment: number, walk: SegmentWalk, format: RecordFormat): void {
    const position = { segment, marker: walk.marker };
    const where = { offset: walk.recordOffset, bytes: walk.offset - walk.recordOffset };
    const after = { segment, marker: walk.marker - 1 };
    if (walk.bodyBytes > RECORD_BYTES_MAX) {
      this.#gapAfter(after, 'too-large', where);
    } else {
      const record = walk.recordBytes();
      const data = messageOf(record, format);
      if (data === undefined) this.#gapAfter(after, 'unpackable', where);
      else this.#records.push({ position, timeUs: timeUsOf(record, format), data });
      this.#bytes += walk.bodyBytes;
    }
    this.#take(position);
  }
}

/** Undefined when it does not unpack to what its header says. */
export function messageOf(record: Buffer, format: RecordFormat): Buffer | undefined {
  const body = record.subarray(format.headerBytes);
  if (format.packing === 'none') return body;
  const messageBytes = u32(record, 12, format.bigEndian);
  if (format.packing === 'lz4') {
    return messageBytes > RECORD_BYTES_MAX ? undefined : unpackBlock(body, messageBytes);
  }
  return messageBytes > body.length ? undefined : body.subarray(0, messageBytes);
}
