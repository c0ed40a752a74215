/** What was learned of one segment: how many records lie before which offset, and what is damaged. */

import type { GapReason } from './api.ts';

export type MapGap = {
  readonly offset: number;
  readonly bytes: number;
  readonly reason: GapReason;
  /** Records before it. */
  readonly marker: number;
};

export type Place = { readonly offset: number; readonly marker: number };

type Moving = { offset: number; marker: number };

/** Distance of places that are remembered; a gigabyte needs 4,096 of them. */
const MARK_EVERY_BYTES = 256 * 1024;
/** Gaps of one segment that are remembered; others are found again when needed. */
const GAPS_KEPT_MAX = 1_000;

export class SegmentMap {
  /** How far it was walked, from the beginning. */
  readonly frontier: Place;
  /** Behind the last record that was walked: gaps may lie between this and the frontier. */
  readonly behindLast: Place;
  /** Set when the segment is over and was walked to its end: its size then. */
  completeAt: number | undefined;
  /** What the walk met last, where it did not come to a clean end. */
  tail: 'torn' | 'garbage' | 'unclear' | undefined;
  gapsFound = 0;
  gapBytes = 0;
  readonly searched = new Map<number, number>();
  readonly #marks: Place[] = [{ offset: 0, marker: 0 }];
  readonly #gaps = new Map<number, MapGap>();
  /** The same objects; changed in place, since there is one for each record. */
  readonly #frontier: Moving = { offset: 0, marker: 0 };
  readonly #behindLast: Moving = { offset: 0, marker: 0 };

  constructor() {
    this.frontier = this.#frontier;
    this.behindLast = this.#behindLast;
  }

  /** Begins again when the file is not the one that was walked. */
  reset(): void {
    move(this.#frontier, 0, 0);
    move(this.#behindLast, 0, 0);
    this.completeAt = undefined;
    this.tail = undefined;
    this.gapsFound = 0;
    this.gapBytes = 0;
    this.searched.clear();
    this.#marks.length = 1;
    this.#gaps.clear();
  }

  /** The nearest known place from which a walk comes to record `marker` + 1 and the gaps before it. */
  placeBefore(marker: number): Place {
    if (marker >= this.behindLast.marker) return this.behindLast;
    let [low, high] = [0, this.#marks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#marks[middle]?.marker ?? 0) <= marker) low = middle;
      else high = middle - 1;
    }
    return this.#marks[low] ?? this.#behindLast;
  }

  readonly gapAt = (offset: number): MapGap | undefined => this.#gaps.get(offset);

  /** @param offset behind the record, which is number `marker`; only what lies behind the frontier counts. */
  addRecord(offset: number, marker: number): void {
    if (offset <= this.#frontier.offset) return;
    this.#advance(offset, marker);
    move(this.#behindLast, offset, marker);
    const last = this.#marks.at(-1)?.offset ?? 0;
    if (offset - last >= MARK_EVERY_BYTES) this.#marks.push({ offset, marker });
  }

  addGap(gap: MapGap): void {
    if (gap.offset !== this.#frontier.offset) return;
    this.gapsFound += 1;
    this.gapBytes += gap.bytes;
    if (this.#gaps.size < GAPS_KEPT_MAX) this.#gaps.set(gap.offset, gap);
    this.#advance(gap.offset + gap.bytes, gap.marker);
  }

  #advance(offset: number, marker: number): void {
    move(this.#frontier, offset, marker);
    if (this.searched.size > 0) this.searched.clear();
  }
}

function move(place: Moving, offset: number, marker: number): void {
  place.offset = offset;
  place.marker = marker;
}
