/** What becomes due, earliest first: a binary heap whose entries know their place, so that each can be taken out. */

/** `heapAt` is -1 outside of a heap; an entry is in one heap at most. */
export type Due = { dueMs: number; heapAt: number };

export class DueHeap<T extends Due> {
  readonly #entries: T[] = [];

  get size(): number {
    return this.#entries.length;
  }

  get dueMs(): number | undefined {
    return this.#entries[0]?.dueMs;
  }

  /** Puts an entry in, or moves it to its new moment. */
  set(entry: T, dueMs: number): void {
    entry.dueMs = dueMs;
    if (entry.heapAt < 0) {
      entry.heapAt = this.#entries.length;
      this.#entries.push(entry);
    }
    this.#up(entry.heapAt);
    this.#down(entry.heapAt);
  }

  remove(entry: T): void {
    const at = entry.heapAt;
    if (at < 0) return;
    const last = this.#entries.pop();
    entry.heapAt = -1;
    if (last === undefined || last === entry) return;
    this.#entries[at] = last;
    last.heapAt = at;
    this.#up(at);
    this.#down(last.heapAt);
  }

  /** Takes the first out if it is due. */
  takeDue(nowMs: number): T | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    this.remove(first);
    return first;
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#before(parent, at)) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#entries.length && !this.#before(least, child)) least = child;
      }
      if (least === at) return;
      this.#swap(least, at);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    return (this.#entries[a]?.dueMs ?? 0) <= (this.#entries[b]?.dueMs ?? 0);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#entries[a], this.#entries[b]];
    if (first === undefined || second === undefined) return;
    this.#entries[a] = second;
    this.#entries[b] = first;
    second.heapAt = a;
    first.heapAt = b;
  }
}
