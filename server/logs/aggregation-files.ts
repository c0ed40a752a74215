/** The files that an aggregator has open: at most `max_open`, and none for longer than `max_idle` without a line. */

import type { FileIdentity } from './aggregation-disk.ts';

export type OpenFile = {
  readonly file: number;
  readonly path: string;
  readonly identity: FileIdentity;
  /** Of what counts; the journal has it. */
  size: number;
  usedMs: number;
};

export class AggregationFiles {
  /** Least recently used first. */
  readonly #open = new Map<string, OpenFile>();
  #lastNumber = 0;

  get(path: string): OpenFile | undefined {
    return this.#open.get(path);
  }

  get count(): number {
    return this.#open.size;
  }

  nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  add(file: OpenFile): void {
    this.#open.set(file.path, file);
  }

  used(path: string, size: number, nowMs: number): void {
    const file = this.#open.get(path);
    if (file === undefined) return;
    file.size = size;
    file.usedMs = nowMs;
    this.#open.delete(path);
    this.#open.set(path, file);
  }

  remove(path: string): void {
    this.#open.delete(path);
  }

  /** Those to close so that `wanted` can be open with at most `most` others. */
  tooMany(wanted: ReadonlySet<string>, most: number): readonly OpenFile[] {
    const more = [...wanted].filter((path) => !this.#open.has(path)).length;
    const excess = this.#open.size + more - most;
    if (excess <= 0) return [];
    return [...this.#open.values()].filter(({ path }) => !wanted.has(path)).slice(0, excess);
  }

  /** Those that were not used for so long. */
  idle(nowMs: number, maxIdleMs: number): readonly OpenFile[] {
    return [...this.#open.values()].filter(({ usedMs }) => usedMs + maxIdleMs <= nowMs);
  }

  /** When the one that was not used for the longest time was used. */
  get oldestUseMs(): number | undefined {
    for (const { usedMs } of this.#open.values()) return usedMs;
    return undefined;
  }
}
