/** How much stands between positions and the end of a log. Counts segments once and remembers (LS-1). */

import { err, ok, type Result } from '../base/result.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { Lag, StoreError } from './api.ts';
import type { LogView } from './log-view.ts';
import type { Place } from './segment-map.ts';
import { CHANGED, type OpenSegment, type Segments, walkOf } from './segments.ts';

export const COUNTING = 'its records are still being counted';

type Part = { readonly records: number; readonly bytes: number };

/** Of one segment; undefined when its counting is not finished. */
type Counted = (Part & { readonly gaps: number; readonly gapBytes: number }) | undefined;

/** One survey of a log: counts at most `bytesMax` bytes that were not counted before. */
export class LagSurvey {
  readonly #view: LogView;
  readonly #segments: Segments;
  readonly #counted = new Map<number, Result<Counted, StoreError>>();
  #bytesLeft: number;

  constructor(known: { readonly view: LogView; readonly segments: Segments }, bytesMax: number) {
    this.#view = known.view;
    this.#segments = known.segments;
    this.#bytesLeft = bytesMax;
  }

  /** Everything that readers can have of a segment. */
  count(segment: number): Result<Counted, StoreError> {
    const known = this.#counted.get(segment);
    if (known !== undefined) return known;
    const counted = this.#count(segment);
    this.#counted.set(segment, counted);
    return counted;
  }

  #count(segment: number): Result<Counted, StoreError> {
    const size = this.#segments.sizeOf(segment);
    if (!size.ok) return size;
    const before = this.#segments.countOf(segment, size.value);
    if (before !== undefined) return ok(before);
    const { current, format } = this.#view;
    const walked = this.#segments.with({ segment, current, format }, (open): Result<Counted, StoreError> => {
      const { bytesRead, done, error } = this.#segments.explore(open, {
        bytesMax: Math.max(1, this.#bytesLeft),
      });
      this.#bytesLeft -= bytesRead;
      if (error !== undefined) return err(error);
      if (!done) return ok(undefined);
      const { behindLast, gapsFound: gaps, gapBytes } = open.map;
      const bytes = open.sealed ? open.size : behindLast.offset;
      return ok({ records: behindLast.marker, bytes, gaps, gapBytes });
    });
    return walked.ok ? walked.value : walked;
  }

  /** Damaged places of all segments that this survey counted. */
  get gaps(): number {
    let gaps = 0;
    for (const counted of this.#counted.values()) gaps += counted.ok ? (counted.value?.gaps ?? 0) : 0;
    return gaps;
  }

  /** Damage of a segment whose records were counted. */
  damageOf(segment: number): string | undefined {
    const counted = this.#counted.get(segment);
    if (counted === undefined) return undefined;
    if (!counted.ok) return counted.error.reason;
    if (counted.value === undefined || counted.value.gaps === 0) return undefined;
    return `${counted.value.gaps} damaged places, ${counted.value.gapBytes} bytes`;
  }

  lagOf(position: LogPosition, nowUs: number): Lag {
    const { segments, current } = this.#view;
    const oldest = segments[0];
    const wholeFrom = segments.includes(position.segment) ? position.segment + 1 : position.segment;
    const whole = this.#sum(segments.filter((segment) => segment >= wholeFrom));
    if (typeof whole === 'string') return { known: false, reason: whole };
    const part = segments.includes(position.segment)
      ? this.#restOf(position)
      : { records: 0, bytes: 0, lost: undefined };
    if (typeof part === 'string') return { known: false, reason: part };
    const records = whole.records + part.records;
    const first = records === 0 ? undefined : this.#firstUnread(position, part.records > 0);
    if (typeof first === 'string') return { known: false, reason: first };
    const before = oldest !== undefined && position.segment < oldest;
    const after = part.lost ?? (position.segment > current ? 'past-end' : undefined);
    return {
      known: true,
      records,
      bytes: whole.bytes + part.bytes,
      ageUs: first === undefined ? undefined : Math.max(0, nowUs - first),
      lost: before ? 'before-oldest-segment' : after,
    };
  }

  #sum(segments: readonly number[]): Part | string {
    let [records, bytes] = [0, 0];
    for (const segment of segments) {
      const counted = this.count(segment);
      if (!counted.ok) return counted.error.reason;
      if (counted.value === undefined) return COUNTING;
      records += counted.value.records;
      bytes += counted.value.bytes;
    }
    return { records, bytes };
  }

  #restOf(position: LogPosition): (Part & { readonly lost: 'past-end' | undefined }) | string {
    const counted = this.count(position.segment);
    if (!counted.ok) return counted.error.reason;
    if (counted.value === undefined) return COUNTING;
    const { records, bytes } = counted.value;
    if (position.marker > records) return { records: 0, bytes: 0, lost: 'past-end' };
    if (position.marker === 0) return { records, bytes, lost: undefined };
    const offset = this.#open(position.segment, (open) => this.#placeOf(open, position.marker)?.offset);
    if (typeof offset === 'string') return offset;
    return { records: records - position.marker, bytes: Math.max(0, bytes - offset), lost: undefined };
  }

  /** When the first record behind the position was written. */
  #firstUnread(position: LogPosition, here: boolean): number | string {
    const segment = here ? position.segment : this.#nextWithRecords(position.segment);
    const marker = here ? position.marker : 0;
    return this.#open(segment, (open) => {
      const place = this.#placeOf(open, marker);
      if (place === undefined) return undefined;
      const walk = walkOf(open, { from: place, bodies: false, bytesMax: Number.POSITIVE_INFINITY });
      let step = walk.next();
      while (step === 'gap') step = walk.next();
      return step === 'record' ? walk.recordTimeUs() : undefined;
    });
  }

  #nextWithRecords(segment: number): number {
    const found = this.#view.segments.find((other) => {
      if (other <= segment) return false;
      const counted = this.count(other);
      return counted.ok && counted.value !== undefined && counted.value.records > 0;
    });
    return found ?? segment;
  }

  #open(segment: number, look: (open: OpenSegment) => number | undefined): number | string {
    const { current, format } = this.#view;
    const looked = this.#segments.with({ segment, current, format }, look);
    return looked.ok ? (looked.value ?? CHANGED.reason) : looked.error.reason;
  }

  /** Behind record `marker` of a segment whose records are counted. One that was counted long ago is walked again. */
  #placeOf(open: OpenSegment, marker: number): Place | undefined {
    this.#segments.explore(open, { bytesMax: Number.POSITIVE_INFINITY, marker });
    const from = open.map.placeBefore(marker);
    const walk = walkOf(open, { from, bodies: false, bytesMax: Number.POSITIVE_INFINITY });
    while (walk.marker < marker) {
      const step = walk.next();
      if (step !== 'record' && step !== 'gap') return undefined;
    }
    return { offset: walk.offset, marker: walk.marker };
  }
}
