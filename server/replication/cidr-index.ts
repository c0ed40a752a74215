/**
 * Netblocks of both families as keys. Written as one byte, the length of the prefix (IPv6 above 32 comes behind 64), and
 * the bytes of the address that the prefix needs.
 */

import { bytesOf, ipOfBytes, parseNetwork } from '../model/ip.ts';
import { ENTRIES_MAX } from './api.ts';
import { hashWord } from './digest.ts';
import type { FieldReader, FieldWriter } from './fields.ts';
import type { KeyIndex } from './key-index.ts';
import { PrefixTrie } from './prefix-trie.ts';
import { NONE } from './share-cells.ts';

const V4_BITS = 32;
const V6_BITS = 128;
/** First byte of a key: prefixes of IPv6 begin here. */
const V6_FROM = V4_BITS + 1;
const DOT = 46;
const ZERO = 48;

export type Family = 0 | 1;

export class CidrIndex implements KeyIndex {
  /** IPv4, IPv6. */
  readonly tries: readonly [PrefixTrie, PrefixTrie] = [new PrefixTrie(1), new PrefixTrie(4)];
  /** Of the prefix that was parsed last; its words are in the probe of its trie. */
  #family: Family = 0;
  #bits = 0;

  get size(): number {
    return this.tries[0].size + this.tries[1].size;
  }

  find(text: string): number {
    return this.parse(text) ? this.#found() : NONE;
  }

  add(text: string): number {
    return this.parse(text) ? this.#added() : NONE;
  }

  drop(key: number): void {
    this.#trie(key).drop(key >>> 1);
  }

  /** Prepares the probe. False: no address and no netblock. */
  parse(text: string): boolean {
    if (this.#parseV4(text)) return true;
    const parsed = parseNetwork(text);
    if (!parsed.ok) return false;
    const { address, bits } = parsed.value;
    this.#setProbe(bytesOf(address), bits);
    return true;
  }

  /** Of the last prefix that was parsed. */
  get parsed(): { readonly family: Family; readonly bits: number } {
    return { family: this.#family, bits: this.#bits };
  }

  text(key: number): string {
    return this.blockText((key & 1) as Family, key >>> 1, this.#trie(key).bits(key >>> 1));
  }

  /** The netblock of so many bits around a node. */
  blockText(family: Family, node: number, bits: number): string {
    return `${ipOfBytes(this.#bytes(family, node, bits))}/${bits}`;
  }

  hash(key: number): number {
    const [trie, node] = [this.#trie(key), key >>> 1];
    let hash = hashWord(0, (key & 1) * V6_FROM + trie.bits(node));
    for (let index = 0; index < trie.probe.length; index += 1) hash = hashWord(hash, trie.word(node, index));
    return hash;
  }

  head(key: number): number {
    return this.#trie(key).head(key >>> 1);
  }

  setHead(key: number, cell: number): void {
    this.#trie(key).setHead(key >>> 1, cell);
  }

  grow(key: number, by: number): void {
    this.#trie(key).grow(key >>> 1, by);
  }

  sum(text: string): number {
    if (!this.parse(text)) return 0;
    const trie = this.tries[this.#family];
    const top = trie.top(this.#bits);
    return top === NONE ? 0 : trie.sum(top);
  }

  covers(outer: string, inner: number): boolean {
    if (!this.parse(outer) || this.#family !== (inner & 1)) return false;
    return this.tries[this.#family].within(inner >>> 1, this.#bits);
  }

  writeKey(key: number, w: FieldWriter): void {
    const [family, node] = [(key & 1) as Family, key >>> 1];
    const bits = this.tries[family].bits(node);
    w.u8(family * V6_FROM + bits);
    const words = Math.ceil(bits / 32);
    let left = Math.ceil(bits / 8);
    for (let index = 0; index < words; index += 1) {
      const word = this.tries[family].word(node, index);
      for (let shift = 24; shift >= 0 && left > 0; shift -= 8, left -= 1) w.u8((word >>> shift) & 255);
    }
  }

  readKey(r: FieldReader, add: boolean): number {
    const first = r.u8();
    const family = first >= V6_FROM ? 1 : 0;
    const bits = first - family * V6_FROM;
    if (bits > (family === 0 ? V4_BITS : V6_BITS)) r.fail();
    const bytes = r.raw(Math.ceil(bits / 8));
    const beyond = bits % 8 === 0 ? 0 : (bytes[bytes.length - 1] ?? 0) & (255 >>> (bits % 8));
    if (beyond !== 0) r.fail();
    if (r.failed) return NONE;
    const { probe } = this.tries[family];
    probe.fill(0);
    for (const [at, byte] of bytes.entries())
      probe[at >>> 2] = (probe[at >>> 2] ?? 0) | (byte << (24 - 8 * (at & 3)));
    [this.#family, this.#bits] = [family, bits];
    return add ? this.#added() : this.#found();
  }

  #found(): number {
    const node = this.tries[this.#family].find(this.#bits);
    return node === NONE ? NONE : 2 * node + this.#family;
  }

  #added(): number {
    const found = this.#found();
    if (found !== NONE || this.size >= ENTRIES_MAX) return found;
    return 2 * this.tries[this.#family].add(this.#bits) + this.#family;
  }

  #trie(key: number): PrefixTrie {
    return this.tries[(key & 1) as Family];
  }

  #bytes(family: Family, node: number, bits: number): Uint8Array {
    const bytes = new Uint8Array(family === 0 ? V4_BITS / 8 : V6_BITS / 8);
    for (let at = 0; at < bytes.length && 8 * at < bits; at += 1) {
      const kept = Math.min(8, bits - 8 * at);
      const byte = (this.tries[family].word(node, at >>> 2) >>> (24 - 8 * (at & 3))) & 255;
      bytes[at] = byte & (255 << (8 - kept));
    }
    return bytes;
  }

  #setProbe(bytes: Uint8Array, bits: number): void {
    this.#family = bytes.length * 8 === V4_BITS ? 0 : 1;
    this.#bits = bits;
    const { probe } = this.tries[this.#family];
    probe.fill(0);
    for (const [at, byte] of bytes.entries())
      probe[at >>> 2] = (probe[at >>> 2] ?? 0) | (byte << (24 - 8 * (at & 3)));
  }

  /** A plain address of IPv4, which nearly all are, without making anything. */
  #parseV4(text: string): boolean {
    let [word, part, value, digits] = [0, 0, 0, 0];
    for (let at = 0; at <= text.length; at += 1) {
      const code = at === text.length ? DOT : text.charCodeAt(at);
      if (code === DOT) {
        if (digits === 0 || part === 4) return false;
        word = (word << 8) | value;
        part += 1;
        value = 0;
        digits = 0;
      } else {
        const digit = code - ZERO;
        if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
        value = value * 10 + digit;
        digits += 1;
        if (value > 255) return false;
      }
    }
    if (part !== 4) return false;
    this.tries[0].probe[0] = word;
    this.#family = 0;
    this.#bits = V4_BITS;
    return true;
  }
}
