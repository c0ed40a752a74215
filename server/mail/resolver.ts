/** Where mail for a domain goes: asked for once, kept for a while, bounded in number, in time and in questions at once. */

import type { Resolution } from './api.ts';
import { literalAddress } from './mailbox.ts';

/** How long an answer counts; the documents give no bounds of their own. */
export const RESOLVED_KEPT_MS = 300_000;
export const FAILURE_KEPT_MS = 30_000;
export const RESOLVED_MAX = 65_536;
export const QUESTIONS_MAX = 512;
/** A question without an answer for so long failed. */
export const QUESTION_MAX_MS = 60_000;

export class Resolver {
  readonly #known = new Map<string, { readonly resolution: Resolution; readonly untilMs: number }>();
  /** By domain, with the moment when the answer is late; in that order. */
  readonly #asked = new Map<string, number>();
  readonly #waiting = new Set<string>();
  readonly #ask: (domain: string) => void;
  #questions = 0;

  /** @param ask its answer comes to `answered`. */
  constructor(ask: (domain: string) => void) {
    this.#ask = ask;
  }

  get questions(): number {
    return this.#questions;
  }

  get pending(): number {
    return this.#asked.size + this.#waiting.size;
  }

  get dueMs(): number | undefined {
    const [first] = this.#asked.values();
    return first;
  }

  /** Undefined: asked for, the answer comes later. */
  find(domain: string, nowMs: number): Resolution | undefined {
    const literal = literalAddress(domain);
    if (literal !== undefined) return { ok: true, hosts: [{ host: literal, addresses: [literal] }] };
    const known = this.#known.get(domain);
    if (known !== undefined && known.untilMs > nowMs) return known.resolution;
    if (this.#asked.has(domain)) return undefined;
    if (this.#asked.size < QUESTIONS_MAX) this.#put(domain, nowMs);
    else this.#waiting.add(domain);
    return undefined;
  }

  /** As known, without a question. */
  peek(domain: string): Resolution | undefined {
    return this.#known.get(domain)?.resolution;
  }

  answered(domain: string, resolution: Resolution, nowMs: number): void {
    this.#asked.delete(domain);
    this.#known.delete(domain);
    const keptMs = resolution.ok || resolution.gone ? RESOLVED_KEPT_MS : FAILURE_KEPT_MS;
    this.#known.set(domain, { resolution, untilMs: nowMs + keptMs });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= RESOLVED_MAX) break;
      this.#known.delete(oldest);
    }
    for (const next of this.#waiting) {
      if (this.#asked.size >= QUESTIONS_MAX) break;
      this.#waiting.delete(next);
      this.#put(next, nowMs);
    }
  }

  /** Domains whose answer is late; each is now known to have failed. */
  takeLate(nowMs: number): readonly string[] {
    const late: string[] = [];
    for (const [domain, dueMs] of this.#asked) {
      if (dueMs > nowMs) break;
      late.push(domain);
    }
    for (const domain of late) {
      this.answered(domain, { ok: false, gone: false, text: 'no answer from DNS' }, nowMs);
    }
    return late;
  }

  #put(domain: string, nowMs: number): void {
    this.#asked.set(domain, nowMs + QUESTION_MAX_MS);
    this.#questions += 1;
    this.#ask(domain);
  }
}
