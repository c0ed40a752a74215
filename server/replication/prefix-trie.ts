/**
 * Prefixes of one family of addresses in a binary trie without paths of one child (Patricia), in one typed array: 32 bytes
 * for a node of IPv4, 48 for one of IPv6, and at most two nodes for a prefix. A node lies in one line of the processor's
 * cache, for that is what an update costs. Each node keeps the sum of what is below it.
 */

import { grownCapacity } from './capacity.ts';
import { NONE } from './share-cells.ts';

/** Head of a node that only branches. */
const BRANCH = -2;
const FIRST_CAPACITY = 32;

/** Fields of a node, as 32 bit words from its beginning; the sum is one 64 bit number. */
const PARENT = 0;
const CHILDREN = 1;
const HEAD = 3;
const SUM = 4;
const BITS = 6;
const WORDS = 7;

export class PrefixTrie {
  /** Words of the prefix that is asked about, set by the caller; bits beyond its length are 0. */
  readonly probe: Int32Array;
  readonly #width: number;
  /** Words of a node. */
  readonly #size32: number;
  #fields: Int32Array;
  /** The same memory, for sums. */
  #sums: Float64Array;
  #capacity = FIRST_CAPACITY;
  #root = NONE;
  #used = 0;
  #free = NONE;
  #size = 0;

  /** @param width 32 bit words of an address: 1 or 4. */
  constructor(width: number) {
    this.#width = width;
    this.#size32 = width === 1 ? 8 : 12;
    this.probe = new Int32Array(width);
    this.#fields = new Int32Array(this.#size32 * this.#capacity);
    this.#sums = new Float64Array(this.#fields.buffer);
  }

  /** Prefixes that are keys. */
  get size(): number {
    return this.#size;
  }

  get root(): number {
    return this.#root;
  }

  /** Numbers of nodes are below this. */
  get end(): number {
    return this.#used;
  }

  bits(node: number): number {
    return this.#fields[node * this.#size32 + BITS] ?? 0;
  }

  word(node: number, index: number): number {
    return (this.#fields[node * this.#size32 + WORDS + index] ?? 0) >>> 0;
  }

  child(node: number, bit: number): number {
    return this.#fields[node * this.#size32 + CHILDREN + bit] ?? NONE;
  }

  /** Towards the probe. */
  childOnWay(node: number): number {
    const at = node * this.#size32;
    return this.#fields[at + CHILDREN + this.#probeBit(this.#fields[at + BITS] ?? 0)] ?? NONE;
  }

  parent(node: number): number {
    return this.#fields[node * this.#size32 + PARENT] ?? NONE;
  }

  sum(node: number): number {
    return this.#sums[(node * this.#size32 + SUM) >>> 1] ?? 0;
  }

  isKey(node: number): boolean {
    return this.head(node) !== BRANCH;
  }

  head(node: number): number {
    return this.#fields[node * this.#size32 + HEAD] ?? NONE;
  }

  setHead(node: number, cell: number): void {
    this.#fields[node * this.#size32 + HEAD] = cell;
  }

  grow(node: number, by: number): void {
    const [fields, sums, size32] = [this.#fields, this.#sums, this.#size32];
    for (let at = node; at !== NONE; at = fields[at * size32 + PARENT] ?? NONE) {
      const sum = (at * size32 + SUM) >>> 1;
      sums[sum] = (sums[sum] ?? 0) + by;
    }
  }

  /** The key that is the probe; NONE without one. */
  find(bits: number): number {
    const node = this.top(bits);
    return node !== NONE && this.bits(node) === bits && this.isKey(node) ? node : NONE;
  }

  /** The widest node within the probe; all keys within it are below that. */
  top(bits: number): number {
    let node = this.#root;
    while (node !== NONE && this.bits(node) < bits) node = this.childOnWay(node);
    return node !== NONE && this.common(node) >= bits ? node : NONE;
  }

  /** Whether a node is inside the probe. */
  within(node: number, bits: number): boolean {
    return this.bits(node) >= bits && this.common(node) >= bits;
  }

  /** Makes the probe a key. */
  add(bits: number): number {
    const common = Math.min(bits, this.#commonWithNearest(bits));
    let above = NONE;
    let node = this.#root;
    while (node !== NONE && this.bits(node) < common) {
      above = node;
      node = this.childOnWay(node);
    }
    if (node !== NONE && this.bits(node) === common) {
      if (common === bits) return this.#markKey(node);
      return this.#hang(this.#newNode(bits, NONE), node);
    }
    if (node === NONE) return this.#hang(this.#newNode(bits, NONE), above);
    const added = this.#newNode(bits, NONE);
    const between = common === bits ? added : this.#newNode(common, BRANCH);
    this.#hang(between, above);
    this.#setSum(between, this.sum(node));
    this.#hangBelow(node, between);
    if (between !== added) this.#hang(added, between);
    return added;
  }

  /** No key any more. */
  drop(node: number): void {
    this.#size -= 1;
    this.setHead(node, BRANCH);
    const above = this.parent(node);
    this.#cutOut(node);
    if (above !== NONE && !this.isKey(above)) this.#cutOut(above);
  }

  /** A node that neither is a key nor branches leaves its place to what is below it. */
  #cutOut(node: number): void {
    const [zero, one] = [this.child(node, 0), this.child(node, 1)];
    if (zero !== NONE && one !== NONE) return;
    const below = zero === NONE ? one : zero;
    const above = this.parent(node);
    if (above === NONE) this.#root = below;
    else this.#setChild(above, Number(this.child(above, 1) === node), below);
    if (below !== NONE) this.#setParent(below, above);
    this.#setParent(node, this.#free);
    this.#free = node;
  }

  #markKey(node: number): number {
    if (!this.isKey(node)) {
      this.setHead(node, NONE);
      this.#size += 1;
    }
    return node;
  }

  /** The probe is within `above`, and so is the node that was made of it. */
  #hang(node: number, above: number): number {
    if (above === NONE) this.#root = node;
    else this.#setChild(above, this.#probeBit(this.bits(above)), node);
    this.#setParent(node, above);
    return node;
  }

