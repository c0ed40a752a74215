/**
 * Whole replies on their way to readers: each is held in memory until its reader has it, so their number is bounded,
 * over all and for one caller, and a reader who takes too long is cut off.
 */

import type { ServerResponse } from 'node:http';
import type { Clock } from '../base/ports.ts';
import { ApiProblem } from './api-problem.ts';

export const DOWNLOADS_MAX = 16;
/** Of one account or token: nobody can keep all others out. */
export const DOWNLOADS_OWN_MAX = 4;
/** 16 MiB in this time are 28 kB a second. */
export const DOWNLOAD_WAIT_MS = 10 * 60_000;

export class Downloads {
  readonly #clock: Clock;
  /** By account; no entry for none. */
  readonly #running = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts until the response is closed. @throws ApiProblem `rate_limited` */
  begin(account: string, response: ServerResponse): void {
    const own = this.#running.get(account) ?? 0;
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    if (own >= DOWNLOADS_OWN_MAX || all >= DOWNLOADS_MAX) {
      throw new ApiProblem('rate_limited', 'too many downloads at once: wait until one has ended');
    }
    this.#running.set(account, own + 1);
    const dueMs = this.#clock.nowMs() + DOWNLOAD_WAIT_MS;
    const timer = this.#clock.at(dueMs, () => response.destroy());
    response.once('close', () => {
      timer.cancel();
      const left = (this.#running.get(account) ?? 1) - 1;
      if (left === 0) this.#running.delete(account);
      else this.#running.set(account, left);
    });
  }
}
