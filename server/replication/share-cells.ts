/**
 * What each member counted under each key: one cell of 24 bytes for each key and member that has something there, in a list
 * for each key. In a typed array, for there may be millions. Sums, numbers and digests of members are kept as cells change.
 */

import { must } from '../base/assert.ts';
import { grownCapacity } from './capacity.ts';
import { type Digest, EMPTY_DIGEST, RunningDigest } from './digest.ts';
import type { Owner } from './object-store.ts';

export const NONE = -1;
const FIRST_CAPACITY = 32;

class Share {
  entries = 0;
  total = 0;
  readonly digest = new RunningDigest();
}

/** 64 bit words of a cell: the value, then owner, key and next as 32 bit words from OWNER on. */
const CELL = 3;
const OWNER = 2;
/** NONE for a free cell. */
const KEY = 3;
/** Of the list of a key, or of free cells. */
const NEXT = 4;

export class ShareCells {
  #values = new Float64Array(CELL * FIRST_CAPACITY);
  /** The same memory. */
  #fields = new Int32Array(this.#values.buffer);
  #capacity = FIRST_CAPACITY;
  #used = 0;
  #free = NONE;
  readonly #shares = new Map<Owner, Share>();

  /** Cells from 0 to this were in use once. */
  get end(): number {
    return this.#used;
  }

  /** NONE for a free cell. */
  key(cell: number): number {
    return this.#fields[2 * CELL * cell + KEY] ?? NONE;
  }

  owner(cell: number): Owner {
    return this.#fields[2 * CELL * cell + OWNER] ?? 0;
  }

  value(cell: number): number {
    return this.#values[CELL * cell] ?? 0;
  }

  next(cell: number): number {
    return this.#fields[2 * CELL * cell + NEXT] ?? NONE;
  }

  find(head: number, owner: Owner): number {
    let cell = head;
    while (cell !== NONE && this.owner(cell) !== owner) cell = this.next(cell);
    return cell;
  }

  /** @returns the cell, which is the head of the list now. */
  add(head: number, key: number, owner: Owner): number {
    const cell = this.#take();
    this.#values[CELL * cell] = 0;
    this.#fields[2 * CELL * cell + OWNER] = owner;
    this.#fields[2 * CELL * cell + KEY] = key;
    this.#setNext(cell, head);
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
    this.#values[CELL * cell] = value;
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
      this.#setNext(before, next);
    }
    this.#fields[2 * CELL * cell + KEY] = NONE;
    this.#setNext(cell, this.#free);
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
    if (this.#used === this.#capacity) this.#enlarge();
    this.#used += 1;
    return this.#used - 1;
  }

  #setNext(cell: number, next: number): void {
    this.#fields[2 * CELL * cell + NEXT] = next;
  }

  #enlarge(): void {
    this.#capacity = grownCapacity(this.#capacity);
    const values = new Float64Array(CELL * this.#capacity);
    values.set(this.#values);
    this.#values = values;
    this.#fields = new Int32Array(values.buffer);
  }
}
