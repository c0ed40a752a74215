/** Names and whole numbers (momentum.md 4.3): connections by destination domain, and by binding and domain. */

import { ENTRIES_MAX, KEY_BYTES_MAX, type RowAnswer, type SharedRow } from './api.ts';
import { CountedStore } from './counted-store.ts';
import { hashText } from './digest.ts';
import type { FieldReader, FieldWriter } from './fields.ts';
import type { KeyIndex } from './key-index.ts';
import { LargestRows } from './largest-rows.ts';
import type { Owner, StoreQuery } from './object-store.ts';
import { NONE } from './share-cells.ts';

type Name = { readonly text: string; readonly hash: number; head: number; sum: number };

class NameIndex implements KeyIndex {
  readonly #numbers = new Map<string, number>();
  readonly #names: (Name | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#numbers.size;
  }

  find(text: string): number {
    return this.#numbers.get(text) ?? NONE;
  }

  add(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#numbers.size >= ENTRIES_MAX || text === '') return NONE;
    const key = this.#free.pop() ?? this.#names.length;
    this.#names[key] = { text, hash: hashText(text), head: NONE, sum: 0 };
    this.#numbers.set(text, key);
    return key;
  }

  drop(key: number): void {
    this.#numbers.delete(this.text(key));
    this.#names[key] = undefined;
    this.#free.push(key);
  }

  text(key: number): string {
    return this.#names[key]?.text ?? '';
  }

  hash(key: number): number {
    return this.#names[key]?.hash ?? 0;
  }

  head(key: number): number {
    return this.#names[key]?.head ?? NONE;
  }

  setHead(key: number, cell: number): void {
    const name = this.#names[key];
    if (name !== undefined) name.head = cell;
  }

  grow(key: number, by: number): void {
    const name = this.#names[key];
    if (name !== undefined) name.sum += by;
  }

  sum(text: string): number {
    return this.#names[this.find(text)]?.sum ?? 0;
  }

  covers(outer: string, inner: number): boolean {
    return this.text(inner) === outer;
  }

  writeKey(key: number, w: FieldWriter): void {
    w.text(this.text(key));
  }

  readKey(r: FieldReader, add: boolean): number {
    const text = r.text(KEY_BYTES_MAX);
    if (text === '') r.fail();
    if (r.failed) return NONE;
    return add ? this.add(text) : this.find(text);
  }

  all(): Iterable<Name> {
    return this.#names.filter((name) => name !== undefined);
  }
}

export class GaugeTable extends CountedStore {
  readonly kind = 'gauge table';
  readonly #names: NameIndex;

  constructor() {
    const names = new NameIndex();
    super(names);
    this.#names = names;
  }

  rows({ view, under, search, top }: StoreQuery): RowAnswer {
    const largest = new LargestRows(top);
    for (const row of this.#rows(view)) {
      if (under !== undefined && !row.key.startsWith(under)) continue;
      if (search !== undefined && !row.key.includes(search)) continue;
      largest.add(row);
    }
    return largest.answer();
  }

  listing(view: Owner | 'global'): Iterable<SharedRow> {
    return [...this.#rows(view)].sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  *#rows(view: Owner | 'global'): Iterable<SharedRow> {
    for (const { text, head, sum } of this.#names.all()) {
      const value = view === 'global' ? sum : this.cells.value(this.cells.find(head, view));
      if (value > 0) yield { key: text, value, children: false };
    }
  }
}
