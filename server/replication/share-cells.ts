/**
 * What each member counted under each key: one cell for each key and member that has something there, in a list for each
 * key. In typed arrays, for there may be millions. Sums, numbers and digests of members are kept as cells change.
 */

import { must } from '../base/assert.ts';
import { type Digest, EMPTY_DIGEST, RunningDigest } from './digest.ts';
import type { Owner } from './object-store.ts';

export const NONE = -1;
const FIRST_CAPACITY = 64;

class Share {
  entries = 0;
  total = 0;
  readonly digest = new RunningDigest();
}

export class ShareCells {
  #owner = new Uint16Array(FIRST_CAPACITY);
  #value = new Float64Array(FIRST_CAPACITY);
  /** Of the list of a key, or of free cells. */
  #next = new Int32Array(FIRST_CAPACITY);
  /** NONE for a free cell. */
  #key = new Int32Array(FIRST_CAPACITY);
  #used = 0;
  #free = NONE;
  readonly #shares = new Map<Owner, Share>();

  /** Cells from 0 to this were in use once. */
  get end(): number {
    return this.#used;
  }

  /** NONE for a free cell. */
  key(cell: number): number {
    return this.#key[cell] ?? NONE;
  }

  owner(cell: number): Owner {
    return this.#owner[cell] ?? 0;
  }

  value(cell: number): number {
    return this.#value[cell] ?? 0;
  }

  next(cell: number): number {
    return this.#next[cell] ?? NONE;
  }

  find(head: number, owner: Owner): number {
    let cell = head;
    while (cell !== NONE && this.#owner[cell] !== owner) cell = this.#next[cell] ?? NONE;
    return cell;
  }

  /** @returns the cell, which is the head of the list now. */
  add(head: number, key: number, owner: Owner): number {
    const cell = this.#take();
    this.#owner[cell] = owner;
    this.#value[cell] = 0;
    this.#key[cell] = key;
    this.#next[cell] = head;
    return cell;
  }

  /** @param hash of the key. @returns by how much the value grew. */
  set(cell: number, value: number, hash: number): number {
    const before = this.value(cell);
    if (before === value) return 0;
    const share = this.#share(this.owner(cell));
    if (before > 0) share.digest.remove(hash, before);
    if (value > 0) share.digest.add(hash, value);
    share.entries += Number(value > 0) - Number(before > 0);
    share.total += value - before;
    this.#value[cell] = value;
    return value - before;
  }

  /** Its value is 0. @returns the head of the list afterwards. */
  remove(head: number, cell: number): number {
    const next = this.next(cell);
    let first = head;
    if (head === cell) first = next;
    else {
      let before = head;
      while (this.next(before) !== cell) before = this.next(before);
      this.#next[before] = next;
    }
    this.#key[cell] = NONE;
    this.#next[cell] = this.#free;
    this.#free = cell;
    return first;
  }

  entries(owner: Owner): number {
    return this.#shares.get(owner)?.entries ?? 0;
  }

  total(owner: Owner): number {
    return this.#shares.get(owner)?.total ?? 0;
  }

  get totalOfAll(): number {
    let total = 0;
    for (const share of this.#shares.values()) total += share.total;
    return total;
  }

  digest(owner: Owner): Digest {
    return this.#shares.get(owner)?.digest.value ?? EMPTY_DIGEST;
  }

  /** After its last cell went. */
  forget(owner: Owner): void {
    this.#shares.delete(owner);
  }

  #share(owner: Owner): Share {
    if (!this.#shares.has(owner)) this.#shares.set(owner, new Share());
    return must(this.#shares.get(owner), 'the share of an owner');
  }

  #take(): number {
    if (this.#free !== NONE) {
      const cell = this.#free;
      this.#free = this.next(cell);
      return cell;
    }
    if (this.#used === this.#key.length) this.#grow(Math.ceil(this.#used * 1.5));
    this.#used += 1;
    return this.#used - 1;
  }

  #grow(capacity: number): void {
    const [owner, value] = [new Uint16Array(capacity), new Float64Array(capacity)];
    const [next, key] = [new Int32Array(capacity), new Int32Array(capacity)];
    owner.set(this.#owner);
    value.set(this.#value);
    next.set(this.#next);
    key.set(this.#key);
    [this.#owner, this.#value, this.#next, this.#key] = [owner, value, next, key];
  }
}
