/**
 * What was typed into ec_console, kept in a file that only its owner may read. Lines that may hold secrets never get
 * there. A file that cannot be used costs the history, never the session.
 */

import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** Lines kept. */
export const HISTORY_LINES_MAX = 1_000;
/** A larger file is not ours and stays as it is. */
export const HISTORY_BYTES_MAX = 4 * 1024 * 1024;
export const HISTORY_FILE_NAME = '.ec_console_history';
const FILE_MODE = 0o600;
/** Lines that a session may add before the file is cut again. */
const LINES_OVER_MAX = 1_000;

/** Whether a line must be forgotten as soon as it was sent. */
export function mayHoldSecret(line: string): boolean {
  return /^\s*(?:xml\s+)?auth(?:\s|$)/i.test(line) || /passw|secret|token|credential/i.test(line);
}

export class ConsoleHistory {
  readonly #path: string | undefined;
  readonly #lines: string[];
  #added = 0;

  /** @param home where the file is; undefined keeps the history in memory. */
  constructor(home: string | undefined) {
    const file = home === undefined || home === '' ? undefined : path.join(home, HISTORY_FILE_NAME);
    const lines = file === undefined ? [] : readLines(file);
    this.#path = lines === undefined ? undefined : file;
    this.#lines = (lines ?? []).slice(-HISTORY_LINES_MAX);
    if ((lines?.length ?? 0) > HISTORY_LINES_MAX) this.#cut();
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    if (line === '' || mayHoldSecret(line)) return;
    this.#lines.push(line);
    if (this.#lines.length > HISTORY_LINES_MAX) this.#lines.shift();
    this.#added += 1;
    this.#append(line);
    if (this.#added > LINES_OVER_MAX) this.#cut();
  }

  list(): string {
    return this.#lines.map((line, index) => `${String(index + 1).padStart(5)}  ${line}`).join('\n');
  }

  #append(line: string): void {
    if (this.#path === undefined) return;
    try {
      const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
      const file = openSync(this.#path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, FILE_MODE);
      try {
        writeSync(file, `${line}\n`);
      } finally {
        closeSync(file);
      }
    } catch {
      // A home that cannot be written keeps no history.
    }
  }

  /** Other sessions may have written as well: their lines stay. */
  #cut(): void {
    this.#added = 0;
    if (this.#path === undefined) return;
    try {
      const beside = `${this.#path}.${process.pid}`;
      const lines = (readLines(this.#path) ?? []).slice(-HISTORY_LINES_MAX);
      writeFileSync(beside, lines.map((line) => `${line}\n`).join(''), { mode: FILE_MODE, flag: 'wx' });
      renameSync(beside, this.#path);
    } catch {
      // The longer file stays.
    }
  }
}

/** Undefined when the file must not be used. */
function readLines(file: string): string[] | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    if (!stats.isFile() || stats.size > HISTORY_BYTES_MAX) return undefined;
    if ((stats.mode & 0o077) !== 0) chmodSync(file, FILE_MODE);
    const text = readFileSync(file, 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch {
    return undefined;
  }
}
