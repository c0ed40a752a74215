/**
 * Big-endian fields of a frame. Reading never throws: a field that does not fit sets `failed` and yields zero values, so
 * that a decoder checks once at its end.
 */

import { assert } from '../base/assert.ts';
import type { LogPosition } from '../model/log-position.ts';

const TWO_32 = 0x1_0000_0000;
const NOTHING = Buffer.alloc(0);
/** Bytes of a position. */
export const POSITION_BYTES = 8;

export class FieldWriter {
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
    this.#buffer.writeUInt16BE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a u64 field holds an exact integer');
    return this.u32(Math.floor(value / TWO_32)).u32(value % TWO_32);
  }

  position({ segment, marker }: LogPosition): this {
    return this.u32(segment).u32(marker);
  }

  /** UTF-8 behind a u16 length. What is longer than `bytesMax` is cut: for words to people. */
  text(value: string, bytesMax = 0xffff): this {
    const bytes = Buffer.from(value).subarray(0, bytesMax);
    return this.u16(bytes.length).raw(bytes);
  }

  /** Bytes behind a u16 length. */
  blob(value: Uint8Array): this {
    return this.u16(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  /** Behind a u16 count. */
  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u16(items.length);
    for (const item of items) write(item);
    return this;
  }

  get length(): number {
    return this.#length;
  }

  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

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

export class FieldReader {
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

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A field has a value that it may not have. */
  fail(): void {
    this.#failed = true;
  }

  u8(): number {
    return this.#take(1) ? this.#bytes.readUInt8(this.#at - 1) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#bytes.readUInt16BE(this.#at - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#bytes.readUInt32BE(this.#at - 4) : 0;
  }

  u64(): number {
    const value = this.u32() * TWO_32 + this.u32();
    if (!Number.isSafeInteger(value)) this.fail();
    return this.#failed ? 0 : value;
  }

  position(): LogPosition {
    return { segment: this.u32(), marker: this.u32() };
  }

  text(bytesMax = 0xffff): string {
    return this.blob(bytesMax).toString('utf8');
  }

  blob(bytesMax = 0xffff): Buffer {
    const bytes = this.u16();
    if (bytes > bytesMax) this.fail();
    return this.raw(bytes);
  }

  raw(bytes: number): Buffer {
    return this.#take(bytes) ? this.#bytes.subarray(this.#at - bytes, this.#at) : NOTHING;
  }

  rest(): Buffer {
    return this.raw(this.left);
  }

  list<T>(countMax: number, read: () => T): readonly T[] {
    const count = this.u16();
    if (count > countMax) this.fail();
    const items: T[] = [];
    while (items.length < count && !this.#failed) items.push(read());
    return items;
  }

  #take(bytes: number): boolean {
    if (this.#failed || bytes > this.left) {
      this.#failed = true;
      return false;
    }
    this.#at += bytes;
    return true;
  }
}
