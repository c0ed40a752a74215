/** What the bus refused for its backlog waits a moment and is then given again, in its order, before anything newer. */

import type { BusRequest } from '../msgc/client-api.ts';

/** A request that the bus refused for its backlog is given again after this. */
export const REFUSED_AGAIN_MS = 20;

export class RefusedRequests {
  readonly #max: number;
  readonly #waiting: BusRequest[] = [];
  #dueMs: number | undefined;

  /** @param max requests that may wait; more means that the bus takes nothing. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether anything waits, behind which newer requests have to wait as well. */
  get any(): boolean {
    return this.#waiting.length > 0;
  }

  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** @returns false: there were too many, and all are forgotten; the connection has to be made anew. */
  add(request: BusRequest, nowMs: number): boolean {
    if (this.#waiting.length >= this.#max) {
      this.#waiting.length = 0;
      return false;
    }
    this.#waiting.push(request);
    this.#dueMs ??= nowMs + REFUSED_AGAIN_MS;
    return true;
  }

  /** All that wait, once it is time. */
  takeDue(nowMs: number): readonly BusRequest[] {
    if (this.#dueMs === undefined || nowMs < this.#dueMs) return [];
    this.#dueMs = undefined;
    return this.#waiting.splice(0);
  }

  /** The bus was lost. */
  clear(): void {
    this.#waiting.length = 0;
    this.#dueMs = undefined;
  }
}
