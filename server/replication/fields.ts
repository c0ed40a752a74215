/**
 * Fields of messages. Whole numbers take as few bytes as they need, for there is one for every changed key. Reading never
 * throws: a field that does not fit sets `failed` and yields zero values, so that a decoder checks once at its end.
 */

import { assert } from '../base/assert.ts';

const NOTHING = Buffer.alloc(0);
/** Bytes of the longest whole number: 53 bits, 7 in each byte. */
const WHOLE_BYTES_MAX = 8;

export class FieldWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#buffer.writeUInt32BE(value, this.#length);
    this.#length += 4;
    return this;
  }

  /** A whole number from 0 to 2^53 - 1. */
  whole(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a whole number is exact and not negative');
    this.#reserve(WHOLE_BYTES_MAX);
    let left = value;
    while (left >= 128) {
      this.#buffer[this.#length++] = (left % 128) + 128;
      left = Math.floor(left / 128);
    }
    this.#buffer[this.#length++] = left;
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.byteLength(value);
    this.whole(bytes);
    this.#reserve(bytes);
    this.#length += this.#buffer.write(value, this.#length);
    return this;
  }

  /** Bytes behind their number. */
  blob(value: Uint8Array): this {
    return this.whole(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.whole(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** To be used again. */
  clear(): void {
    this.#length = 0;
  }

  /** What was written so far, where it lies. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;
  #failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Every field fitted and nothing is left over. */
  get complete(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  get left(): number {
    return this.#failed ? 0 : this.#bytes.length - this.#at;
  }

  /** A field has a value that it may not have. */
  fail(): void {
    this.#failed = true;
  }

  u8(): number {
    return this.#take(1) ? (this.#bytes[this.#at - 1] ?? 0) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#bytes.readUInt32BE(this.#at - 4) : 0;
  }

  whole(max = Number.MAX_SAFE_INTEGER): number {
    let [value, unit] = [0, 1];
    for (let count = 0; count < WHOLE_BYTES_MAX; count += 1) {
      const byte = this.u8();
      value += (byte & 127) * unit;
      if (byte < 128) {
        if (value > max) this.fail();
        return this.#failed ? 0 : value;
      }
      unit *= 128;
    }
    this.fail();
    return 0;
  }

  text(bytesMax: number): string {
    const bytes = this.whole(bytesMax);
    if (!this.#take(bytes)) return '';
    return this.#bytes.toString('utf8', this.#at - bytes, this.#at);
  }

  blob(bytesMax: number): Buffer {
    return this.raw(this.whole(bytesMax));
  }

  raw(bytes: number): Buffer {
    return this.#take(bytes) ? this.#bytes.subarray(this.#at - bytes, this.#at) : NOTHING;
  }

  rest(): Buffer {
    return this.raw(this.left);
  }

  list<T>(countMax: number, read: () => T): readonly T[] {
    const count = this.whole(countMax);
    const items: T[] = [];
    while (items.length < count && !this.#failed) items.push(read());
    return items;
  }

  #take(bytes: number): boolean {
    if (this.#failed || bytes > this.#bytes.length - this.#at) {
      this.#failed = true;
      return false;
    }
    this.#at += bytes;
    return true;
  }
}
