/** Records into memory that is written at once. */

import type { LogMessage } from './api.ts';
import type { RecordFormat } from './format.ts';
import { literalBlockBytes, writeLiteralBlock } from './lz4.ts';

/** What one write call carries at most, unless one record alone is longer. */
export const BATCH_BYTES_MAX = 1024 * 1024;
const FIRST_BYTES = 2 * 1024;

/** One batch. `add` refuses what does not fit any more. */
export class RecordBatch {
  readonly #format: RecordFormat;
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #used = 0;

  constructor(format: RecordFormat) {
    this.#format = format;
  }

  get bytes(): number {
    return this.#used;
  }

  /** To be written before anything is added. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
    if (this.#buffer.length > BATCH_BYTES_MAX) this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /** @returns false when the batch is full; an empty one takes everything. */
  add(message: LogMessage, seconds: number, microseconds: number): boolean {
    const { magic, headerBytes, packing } = this.#format;
    const atMost = typeof message === 'string' ? message.length * 3 : message.length;
    const bodyAtMost = packing === 'lz4' ? literalBlockBytes(atMost) : atMost;
    if (!this.#room(headerBytes + bodyAtMost)) return false;
    const buffer = this.#buffer;
    const start = this.#used;
    let at = start + headerBytes;
    let messageBytes: number;
    if (packing === 'lz4') {
      messageBytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
      at = writeLiteralBlock(buffer, at, messageBytes);
      put(message, buffer, at);
    } else {
      messageBytes = put(message, buffer, at);
    }
    const end = at + messageBytes;
    buffer.writeUInt32LE(magic, start);
    buffer.writeUInt32LE(seconds, start + 4);
    buffer.writeUInt32LE(microseconds, start + 8);
    buffer.writeUInt32LE(messageBytes, start + 12);
    if (headerBytes === 20) buffer.writeUInt32LE(end - start - headerBytes, start + 16);
    this.#used = end;
    return true;
  }

  #room(bytes: number): boolean {
    const needed = this.#used + bytes;
    if (needed > BATCH_BYTES_MAX && this.#used > 0) return false;
    if (needed <= this.#buffer.length) return true;
    const larger = Buffer.allocUnsafeSlow(
      Math.max(needed, Math.min(BATCH_BYTES_MAX, this.#buffer.length * 2)),
    );
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
    return true;
  }
}

/** @returns bytes of the message. */
function put(message: LogMessage, into: Buffer, at: number): number {
  if (typeof message === 'string') return into.write(message, at, 'utf8');
  into.set(message, at);
  return message.length;
}
