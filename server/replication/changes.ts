/** Own entries that changed and were not told yet, each once, in the order in which they first changed. */

export class Changes {
  readonly #waiting = new Set<number>();
  #oldestMs: number | undefined;
  #heard = false;

  /** Nobody hears anything while there is no bus; then all comes with a snapshot. */
  set heard(heard: boolean) {
    this.#heard = heard;
    this.clear();
  }

  get heard(): boolean {
    return this.#heard;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** When the oldest of them changed. */
  get oldestMs(): number | undefined {
    return this.#oldestMs;
  }

  add(entry: number, nowMs: number): void {
    if (!this.#heard) return;
    this.#waiting.add(entry);
    this.#oldestMs ??= nowMs;
  }

  has(entry: number): boolean {
    return this.#waiting.has(entry);
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

  clear(): void {
    this.#waiting.clear();
    this.#oldestMs = undefined;
  }
}
