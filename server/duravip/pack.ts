/**
 * Compact fields of the messages of DuraVIP. Texts that come again are a number; a new one says only what differs from
 * the one before, because names of bindings and addresses come in series. Reading never throws: a field that does not
 * fit sets `failed` and yields an empty value, so that a decoder checks once at its end.
 */

import { bytesOf, type IpAddress, ipOfBytes } from '../model/ip.ts';

/** UTF-16 units of one text: a node name, a binding name or what a system said. */
export const TEXT_MAX = 1_024;
const START_BYTES = 256;
const CONTROL = /\p{Cc}/u;
const PAIR_START = /[\ud800-\udbff]/;
const PAIR_HALF = /[\ud800-\udfff]/;

/** As the receiver will read it: short, visible and well formed. */
export function fairText(value: string): string {
  const seen = CONTROL.test(value) ? value.replace(/\p{Cc}+/gu, ' ') : value;
  const short = seen.length > TEXT_MAX ? seen.slice(0, TEXT_MAX - 1) : seen;
  return PAIR_HALF.test(short) ? Buffer.from(short).toString() : short;
}

export class Packer {
  #buffer = Buffer.allocUnsafe(START_BYTES);
  #length = 0;
  readonly #texts = new Map<string, number>();
  #last = '';

  /** An integer from 0 to 2^53-1. */
  count(value: number): this {
    let rest = value;
    this.#reserve(8);
    while (rest >= 128) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
    return this;
  }

  flag(value: boolean): this {
    return this.count(value ? 1 : 0);
  }

  /** What is longer than TEXT_MAX, or cannot be seen, is cut here: the sender may repeat what a system said. */
  text(value: string): this {
    const short = fairText(value);
    const index = this.#texts.get(short);
    if (index !== undefined) return this.count(index + 1);
    this.#texts.set(short, this.#texts.size);
    let same = 0;
    while (same < short.length && same < this.#last.length && short[same] === this.#last[same]) same += 1;
    // Both halves of a pair travel together.
    if (PAIR_START.test(short[same - 1] ?? '')) same -= 1;
    const rest = Buffer.from(short.slice(same));
    this.count(0).count(same).count(rest.length);
    this.#reserve(rest.length);
    rest.copy(this.#buffer, this.#length);
    this.#length += rest.length;
    this.#last = short;
    return this;
  }

  /** Undefined and the empty text are one. */
  maybe(value: string | undefined): this {
    return this.text(value ?? '');
  }

  ip(address: IpAddress): this {
    const bytes = bytesOf(address);
    this.count(bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.count(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** The packer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + bytes, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

const NO_ADDRESS = '0.0.0.0' as IpAddress;

export class Unpacker {
  readonly #bytes: Buffer;
  #at = 0;
  readonly #texts: string[] = [];
  #last = '';
  #failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Everything was read and all of it fits. */
  get done(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  fail(): void {
    this.#failed = true;
    this.#at = this.#bytes.length;
  }

  /** @param max larger ones fail. */
  count(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) * scale;
      if (byte < 128 && value <= max) return value;
      if (byte < 128) break;
    }
    this.fail();
    return 0;
  }

  flag(): boolean {
    return this.count(1) === 1;
  }

  text(): string {
    const index = this.count();
    if (index > 0) {
      const known = this.#texts[index - 1];
      if (known === undefined) this.fail();
      return known ?? '';
    }
    const same = this.count(this.#last.length);
    const rest = this.#take(this.count(TEXT_MAX * 4));
    const text = this.#last.slice(0, same) + rest.toString();
    if (this.#failed || text.length > TEXT_MAX || CONTROL.test(text)) {
      this.fail();
      return '';
    }
    this.#texts.push(text);
    this.#last = text;
    return text;
  }

  maybe(): string | undefined {
    const text = this.text();
    return text === '' ? undefined : text;
  }

  ip(): IpAddress {
    const address = ipOfBytes(this.#take(this.count(16)));
    if (address === undefined) this.fail();
    return address ?? NO_ADDRESS;
  }

  /** @param max of items. */
  list<T>(max: number, read: () => T): T[] {
    const items: T[] = [];
    const length = this.count(max);
    for (let index = 0; index < length && !this.#failed; index += 1) items.push(read());
    return items;
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) {
      this.fail();
      return Buffer.alloc(0);
    }
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}
