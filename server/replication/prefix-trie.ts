/**
 * Prefixes of one family of addresses in a binary trie without paths of one child (Patricia), in typed arrays: about 30
 * bytes for a node of IPv4, and there are at most two nodes for a prefix. Each node keeps the sum of what is below it.
 */

import { NONE } from './share-cells.ts';

/** Head of a node that only branches. */
const BRANCH = -2;
const FIRST_CAPACITY = 64;

export class PrefixTrie {
  /** Words of the prefix that is asked about, set by the caller; bits beyond its length are 0. */
  readonly probe: Uint32Array;
  readonly #width: number;
  #words: Uint32Array;
  #bits = new Uint8Array(FIRST_CAPACITY);
  /** Child for a 0 bit and for a 1 bit, after each other. */
  #children = new Int32Array(2 * FIRST_CAPACITY);
  /** Or the next free node. */
  #parent = new Int32Array(FIRST_CAPACITY);
  #sum = new Float64Array(FIRST_CAPACITY);
  #head = new Int32Array(FIRST_CAPACITY);
  #root = NONE;
  #used = 0;
  #free = NONE;
  #size = 0;

  /** @param width 32 bit words of an address: 1 or 4. */
  constructor(width: number) {
    this.#width = width;
    this.probe = new Uint32Array(width);
    this.#words = new Uint32Array(width * FIRST_CAPACITY);
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
    return this.#bits[node] ?? 0;
  }

  word(node: number, index: number): number {
    return this.#words[node * this.#width + index] ?? 0;
  }

  child(node: number, bit: number): number {
    return this.#children[2 * node + bit] ?? NONE;
  }

  /** Towards the probe. */
  childOnWay(node: number): number {
    return this.child(node, this.#probeBit(this.bits(node)));
  }

  parent(node: number): number {
    return this.#parent[node] ?? NONE;
  }

  sum(node: number): number {
    return this.#sum[node] ?? 0;
  }

  isKey(node: number): boolean {
    return this.#head[node] !== BRANCH;
  }

  head(node: number): number {
    return this.#head[node] ?? NONE;
  }

  setHead(node: number, cell: number): void {
    this.#head[node] = cell;
  }

  grow(node: number, by: number): void {
    for (let at = node; at !== NONE; at = this.#parent[at] ?? NONE) this.#sum[at] = (this.#sum[at] ?? 0) + by;
  }

  /** The key that is the probe; NONE without one. */
  find(bits: number): number {
    const node = this.top(bits);
    return node !== NONE && this.#bits[node] === bits && this.#head[node] !== BRANCH ? node : NONE;
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
    this.#sum[between] = this.sum(node);
    this.#hangBelow(node, between);
    if (between !== added) this.#hang(added, between);
    return added;
  }

  /** No key any more. */
  drop(node: number): void {
    this.#size -= 1;
    this.#head[node] = BRANCH;
    const above = this.parent(node);
    this.#cutOut(node);
    if (above !== NONE && this.#head[above] === BRANCH) this.#cutOut(above);
  }

  /** A node that neither is a key nor branches leaves its place to what is below it. */
  #cutOut(node: number): void {
    const [zero, one] = [this.child(node, 0), this.child(node, 1)];
    if (zero !== NONE && one !== NONE) return;
    const below = zero === NONE ? one : zero;
    const above = this.parent(node);
    if (above === NONE) this.#root = below;
    else this.#children[2 * above + Number(this.child(above, 1) === node)] = below;
    if (below !== NONE) this.#parent[below] = above;
    this.#parent[node] = this.#free;
    this.#free = node;
  }

  #markKey(node: number): number {
    if (this.#head[node] === BRANCH) {
      this.#head[node] = NONE;
      this.#size += 1;
    }
    return node;
  }

  /** The probe is within `above`, and so is the node that was made of it. */
  #hang(node: number, above: number): number {
    if (above === NONE) this.#root = node;
    else this.#children[2 * above + this.#probeBit(this.bits(above))] = node;
    this.#parent[node] = above;
    return node;
  }

  #hangBelow(node: number, above: number): void {
    const bits = this.bits(above);
    const bit = (this.word(node, bits >>> 5) >>> (31 - (bits & 31))) & 1;
    this.#children[2 * above + bit] = node;
    this.#parent[node] = above;
  }

  #probeBit(at: number): number {
    return ((this.probe[at >>> 5] ?? 0) >>> (31 - (at & 31))) & 1;
  }

  /** Bits that a node and the probe begin with alike, at most those of the node. */
  common(node: number): number {
    const bits = this.bits(node);
    for (let index = 0; index < this.#width; index += 1) {
      const difference = ((this.#words[node * this.#width + index] ?? 0) ^ (this.probe[index] ?? 0)) >>> 0;
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
    this.#bits[node] = bits;
    for (let index = 0; index < this.#width; index += 1) {
      const kept = Math.max(0, Math.min(32, bits - 32 * index));
      const mask = kept === 0 ? 0 : (-1 << (32 - kept)) >>> 0;
      this.#words[node * this.#width + index] = (this.probe[index] ?? 0) & mask;
    }
    this.#children[2 * node] = NONE;
    this.#children[2 * node + 1] = NONE;
    this.#sum[node] = 0;
    this.#head[node] = head;
    if (head !== BRANCH) this.#size += 1;
    return node;
  }

  #take(): number {
    if (this.#free !== NONE) {
      const node = this.#free;
      this.#free = this.parent(node);
      return node;
    }
    if (this.#used === this.#bits.length) this.#enlarge(Math.ceil(this.#used * 1.5));
    this.#used += 1;
    return this.#used - 1;
  }

  #enlarge(capacity: number): void {
    const words = new Uint32Array(this.#width * capacity);
    const [bits, children] = [new Uint8Array(capacity), new Int32Array(2 * capacity)];
    const [parent, sum] = [new Int32Array(capacity), new Float64Array(capacity)];
    const head = new Int32Array(capacity);
    words.set(this.#words);
    bits.set(this.#bits);
    children.set(this.#children);
    parent.set(this.#parent);
    sum.set(this.#sum);
    head.set(this.#head);
    [this.#words, this.#bits, this.#children] = [words, bits, children];
    [this.#parent, this.#sum, this.#head] = [parent, sum, head];
  }
}
