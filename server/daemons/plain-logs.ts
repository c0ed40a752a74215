/**
 * Appends lines to plain log files. Each batch opens its file anew, so that a rotated file is followed; a file that
 * cannot be written never holds up anybody: the queue is bounded, and the oldest lines go first.
 */

import { appendFile } from 'node:fs/promises';
import { socketErrorText } from '../adapters/stream-endpoint.ts';
import type { Logger } from '../base/ports.ts';

/** Lines waiting for one file. */
export const PLAIN_LINES_MAX = 1_000;
/** Files written to in the life of a process. */
export const PLAIN_FILES_MAX = 16;
const FILE_MODE = 0o640;

export class PlainLogs {
  readonly #logger: Logger;
  readonly #files = new Map<string, PlainFile>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param line without a line end. */
  append(path: string, line: string): void {
    const file = this.#files.get(path) ?? new PlainFile(path, this.#logger);
    if (!this.#files.has(path) && this.#files.size >= PLAIN_FILES_MAX) return;
    this.#files.set(path, file);
    file.append(line);
  }

  /** Resolves when everything appended so far is written or given up. */
  async settled(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.settled()));
  }
}

class PlainFile {
  readonly #path: string;
  readonly #logger: Logger;
  #lines: string[] = [];
  #dropped = 0;
  #broken = false;
  #writing: Promise<void> | undefined;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  append(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > PLAIN_LINES_MAX) {
      this.#lines.shift();
      this.#dropped += 1;
    }
    this.#writing ??= this.#writeAll();
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // So that the lines of one turn are one write, and #writing is set before it is cleared.
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      try {
        await appendFile(this.#path, lines.map((line) => `${line}\n`).join(''), { mode: FILE_MODE });
        this.#report();
      } catch (cause) {
        this.#dropped += lines.length;
        this.#complain(socketErrorText(cause));
      }
    }
    this.#writing = undefined;
  }

  #report(): void {
    if (this.#dropped > 0) this.#logger.warn('log.lines_dropped', { path: this.#path, lines: this.#dropped });
    this.#dropped = 0;
    this.#broken = false;
  }

  /** Once until it works again. */
  #complain(reason: string): void {
    if (!this.#broken) this.#logger.error('log.not_written', { path: this.#path, reason });
    this.#broken = true;
  }
}
