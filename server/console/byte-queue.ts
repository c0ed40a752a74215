/** Bytes that arrived in pieces, taken out in other pieces. Copies only where a piece spans two. */

import { assert } from '../base/assert.ts';

export class ByteQueue {
  #pieces: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** The first `count` bytes, left in place. */
  peek(count: number): Buffer {
    assert(count <= this.#length, 'no more is looked at than has come');
    const first = this.#pieces[0];
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    const taken: Buffer[] = [];
    let missing = count;
    for (const piece of this.#pieces) {
      if (missing === 0) break;
      taken.push(piece.subarray(0, missing));
      missing -= Math.min(missing, piece.length);
    }
    return Buffer.concat(taken, count);
  }

  /** The first `count` bytes, removed. */
  take(count: number): Buffer {
    const taken = this.peek(count);
    this.#length -= count;
    let missing = count;
    let used = 0;
    for (const piece of this.#pieces) {
      if (piece.length > missing) break;
      missing -= piece.length;
      used += 1;
    }
    if (used > 0) this.#pieces = this.#pieces.slice(used);
    const first = this.#pieces[0];
    if (missing > 0 && first !== undefined) this.#pieces[0] = first.subarray(missing);
    return taken;
  }
}
