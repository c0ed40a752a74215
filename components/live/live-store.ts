/**
 * Holds the live state for React: inputs are applied at once, listeners hear of it once per frame. Also tells
 * the paint telemetry which patches became visible. Decides nothing; `live-state.ts` does.
 */

import type { ConnectionView } from './live-connection.ts';
import { EMPTY_LIVE_STATE, type LiveInput, type LiveState, stepLive } from './live-state.ts';

export type PublishedLive = {
  readonly live: LiveState;
  readonly connection: ConnectionView;
};

const IDLE: ConnectionView = { phase: 'idle', lostSinceMs: null, retryAtMs: null, reason: null };
/** Frames do not come while the page is hidden; the state must still move on. */
const HIDDEN_FLUSH_MS = 250;
/** Patches waiting for their paint; more than this in one frame are not measured. */
export const UNPAINTED_PATCHES_MAX = 200;

export class LiveStore {
  readonly #listeners = new Set<() => void>();
  readonly #onPublished: (patchServerMs: readonly number[]) => void;
  #published: PublishedLive = { live: EMPTY_LIVE_STATE, connection: IDLE };
  #next: PublishedLive = this.#published;
  #unpainted: number[] = [];
  #scheduled = false;

  /** @param onPublished called right after listeners, with the gateway stamps of the patches that were flushed. */
  constructor(onPublished: (patchServerMs: readonly number[]) => void) {
    this.#onPublished = onPublished;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly published = (): PublishedLive => this.#published;

  /** The newest state, published or not: for decisions that must not wait for a frame. */
  get newest(): LiveState {
    return this.#next.live;
  }

  /** @returns true when a resync must be asked for. */
  apply(input: LiveInput, nowMs: number): boolean {
    const { state, resync } = stepLive(this.#next.live, input, nowMs);
    const stamp = input.type === 'patch' ? input.patch.serverMs : null;
    if (stamp !== null && this.#unpainted.length < UNPAINTED_PATCHES_MAX && !document.hidden) {
      this.#unpainted.push(stamp);
    }
    if (state !== this.#next.live) this.#change({ ...this.#next, live: state });
    return resync;
  }

  setConnection(connection: ConnectionView): void {
    this.#change({ ...this.#next, connection });
  }

  #change(next: PublishedLive): void {
    this.#next = next;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (document.hidden) setTimeout(this.#flush, HIDDEN_FLUSH_MS);
    else requestAnimationFrame(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#published = this.#next;
    const stamps = this.#unpainted;
    this.#unpainted = [];
    for (const listener of this.#listeners) listener();
    if (stamps.length > 0) this.#onPublished(stamps);
  };
}
