/**
 * A hash of a share that costs O(1) for a change: the sum of the hashes of its entries. Not cryptographic: it tells copies
 * apart that a fault made different.
 */

const TWO_32 = 0x1_0000_0000;

/** Two independent 32 bit halves. */
export type Digest = { readonly a: number; readonly b: number };

export const EMPTY_DIGEST: Digest = { a: 0, b: 0 };

export function sameDigest(one: Digest, other: Digest): boolean {
  return one.a === other.a && one.b === other.b;
}

/** Sums of hashes that entries are added to and taken from. */
export class RunningDigest {
  #a = 0;
  #b = 0;

  get value(): Digest {
    return { a: this.#a, b: this.#b };
  }

  /** @param keyHash of the key; @param value what the entry holds, a whole number. */
  add(keyHash: number, value: number): void {
    const low = value >>> 0;
    const high = Math.floor(value / TWO_32) >>> 0;
    this.#a = (this.#a + mixed(keyHash, low, high, 0x9e3779b9)) >>> 0;
    this.#b = (this.#b + mixed(keyHash, low, high, 0x7f4a7c15)) >>> 0;
  }

  remove(keyHash: number, value: number): void {
    const low = value >>> 0;
    const high = Math.floor(value / TWO_32) >>> 0;
    this.#a = (this.#a - mixed(keyHash, low, high, 0x9e3779b9)) >>> 0;
    this.#b = (this.#b - mixed(keyHash, low, high, 0x7f4a7c15)) >>> 0;
  }
}

function mixed(keyHash: number, low: number, high: number, salt: number): number {
  return mix(mix(mix(keyHash ^ salt) ^ low) + Math.imul(high, 0x85ebca6b));
}

/** Of words that make up a key. */
export function hashWord(hash: number, word: number): number {
  return mix(Math.imul(hash ^ word, 0x01000193) + 0x5bd1e995);
}

export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash ^ text.length);
}

export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return mix(hash ^ bytes.length);
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
