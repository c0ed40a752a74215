/**
 * Puts lines and positions on the disk together (LGS-30). A file is in the journal before its first byte is written; a
 * commit appends to files, and counts from the moment at which the journal has their new sizes and the positions. What
 * was appended without that is cut off: at once where something went wrong, else when the process starts.
 */

import { assert, must, unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { LogFields, LogLevel } from '../base/ports.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { DiskError, DiskOperation, DiskResult } from './aggregation-disk.ts';
import { AggregationFiles, type OpenFile } from './aggregation-files.ts';
import { decodeJournal, type FileMark, type JournalEntry, type StreamMark } from './aggregation-journal.ts';
import { type DiskRequest, DiskRounds } from './disk-rounds.ts';
import { JournalKeeper } from './journal-keeper.ts';

export type WriterOptions = {
  readonly fileMode: number;
  readonly dirMode: number;
  readonly maxOpen: number;
  readonly maxIdleMs: number;
};

export type Commit = {
  /** At most `maxOpen`, each path once. */
  readonly files: readonly { readonly path: string; readonly bytes: Buffer }[];
  readonly streams: readonly StreamMark[];
};

export type WriterInput =
  /** Reads the journal and cuts files back; once, before anything else. */
  | { readonly type: 'start' }
  /** Only while `ready`. */
  | { readonly type: 'commit'; readonly commit: Commit }
  /** The node has this checkpoint; the journal learns of it with the next commit, or soon. */
  | {
      readonly type: 'confirmed';
      readonly stream: Pick<StreamMark, 'node' | 'log' | 'subscriber'>;
      readonly position: LogPosition;
    }
  | { readonly type: 'optionsChanged'; readonly options: WriterOptions }
  | { readonly type: 'disk'; readonly result: DiskResult };

export type WriterEffect =
  | { readonly type: 'disk'; readonly operation: DiskOperation }
  /** What is known of each log; commits may come. */
  | { readonly type: 'recovered'; readonly streams: readonly StreamMark[] }
  | { readonly type: 'committed' }
  /** Nothing of the commit counts; it may be given again. */
  | { readonly type: 'failed'; readonly error: DiskError }
  /** The disk stands in the way of what is under way, which is tried again; undefined: it no longer does. */
  | { readonly type: 'stuck'; readonly error: DiskError | undefined }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: LogFields;
    };

