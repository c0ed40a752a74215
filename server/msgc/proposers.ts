/**
 * Who takes part in the next attempt and who proposes it: servers that stay mute are skipped for a while, servers
 * that follow somebody else are left out until they say anew whom they see. This is what lets cuts that only some
 * servers notice settle instead of oscillate (L3). Rules: SPEC.md BUS-31 to BUS-33.
 */

import type { NodeName } from '../model/names.ts';

/** First time a mute server is skipped, and the longest. Ours. */
const MUTE_FIRST_MS = 2_000;
const MUTE_MAX_MS = 30_000;
/** Refusals of one server, without news from it, before it is left out. */
const REFUSALS_MAX = 2;

export class Proposers {
  readonly #muteUntilMs = new Map<NodeName, number>();
  readonly #muteMs = new Map<NodeName, number>();
  readonly #refusals = new Map<NodeName, number>();
  #nowMs = 0;

  /** Forgets mutes that are over. True when one was. */
  tick(nowMs: number): boolean {
    this.#nowMs = nowMs;
    let over = false;
    for (const [node, untilMs] of this.#muteUntilMs) {
      if (nowMs < untilMs) continue;
      this.#muteUntilMs.delete(node);
      over = true;
    }
    return over;
  }

  mute(node: NodeName): void {
    const spanMs = Math.min((this.#muteMs.get(node) ?? MUTE_FIRST_MS / 2) * 2, MUTE_MAX_MS);
    this.#muteMs.set(node, spanMs);
    this.#muteUntilMs.set(node, this.#nowMs + spanMs);
  }

  /** True when it was mute. */
  unmute(node: NodeName): boolean {
    return this.#muteUntilMs.delete(node);
  }

  refused(node: NodeName): void {
    this.#refusals.set(node, (this.#refusals.get(node) ?? 0) + 1);
  }

  /** The node said anew whom it sees, or its link is new. */
  news(node: NodeName): void {
    this.#muteUntilMs.delete(node);
    this.#refusals.delete(node);
  }

  /** A view with these nodes stands. */
  installed(nodes: readonly NodeName[]): void {
    for (const node of nodes) {
      this.#muteUntilMs.delete(node);
      this.#muteMs.delete(node);
      this.#refusals.delete(node);
    }
  }

  isMute(node: NodeName): boolean {
    return this.#muteUntilMs.has(node);
  }

  /** Not to be asked in an attempt of this server. */
  isLeftOut(node: NodeName): boolean {
    return this.#muteUntilMs.has(node) || (this.#refusals.get(node) ?? 0) >= REFUSALS_MAX;
  }

  get nextMs(): number | undefined {
    if (this.#muteUntilMs.size === 0) return undefined;
    return Math.min(...this.#muteUntilMs.values());
  }
}
