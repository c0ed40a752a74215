/**
 * A small file that is replaced as a whole: written beside, synced, renamed, so that a crash leaves the old or the
 * new text and never half of one. Saves that come while one is being written are merged into the next.
 */

import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ClusterError } from '../base/errors.ts';
import { socketErrorText } from './stream-endpoint.ts';

/** A larger file is not read: it cannot be one of ours. */
export const STATE_FILE_BYTES_MAX = 512 * 1024 * 1024;
/** Time between two writes; what changes faster is merged. */
export const STATE_FILE_INTERVAL_MS = 200;

export type StateFileOptions = {
  readonly path: string;
  /** Permissions of the file. */
  readonly mode: number;
  readonly onError: (error: ClusterError) => void;
};

export class StateFile {
  readonly #options: StateFileOptions;
  /** Gives the text to write; replaced by later saves. */
  #next: (() => string) | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: StateFileOptions) {
    this.#options = options;
  }

  /** Undefined when there is none. @throws ClusterError STATE_FILE_UNREADABLE. */
  async load(): Promise<string | undefined> {
    const { path } = this.#options;
    try {
      const { size } = await stat(path);
      if (size > STATE_FILE_BYTES_MAX)
        throw new Error(`it has ${size} bytes, at most ${STATE_FILE_BYTES_MAX}`);
      return await readFile(path, 'utf8');
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw new ClusterError('STATE_FILE_UNREADABLE', { path, reason: socketErrorText(cause) }, { cause });
    }
  }

  /** Renames a damaged file out of the way. @returns its new path. */
  async setAside(wallMs: number): Promise<string> {
    const { path } = this.#options;
    const aside = `${path}.damaged-${Math.floor(wallMs / 1_000)}`;
    await rename(path, aside);
    return aside;
  }

  /** @param text called when the write begins, so that an expensive text is made once. */
  save(text: () => string): void {
    this.#next = text;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything saved so far is on disk, or was reported as failed. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // So that saves of one turn are one write, and #writing is set before it is cleared.
    for (let text = this.#take(); text !== undefined; text = this.#take()) {
      try {
        await replaceFile(this.#options, text());
      } catch (cause) {
        const { path } = this.#options;
        this.#options.onError(
          new ClusterError('STATE_FILE_FAILED', { path, reason: socketErrorText(cause) }, { cause }),
        );
      }
      if (this.#next !== undefined) await pause(STATE_FILE_INTERVAL_MS);
    }
    this.#writing = undefined;
  }

  #take(): (() => string) | undefined {
    const text = this.#next;
    this.#next = undefined;
    return text;
  }
}

/** Writes `path.new`, syncs it, renames it over `path` and syncs the directory. */
export async function replaceFile(
  { path, mode }: { readonly path: string; readonly mode: number },
  text: string,
): Promise<void> {
  const beside = `${path}.new`;
  // A leftover of a crash may belong to somebody else or have other permissions.
  await rm(beside, { force: true });
  const file = await open(beside, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ENOENT';
}

function pause(waitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}
