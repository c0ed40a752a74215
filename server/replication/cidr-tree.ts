/**
 * Counts by address, and their sums by netblock (momentum.md 4.3, 7.6). An address that counts has a row. A netblock of
 * one of the lengths in LEVELS has one when it branches there: when it is the smallest of these that holds two different
 * rows. So `10.0.0.0/8` stands right above `10.0.0.103/32` where the other addresses lie elsewhere in it, and an address
 * alone stands alone. What was counted under a netblock itself has a row of that netblock.
 */

import type { RowAnswer, SharedRow } from './api.ts';
import { CidrIndex, type Family } from './cidr-index.ts';
import { CountedStore } from './counted-store.ts';
import { LargestRows } from './largest-rows.ts';
import type { Owner, StoreQuery } from './object-store.ts';
import { NONE } from './share-cells.ts';

/** Lengths of netblocks that are shown: of IPv4, of IPv6. */
const LEVELS: readonly [readonly number[], readonly number[]] = [
  [8, 16, 24, 32],
  [32, 48, 64, 128],
];
const FAMILIES: readonly Family[] = [0, 1];

/** Values of all nodes of a trie in one view. */
type Values = (node: number) => number;
/** `bits`: length of its netblock; `node`: the widest node within it. */
type Row = {
  readonly bits: number;
  readonly node: number;
  readonly value: number;
  readonly children: boolean;
};

export class CidrTree extends CountedStore {
  readonly kind = 'cidrtree';
  readonly #index: CidrIndex;

  constructor() {
    const index = new CidrIndex();
    super(index);
    this.#index = index;
  }

  rows({ view, under, search, top }: StoreQuery): RowAnswer {
    const largest = new LargestRows(top);
    const within = search ?? under;
    if (within !== undefined && !this.#index.parse(within)) return largest.answer();
    const asked = within === undefined ? undefined : this.#index.parsed;
    for (const family of asked === undefined ? FAMILIES : [asked.family]) {
      const values = this.#values(family, view);
      const rows =
        search !== undefined
          ? this.#covering(family, values, asked?.bits ?? 0)
          : this.#below(family, values, asked?.bits);
      for (const row of rows) largest.add(this.#shared(family, row));
    }
    return largest.answer();
  }

  /** By address, parents before children. */
  *listing(view: Owner | 'global'): Iterable<SharedRow> {
    for (const family of FAMILIES) {
      const { root } = this.#index.tries[family];
      const rows = this.#walk(family, this.#values(family, view), { node: root, shown: NONE, deep: true });
      for (const row of rows) yield this.#shared(family, row);
    }
  }

  /** Rows right below the netblock of the probe, or below nothing. */
  #below(family: Family, values: Values, bits: number | undefined): Iterable<Row> {
    const trie = this.#index.tries[family];
    const node = bits === undefined ? trie.root : trie.top(bits);
    return this.#walk(family, values, { node, shown: bits ?? NONE, deep: false });
  }

  /** @param from `shown`: length of the smallest netblock around it that has a row; `deep`: with rows below rows. */
  *#walk(
    family: Family,
    values: Values,
    from: { readonly node: number; readonly shown: number; readonly deep: boolean },
  ): Iterable<Row> {
    const trie = this.#index.tries[family];
    const nodes = [from.node];
    const shown = [from.shown];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      let around = shown.pop() ?? NONE;
      if (node === NONE || values(node) === 0) continue;
      const rows = this.#rowsAt(family, values, node, around);
      if (!from.deep && rows[0] !== undefined) {
        yield rows[0];
        continue;
      }
      yield* rows;
      around = rows[rows.length - 1]?.bits ?? around;
      nodes.push(trie.child(node, 1), trie.child(node, 0));
      shown.push(around, around);
    }
  }

  /** Rows of netblocks that hold the probe, widest first. */
  *#covering(family: Family, values: Values, bits: number): Iterable<Row> {
    const trie = this.#index.tries[family];
    let [node, shown] = [trie.root, NONE];
    while (node !== NONE && values(node) > 0) {
      const common = Math.min(bits, trie.common(node));
      for (const row of this.#rowsAt(family, values, node, shown)) {
        shown = row.bits;
        if (row.bits <= common) yield row;
      }
      if (common < trie.bits(node) || common === bits) return;
      node = trie.childOnWay(node);
    }
  }

  #rowsAt(family: Family, values: Values, node: number, shown: number): readonly Row[] {
    const trie = this.#index.tries[family];
    const [zero, one] = [trie.child(node, 0), trie.child(node, 1)];
    const value = values(node);
    const [below0, below1] = [zero === NONE ? 0 : values(zero), one === NONE ? 0 : values(one)];
    const own = value - below0 - below1;
    const children = below0 > 0 || below1 > 0;
    const rows: Row[] = [];
    const bits = trie.bits(node);
    if (Number(own > 0) + Number(below0 > 0) + Number(below1 > 0) > 1) {
      const level = levelOf(family, bits);
      if (level > shown) rows.push({ bits: level, node, value, children });
    }
    if (own > 0 && bits > (rows[0]?.bits ?? shown)) rows.push({ bits, node, value, children });
    return rows;
  }

  #values(family: Family, view: Owner | 'global'): Values {
    const trie = this.#index.tries[family];
    if (view === 'global') return (node) => trie.sum(node);
    const sums = new Float64Array(trie.end);
    for (let cell = 0; cell < this.cells.end; cell += 1) {
      const key = this.cells.key(cell);
      if (key === NONE || (key & 1) !== family || this.cells.owner(cell) !== view) continue;
      const value = this.cells.value(cell);
      for (let node = key >>> 1; node !== NONE; node = trie.parent(node))
        sums[node] = (sums[node] ?? 0) + value;
    }
    return (node) => sums[node] ?? 0;
  }

  #shared(family: Family, { node, bits, value, children }: Row): SharedRow {
    return { key: this.#index.blockText(family, node, bits), value, children };
  }
}

/** The smallest netblock that is shown and holds all that a netblock of so many bits does; NONE without one. */
function levelOf(family: Family, bits: number): number {
  return LEVELS[family].findLast((level) => level <= bits) ?? NONE;
}
