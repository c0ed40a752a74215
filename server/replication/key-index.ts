/** Numbers of keys, and the sum of what lies below each: a tree of netblocks or a table of names. */

import type { FieldReader, FieldWriter } from './fields.ts';

export interface KeyIndex {
  readonly size: number;
  /** NONE when it is not there, or is no key at all. */
  find(text: string): number;
  /** NONE for no key, or when the table is full. */
  add(text: string): number;
  /** Nothing is stored under it any more. */
  drop(key: number): void;
  text(key: number): string;
  hash(key: number): number;
  /** First cell of a key. */
  head(key: number): number;
  setHead(key: number, cell: number): void;
  /** The key grew by so much. */
  grow(key: number, by: number): void;
  /** Sum of a key and of all keys inside it; it need not be there itself. */
  sum(text: string): number;
  /** Whether what is counted under `inner` counts for `outer`. */
  covers(outer: string, inner: number): boolean;
  writeKey(key: number, w: FieldWriter): void;
  /**
   * Reads a key and makes it one that is there.
   * @param add false: only when it is there already.
   * @returns NONE when it is not kept; the reader has failed when it is no key.
   */
  readKey(r: FieldReader, add: boolean): number;
}
