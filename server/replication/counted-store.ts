/**
 * Shares that add up: whole numbers under keys, each member its own, and the sum. What this process counted lies in the
 * store at once; what the others believe of it is the *agreed* value, kept beside it for keys where the two differ.
 * Claims are decided by agreed values alone, because those are the same everywhere.
 */

import { ENTRIES_MAX, KEY_BYTES_MAX, type ObjectKind, type RowAnswer, type SharedRow } from './api.ts';
import { Changes } from './changes.ts';
import type { Digest } from './digest.ts';
import type { FieldReader, FieldWriter } from './fields.ts';
import type { KeyIndex } from './key-index.ts';
import { type ObjectStore, OWN, type Owner, type OwnPart, type StoreQuery } from './object-store.ts';
import { NONE, ShareCells } from './share-cells.ts';

/** Values stay exact. */
const VALUE_MAX = Number.MAX_SAFE_INTEGER;

export abstract class CountedStore implements ObjectStore {
  abstract readonly kind: ObjectKind;
  readonly changes = new Changes((entries) => this.#forgetAgreed(entries));
  readonly deadlineMs = undefined;
  readonly #keys: KeyIndex;
  protected readonly cells = new ShareCells();
  /** Own values as all others see them, of keys where they differ from what is counted here. */
  readonly #agreed = new Map<number, number>();
  #refused = 0;

  constructor(keys: KeyIndex) {
    this.#keys = keys;
  }

  abstract rows(query: StoreQuery): RowAnswer;
  abstract listing(view: Owner | 'global', nowMs: number): Iterable<SharedRow>;

  /** Entries that a bound kept out. */
  get refused(): number {
    return this.#refused;
  }

  due(): void {}

  /** Changes the own share; it never falls below 0. */
  count(text: string, change: number, nowMs: number): void {
    if (!Number.isSafeInteger(change) || change === 0) return;
    const found = this.#keys.find(text);
    if (found === NONE && change < 0) return;
    const key = found === NONE ? this.#addOwn(text) : found;
    if (key === NONE) return;
    const before = this.#value(key, OWN);
    const value = Math.min(VALUE_MAX, Math.max(0, before + change));
    if (value === before) {
      this.#settle(key);
      return;
    }
    if (this.changes.heard && !this.#agreed.has(key)) this.#agreed.set(key, before);
    this.changes.add(key, nowMs);
    this.#set(key, OWN, value);
  }

  /** Sum over all shares, of everything inside the key. */
  sum(text: string): number {
    return this.#keys.sum(text);
  }

  /** The same as all others see it at this moment of the agreed order. */
  agreedSum(text: string): number {
    let sum = this.#keys.sum(text);
    for (const [key, agreed] of this.#agreed) {
      if (this.#keys.covers(text, key)) sum += agreed - this.#value(key, OWN);
    }
    return sum;
  }

  /** A claim was granted: one more, here and everywhere. */
  grant(owner: Owner, text: string): void {
    const key = owner === OWN ? this.#addOwn(text) : this.#keys.add(text);
    if (key === NONE) return;
    const value = this.#value(key, owner);
    if (owner === OWN) {
      const agreed = this.#agreed.get(key);
      if (agreed !== undefined) this.#agreed.set(key, agreed + 1);
    }
    this.#set(key, owner, value + 1);
  }

  /**
   * The own value of a key is told with a claim and stands still for others until `free`.
   * @returns whether `w` got an entry: others know the value already without one.
   */
  hold(text: string, w: FieldWriter): boolean {
    const key = this.#addOwn(text);
    if (key === NONE) return false;
    const waited = this.changes.hold(key);
    if (waited) this.writeChange(key, w);
    this.#settle(key);
    return waited;
  }

  free(text: string, nowMs: number): void {
    const key = this.#keys.find(text);
    if (key === NONE) return;
    this.changes.free(key, nowMs);
    this.#settle(key);
  }

  /** Others may not know the own value of this key. */
  tellAgain(text: string, nowMs: number): void {
    const key = this.#keys.find(text);
    if (key !== NONE && this.cells.find(this.#keys.head(key), OWN) !== NONE) this.changes.add(key, nowMs);
  }

  writeChange(key: number, w: FieldWriter): void {
    w.whole(this.#value(key, OWN));
    this.#keys.writeKey(key, w);
  }

  writeOwn(from: number, w: FieldWriter, bytesMax: number): OwnPart {
    let entries = 0;
    for (let cell = from; cell < this.cells.end; cell += 1) {
      if (this.cells.owner(cell) !== OWN || this.cells.value(cell) === 0) continue;
      if (entries > 0 && w.length >= bytesMax) return { entries, next: cell };
      this.writeChange(this.cells.key(cell), w);
      entries += 1;
    }
    return { entries, next: undefined };
  }

  readEntry(owner: Owner, r: FieldReader): boolean {
    const value = r.whole();
    const key = this.#keys.readKey(r, value > 0);
    if (r.failed) return false;
    if (key === NONE) {
      if (value > 0) this.#refused += 1;
      return true;
    }
    if (owner === OWN) this.#hearOwn(key, value);
    else this.#set(key, owner, value);
    return true;
  }

  clear(owner: Owner): void {
    if (this.cells.entries(owner) === 0) return;
    for (let cell = 0; cell < this.cells.end; cell += 1) {
      const key = this.cells.key(cell);
      if (key !== NONE && this.cells.owner(cell) === owner) this.#set(key, owner, 0);
    }
    this.cells.forget(owner);
  }

  depart(owner: Owner): void {
    this.clear(owner);
  }

  digest(owner: Owner): Digest {
    return this.cells.digest(owner);
  }

  entries(owner: Owner | 'all'): number {
    return owner === 'all' ? this.#keys.size - this.#silentKeys() : this.cells.entries(owner);
  }

  total(owner: Owner | 'all'): number {
    return owner === 'all' ? this.cells.totalOfAll : this.cells.total(owner);
  }

  /** Keys that are there only because others still have to hear that they are gone. */
  #silentKeys(): number {
    let silent = 0;
    for (const key of this.#agreed.keys()) {
      const head = this.#keys.head(key);
      if (this.cells.next(head) === NONE && this.cells.value(head) === 0) silent += 1;
    }
    return silent;
  }

  #addOwn(text: string): number {
    if (this.cells.entries(OWN) >= ENTRIES_MAX || Buffer.byteLength(text) > KEY_BYTES_MAX) {
      this.#refused += 1;
      return NONE;
    }
    const key = this.#keys.add(text);
    if (key === NONE) this.#refused += 1;
    return key;
  }

  #value(key: number, owner: Owner): number {
    const cell = this.cells.find(this.#keys.head(key), owner);
    return cell === NONE ? 0 : this.cells.value(cell);
  }

  #set(key: number, owner: Owner, value: number): void {
    const head = this.#keys.head(key);
    let cell = this.cells.find(head, owner);
    if (cell === NONE) {
      if (value === 0) return;
      cell = this.cells.add(head, key, owner);
      this.#keys.setHead(key, cell);
    }
    const by = this.cells.set(cell, value, this.#keys.hash(key));
    if (by !== 0) this.#keys.grow(key, by);
    if (value === 0) this.#settleOwner(key, owner);
  }

  /** The own value as it came back in agreed order. */
  #hearOwn(key: number, value: number): void {
    this.#agreed.set(key, value);
    this.#settle(key);
  }

  #settleOwner(key: number, owner: Owner): void {
    if (owner === OWN) this.#settle(key);
    else this.#removeCell(key, owner);
  }

  /** What is the same here and for others needs no second value; what is nothing for both needs no place. */
  #settle(key: number): void {
    if (this.changes.has(key)) return;
    const value = this.#value(key, OWN);
    if (this.#agreed.get(key) === value) this.#agreed.delete(key);
    if (value === 0 && !this.#agreed.has(key)) this.#removeCell(key, OWN);
  }

  #removeCell(key: number, owner: Owner): void {
    const head = this.#keys.head(key);
    const cell = this.cells.find(head, owner);
    if (cell !== NONE) this.#keys.setHead(key, this.cells.remove(head, cell));
    // Still to be told that it is gone.
    const kept = this.#agreed.has(key) || this.changes.has(key);
    if (this.#keys.head(key) === NONE && !kept) this.#keys.drop(key);
  }

  #forgetAgreed(entries: readonly number[]): void {
    const keys = new Set([...this.#agreed.keys(), ...entries]);
    this.#agreed.clear();
    for (const key of keys) this.#settle(key);
  }
}
