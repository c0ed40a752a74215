/** Writes what changed of messages beside them, and removes what is done: soon, in the background, a few at a time. */

import { MESSAGE_END, type SpoolFile, STATE_END, stateBytes, TEMPORARY_END } from './spool-recovery.ts';
import type { SpoolDisk } from './spool-writer.ts';

const TOGETHER = 4;

export class SpoolStates {
  readonly #disk: SpoolDisk;
  readonly #mode: number;
  readonly #failed: (cause: unknown) => void;
  readonly #due = new Set<SpoolFile>();
  readonly #working = new Set<SpoolFile>();
  #ended: (() => void) | undefined;
  #held = false;

  /** @param mode permissions of files. */
  constructor(disk: SpoolDisk, mode: number, failed: (cause: unknown) => void) {
    this.#disk = disk;
    this.#mode = mode;
    this.#failed = failed;
  }

  /** Something of it changed, or everything of it is done. */
  changed(file: SpoolFile): void {
    this.#due.add(file);
    this.#next();
  }

  /** The disk may take something again. */
  retry(): void {
    this.#held = false;
    this.#next();
  }

  /** Everything that is due was tried once more when this resolves. */
  async close(): Promise<void> {
    this.retry();
    if (this.#working.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
  }

  #next(): void {
    for (const file of this.#due) {
      if (this.#held || this.#working.size >= TOGETHER) break;
      if (this.#working.has(file)) continue;
      this.#due.delete(file);
      this.#working.add(file);
      void this.#write(file);
    }
    if (this.#working.size === 0) this.#ended?.();
  }

  async #write(file: SpoolFile): Promise<void> {
    try {
      if (file.live.size === 0) await this.#remove(file);
      else await this.#replace(file);
    } catch (cause) {
      this.#due.add(file);
      this.#held = true;
      this.#failed(cause);
    }
    this.#working.delete(file);
    this.#next();
  }

  async #remove(file: SpoolFile): Promise<void> {
    const stem = `${file.directory}/${file.name}`;
    // The message first: a state without a message means nothing, the other way round it would come back.
    await this.#unlink(`${stem}${MESSAGE_END}`);
    await this.#unlink(`${stem}${STATE_END}`);
  }

  async #replace(file: SpoolFile): Promise<void> {
    const path = `${file.directory}/${file.name}${STATE_END}`;
    const beside = `${path}${TEMPORARY_END}`;
    const bytes = stateBytes(file);
    const handle = await this.#disk.open(beside, 'w', this.#mode);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await this.#disk.rename(beside, path);
  }

  async #unlink(path: string): Promise<void> {
    try {
      await this.#disk.unlink(path);
    } catch (cause) {
      if (!(cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ENOENT')) throw cause;
    }
  }
}
