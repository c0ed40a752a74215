/** Who answered for which message, and what came of it: nothing that was accepted may be missing at the sink. */

import type { SendOutcome } from '../../server/daemons/demo/mail-client.ts';
import type { ArrivedMessage } from '../../server/daemons/demo/mail-sink.ts';

export class MailLedger {
  readonly #outcomes = new Map<string, SendOutcome>();
  readonly #arrivals = new Map<string, number>();

  told(number: string, outcome: SendOutcome): void {
    this.#outcomes.set(number, outcome);
  }

  arrived({ number }: ArrivedMessage): void {
    if (number !== undefined) this.#arrivals.set(number, (this.#arrivals.get(number) ?? 0) + 1);
  }

  get accepted(): number {
    return this.#numbers('accepted').length;
  }

  /** Different ones. */
  get there(): number {
    return this.#arrivals.size;
  }

  /** Accepted, and not at the sink. */
  get missing(): readonly string[] {
    return this.#numbers('accepted').filter((number) => !this.#arrivals.has(number));
  }

  /** At the sink although nobody answered for them: refused or never sent. */
  get unasked(): readonly string[] {
    return [...this.#arrivals.keys()].filter((number) => {
      const outcome = this.#outcomes.get(number);
      return outcome !== 'accepted' && outcome !== 'unknown';
    });
  }

  /** Arrivals beyond the first of each message. */
  get duplicates(): number {
    return [...this.#arrivals.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  #numbers(wanted: SendOutcome): readonly string[] {
    return [...this.#outcomes].flatMap(([number, outcome]) => (outcome === wanted ? [number] : []));
  }
}

/** How far, and how long at once, a count was above its limit. */
export class ExcessWatch {
  readonly #limit: number;
  #sinceMs: number | undefined;
  largest = 0;
  longestMs = 0;
  most = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  changed(count: number, nowMs: number): void {
    this.most = Math.max(this.most, count);
    this.largest = Math.max(this.largest, count - this.#limit);
    if (count > this.#limit) this.#sinceMs ??= nowMs;
    else if (this.#sinceMs !== undefined) {
      this.longestMs = Math.max(this.longestMs, nowMs - this.#sinceMs);
      this.#sinceMs = undefined;
    }
  }
}
