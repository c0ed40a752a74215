/** What goes to the disk next: lines of all logs by the file they belong to, and how far each log is with them. */

import type { LogPosition } from '../model/log-position.ts';
import type { StreamMark } from './aggregation-journal.ts';
import type { Commit } from './aggregation-writer.ts';
import type { LocalTime, LogPath } from './log-path.ts';
import type { PullStream } from './pull-stream.ts';

/** A commit takes no more than about this; a longer record comes alone. */
export const COMMIT_BYTES_MAX = 16 * 1024 * 1024;
export const COMMIT_FILES_MAX = 64;

export type Taken = {
  readonly stream: PullStream;
  readonly mark: StreamMark;
  readonly records: number;
  readonly bytes: number;
};

export type Batch = { readonly commit: Commit; readonly taken: readonly Taken[] };

export type BatchPlace = {
  readonly logfile: LogPath;
  readonly maxOpen: number;
  readonly localTime: (ms: number) => LocalTime;
};

const LINE_FEED = Buffer.from('\n');
const LF = 0x0a;

/** @param streams in the order in which they get their turn. @returns undefined when there is nothing to write. */
export function nextBatch(streams: readonly PullStream[], place: BatchPlace): Batch | undefined {
  const builder = new BatchBuilder(place);
  const taken = streams.flatMap((stream) => builder.take(stream) ?? []);
  if (taken.length === 0) return undefined;
  return { commit: { files: builder.files(), streams: taken.map(({ mark }) => mark) }, taken };
}

class BatchBuilder {
  readonly #place: BatchPlace;
  readonly #files = new Map<string, Buffer[]>();
  readonly #filesMax: number;
  #bytes = 0;

  constructor(place: BatchPlace) {
    this.#place = place;
    this.#filesMax = Math.min(place.maxOpen, COMMIT_FILES_MAX);
  }

  files(): Commit['files'] {
    return [...this.#files].map(([path, parts]) => ({ path, bytes: Buffer.concat(parts) }));
  }

  take(stream: PullStream): Taken | undefined {
    let position: LogPosition | undefined;
    let records = 0;
    let bytes = 0;
    let span: number | undefined;
    let parts: Buffer[] | undefined;
    const { logfile } = this.#place;
    for (const [index, chunk] of stream.chunks.entries()) {
      for (let at = index === 0 ? stream.taken : 0; at < chunk.records.length; at += 1) {
        const record = chunk.records[at];
        if (
          record === undefined ||
          (this.#bytes > 0 && this.#bytes + record.data.length > COMMIT_BYTES_MAX)
        ) {
          return taken(stream, position, records, bytes);
        }
        const recordSpan = logfile.spanOf(record.timeUs);
        if (recordSpan !== span) {
          span = recordSpan;
          parts = this.#partsOf(stream, record.timeUs);
        }
        if (parts === undefined) return taken(stream, position, records, bytes);
        const line = withoutLineEnd(record.data);
        parts.push(line, LINE_FEED);
        this.#bytes += line.length + 1;
        records += 1;
        bytes += line.length + 1;
        position = record.id;
      }
      position = chunk.upTo;
    }
    return taken(stream, position, records, bytes);
  }

  /** Undefined when this commit has as many files as it may. */
  #partsOf({ log, subcluster, node }: PullStream, timeUs: number): Buffer[] | undefined {
    const { logfile, localTime } = this.#place;
    const path = logfile.pathOf({ log, subcluster, node }, timeUs, localTime);
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if (this.#files.size >= this.#filesMax) return undefined;
    const parts: Buffer[] = [];
    this.#files.set(path, parts);
    return parts;
  }
}

function taken(
  stream: PullStream,
  position: LogPosition | undefined,
  records: number,
  bytes: number,
): Taken | undefined {
  const mark = position === undefined ? undefined : stream.mark(position);
  return mark === undefined ? undefined : { stream, mark, records, bytes };
}

/** The record as a line: what ends it is added again. */
function withoutLineEnd(data: Buffer): Buffer {
  let end = data.length;
  while (end > 0 && data[end - 1] === LF) end -= 1;
  return end === data.length ? data : data.subarray(0, end);
}
