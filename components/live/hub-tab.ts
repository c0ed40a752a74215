/**
 * One tab as the hub sees it: what it was sent, what it confirmed, what it waits for. Pure. A tab gets the difference
 * between what it has and what the hub knows, so a frame that is left out costs nothing but time.
 */

import { HEARTBEAT_INTERVAL_MS } from '../../server/wire/freshness.ts';
import type { CollectionName, LiveModel } from '../../server/wire/live.ts';
import {
  BACKGROUND_EVERY_MS,
  BACKGROUND_FRAMES_UNCONFIRMED_MAX,
  FRAMES_UNCONFIRMED_MAX,
  type FrameData,
  type HubFrame,
} from './hub-protocol.ts';
import type { ConnectionView } from './live-connection.ts';
import type { ParsedPatch, RowChange } from './live-rows.ts';
import type { LiveState } from './live-state.ts';

export type HubKnows = {
  readonly live: LiveState;
  readonly connection: ConnectionView;
  /** The patch that led to this state, where it was one. */
  readonly patch: ParsedPatch | null;
};

export class HubTab {
  readonly jobs = new Set<string>();
  /** Wants the figures of the bus while it is seen. */
  bus = false;
  heardMs: number;
  #visible = true;
  #asleep = false;
  #frame = 0;
  #confirmed = 0;
  #framedMs = Number.NEGATIVE_INFINITY;
  /** The last frame left something out. */
  #behind = false;
  #has: { readonly epoch: string; readonly seq: number; readonly model: LiveModel } | null = null;

  constructor(nowMs: number) {
    this.heardMs = nowMs;
  }

  /** When a frame is due; undefined while every change is passed on at once, or nothing is. */
  get deadlineMs(): number | undefined {
    return this.#visible || this.#asleep || this.full ? undefined : this.#framedMs + BACKGROUND_EVERY_MS;
  }

  /** Nobody looks at a tab in the background. */
  get wantsBus(): boolean {
    return this.bus && this.#visible && !this.#asleep;
  }

  show(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.#asleep = false;
  }

  sleep(): void {
    this.#asleep = true;
  }

  wake(): void {
    this.#asleep = false;
    this.#confirmed = this.#frame;
  }

  /** It has nothing, as far as we know: the next frame holds everything. */
  forget(): void {
    this.#has = null;
  }

  /** @returns true when the tab made room for a frame that waits. */
  confirm(frame: number): boolean {
    this.#confirmed = Math.max(this.#confirmed, Math.min(frame, this.#frame));
    return this.#behind && this.#visible && !this.full;
  }

  wantsFrame(nowMs: number): boolean {
    if (this.#asleep || this.full) {
      this.#behind = true;
      return false;
    }
    return this.#visible || nowMs >= this.#framedMs + BACKGROUND_EVERY_MS;
  }

  nextFrame({ live, connection, patch }: HubKnows, nowMs: number): HubFrame {
    const data = this.#dataOf(live, patch);
    if (data !== null && live.epoch !== null)
      this.#has = { epoch: live.epoch, seq: live.seq, model: live.model };
    this.#frame += 1;
    this.#framedMs = nowMs;
    this.#behind = false;
    return {
      type: 'frame',
      frame: this.#frame,
      sentMs: nowMs,
      everyMs: this.#visible ? HEARTBEAT_INTERVAL_MS : BACKGROUND_EVERY_MS,
      connection,
      beat: live.beat,
      counters: live.counters,
      repairingSinceMs: live.repairingSinceMs,
      offsetMs: live.offsetMs,
      data,
    };
  }

  /** It confirmed nothing for so long that it is sent nothing. */
  get full(): boolean {
    const max = this.#visible ? FRAMES_UNCONFIRMED_MAX : BACKGROUND_FRAMES_UNCONFIRMED_MAX;
    return this.#frame - this.#confirmed >= max;
  }

  #dataOf(live: LiveState, patch: ParsedPatch | null): FrameData | null {
    const { epoch, seq, model } = live;
    const has = this.#has;
    if (!live.loaded || epoch === null) return null;
    if (has === null || has.epoch !== epoch) return { kind: 'snapshot', epoch, seq, model };
    if (has.seq === seq) return null;
    if (patch !== null && patch.seq === seq && has.seq === seq - 1) {
      return { kind: 'changes', epoch, from: has.seq, seq, serverMs: patch.serverMs, changes: patch.changes };
    }
    const changes = changesBetween(has.model, model);
    return { kind: 'changes', epoch, from: has.seq, seq, serverMs: null, changes };
  }
}

/** Rows are replaced whole and never changed, so a row that is the same object is the same row. */
export function changesBetween(before: LiveModel, after: LiveModel): readonly RowChange[] {
  const changes: RowChange[] = [];
  for (const c of Object.keys(after) as CollectionName[]) {
    if (before[c] === after[c]) continue;
    for (const k of Object.keys(before[c])) {
      if (!Object.hasOwn(after[c], k)) changes.push({ c, k, row: null });
    }
    for (const [k, row] of Object.entries(after[c])) {
      // A row of a collection belongs to that collection; the compiler cannot follow both at once.
      if (before[c][k] !== row) changes.push({ c, k, row } as RowChange);
    }
  }
  return changes;
}
