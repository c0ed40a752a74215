/** Claims on limits of the cluster that have no answer yet, and late ones: what they are granted must be given back. */

import type { MailCluster } from './api.ts';
import type { ClaimsTaken } from './cluster-limits.ts';
import type { Queue } from './held.ts';

/** A claim without an answer for so long counts as refused; when it is granted later, it is given back. */
export const CLAIM_MAX_MS = 30_000;
/** Late claims that are remembered for that. */
export const LATE_CLAIMS_MAX = 65_536;

type Claim = { readonly queue: Queue; readonly claims: ClaimsTaken; readonly untilMs: number };

export class OpenClaims {
  readonly #cluster: MailCluster;
  /** By id, in the order of asking. */
  readonly #open = new Map<number, Claim>();
  readonly #late = new Map<number, ClaimsTaken>();

  constructor(cluster: MailCluster) {
    this.#cluster = cluster;
  }

  get size(): number {
    return this.#open.size;
  }

  get dueMs(): number | undefined {
    const [first] = this.#open.values();
    return first?.untilMs;
  }

  ask(queue: Queue, claims: ClaimsTaken, nowMs: number): void {
    queue.claims += 1;
    const id = this.#cluster.claim(claims, nowMs);
    this.#open.set(id, { queue, claims, untilMs: nowMs + CLAIM_MAX_MS });
  }

  /** @returns whose it is; nobody's where the answer came too late. */
  answered(id: number): { readonly queue: Queue | undefined; readonly claims: ClaimsTaken } | undefined {
    const late = this.#late.get(id);
    this.#late.delete(id);
    if (late !== undefined) return { queue: undefined, claims: late };
    const claim = this.#open.get(id);
    if (claim === undefined) return undefined;
    this.#open.delete(id);
    claim.queue.claims -= 1;
    return claim;
  }

  /** Queues whose claims have waited for too long, once for each. */
  takeLate(nowMs: number): readonly Queue[] {
    const queues: Queue[] = [];
    for (const [id, { queue, claims, untilMs }] of this.#open) {
      if (untilMs > nowMs) break;
      this.#open.delete(id);
      queue.claims -= 1;
      queues.push(queue);
      this.#late.set(id, claims);
      for (const oldest of this.#late.keys()) {
        if (this.#late.size <= LATE_CLAIMS_MAX) break;
        this.#late.delete(oldest);
      }
    }
    return queues;
  }
}
