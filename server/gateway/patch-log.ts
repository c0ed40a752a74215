/** The most recent patches, so that a client that missed a few need not load everything again. Pure. */

import { assert } from '../base/assert.ts';
import type { LivePatch } from '../wire/live.ts';

/** Patches kept for resync. */
export const PATCHES_KEPT_MAX = 1_024;
/** Changed rows kept over all patches; beyond, a snapshot is smaller anyway. */
export const CHANGES_KEPT_MAX = 10_000;

export class PatchLog {
  #patches: LivePatch[] = [];
  #changes = 0;

  add(patch: LivePatch): void {
    const last = this.#patches.at(-1);
    assert(last === undefined || patch.seq === last.seq + 1, 'patches are numbered without gaps');
    this.#patches.push(patch);
    this.#changes += patch.changes.length;
    let dropped = 0;
    while (this.#patches.length - dropped > PATCHES_KEPT_MAX || this.#changes > CHANGES_KEPT_MAX) {
      const oldest = this.#patches[dropped];
      if (oldest === undefined) break;
      this.#changes -= oldest.changes.length;
      dropped += 1;
    }
    if (dropped > 0) this.#patches = this.#patches.slice(dropped);
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
