/** One message on its way into the spool: a temporary file that becomes the message when everything of it is synced. */

import type { FileHandle, open } from 'node:fs/promises';
import { encodeEnd, LEAD, type SpoolFacts } from './spool-format.ts';

/** The calls that can fail for reasons of the disk; a test puts failures here. */
export type SpoolDisk = {
  readonly open: typeof open;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly unlink: (path: string) => Promise<void>;
};

/** So much is collected before it is written: most messages are one write. */
const BUFFER_BYTES = 64 * 1024;

export class SpoolWriter {
  readonly directory: string;
  /** Without directory and ending. */
  readonly name: string;
  readonly #disk: SpoolDisk;
  readonly #mode: number;
  #chunks: Buffer[] = [LEAD];
  #chunkBytes = LEAD.length;
  #bodyBytes = 0;
  #handle: FileHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;
  #over = false;

  constructor(parts: {
    readonly disk: SpoolDisk;
    readonly directory: string;
    readonly name: string;
    /** Permissions of the file. */
    readonly mode: number;
  }) {
    this.#mode = parts.mode;
    this.directory = parts.directory;
    this.name = parts.name;
    this.#disk = parts.disk;
  }

  get temporaryPath(): string {
    return `${this.directory}/${this.name}.tmp`;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** More of the body. @returns what to wait for before more comes; undefined when nothing has to be waited for. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#over || this.#failure !== undefined) return undefined;
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    this.#bodyBytes += chunk.length;
    if (this.#chunkBytes < BUFFER_BYTES) return undefined;
    this.#flush();
    return this.#writing;
  }

  /** Everything is on the disk under its temporary name when this resolves. Rejects with what the disk says. */
  async finish(facts: SpoolFacts): Promise<void> {
    this.#over = true;
    this.#chunks.push(encodeEnd(this.#bodyBytes, facts));
    this.#flush();
    await this.#writing;
    const handle = this.#handle;
    if (this.#failure === undefined) {
      try {
        await handle?.datasync();
      } catch (cause) {
        this.#failure = cause;
      }
    }
    await this.#close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Leaves nothing behind. May be called at any time before the file has its name. */
  async discard(): Promise<void> {
    this.#over = true;
    this.#chunks = [];
    await this.#writing;
    const opened = this.#handle !== undefined;
    await this.#close();
    if (!opened) return;
    try {
      await this.#disk.unlink(this.temporaryPath);
    } catch {
      // The next start of the spool removes it.
    }
  }

  #flush(): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#writing = this.#writing.then(() => this.#append(chunks));
  }

  async #append(chunks: readonly Buffer[]): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      this.#handle ??= await this.#disk.open(this.temporaryPath, 'wx', this.#mode);
      const bytes = Buffer.concat(chunks);
      let at = 0;
      while (at < bytes.length) at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      this.#failure = cause;
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.close();
    } catch (cause) {
      this.#failure ??= cause;
    }
  }
}
