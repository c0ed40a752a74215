/**
 * Writes lines to durable logs: one writer for each directory, which is created with its subscribers when it is needed
 * (LOG-02). Lines of one turn of the event loop are one append. What the disk refuses waits in order, up to a bound;
 * then the oldest lines go, and are counted. Whoever owns it calls `flush` at the end of a turn in which lines came, and
 * at `deadlineMs`.
 */

import type { ClusterError } from '../base/errors.ts';
import { ok, type Result } from '../base/result.ts';
import type { CreateLog, FileStore, JournalWriter, OpenWriter } from '../jlog/api.ts';

export type LogStreamsParts = {
  readonly store: FileStore;
  readonly createLog: CreateLog;
  readonly openWriter: OpenWriter;
  readonly tell: (news: LogStreamNews) => void;
  /** `deadlineMs` may be another one now. */
  readonly wake: () => void;
};

/** Told once until it changes. `reason` is for people. */
export type LogStreamNews =
  | { readonly type: 'failed'; readonly directory: string; readonly reason: string }
  /** Lines reach the log again; so many were lost meanwhile. */
  | { readonly type: 'recovered'; readonly directory: string; readonly dropped: number }
  /** What opening found at the end of the log, such as a line that was cut short by a crash. */
  | { readonly type: 'trouble'; readonly directory: string; readonly text: string };

export type WrittenSoFar = {
  /** Since this process opened the log; with headers. */
  readonly messages: number;
  readonly bytes: number;
  readonly waiting: number;
  readonly dropped: number;
  /** Why nothing is written now. */
  readonly problem: string | undefined;
};

export const STREAM_LINES_WAITING_MAX = 10_000;
export const STREAM_BYTES_WAITING_MAX = 8 * 1024 * 1024;
/** A disk that refused is tried again after this. */
export const STREAM_RETRY_MS = 1_000;
/** Lines written are on the disk after this, even if the machine loses its power. */
export const STREAM_SYNC_MS = 1_000;

type Stream = {
  readonly directory: string;
  subscribers: readonly string[];
  writer: JournalWriter | undefined;
  lines: string[];
  bytesWaiting: number;
  dropped: number;
  /** Lost since the last news. */
  droppedNow: number;
  problem: string | undefined;
  retryAtMs: number | undefined;
  syncAtMs: number | undefined;
  /** Counters of writers that were closed. */
  before: { messages: number; bytes: number };
  troublesTold: number;
};

export class LogStreams {
  readonly #parts: LogStreamsParts;
  readonly #streams = new Map<string, Stream>();
  /** Their last writer still syncs: nobody else can open them before that. */
  readonly #closing = new Set<string>();
  #ready = false;

  constructor(parts: LogStreamsParts) {
    this.#parts = parts;
  }

