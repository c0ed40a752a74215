/**
 * Judges members by their heartbeats (R4): suspect after three missed ones, overdue after five. A pause of this
 * very process must not make everybody else suspect, so a late look shifts what was expected. Momentum.md 3.4.
 */

import type { PrivateName } from '../model/names.ts';
import type { MemberFacts } from './messages.ts';

export const SUSPECT_AFTER_MISSED = 3;
export const EXCLUDE_AFTER_MISSED = 5;
/** A look that comes this much after its time means that this process did not run meanwhile. */
export const OWN_PAUSE_MS = 500;
const LOOK_INTERVAL_MS = 250;

type Watched = { lastMs: number; intervalMs: number; suspectSinceMs: number | undefined; missed: number };

export class HeartbeatWatch {
  readonly #watched = new Map<PrivateName, Watched>();
  #nextLookMs: number | undefined;

  /** When `judge` wants to be called next; undefined while no heartbeats are expected. */
  get deadlineMs(): number | undefined {
    return this.#watched.size === 0 ? undefined : this.#nextLookMs;
  }

  /** Heartbeats of this member begin at the latest `startDelayMs` from now. Later calls change nothing. */
  expect(name: PrivateName, heartbeat: NonNullable<MemberFacts['heartbeat']>, nowMs: number): void {
    if (this.#watched.has(name)) return;
    this.#nextLookMs ??= nowMs + LOOK_INTERVAL_MS;
    this.#watched.set(name, {
      lastMs: nowMs + heartbeat.startDelayMs,
      intervalMs: heartbeat.intervalMs,
      suspectSinceMs: undefined,
      missed: 0,
    });
  }

  /** @returns true when the member was suspect until now. */
  beat(name: PrivateName, intervalMs: number, nowMs: number): boolean {
    this.#shiftAfterPause(nowMs);
    const watched = this.#watched.get(name);
    if (watched === undefined) {
      this.expect(name, { startDelayMs: 0, intervalMs }, nowMs);
      return false;
    }
    const recovered = watched.suspectSinceMs !== undefined;
    watched.lastMs = nowMs;
    watched.intervalMs = intervalMs;
    watched.suspectSinceMs = undefined;
    watched.missed = 0;
    return recovered;
  }

  /** Members that became suspect, and whether any record changed at all. */
  judge(nowMs: number): { readonly suspects: readonly PrivateName[]; readonly changed: boolean } {
    if (this.#nextLookMs === undefined || nowMs < this.#nextLookMs) return { suspects: [], changed: false };
    this.#shiftAfterPause(nowMs);
    this.#nextLookMs = nowMs + LOOK_INTERVAL_MS;
    const suspects: PrivateName[] = [];
    let changed = false;
    for (const [name, watched] of this.#watched) {
      const missed = Math.max(0, Math.floor((nowMs - watched.lastMs) / watched.intervalMs));
      if (missed === watched.missed) continue;
      watched.missed = missed;
      if (missed < SUSPECT_AFTER_MISSED) continue;
      changed ||= missed <= EXCLUDE_AFTER_MISSED;
      if (watched.suspectSinceMs !== undefined) continue;
      watched.suspectSinceMs = nowMs;
      suspects.push(name);
    }
    return { suspects, changed };
  }

  /** The bus is back: nobody could be heard meanwhile. */
  resume(nowMs: number): void {
    for (const watched of this.#watched.values()) watched.lastMs = Math.max(watched.lastMs, nowMs);
    if (this.#nextLookMs !== undefined) this.#nextLookMs = nowMs + LOOK_INTERVAL_MS;
  }

  forget(name: PrivateName): void {
    this.#watched.delete(name);
    if (this.#watched.size === 0) this.#nextLookMs = undefined;
  }

  missed(name: PrivateName): number {
    return this.#watched.get(name)?.missed ?? 0;
  }

  suspectSinceMs(name: PrivateName): number | undefined {
    return this.#watched.get(name)?.suspectSinceMs;
  }

  isOverdue(name: PrivateName): boolean {
    return this.missed(name) >= EXCLUDE_AFTER_MISSED;
  }

  #shiftAfterPause(nowMs: number): void {
    if (this.#nextLookMs === undefined) return;
    const lateMs = nowMs - this.#nextLookMs;
    if (lateMs < OWN_PAUSE_MS) return;
    for (const watched of this.#watched.values()) watched.lastMs += lateMs;
    this.#nextLookMs = nowMs;
  }
}
