/** The most recent patches, so that a client that missed a few need not load everything again. Pure. */

import { assert } from '../base/assert.ts';
import type { LivePatch } from '../wire/live.ts';

/** Patches kept for resync. */
export const PATCHES_KEPT_MAX = 1_024;
/** Changed rows kept over all patches; beyond, a snapshot is smaller anyway. A row with long lists counts more than once. */
export const CHANGES_KEPT_MAX = 10_000;
/** Elements of the lists in a row that count like a row. */
const ELEMENTS_PER_CHANGE = 8;
/** Lists in lists that are looked into. */
const DEPTH_MAX = 3;

export class PatchLog {
  #patches: LivePatch[] = [];
  #weights: number[] = [];
  #changes = 0;

  add(patch: LivePatch): void {
    const last = this.#patches.at(-1);
    assert(last === undefined || patch.seq === last.seq + 1, 'patches are numbered without gaps');
    const weight = patch.changes.reduce((sum, { row }) => sum + weightOf(row), 0);
    this.#patches.push(patch);
    this.#weights.push(weight);
    this.#changes += weight;
    let dropped = 0;
    while (this.#patches.length - dropped > PATCHES_KEPT_MAX || this.#changes > CHANGES_KEPT_MAX) {
      const oldest = this.#patches[dropped];
      if (oldest === undefined) break;
      this.#changes -= this.#weights[dropped] ?? 0;
      dropped += 1;
    }
    if (dropped === 0) return;
    this.#patches = this.#patches.slice(dropped);
    this.#weights = this.#weights.slice(dropped);
  }

  /**
   * The patches after `seq` up to `headSeq`; undefined if some are no longer kept, or if `seq` is no state that ever
   * was.
   */
  since(seq: number, headSeq: number): readonly LivePatch[] | undefined {
    if (seq > headSeq || seq < 0) return undefined;
    if (seq === headSeq) return [];
    const first = this.#patches[0];
    if (first === undefined || first.seq > seq + 1) return undefined;
    return this.#patches.slice(seq + 1 - first.seq);
  }
}

/** About what a row holds in memory, in plain rows. */
function weightOf(row: unknown): number {
  return 1 + Math.floor(elementsIn(row, DEPTH_MAX) / ELEMENTS_PER_CHANGE);
}

function elementsIn(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth < 0) return 0;
  if (Array.isArray(value)) {
    return value.reduce(
      (sum: number, element: unknown) => sum + elementsIn(element, depth - 1),
      value.length,
    );
  }
  return Object.values(value).reduce(
    (sum: number, field: unknown) => (Array.isArray(field) ? sum + elementsIn(field, depth - 1) : sum),
    0,
  );
}
