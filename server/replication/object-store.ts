/**
 * What replication asks of a store. A store holds what every member owns of one object, by numbers of members, and
 * knows nothing of the bus, of names of members, of views. An entry is told as it is, not how it changed.
 */

import type { RowAnswer, RowQuery, SharedRow } from './api.ts';
import type { Changes } from './changes.ts';
import type { Digest } from './digest.ts';
import type { FieldReader, FieldWriter } from './fields.ts';

/** Number of a member in all stores of a process. Numbers of members that left are given again. */
export type Owner = number;
/** This process. */
export const OWN: Owner = 0;
export const OWNERS_MAX = 1_024;
/** Longest entry that a store writes, whatever it is. */
export const ENTRY_BYTES_MAX = 68 * 1024;

/** Part of the own entries; `next` is where the rest begins, undefined at the end. */
export type OwnPart = { readonly entries: number; readonly next: number | undefined };

export type StoreQuery = Omit<RowQuery, 'view'> & { readonly view: Owner | 'global'; readonly nowMs: number };

export interface ObjectStore {
  /** Own entries that changed, by numbers that stay theirs at least until they were told. */
  readonly changes: Changes;
  /** Moment at which `due` wants to be called; undefined for never. */
  readonly deadlineMs: number | undefined;
  /** Somebody waits for what changed to come back: it is told at once, whatever `max_delay` allows. */
  readonly urgent?: boolean;
  /** Time went on: what expires, expires. */
  due(nowMs: number): void;
  /** An own entry as it is now, or that it is gone. */
  writeChange(entry: number, w: FieldWriter): void;
  /**
   * Own entries, gone ones left out, until the writer holds `bytesMax`; at least one. What changes meanwhile is told as a
   * change, so a walk may or may not meet it.
   * @param from 0, then `next` of the part before.
   */
  writeOwn(from: number, w: FieldWriter, bytesMax: number): OwnPart;
  /**
   * One entry as `writeChange` or `writeOwn` wrote it there, in agreed order with all others; changes of this process
   * come back as well (OWN). One that breaks a bound of the store is read and not kept.
   * @returns false when it is malformed; the rest of the message then counts for nothing.
   */
  readEntry(owner: Owner, r: FieldReader, nowMs: number): boolean;
  /** Everything of an owner that is not OWN goes: a snapshot of it begins, or it does not share this object any more. */
  clear(owner: Owner): void;
  /** A member left. @param heir one that all who stay name alike, for what outlives its owner. */
  depart(owner: Owner, heir: Owner): void;
  /** Of all entries of an owner; equal here and there unless a copy is wrong. Must not depend on the local clock. */
  digest(owner: Owner): Digest;
  /** Entries of one owner; of all, without counting a key twice. */
  entries(owner: Owner | 'all'): number;
  /** Sum of the values of one owner, or of all; undefined for kinds whose values do not add up. */
  total(owner: Owner | 'all'): number | undefined;
  rows(query: StoreQuery): RowAnswer;
  /** All rows, in the order in which the console prints them. */
  listing(view: Owner | 'global', nowMs: number): Iterable<SharedRow>;
}
