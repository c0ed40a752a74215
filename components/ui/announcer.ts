/**
 * What is said aloud and when (ui.md 2.9): at most one status sentence in ten seconds, the same alert at most
 * once a minute. Pure; a component writes what comes out into the static live regions.
 */

export const STATUS_EVERY_MS = 10_000;
export const ALERT_REPEAT_MS = 60_000;
/** Alerts remembered for de-duplication. */
export const ALERTS_KEPT_MAX = 50;

export class Announcer {
  #pendingStatus: string | undefined;
  #statusAtMs = Number.NEGATIVE_INFINITY;
  readonly #alerts = new Map<string, number>();

  /** When the waiting status sentence may be said; undefined when none waits. */
  get deadlineMs(): number | undefined {
    return this.#pendingStatus === undefined ? undefined : this.#statusAtMs + STATUS_EVERY_MS;
  }

  /** Replaces a sentence that still waits: only the newest is worth hearing. @returns what to say now. */
  offerStatus(text: string, nowMs: number): string | undefined {
    this.#pendingStatus = text;
    return this.dueStatus(nowMs);
  }

  dueStatus(nowMs: number): string | undefined {
    if (this.#pendingStatus === undefined || nowMs < this.#statusAtMs + STATUS_EVERY_MS) return undefined;
    const text = this.#pendingStatus;
    this.#pendingStatus = undefined;
    this.#statusAtMs = nowMs;
    return text;
  }

  /** @returns true when it should be said now. */
  offerAlert(text: string, nowMs: number): boolean {
    const saidMs = this.#alerts.get(text);
    if (saidMs !== undefined && nowMs - saidMs < ALERT_REPEAT_MS) return false;
    this.#alerts.delete(text);
    this.#alerts.set(text, nowMs);
    for (const oldest of this.#alerts.keys()) {
      if (this.#alerts.size <= ALERTS_KEPT_MAX) break;
      this.#alerts.delete(oldest);
    }
    return true;
  }
}
