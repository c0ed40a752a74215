/**
 * How the lag of each subscriber went in the last hour: a look at the rows each 10 s, in rings of a fixed size. A look at
 * what is not known, or at what a silent node said earlier, is a look that found nothing, never a 0.
 */

import type { Clock, Timer } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import { LOG_ROW_STALE_MS } from '../wire/log-verdict.ts';
import { LAG_SAMPLES_MAX, type LagHistory, type LogRow } from '../wire/logs.ts';
import { busJoined } from './bus-state.ts';

export const LAG_SAMPLE_EVERY_MS = 10_000;
/** Subscribers with a history, about 6 KB each; further ones have none. */
export const LAG_TRACKED_MAX = 2_048;

type Track = {
  readonly records: Float64Array;
  readonly bytes: Float64Array;
  /** Number of the look at which it was first seen, and last. */
  readonly firstLook: number;
  lastLook: number;
};

export class LagHistoryKeeper {
  readonly #observer: Observer;
  readonly #clock: Clock;
  readonly #tracks = new Map<string, Track>();
  /** Wall-clock moment of each look; look n stands at n % LAG_SAMPLES_MAX. */
  readonly #atMs = new Float64Array(LAG_SAMPLES_MAX);
  #looks = 0;
  #timer: Timer;

  constructor(parts: { readonly observer: Observer; readonly clock: Clock }) {
    this.#observer = parts.observer;
    this.#clock = parts.clock;
    this.#timer = this.#later();
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Oldest first; empty while there was no look. Undefined: no such subscriber was seen, or there are too many. */
  samples(log: string, subscriber: string): LagHistory['samples'] | undefined {
    const track = this.#tracks.get(keyOf(log, subscriber));
    if (track === undefined) return undefined;
    const samples: LagHistory['samples'] = [];
    for (let look = Math.max(track.firstLook, this.#looks - LAG_SAMPLES_MAX); look < this.#looks; look += 1) {
      const at = look % LAG_SAMPLES_MAX;
      const known = look <= track.lastLook;
      samples.push({
        atMs: this.#atMs[at] ?? 0,
        records: known ? amount(track.records[at]) : null,
        bytes: known ? amount(track.bytes[at]) : null,
      });
    }
    return samples;
  }

  #later(): Timer {
    return this.#clock.at(this.#clock.nowMs() + LAG_SAMPLE_EVERY_MS, () => {
      this.#timer = this.#later();
      this.#look();
    });
  }

  #look(): void {
    const nowMs = this.#clock.wallMs();
    const at = this.#looks % LAG_SAMPLES_MAX;
    this.#atMs[at] = nowMs;
    const joined = busJoined(this.#observer);
    const { logs, members } = this.#observer.model();
    for (const row of Object.values(logs)) {
      const current = joined && isCurrent(row, nowMs) && members[row.node]?.state === 'present';
      for (const { name, lag } of row.subscribers) {
        const track = this.#track(keyOf(row.id, name));
        if (track === undefined) continue;
        // Looks between its last one and this one found nothing.
        for (let gap = track.lastLook + 1; gap < this.#looks; gap += 1) {
          track.records[gap % LAG_SAMPLES_MAX] = Number.NaN;
          track.bytes[gap % LAG_SAMPLES_MAX] = Number.NaN;
        }
        track.records[at] = current && lag !== null ? lag.records : Number.NaN;
        track.bytes[at] = current && lag !== null ? lag.bytes : Number.NaN;
        track.lastLook = this.#looks;
      }
    }
    this.#looks += 1;
    this.#forget();
  }

  #track(key: string): Track | undefined {
    const known = this.#tracks.get(key);
    if (known !== undefined || this.#tracks.size >= LAG_TRACKED_MAX) return known;
    const track: Track = {
      records: new Float64Array(LAG_SAMPLES_MAX).fill(Number.NaN),
      bytes: new Float64Array(LAG_SAMPLES_MAX).fill(Number.NaN),
      firstLook: this.#looks,
      lastLook: this.#looks,
    };
    this.#tracks.set(key, track);
    return track;
  }

  /** Who was not seen for a whole ring has nothing left in it. */
  #forget(): void {
    for (const [key, { lastLook }] of this.#tracks) {
      if (this.#looks - lastLook > LAG_SAMPLES_MAX) this.#tracks.delete(key);
    }
  }
}

/** Names hold no NUL. */
function keyOf(log: string, subscriber: string): string {
  return `${log}\0${subscriber}`;
}

function amount(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function isCurrent({ toldMs }: LogRow, nowMs: number): boolean {
  return nowMs - toldMs < LOG_ROW_STALE_MS;
}
