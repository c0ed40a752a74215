/** A sliding view of a file: what is asked for is read together with what follows it. */

import type { StoreError, StoreFile } from './api.ts';

export type WindowOptions = {
  /** Bytes of the file that count; what follows is not looked at. */
  readonly size: number;
  readonly chunkBytes: number;
  /** True when what was read is handed out: then every chunk gets memory of its own. */
  readonly handsOut: boolean;
};

const PEEK_BYTES = 32;

export class FileWindow {
  readonly #file: StoreFile;
  readonly #options: WindowOptions;
  readonly #peeked = Buffer.allocUnsafe(PEEK_BYTES);
  #start = 0;
  #length = 0;
  #chunk: Buffer | undefined;
  /** What is in view; positions come from `at`. */
  buffer: Buffer = this.#peeked;
  /** Set when the disk refused; then `at` gave -1. */
  error: StoreError | undefined;
  bytesRead = 0;

  constructor(file: StoreFile, options: WindowOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** @returns where `offset` is in `buffer`, with at least `bytes` behind it; -1 when the file does not have them. */
  at(offset: number, bytes: number): number {
    const from = offset - this.#start;
    if (from >= 0 && from + bytes <= this.#length) return from;
    if (offset + bytes > this.#options.size) return -1;
    return this.#fill(offset, bytes) ? 0 : -1;
  }

  /** As many as there are of up to `bytes` (at most 32), without moving the view. */
  peek(offset: number, bytes: number): Buffer {
    const wanted = Math.max(0, Math.min(bytes, PEEK_BYTES, this.#options.size - offset));
    const from = offset - this.#start;
    if (from >= 0 && from + wanted <= this.#length) return this.buffer.subarray(from, from + wanted);
    const into = this.#peeked.subarray(0, wanted);
    const read = this.#file.read(into, offset);
    this.bytesRead += PEEK_BYTES;
    if (!read.ok) this.error = read.error;
    return into.subarray(0, read.ok ? read.value : 0);
  }

  /** How many bytes behind `offset` are in view or can be had by one read; at least 1 before the end. */
  viewFrom(offset: number): Buffer {
    const left = this.#options.size - offset;
    const at = this.at(offset, Math.min(left, PEEK_BYTES));
    return at < 0 ? this.buffer.subarray(0, 0) : this.buffer.subarray(at, this.#length);
  }

  #fill(offset: number, bytes: number): boolean {
    const { size, chunkBytes, handsOut } = this.#options;
    const wanted = Math.min(size - offset, Math.max(bytes, chunkBytes));
    if (handsOut || this.#chunk === undefined || this.#chunk.length < wanted) {
      this.#chunk = Buffer.allocUnsafe(wanted);
    }
    const into = this.#chunk.subarray(0, wanted);
    this.#length = 0;
    const read = this.#file.read(into, offset);
    if (!read.ok) {
      this.error = read.error;
      return false;
    }
    this.bytesRead += wanted;
    this.buffer = this.#chunk;
    this.#start = offset;
    this.#length = read.value;
    return read.value >= bytes;
  }
}
