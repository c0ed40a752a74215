/**
 * A store whose values do not add up by themselves: each owner's entries are bytes by key. What the bytes mean, what they
 * make together and when they end is said by those that extend it. Own entries are told as they are; copies of others
 * are what they said, so that digests compare.
 */

import { ENTRIES_MAX, KEY_BYTES_MAX, type RowAnswer, type SharedRow } from './api.ts';
import { Changes } from './changes.ts';
import { type Digest, EMPTY_DIGEST, hashBytes, hashText, RunningDigest } from './digest.ts';
import type { FieldReader, FieldWriter } from './fields.ts';
import {
  ENTRY_BYTES_MAX,
  type ObjectStore,
  OWN,
  type Owner,
  type OwnPart,
  type StoreQuery,
} from './object-store.ts';

/** Keys and values of all owners of one object: what does not fit is not kept, and shows as a difference. */
export const STORE_BYTES_MAX = 512 * 1024 * 1024;
/** What an entry costs beside its key and value; keeps small ones from being free. */
const ENTRY_COST_BYTES = 64;
/** With what those that extend it put around the names of others. */
const WHOLE_KEY_BYTES_MAX = KEY_BYTES_MAX + 128;
/** A value, or that the entry is gone. */
const GONE = 0;
const VALUE = 1;

export type Held = { readonly owner: Owner; readonly value: Buffer };

/** Entries of one owner with their digest. */
class Share {
  readonly entries = new Map<string, Buffer>();
  readonly digest = new RunningDigest();
  bytes = 0;

  set(key: string, value: Buffer | undefined): void {
    const before = this.entries.get(key);
    if (before !== undefined) {
      this.digest.remove(hashText(key), hashBytes(before));
      this.bytes -= costOf(key, before);
    }
    if (value === undefined) {
      this.entries.delete(key);
      return;
    }
    this.entries.set(key, value);
    this.digest.add(hashText(key), hashBytes(value));
    this.bytes += costOf(key, value);
  }
}

export abstract class EntryStore implements ObjectStore {
  readonly changes = new Changes();
  readonly #shares = new Map<Owner, Share>([[OWN, new Share()]]);
  /** Own keys by number; a number that was freed stays empty until its end was told. */
  readonly #keys: (string | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #free = new Set<number>();
  /** How many owners have a key. */
  readonly #holders = new Map<string, number>();
  #bytes = 0;

  abstract readonly deadlineMs: number | undefined;
  abstract due(nowMs: number): void;
  abstract depart(owner: Owner, heir: Owner): void;
  abstract total(owner: Owner | 'all'): number | undefined;
  abstract rows(query: StoreQuery): RowAnswer;
  abstract listing(view: Owner | 'global', nowMs: number): Iterable<SharedRow>;
  /** What another member may say; anything else is malformed. */
  protected abstract isFair(key: string, value: Buffer): boolean;
  /** Another member's entry is about to change; `after` undefined: it goes. */
  protected hearing(_owner: Owner, _key: string, _after: Buffer | undefined, _nowMs: number): void {}
  /** An entry changed, whoever has it. */
  protected changed(_owner: Owner, _key: string): void {}
  /** What this process said came back: everything that was ordered before it is known. */
  protected cameBack(_key: string, _value: Buffer | undefined, _nowMs: number): void {}

  writeChange(entry: number, w: FieldWriter): void {
    const key = this.#keys[entry] ?? '';
    const value = this.ownValue(key);
    w.text(key);
    if (value === undefined) w.u8(GONE);
    else w.u8(VALUE).blob(value);
  }

