/** Keeps the largest of many rows in little memory, and counts all. */

import type { RowAnswer, SharedRow } from './api.ts';

/** Rows that are kept before the smaller ones are thrown away. */
const SLACK = 1_024;

export class LargestRows {
  readonly #top: number;
  #rows: SharedRow[] = [];
  #found = 0;

  constructor(top: number) {
    this.#top = Math.max(0, top);
  }

  add(row: SharedRow): void {
    this.#found += 1;
    this.#rows.push(row);
    if (this.#rows.length > 2 * this.#top + SLACK) this.#cut();
  }

  /** Largest first; equal ones by name. */
  answer(): RowAnswer {
    this.#cut();
    return { rows: this.#rows, found: this.#found };
  }

  #cut(): void {
    this.#rows = this.#rows.sort(byValue).slice(0, this.#top);
  }
}

function byValue(one: SharedRow, other: SharedRow): number {
  if (one.value !== other.value) return other.value - one.value;
  return one.key < other.key ? -1 : 1;
}