  #hangBelow(node: number, above: number): void {
    const bits = this.bits(above);
    const bit = (this.word(node, bits >>> 5) >>> (31 - (bits & 31))) & 1;
    this.#setChild(above, bit, node);
    this.#setParent(node, above);
  }

  #probeBit(at: number): number {
    return ((this.probe[at >>> 5] ?? 0) >>> (31 - (at & 31))) & 1;
  }

  /** Bits that a node and the probe begin with alike, at most those of the node. */
  common(node: number): number {
    const bits = this.bits(node);
    for (let index = 0; index < this.#width; index += 1) {
      const difference = this.word(node, index) ^ (this.probe[index] ?? 0);
      if (difference !== 0) return Math.min(bits, 32 * index + Math.clz32(difference));
    }
    return bits;
  }

  #commonWithNearest(bits: number): number {
    let nearest = NONE;
    let node = this.#root;
    while (node !== NONE) {
      nearest = node;
      if (this.bits(node) >= bits) break;
      node = this.childOnWay(node);
    }
    return nearest === NONE ? 0 : this.common(nearest);
  }

  #newNode(bits: number, head: number): number {
    const node = this.#take();
    const at = node * this.#size32;
    this.#fields[at + BITS] = bits;
    for (let index = 0; index < this.#width; index += 1) {
      const kept = Math.max(0, Math.min(32, bits - 32 * index));
      const mask = kept === 0 ? 0 : -1 << (32 - kept);
      this.#fields[at + WORDS + index] = (this.probe[index] ?? 0) & mask;
    }
    this.#setChild(node, 0, NONE);
    this.#setChild(node, 1, NONE);
    this.#setSum(node, 0);
    this.setHead(node, head);
    if (head !== BRANCH) this.#size += 1;
    return node;
  }

  #setChild(node: number, bit: number, child: number): void {
    this.#fields[node * this.#size32 + CHILDREN + bit] = child;
  }

  #setParent(node: number, parent: number): void {
    this.#fields[node * this.#size32 + PARENT] = parent;
  }

  #setSum(node: number, sum: number): void {
    this.#sums[(node * this.#size32 + SUM) >>> 1] = sum;
  }

  #take(): number {
    if (this.#free !== NONE) {
      const node = this.#free;
      this.#free = this.parent(node);
      return node;
    }
    if (this.#used === this.#capacity) this.#enlarge();
    this.#used += 1;
    return this.#used - 1;
  }

  #enlarge(): void {
    this.#capacity = grownCapacity(this.#capacity);
    const fields = new Int32Array(this.#size32 * this.#capacity);
    fields.set(this.#fields);
    this.#fields = fields;
    this.#sums = new Float64Array(fields.buffer);
  }
}
