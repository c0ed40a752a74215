/**
 * What an aggregator must not forget (LGS-30): how far each log was taken, and how long each file is that it may be
 * writing to. A journal is a sequence of frames, one line each: a checksum and JSON. Each frame was durable before the
 * next one was written, so only the last one can be torn: that one never counted. Anything else is damage.
 */

import { err, ok, type Result } from '../base/result.ts';
import { formatPosition, type LogPosition, parsePosition } from '../model/log-position.ts';
import type { FileIdentity } from './aggregation-disk.ts';
import { crc32 } from './crc32.ts';

/** How far one log of one node was taken as one subscriber. */
export type StreamMark = {
  readonly node: string;
  readonly log: string;
  readonly subscriber: string;
  /** Everything up to here is in the files. */
  readonly durable: LogPosition;
  /** The last checkpoint of ours that the node confirmed, or where the node itself said that it stands. */
  readonly confirmed: LogPosition;
};

/** A file that is open, or was when the process ended. Nothing behind `size` counts. */
export type FileMark = { readonly path: string; readonly identity: FileIdentity; readonly size: number };

/** One change. `closed`: paths of files that nobody writes to any more. */
export type JournalEntry = {
  readonly streams: readonly StreamMark[];
  readonly files: readonly FileMark[];
  readonly closed: readonly string[];
};

/** Marks that are kept; those that were not touched for the longest time go first. */
export const STREAM_MARKS_MAX = 8_192;
const VERSION = 1;
const CHECKSUM = /^[0-9a-f]{8}$/;

export class JournalState {
  readonly #streams = new Map<string, StreamMark>();
  readonly #files = new Map<string, FileMark>();

  get files(): ReadonlyMap<string, FileMark> {
    return this.#files;
  }

  get streams(): Iterable<StreamMark> {
    return this.#streams.values();
  }

  stream(key: string): StreamMark | undefined {
    return this.#streams.get(key);
  }

  apply({ streams, files, closed }: JournalEntry): void {
    for (const path of closed) this.#files.delete(path);
    for (const file of files) this.#files.set(file.path, file);
    for (const mark of streams) {
      const key = markKey(mark);
      this.#streams.delete(key);
      this.#streams.set(key, mark);
    }
    for (const key of this.#streams.keys()) {
      if (this.#streams.size <= STREAM_MARKS_MAX) break;
      this.#streams.delete(key);
    }
  }

  /** The whole of it as one entry. */
  entry(): JournalEntry {
    return { streams: [...this.#streams.values()], files: [...this.#files.values()], closed: [] };
  }
}

export function markKey({ node, log, subscriber }: Pick<StreamMark, 'node' | 'log' | 'subscriber'>): string {
  return JSON.stringify([node, log, subscriber]);
}

export function encodeEntry({ streams, files, closed }: JournalEntry): Buffer {
  const json = JSON.stringify({
    v: VERSION,
    s: streams.map(({ node, log, subscriber, durable, confirmed }) => [
      node,
      log,
      subscriber,
      formatPosition(durable),
      formatPosition(confirmed),
    ]),
    f: files.map(({ path, identity, size }) => [path, identity, size]),
    x: closed,
  });
  const body = Buffer.from(json);
  return Buffer.concat([Buffer.from(`${checksumText(body)} `), body, Buffer.from('\n')]);
}

export type LoadedJournal = {
  readonly state: JournalState;
  /** The last frame was not complete, so it never counted: so many bytes. */
  readonly tornBytes: number;
};

/** @returns an error for people when something other than the last frame is no frame. */
export function decodeJournal(bytes: Buffer): Result<LoadedJournal, string> {
  const state = new JournalState();
  let at = 0;
  while (at < bytes.length) {
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found;
    const entry = found < 0 ? undefined : decodeFrame(bytes.subarray(at, end));
    if (entry === undefined) {
      // Nothing was written behind a frame that may be torn; whatever is whole back there says that this is damage.
      if (hasFrame(bytes.subarray(end + 1))) return err(`byte ${at}: not what was written there`);
      return ok({ state, tornBytes: bytes.length - at });
    }
    state.apply(entry);
    at = end + 1;
  }
  return ok({ state, tornBytes: 0 });
}

function hasFrame(bytes: Buffer): boolean {
  let at = 0;
  for (let end = bytes.indexOf(0x0a, at); end >= 0; end = bytes.indexOf(0x0a, at)) {
    if (decodeFrame(bytes.subarray(at, end)) !== undefined) return true;
    at = end + 1;
  }
  return false;
}

function decodeFrame(line: Buffer): JournalEntry | undefined {
  const checksum = line.toString('latin1', 0, 8);
  const body = line.subarray(9);
  if (!CHECKSUM.test(checksum) || line[8] !== 0x20 || checksum !== checksumText(body)) return undefined;
  try {
    return entryOf(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined; // the only thing JSON.parse can mean by throwing
  }
}

function entryOf(value: unknown): JournalEntry | undefined {
  const { v, s, f, x } = value as Readonly<Record<string, unknown>>;
  if (v !== VERSION || !Array.isArray(s) || !Array.isArray(f) || !Array.isArray(x)) return undefined;
  const streams = s.map(streamMark);
  const files = f.map(fileMark);
  if (streams.includes(undefined) || files.includes(undefined)) return undefined;
  return {
    streams: streams.filter((mark) => mark !== undefined),
    files: files.filter((mark) => mark !== undefined),
    closed: x.map(String),
  };
}

function streamMark(value: unknown): StreamMark | undefined {
  if (!Array.isArray(value)) return undefined;
  const [node = '', log = '', subscriber = '', durableText = '', confirmedText = ''] = value.map(String);
  const [durable, confirmed] = [parsePosition(durableText), parsePosition(confirmedText)];
  if (!durable.ok || !confirmed.ok) return undefined;
  return { node, log, subscriber, durable: durable.value, confirmed: confirmed.value };
}

function fileMark(value: unknown): FileMark | undefined {
  if (!Array.isArray(value)) return undefined;
  const [path, identity, size]: readonly unknown[] = value;
  if (typeof path !== 'string' || typeof identity !== 'string') return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { path, identity, size };
}

function checksumText(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
