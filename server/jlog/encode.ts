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
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  /** Five times as fast as the methods of the buffer. */
  #header = viewOf(this.#buffer);
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
    if (this.#buffer.length > BATCH_BYTES_MAX) this.#hold(Buffer.allocUnsafe(FIRST_BYTES));
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
    const header = this.#header;
    header.setUint32(start, magic, true);
    header.setUint32(start + 4, seconds, true);
    header.setUint32(start + 8, microseconds, true);
    header.setUint32(start + 12, messageBytes, true);
    if (headerBytes === 20) header.setUint32(start + 16, end - start - headerBytes, true);
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
    this.#hold(larger);
    return true;
  }

  #hold(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#header = viewOf(buffer);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** @returns bytes of the message. */
function put(message: LogMessage, into: Buffer, at: number): number {
  if (typeof message === 'string') return into.write(message, at, 'utf8');
  into.set(message, at);
  return message.length;
}