/** What is not urgent waits so long for a commit that takes it along. */
export const LAZY_MS = 1_000;
export class AggregationWriter implements Core<WriterInput | DeadlineReached, WriterEffect> {
  #options: WriterOptions;
  readonly #rounds = new DiskRounds((operation) => this.#effects.push({ type: 'disk', operation }));
  readonly #files = new AggregationFiles();
  readonly #journal = new JournalKeeper(this.#rounds, (error) =>
    this.#effects.push({ type: 'stuck', error }),
  );
  /** Paths of files that may hold more than the journal says. */
  readonly #uncut = new Set<string>();
  #closed: string[] = [];
  #lazyAtMs: number | undefined;
  #recovered = false;
  #commit: Commit | undefined;
  #nowMs = 0;
  #effects: WriterEffect[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get deadlineMs(): number | undefined {
    if (!this.ready) return this.#journal.retryAtMs;
    const oldestMs = this.#files.oldestUseMs;
    const idleMs = oldestMs === undefined ? undefined : oldestMs + this.#options.maxIdleMs;
    const due = [idleMs, this.#lazyAtMs].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** A commit may be given. */
  get ready(): boolean {
    const idle = this.#commit === undefined && !this.#rounds.busy;
    return this.#recovered && idle && this.#journal.retryAtMs === undefined;
  }

  step(input: WriterInput | DeadlineReached, nowMs: number): readonly WriterEffect[] {
    this.#nowMs = nowMs;
    this.#journal.setNow(nowMs);
    switch (input.type) {
      case 'start':
        this.#load();
        break;
      case 'commit':
        assert(this.ready, 'one commit at a time');
        this.#commit = input.commit;
        this.#lookAtFiles();
        break;
      case 'confirmed':
        this.#journal.confirm(input.stream, input.position);
        this.#lazyAtMs ??= nowMs + LAZY_MS;
        break;
      case 'optionsChanged':
        this.#options = input.options;
        break;
      case 'disk':
        this.#rounds.take(input.result);
        break;
      case 'deadlineReached':
        this.#onDeadline();
        break;
      default:
        unreachable(input);
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #onDeadline(): void {
    if (!this.ready) return;
    const idle = this.#files.idle(this.#nowMs, this.#options.maxIdleMs);
    if (idle.length > 0) this.#close(idle, () => undefined);
    else if (this.#lazyAtMs !== undefined && this.#nowMs >= this.#lazyAtMs) {
      this.#write({ streams: [], files: [] }, () => undefined);
    }
  }

  // Start

  #load(): void {
    this.#rounds.ask([{ type: 'loadJournal' }], ([result]) => {
      if (result?.type === 'failed') return this.#journal.again(result.error, () => this.#load());
      assert(result?.type === 'journal', 'a journal or a failure');
      if (result.bytes === undefined) return this.#cutBack();
      const loaded = decodeJournal(result.bytes);
      if (!loaded.ok) return this.#setAside(loaded.error);
      this.#journal.state = loaded.value.state;
      const { tornBytes } = loaded.value;
      if (tornBytes > 0) this.#log('info', 'logs.journal_torn', { bytes: tornBytes });
      this.#cutBack();
    });
  }

  /** Sizes of a damaged journal may be older than what counts: nothing is cut, and nodes say where to go on. */
  #setAside(reason: string): void {
    this.#rounds.ask([{ type: 'setJournalAside' }], ([result]) => {
      if (result?.type === 'failed') return this.#journal.again(result.error, () => this.#setAside(reason));
      const kept = result?.type === 'setAside' ? result.path : '';
      this.#log('error', 'logs.journal_damaged', { reason, kept });
      this.#cutBack();
    });
  }

  #cutBack(): void {
    const files = [...this.#journal.state.files.values()];
    const requests = files.map(
      ({ path, identity, size }): DiskRequest => ({ type: 'cutBack', path, identity, size }),
    );
    this.#rounds.ask(requests, (results) => {
      results.forEach((result, index) => {
        this.#onCutBack(must(files[index], 'the file of a result'), result);
      });
      this.#write({ streams: [], files: [] }, () => this.#begin());
    });
  }

  #onCutBack(file: FileMark, result: DiskResult): void {
    const { path, size } = file;
    if (result.type === 'failed') {
      this.#uncut.add(path);
      this.#log('error', 'logs.file_not_cut', { path, size, reason: result.error.text });
      return;
    }
    assert(result.type === 'cutBack', 'a file that was looked at');
    this.#closed.push(path);
    const { outcome, bytes } = result;
    if (outcome === 'cut') this.#log('info', 'logs.file_cut', { path, size, bytes });
    else if (outcome !== 'asIs') this.#log('warn', 'logs.file_left_alone', { path, outcome });
  }

  #begin(): void {
    this.#recovered = true;
    this.#effects.push({ type: 'recovered', streams: [...this.#journal.state.streams] });
  }

  // A commit: look, open, note, append, seal

  #lookAtFiles(): void {
    const { files } = this.#current();
    const wanted = new Set(files.map(({ path }) => path));
    this.#close(this.#files.tooMany(wanted, this.#options.maxOpen), () => {
      const open = [...wanted].flatMap((path) => this.#files.get(path) ?? []);
      this.#rounds.ask(
        open.map(({ file, path }): DiskRequest => ({ type: 'look', file, path })),
        (results) => this.#onLooked(open, results),
      );
    });
  }

  #onLooked(open: readonly OpenFile[], results: readonly DiskResult[]): void {
    const gone: OpenFile[] = [];
    const changed: OpenFile[] = [];
    for (const [index, file] of open.entries()) {
      const result = results[index];
      if (result?.type === 'failed') {
        this.#fail(result.error);
        return;
      }
      assert(result?.type === 'looked', 'a file that was looked at');
      const { path, identity } = file;
      if (result.identity !== identity) {
        gone.push(file);
        this.#log('info', 'logs.file_moved', { path, to: result.identity ?? '' });
      } else if (result.size !== file.size) {
        // Somebody else wrote to it, or made it shorter: what is there now is the new beginning.
        this.#log('warn', 'logs.file_changed', { path, size: file.size, found: result.size });
        file.size = result.size;
        changed.push(file);
      }
    }
    this.#close(gone, () => this.#openFiles(changed));
  }

  #openFiles(changed: readonly OpenFile[]): void {
    const { fileMode, dirMode } = this.#options;
    const missing = this.#current().files.filter(({ path }) => this.#files.get(path) === undefined);
    const numbers = missing.map(() => this.#files.nextNumber());
    this.#rounds.ask(
      missing.map(({ path }, index): DiskRequest => {
        return { type: 'open', file: numbers[index] ?? 0, path, fileMode, dirMode };
      }),
      (results) => {
        const opened: OpenFile[] = [];
        let error: DiskError | undefined;
        for (const [index, { path }] of missing.entries()) {
          const result = results[index];
          if (result?.type === 'failed') error ??= result.error;
          if (result?.type !== 'opened') continue;
          const { identity, size } = result;
          opened.push({ file: numbers[index] ?? 0, path, identity, size, usedMs: this.#nowMs });
        }
        for (const file of opened) this.#files.add(file);
        if (error === undefined) this.#cutUncut(opened, changed);
        else this.#giveUp(error, opened);
      },
    );
  }

  /** What an earlier failure left behind is cut off before anything is added. */
  #cutUncut(opened: readonly OpenFile[], changed: readonly OpenFile[]): void {
    const uncut = opened.filter(({ path, identity, size }) => {
      const mark = this.#journal.state.files.get(path);
      return this.#uncut.has(path) && mark?.identity === identity && mark.size < size;
    });
    for (const file of uncut) file.size = this.#journal.state.files.get(file.path)?.size ?? file.size;
    this.#rounds.ask(
      uncut.map(({ file, size }): DiskRequest => ({ type: 'cut', file, size })),
      (results) => {
        const error = errorOf(results);
        if (error !== undefined) return this.#giveUp(error, opened);
        for (const { path } of opened) this.#uncut.delete(path);
        this.#note([...opened, ...changed]);
      },
    );
  }

  #note(files: readonly OpenFile[]): void {
    if (files.length === 0) this.#append();
    else this.#write({ streams: [], files: files.map(fileMark) }, () => this.#append());
  }

  #append(): void {
    const { files } = this.#current();
    const requests = files.map(({ path, bytes }): DiskRequest => {
      return { type: 'append', file: must(this.#files.get(path), 'an open file').file, bytes };
    });
    this.#rounds.ask(requests, (results) => {
      const error = errorOf(results);
      if (error !== undefined) return this.#undo(error);
      const sizes = results.map((result) => (result.type === 'appended' ? result.size : 0));
      this.#seal(sizes);
    });
  }

  #seal(sizes: readonly number[]): void {
    const { files, streams } = this.#current();
    const marks = files.map(({ path }, index) => {
      this.#files.used(path, sizes[index] ?? 0, this.#nowMs);
      return fileMark(must(this.#files.get(path), 'an open file'));
    });
    this.#write({ streams, files: marks }, () => {
      this.#commit = undefined;
      this.#effects.push({ type: 'committed' });
    });
  }

  /** Takes back what was appended, and closes the files: after a failed sync nobody knows what they hold in memory. */
  #undo(error: DiskError): void {
    const open = this.#current().files.map(({ path }) => must(this.#files.get(path), 'an open file'));
    this.#rounds.ask(
      open.map(({ file, size }): DiskRequest => ({ type: 'cut', file, size })),
      (results) => {
        const uncut = open.filter((_, index) => results[index]?.type === 'failed');
        for (const { path } of uncut) this.#uncut.add(path);
        this.#giveUp(error, open);
      },
    );
  }

  #giveUp(error: DiskError, files: readonly OpenFile[]): void {
    this.#close(files, () => this.#fail(error));
  }

  #fail(error: DiskError): void {
    this.#commit = undefined;
    this.#effects.push({ type: 'failed', error });
  }

  #current(): Commit {
    return must(this.#commit, 'a commit that is under way');
  }

  // Files and journal

  #close(files: readonly OpenFile[], then: () => void): void {
    for (const { path } of files) {
      this.#files.remove(path);
      // Its size stays in the journal where more than that may be in it.
      if (this.#uncut.has(path)) continue;
      this.#closed.push(path);
      this.#lazyAtMs ??= this.#nowMs + LAZY_MS;
    }
    this.#rounds.ask(
      files.map(({ file }): DiskRequest => ({ type: 'close', file })),
      then,
    );
  }

  #write({ streams, files }: Omit<JournalEntry, 'closed'>, then: () => void): void {
    const closed = this.#closed.filter((path) => this.#files.get(path) === undefined);
    this.#closed = [];
    this.#lazyAtMs = undefined;
    this.#journal.write({ streams, files, closed }, then);
  }

  #log(level: LogLevel, event: string, fields: LogFields): void {
    this.#effects.push({ type: 'log', level, event, fields });
  }
}

function fileMark({ path, identity, size }: OpenFile): FileMark {
  return { path, identity, size };
}

function errorOf(results: readonly DiskResult[]): DiskError | undefined {
  for (const result of results) if (result.type === 'failed') return result.error;
  return undefined;
}
