/**
 * Something that is done only after the replies that announce it have left: a shutdown, a reset of the bus
 * connection. Replies that the bus does not take hold it up for a bounded time only.
 */

/** Between the last reply part and what follows. */
export const AFTER_REPLIES_DELAY_MS = 100;
/** Replies that the bus does not take hold it up no longer than this. */
export const AFTER_REPLIES_WAIT_MAX_MS = 5_000;

export class AfterReplies {
  #due: { readonly atMs: number; readonly latestMs: number } | undefined;

  get deadlineMs(): number | undefined {
    return this.#due?.atMs;
  }

  /** Asked again before it is done, it is still done once. */
  ask(nowMs: number): void {
    this.#due ??= { atMs: nowMs + AFTER_REPLIES_DELAY_MS, latestMs: nowMs + AFTER_REPLIES_WAIT_MAX_MS };
  }

  /** True, once, when it is time. */
  take(repliesIdle: boolean, nowMs: number): boolean {
    const due = this.#due;
    if (due === undefined || nowMs < due.atMs) return false;
    if (!repliesIdle && nowMs < due.latestMs) {
      this.#due = { ...due, atMs: nowMs + AFTER_REPLIES_DELAY_MS };
      return false;
    }
    this.#due = undefined;
    return true;
  }
}
