/** Which of many entries is the oldest, while they change: a heap whose outdated items are skipped when they come up. */

export type Aged = { readonly key: string; readonly stampMs: number; readonly node: string };

/** Outdated items that are carried along, beside one for each that counts. */
const SLACK = 1_024;

export class OldestFirst {
  #heap: Aged[] = [];
  readonly #isCurrent: (item: Aged) => boolean;

  /** @param isCurrent false for an item that was replaced or is gone. */
  constructor(isCurrent: (item: Aged) => boolean) {
    this.#isCurrent = isCurrent;
  }

  /** @param current how many items count at this moment. */
  add(item: Aged, current: number): void {
    if (this.#heap.length > current * 2 + SLACK) this.#rebuild();
    this.#heap.push(item);
    this.#up(this.#heap.length - 1);
  }

  /** The oldest that counts; it stays. */
  first(): Aged | undefined {
    let [first] = this.#heap;
    while (first !== undefined && !this.#isCurrent(first)) {
      this.#shift();
      [first] = this.#heap;
    }
    return first;
  }

  #rebuild(): void {
    // A sorted list is a heap.
    this.#heap = this.#heap.filter(this.#isCurrent).sort((a, b) => (isOlder(a, b) ? -1 : 1));
  }

  #shift(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = at * 2 + 1;
      const child = this.#isOlderAt(left + 1, left) ? left + 1 : left;
      if (!this.#isOlderAt(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isOlderAt(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #isOlderAt(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    return a !== undefined && b !== undefined && isOlder(a, b);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

function isOlder(a: Aged, b: Aged): boolean {
  if (a.stampMs !== b.stampMs) return a.stampMs < b.stampMs;
  return a.node === b.node ? a.key < b.key : a.node < b.node;
}
