/**
 * Little-endian writing and bounded reading of the fields of a frame. Reading never throws: a field that does not fit
 * sets `failed` and yields zero values, so that a decoder checks once at its end.
 */

import { assert } from '../base/assert.ts';

/** Counters, incarnations and positions travel as u64 but stay exact in a double. */
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
const TWO_32 = 0x1_0000_0000;
/** What stands for bytes that are not UTF-8; a text may also contain it by itself. */
const REPLACEMENT = '\ufffd';
const NOTHING = Buffer.alloc(0);

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes = 128) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }

  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a u64 field holds an exact integer');
    const at = this.#reserve(8);
    this.#buffer.writeUInt32LE(value % TWO_32, at);
    this.#buffer.writeUInt32LE(Math.floor(value / TWO_32), at + 4);
    return this;
  }

  f64(value: number): this {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
    return this;
  }

  /** UTF-8 behind a u16 length. */
  text(value: string): this {
    const bytes = Buffer.byteLength(value);
    assert(bytes <= 0xffff, 'a text field fits its 16 bit length');
    this.u16(bytes);
    const at = this.#reserve(bytes);
    this.#buffer.write(value, at, 'utf8');
    return this;
  }

  /** Bytes behind a u32 length. */
  blob(value: Buffer): this {
    this.u32(value.length);
    return this.raw(value);
  }

  /** A u16 and a blob, in one go: the most frequent fields by far. */
  packed(kind: number, value: Buffer): this {
    const at = this.#reserve(6 + value.length);
    this.#buffer.writeUInt16LE(kind, at);
    this.#buffer.writeUInt32LE(value.length, at + 2);
    this.#buffer.set(value, at + 6);
    return this;
  }

  raw(value: Buffer): this {
    const at = this.#reserve(value.length);
    value.copy(this.#buffer, at);
    return this;
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    assert(items.length <= 0xffff_ffff, 'a list fits its 32 bit count');
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }

  get length(): number {
    return this.#length;
  }

  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32LE(value, at);
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Makes room and returns where. It may replace the buffer: call it before `#buffer` is looked at. */
  #reserve(bytes: number): number {
    const at = this.#length;
    const needed = at + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** True when every field fitted and nothing is left over. */
  get complete(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** A field has a value that it may not have. */
  fail(): void {
    this.#failed = true;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#bytes.readUInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#bytes.readUInt16LE(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#bytes.readUInt32LE(at);
  }

  u64(): number {
    const at = this.#take(8);
    if (at < 0) return 0;
    const value = this.#bytes.readUInt32LE(at + 4) * TWO_32 + this.#bytes.readUInt32LE(at);
    if (value <= INTEGER_MAX) return value;
    this.#failed = true;
    return 0;
  }

  f64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#bytes.readDoubleLE(at);
  }

  /** UTF-8 behind a u16 length. Fails on anything that is not UTF-8: its replacement would be longer than it was. */
  text(bytesMax = 0xffff): string {
    const bytes = this.u16();
    if (bytes > bytesMax) this.#failed = true;
    const at = this.#take(bytes);
    if (at < 0) return '';
    const value = this.#bytes.toString('utf8', at, at + bytes);
    if (!value.includes(REPLACEMENT) || Buffer.from(value).equals(this.#bytes.subarray(at, at + bytes))) {
      return value;
    }
    this.#failed = true;
    return '';
  }

  blob(): Buffer {
    return this.raw(this.u32());
  }

  raw(bytes: number): Buffer {
    const at = this.#take(bytes);
    return at < 0 ? NOTHING : this.#bytes.subarray(at, at + bytes);
  }

  rest(): Buffer {
    return this.raw(this.left);
  }

  list<T>(read: () => T): T[] {
    const count = this.u32();
    const items: T[] = [];
    // An item takes at least one byte, so a count beyond the bytes left is a lie.
    if (count > this.left) this.#failed = true;
    for (let index = 0; index < count && !this.#failed; index += 1) items.push(read());
    return items;
  }

  #take(bytes: number): number {
    if (this.#failed || bytes > this.left) {
      this.#failed = true;
      return -1;
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