  get deadlineMs(): number | undefined {
    if (this.#ready) return 0;
    let due = Number.POSITIVE_INFINITY;
    for (const { retryAtMs, syncAtMs } of this.#streams.values())
      due = Math.min(due, retryAtMs ?? due, syncAtMs ?? due);
    return Number.isFinite(due) ? due : undefined;
  }

  /** Opens what is new and lets go of what is not wanted any more; the rest goes on. @param wanted directory to subscribers. */
  follow(wanted: ReadonlyMap<string, readonly string[]>, now: { nowMs: number; wallUs: number }): void {
    for (const [directory, stream] of this.#streams) {
      if (wanted.has(directory)) continue;
      this.#write(stream, now);
      this.#closeWriter(stream);
      this.#streams.delete(directory);
    }
    for (const [directory, subscribers] of wanted) {
      const stream = this.#streams.get(directory);
      if (stream === undefined) this.#streams.set(directory, newStream(directory, subscribers));
      else stream.subscribers = subscribers;
    }
    this.#tryAll(now);
  }

  /** @param line without a line end: a record of the log is one line. */
  add(directory: string, line: string): void {
    const stream = this.#streams.get(directory);
    if (stream === undefined) return;
    stream.lines.push(line);
    stream.bytesWaiting += line.length;
    let over = 0;
    while (
      stream.lines.length - over > STREAM_LINES_WAITING_MAX ||
      (stream.bytesWaiting > STREAM_BYTES_WAITING_MAX && stream.lines.length - over > 1)
    ) {
      stream.bytesWaiting -= stream.lines[over]?.length ?? 0;
      over += 1;
    }
    if (over === 0) return;
    stream.lines.splice(0, over);
    stream.dropped += over;
    stream.droppedNow += over;
  }

  /** Writes what waits, except where the disk refused just now; syncs what is due. */
  flush(now: { nowMs: number; wallUs: number }): void {
    this.#ready = false;
    for (const stream of this.#streams.values()) {
      if (stream.retryAtMs !== undefined && now.nowMs < stream.retryAtMs) continue;
      if (stream.writer === undefined || stream.lines.length > 0) this.#write(stream, now);
      if (stream.syncAtMs === undefined || now.nowMs < stream.syncAtMs) continue;
      stream.syncAtMs = undefined;
      stream.writer?.flush((error) => this.#note(stream, error));
    }
  }

  /** `reopen logs`: closes every writer and opens it again. @returns directories that could not be opened, with reasons. */
  reopen(now: { nowMs: number; wallUs: number }, directories?: ReadonlySet<string>): readonly string[] {
    const streams = [...this.#streams.values()].filter(
      ({ directory }) => directories?.has(directory) ?? true,
    );
    for (const stream of streams) {
      this.#write(stream, now);
      this.#closeWriter(stream);
      stream.retryAtMs = undefined;
    }
    this.#tryAll(now);
    return streams.flatMap(({ problem }) => problem ?? []);
  }

  written(directory: string): WrittenSoFar | undefined {
    const stream = this.#streams.get(directory);
    if (stream === undefined) return undefined;
    const now = stream.writer?.stats();
    return {
      messages: stream.before.messages + (now?.messages ?? 0),
      bytes: stream.before.bytes + (now?.bytes ?? 0),
      waiting: stream.lines.length,
      dropped: stream.dropped,
      problem: stream.problem,
    };
  }

  /** Writes what can be written, syncs, and lets other writers in; `done` is called once. */
  close(now: { nowMs: number; wallUs: number }, done: () => void): void {
    let open = 1;
    const one = (): void => {
      open -= 1;
      if (open === 0) done();
    };
    for (const stream of this.#streams.values()) {
      this.#write(stream, now);
      if (stream.writer === undefined) continue;
      open += 1;
      this.#closeWriter(stream, one);
    }
    this.#streams.clear();
    one();
  }

  #tryAll(now: { nowMs: number; wallUs: number }): void {
    for (const stream of this.#streams.values()) this.#write(stream, now);
  }

  #write(stream: Stream, { nowMs, wallUs }: { nowMs: number; wallUs: number }): void {
    const writer = this.#writerOf(stream, nowMs);
    if (writer === undefined) return;
    while (stream.lines.length > 0) {
      const { messages, error } = writer.append(stream.lines, wallUs);
      const tooLarge = error?.code === 'LOG_MESSAGE_TOO_LARGE';
      this.#took(stream, messages, false);
      if (messages > 0) stream.syncAtMs ??= nowMs + STREAM_SYNC_MS;
      if (tooLarge) this.#took(stream, 1, true);
      else if (error !== undefined) {
        this.#failed(stream, error, nowMs);
        return;
      } else if (messages === 0) break;
    }
    this.#works(stream);
  }

  #took(stream: Stream, count: number, lost: boolean): void {
    for (const line of stream.lines.splice(0, count)) stream.bytesWaiting -= line.length;
    if (!lost) return;
    stream.dropped += count;
    stream.droppedNow += count;
  }

  #writerOf(stream: Stream, nowMs: number): JournalWriter | undefined {
    if (stream.writer !== undefined) return stream.writer;
    if (this.#closing.has(stream.directory)) return undefined;
    const opened = this.#open(stream);
    if (!opened.ok) {
      this.#failed(stream, opened.error, nowMs);
      return undefined;
    }
    stream.writer = opened.value;
    stream.troublesTold = 0;
    return opened.value;
  }

  #open({ directory, subscribers }: Stream): Result<JournalWriter, ClusterError> {
    const { store, createLog, openWriter } = this.#parts;
    const opened = openWriter(store, directory);
    if (opened.ok || (opened.error.code !== 'LOG_MISSING' && opened.error.code !== 'LOG_UNUSABLE'))
      return opened;
    const created = createLog(store, directory, { subscribers });
    // A directory that holds something else stays as it is, and the first refusal says what is wrong with it.
    if (!created.ok) return created.error.code === 'LOG_EXISTS' ? opened : created;
    const again = openWriter(store, directory);
    return again.ok ? ok(again.value) : again;
  }

  #failed(stream: Stream, error: ClusterError, nowMs: number): void {
    stream.retryAtMs = nowMs + STREAM_RETRY_MS;
    if (error.code !== 'LOG_FULL') this.#closeWriter(stream);
    if (stream.problem === error.message) return;
    stream.problem = error.message;
    this.#parts.tell({ type: 'failed', directory: stream.directory, reason: error.message });
  }

  #works(stream: Stream): void {
    stream.retryAtMs = undefined;
    const { directory, droppedNow, problem } = stream;
    if (problem !== undefined || droppedNow > 0) {
      stream.problem = undefined;
      stream.droppedNow = 0;
      this.#parts.tell({ type: 'recovered', directory, dropped: droppedNow });
    }
    const troubles = stream.writer?.stats().troubles ?? [];
    for (const text of troubles.slice(stream.troublesTold))
      this.#parts.tell({ type: 'trouble', directory, text });
    stream.troublesTold = troubles.length;
  }

  /** A sync that failed: what was appended is in the file, and the next one tries again. */
  #note(stream: Stream, error: ClusterError | undefined): void {
    if (error === undefined || stream.problem === error.message) return;
    stream.problem = error.message;
    this.#parts.tell({ type: 'failed', directory: stream.directory, reason: error.message });
  }

  #closeWriter(stream: Stream, done?: () => void): void {
    const { writer } = stream;
    stream.writer = undefined;
    stream.syncAtMs = undefined;
    if (writer === undefined) {
      done?.();
      return;
    }
    const { messages, bytes } = writer.stats();
    stream.before = { messages: stream.before.messages + messages, bytes: stream.before.bytes + bytes };
    this.#closing.add(stream.directory);
    writer.close(() => {
      this.#closing.delete(stream.directory);
      this.#ready = true;
      done?.();
      this.#parts.wake();
    });
  }
}

function newStream(directory: string, subscribers: readonly string[]): Stream {
  return {
    directory,
    subscribers,
    writer: undefined,
    lines: [],
    bytesWaiting: 0,
    dropped: 0,
    droppedNow: 0,
    problem: undefined,
    retryAtMs: undefined,
    syncAtMs: undefined,
    before: { messages: 0, bytes: 0 },
    troublesTold: 0,
  };
}
