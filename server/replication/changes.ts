/** Own entries that changed and were not told yet, each once, in the order in which they first changed. */

export class Changes {
  readonly #waiting = new Set<number>();
  /** Entries that must not be told now, and whether they changed. */
  readonly #held = new Map<number, boolean>();
  readonly #forgotten: ((entries: readonly number[]) => void) | undefined;
  #oldestMs: number | undefined;
  #heard = false;

  /** @param forgotten called when what was under way is of no account any more, with entries that waited or were held. */
  constructor(forgotten?: (entries: readonly number[]) => void) {
    this.#forgotten = forgotten;
  }

  /** Nobody hears anything while there is no bus; then all comes with a snapshot. */
  set heard(heard: boolean) {
    this.#heard = heard;
    const entries = [...this.#waiting, ...this.#held.keys()];
    this.#waiting.clear();
    this.#held.clear();
    this.#oldestMs = undefined;
    this.#forgotten?.(entries);
  }

  get heard(): boolean {
    return this.#heard;
  }

  /** Without those that are held. */
  get size(): number {
    return this.#waiting.size;
  }

  /** When the oldest of them changed. */
  get oldestMs(): number | undefined {
    return this.#oldestMs;
  }

  add(entry: number, nowMs: number): void {
    if (!this.#heard) return;
    if (this.#held.has(entry)) {
      this.#held.set(entry, true);
      return;
    }
    this.#waiting.add(entry);
    this.#oldestMs ??= nowMs;
  }

  /** Waits to be told, or is held. */
  has(entry: number): boolean {
    return this.#waiting.has(entry) || this.#held.has(entry);
  }

  /** Oldest first. One that was told is deleted while this goes on. */
  entries(): Iterable<number> {
    return this.#waiting;
  }

  /** It was told. */
  delete(entry: number): void {
    this.#waiting.delete(entry);
    if (this.#waiting.size === 0) this.#oldestMs = undefined;
  }

  /** It is not told until it is free again. @returns whether it waited: who holds it tells it another way. */
  hold(entry: number): boolean {
    const waited = this.#waiting.has(entry);
    this.delete(entry);
    this.#held.set(entry, false);
    return waited;
  }

  free(entry: number, nowMs: number): void {
    const changed = this.#held.get(entry) === true;
    this.#held.delete(entry);
    if (changed) this.add(entry, nowMs);
  }
}
