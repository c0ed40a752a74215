/** Records into memory that is written at once. */

import { type LogMessage, RECORD_BYTES_MAX } from './api.ts';
import type { RecordFormat } from './format.ts';
import { literalBlockBytes, writeLiteralBlock } from './lz4.ts';

/** What one write call carries at most, unless one record alone is longer. */
export const BATCH_BYTES_MAX = 1024 * 1024;
const FIRST_BYTES = 2 * 1024;
/**
 * Short texts are joined and written by one call, which costs as much as writing one of them; longer ones gain nothing.
 * What is joined stays in the nearest memory of the processor.
 */
const JOINED_TEXT_MAX = 512;
const JOINED_MAX = 16 * 1024;
/** No character of UTF-8 is longer. */
const CHARACTER_BYTES_MAX = 4;

export type Stamp = { readonly seconds: number; readonly microseconds: number };

/** Records for one write call. */
export class RecordBatch {
  readonly #format: RecordFormat;
  /** What stands between joined texts until the headers are known. */
  readonly #gap: string;
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  /** Five times as fast as the methods of the buffer. */
  #header = viewOf(this.#buffer);
  #used = 0;

  constructor(format: RecordFormat) {
    this.#format = format;
    this.#gap = '\0'.repeat(format.headerBytes);
  }

  /** To be written before anything is filled in. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  /**
   * Begins anew with the messages from `from` on: until one is too large, the batch is full, or it has `room` bytes. Its
   * first message is taken whatever its length.
   * @returns how many were taken
   */
  fill(messages: readonly LogMessage[], from: number, room: number, stamp: Stamp): number {
    this.#clear();
    let index = from;
    while (index < messages.length && this.#used < room) {
      const end = this.#endOfTexts(messages, index, room);
      if (end - index > 1 && this.#addTexts(messages, index, end, stamp)) {
        index = end;
        continue;
      }
      const alone = Math.max(end, index + 1);
      for (; index < alone && this.#used < room; index += 1) {
        const message = messages[index];
        if (message === undefined || isTooLarge(message) || !this.#add(message, stamp)) return index - from;
      }
    }
    return index - from;
  }

  #clear(): void {
    this.#used = 0;
    if (this.#buffer.length > BATCH_BYTES_MAX) this.#hold(Buffer.allocUnsafe(FIRST_BYTES));
  }

  /** Behind the texts that may be joined, if every character of theirs is one byte. */
  #endOfTexts(messages: readonly LogMessage[], from: number, room: number): number {
    const { headerBytes, packing } = this.#format;
    if (packing === 'lz4') return from;
    const most = Math.min(this.#used + JOINED_MAX, BATCH_BYTES_MAX - CHARACTER_BYTES_MAX);
    let at = this.#used;
    let index = from;
    while (index < messages.length && at < room) {
      const message = messages[index];
      if (typeof message !== 'string' || message.length > JOINED_TEXT_MAX) break;
      at += headerBytes + message.length;
      if (at > most) break;
      index += 1;
    }
    return index;
  }

  /** @returns false when characters are longer than a byte: then nothing was added. */
  #addTexts(messages: readonly LogMessage[], from: number, end: number, stamp: Stamp): boolean {
    const { headerBytes } = this.#format;
    const start = this.#used;
    const joined = messages.slice(from, end).join(this.#gap);
    // With room for one more character nothing longer can seem to be as long.
    if (!this.#room(headerBytes + joined.length + CHARACTER_BYTES_MAX)) return false;
    if (this.#buffer.write(joined, start + headerBytes) !== joined.length) return false;
    let at = start;
    for (let index = from; index < end; index += 1) {
      const bytes = messages[index]?.length ?? 0;
      this.#putHeader(at, stamp, bytes, bytes);
      at += headerBytes + bytes;
    }
    this.#used = at;
    return true;
  }

  /** @returns false when the batch is full; an empty one takes everything. */
  #add(message: LogMessage, stamp: Stamp): boolean {
    const { headerBytes, packing } = this.#format;
    const atMost = typeof message === 'string' ? message.length * 3 : message.length;
    const bodyAtMost = packing === 'lz4' ? literalBlockBytes(atMost) : atMost;
    if (!this.#room(headerBytes + bodyAtMost)) return false;
    const buffer = this.#buffer;
    const start = this.#used;
    let at = start + headerBytes;
    let messageBytes: number;
    if (packing === 'lz4') {
      messageBytes = lengthOf(message);
      at = writeLiteralBlock(buffer, at, messageBytes);
      put(message, buffer, at);
    } else {
      messageBytes = put(message, buffer, at);
    }
    const end = at + messageBytes;
    this.#putHeader(start, stamp, messageBytes, end - start - headerBytes);
    this.#used = end;
    return true;
  }

  #putHeader(at: number, { seconds, microseconds }: Stamp, messageBytes: number, bodyBytes: number): void {
    const header = this.#header;
    header.setUint32(at, this.#format.magic, true);
    header.setUint32(at + 4, seconds, true);
    header.setUint32(at + 8, microseconds, true);
    header.setUint32(at + 12, messageBytes, true);
    if (this.#format.headerBytes === 20) header.setUint32(at + 16, bodyBytes, true);
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

export function lengthOf(message: LogMessage): number {
  return typeof message === 'string' ? Buffer.byteLength(message) : message.length;
}

/** The exact length of a text is not asked for where it cannot matter. */
function isTooLarge(message: LogMessage): boolean {
  return message.length > RECORD_BYTES_MAX / 3 && lengthOf(message) > RECORD_BYTES_MAX;
}
