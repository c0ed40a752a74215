/** What a writer finds in the segment that it is to go on with, and what it does about it (jlog.md 19.4). */

import type { StoreError, StoreFile } from './api.ts';
import type { RecordFormat } from './format.ts';
import { SegmentMap } from './segment-map.ts';
import { CHANGED, learn, type OpenSegment, walkOf } from './segments.ts';

export type Tail = {
  /** Records that readers can have. */
  readonly records: number;
  /** Behind the last of them. */
  readonly end: number;
  /**
   * `go`: append at `end`; `cut`: cut there, then append; `cut-and-leave`: cut, then go on in a new segment, so that no
   * repair takes the record before the damage for damaged; `leave`: something behind `end` may be good, touch nothing.
   */
  readonly advice: 'go' | 'cut' | 'cut-and-leave' | 'leave';
};

/**
 * @param options.afterCrash the last writer was killed: what is incomplete was never acknowledged, whatever it contains
 */
export function examineTail(options: {
  readonly file: StoreFile;
  readonly size: number;
  readonly format: RecordFormat;
  readonly segment: number;
  readonly afterCrash: boolean;
}): Tail | StoreError {
  const open: OpenSegment = { ...options, sealed: false, map: new SegmentMap() };
  const { map } = open;
  const walk = walkOf(open, { from: map.frontier, bodies: false, bytesMax: Number.POSITIVE_INFINITY });
  for (;;) {
    const step = walk.next();
    if (step === 'failed' || step === 'budget') return walk.error ?? CHANGED;
    if (step === 'record' || step === 'gap') {
      learn(open, walk, step);
      continue;
    }
    const { offset: end, marker: records } = map.behindLast;
    if (step === 'end') return { records, end, advice: 'go' };
    if (walk.tail === 'garbage') return { records, end, advice: 'cut-and-leave' };
    const leave = walk.tail === 'unclear' || (!options.afterCrash && goesOnBehind(open));
    return { records, end, advice: leave ? 'leave' : 'cut' };
  }
}

/** Whether records begin inside the incomplete one: then its length is damaged, and it was not torn. */
function goesOnBehind(open: OpenSegment): boolean {
  const walk = walkOf(
    { ...open, sealed: true },
    { from: open.map.frontier, bodies: false, bytesMax: Number.POSITIVE_INFINITY },
  );
  return walk.next() === 'gap' && walk.next() === 'record';
}