  writeOwn(from: number, w: FieldWriter, bytesMax: number): OwnPart {
    let entries = 0;
    let at = from;
    for (; at < this.#keys.length && (entries === 0 || w.length < bytesMax); at += 1) {
      const key = this.#keys[at];
      if (key === undefined || this.ownValue(key) === undefined) continue;
      this.writeChange(at, w);
      entries += 1;
    }
    return { entries, next: at < this.#keys.length ? at : undefined };
  }

  readEntry(owner: Owner, r: FieldReader, nowMs: number): boolean {
    const key = r.text(WHOLE_KEY_BYTES_MAX);
    const tag = r.u8();
    const value = tag === VALUE ? r.blob(ENTRY_BYTES_MAX) : undefined;
    if (r.failed || key === '' || tag > VALUE) return false;
    if (value !== undefined && !this.isFair(key, value)) return false;
    if (owner === OWN) this.cameBack(key, value, nowMs);
    else this.#keep(owner, key, value, nowMs);
    return true;
  }

  clear(owner: Owner): void {
    const share = this.#shares.get(owner);
    if (owner === OWN || share === undefined) return;
    for (const key of [...share.entries.keys()]) this.setOf(owner, key, undefined);
    this.#shares.delete(owner);
  }

  digest(owner: Owner): Digest {
    return this.#shares.get(owner)?.digest.value ?? EMPTY_DIGEST;
  }

  entries(owner: Owner | 'all'): number {
    return owner === 'all' ? this.#holders.size : (this.#shares.get(owner)?.entries.size ?? 0);
  }

  protected ownValue(key: string): Buffer | undefined {
    return this.valueOf(OWN, key);
  }

  protected valueOf(owner: Owner, key: string): Buffer | undefined {
    return this.#shares.get(owner)?.entries.get(key);
  }

  protected entriesOf(owner: Owner): ReadonlyMap<string, Buffer> {
    return this.#shares.get(owner)?.entries ?? NO_ENTRIES;
  }

  /** Keys of all owners, each once. */
  protected keys(): Iterable<string> {
    return this.#holders.keys();
  }

  protected held(key: string): readonly Held[] {
    const found: Held[] = [];
    for (const [owner, share] of this.#shares) {
      const value = share.entries.get(key);
      if (value !== undefined) found.push({ owner, value });
    }
    return found;
  }

  /** Changes an own entry, and tells it. @returns false where there is no room for another one. */
  protected put(key: string, value: Buffer | undefined, nowMs: number): boolean {
    if (value === undefined && this.ownValue(key) === undefined) return true;
    if (!this.setOf(OWN, key, value)) return false;
    const number = this.#numbers.get(key);
    if (number === undefined) return true;
    this.changes.add(number, nowMs);
    // The key keeps its number until another one needs it: it may come back before its end was told.
    if (value === undefined) this.#free.add(number);
    return true;
  }

  /** Without telling it: others do the same by themselves. @returns false where there is no room. */
  protected setOf(owner: Owner, key: string, value: Buffer | undefined): boolean {
    const share = this.#share(owner);
    const before = share.entries.get(key);
    if (value !== undefined && !this.#hasRoom(share, key, before, value)) return false;
    const bytes = share.bytes;
    share.set(key, value);
    this.#bytes += share.bytes - bytes;
    if (before === undefined && value !== undefined) {
      this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1);
      if (owner === OWN) this.#giveNumber(key);
    }
    if (before !== undefined && value === undefined) this.#release(key);
    this.changed(owner, key);
    return true;
  }

  #keep(owner: Owner, key: string, value: Buffer | undefined, nowMs: number): void {
    this.hearing(owner, key, value, nowMs);
    // Without room the entry before it is not true any more.
    if (!this.setOf(owner, key, value)) this.setOf(owner, key, undefined);
  }

  #hasRoom(share: Share, key: string, before: Buffer | undefined, value: Buffer): boolean {
    const more = costOf(key, value) - (before === undefined ? 0 : costOf(key, before));
    if (more > 0 && this.#bytes + more > STORE_BYTES_MAX) return false;
    return before !== undefined || share.entries.size < ENTRIES_MAX;
  }

  #release(key: string): void {
    const left = (this.#holders.get(key) ?? 1) - 1;
    if (left === 0) this.#holders.delete(key);
    else this.#holders.set(key, left);
  }

  #share(owner: Owner): Share {
    const known = this.#shares.get(owner);
    if (known !== undefined) return known;
    const made = new Share();
    this.#shares.set(owner, made);
    return made;
  }

  #giveNumber(key: string): void {
    const kept = this.#numbers.get(key);
    if (kept !== undefined) {
      this.#free.delete(kept);
      return;
    }
    const number = this.#takeFree() ?? this.#keys.length;
    this.#keys[number] = key;
    this.#numbers.set(key, number);
  }

  /** The one that was freed first, once the end of what had it was told. */
  #takeFree(): number | undefined {
    for (const number of this.#free) {
      if (this.changes.has(number)) return undefined;
      this.#free.delete(number);
      this.#numbers.delete(this.#keys[number] ?? '');
      return number;
    }
    return undefined;
  }
}

const NO_ENTRIES: ReadonlyMap<string, Buffer> = new Map();

function costOf(key: string, value: Buffer): number {
  return Buffer.byteLength(key) + value.length + ENTRY_COST_BYTES;
}
