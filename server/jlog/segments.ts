/** The segments of one log: opened when needed, with what was learned of each. */

import { ok, type Result } from '../base/result.ts';
import type { FileStore, StoreError, StoreFile } from './api.ts';
import type { RecordFormat } from './format.ts';
import { segmentName } from './names.ts';
import { type Place, SegmentMap } from './segment-map.ts';
import { SegmentWalk } from './walk.ts';

/** Segments of which places and gaps are remembered; of others the number of records. */
const MAPS_MAX = 64;
/** Segments that are over and whose records were counted. */
const COUNTS_MAX = 65_536;
const CHUNK_BYTES = 256 * 1024;

export type SegmentCount = {
  readonly records: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly gaps: number;
  readonly gapBytes: number;
};

export type OpenSegment = {
  readonly segment: number;
  readonly file: StoreFile;
  readonly size: number;
  readonly sealed: boolean;
  readonly map: SegmentMap;
  readonly format: RecordFormat;
};

export type Explored = {
  readonly bytesRead: number;
  /** Everything is known that can be read now. */
  readonly done: boolean;
  readonly error: StoreError | undefined;
};

export class Segments {
  readonly #store: FileStore;
  readonly #directory: string;
  readonly #maps = new Map<number, SegmentMap>();
  readonly #counts = new Map<number, SegmentCount>();

  constructor(store: FileStore, directory: string) {
    this.#store = store;
    this.#directory = directory;
  }

  forget(): void {
    this.#maps.clear();
    this.#counts.clear();
  }

  /** Forgets segments that no longer exist. */
  keepOnly(existing: ReadonlySet<number>): void {
    for (const segment of this.#maps.keys()) if (!existing.has(segment)) this.#maps.delete(segment);
    for (const segment of this.#counts.keys()) if (!existing.has(segment)) this.#counts.delete(segment);
  }

  pathOf(segment: number): string {
    return `${this.#directory}/${segmentName(segment)}`;
  }

  sizeOf(segment: number): Result<number, StoreError> {
    return this.#store.sizeOf(this.pathOf(segment));
  }

  /** Opens a segment for `use`. The error of a segment that is gone has the kind `missing`. */
  with<T>(
    {
      segment,
      current,
      format,
    }: { readonly segment: number; readonly current: number; readonly format: RecordFormat },
    use: (open: OpenSegment) => T,
  ): Result<T, StoreError> {
    const opened = this.#store.open(this.pathOf(segment), 'read');
    if (!opened.ok) return opened;
    const file = opened.value;
    try {
      const size = file.size();
      if (!size.ok) return size;
      const map = this.#mapOf(segment);
      const shrunk = size.value < map.frontier.offset;
      if (shrunk || (map.completeAt !== undefined && map.completeAt !== size.value)) map.reset();
      return ok(use({ segment, file, size: size.value, sealed: segment < current, map, format }));
    } finally {
      file.close();
    }
  }

  /** A part of an index file; undefined when there is none. */
  readIndex(segment: number, offset: number, bytes: number): Buffer | undefined {
    const opened = this.#store.open(`${this.pathOf(segment)}.idx`, 'read');
    if (!opened.ok) return undefined;
    const into = Buffer.alloc(bytes);
    const read = opened.value.read(into, offset);
    opened.value.close();
    return read.ok ? into.subarray(0, read.value) : undefined;
  }

  /** Counted before, and as large as then. */
  countOf(segment: number, bytes: number): SegmentCount | undefined {
    const count = this.#counts.get(segment);
    return count?.bytes === bytes ? count : undefined;
  }

  /** Walks on where the last walk ended, until it knows record `marker` or, without one, all there are. */
  explore(open: OpenSegment, limits: { readonly bytesMax: number; readonly marker?: number }): Explored {
    const { map, segment } = open;
    const { bytesMax, marker = Number.POSITIVE_INFINITY } = limits;
    if (map.completeAt !== undefined) return { bytesRead: 0, done: true, error: undefined };
    const walk = walkOf(open, { from: map.frontier, bodies: false, bytesMax });
    for (;;) {
      if (map.behindLast.marker >= marker)
        return { bytesRead: walk.bytesRead, done: false, error: undefined };
      const step = walk.next();
      if (step === 'record' || step === 'gap') {
        learn(open, walk, step);
        continue;
      }
      const done = step === 'end' || step === 'tail';
      if (done) map.tail = step === 'tail' ? walk.tail : undefined;
      if (step === 'end' && open.sealed) this.#complete(segment, map, open.size);
      return {
        bytesRead: walk.bytesRead,
        done,
        error: step === 'failed' ? (walk.error ?? CHANGED) : undefined,
      };
    }
  }

  #complete(segment: number, map: SegmentMap, size: number): void {
    map.completeAt = size;
    if (this.#counts.size >= COUNTS_MAX) return;
    const { gapsFound: gaps, gapBytes } = map;
    this.#counts.set(segment, { records: map.frontier.marker, bytes: size, gaps, gapBytes });
  }

  #mapOf(segment: number): SegmentMap {
    const known = this.#maps.get(segment) ?? new SegmentMap();
    this.#maps.delete(segment);
    this.#maps.set(segment, known);
    for (const oldest of this.#maps.keys()) {
      if (this.#maps.size <= MAPS_MAX) break;
      this.#maps.delete(oldest);
    }
    return known;
  }
}

/** The file became shorter while it was read. */
export const CHANGED: StoreError = { kind: 'other', reason: 'a segment became shorter while it was read' };

export function walkOf(
  { file, size, sealed, map, format }: OpenSegment,
  options: {
    readonly from: Place;
    readonly bodies: boolean;
    readonly bytesMax: number;
    readonly chunkBytes?: number;
  },
): SegmentWalk {
  const { searched, gapAt: knownGap } = map;
  return new SegmentWalk({
    chunkBytes: CHUNK_BYTES,
    ...options,
    file,
    size,
    sealed,
    format,
    knownGap,
    searched,
  });
}

/** Keeps what a walk met beyond what is known. */
export function learn({ map }: OpenSegment, walk: SegmentWalk, step: 'record' | 'gap'): void {
  if (step === 'record') {
    map.addRecord(walk.offset, walk.marker);
  } else {
    map.addGap({ offset: walk.gapOffset, bytes: walk.gapBytes, reason: walk.gapReason, marker: walk.marker });
  }
}
