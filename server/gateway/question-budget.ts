/** A budget for questions that keep the event loop busy for a tenth of a second each: of all callers together. */

import type { Clock } from '../base/ports.ts';
import { ApiProblem } from './api-problem.ts';

/** Points that may be spent in a minute; a point is about 20 ms with 10,240 addresses and a month of events. */
export const QUESTION_POINTS_PER_MINUTE = 600;

export class QuestionBudget {
  readonly #clock: Clock;
  #sinceMs: number;
  #spent = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
  }

  /** @param points parts of one count as well. @throws ApiProblem `rate_limited` */
  spend(points: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#sinceMs >= 60_000) {
      this.#sinceMs = nowMs;
      this.#spent = 0;
    }
    if (this.#spent + points > QUESTION_POINTS_PER_MINUTE) {
      throw new ApiProblem('rate_limited', 'too many such questions: wait a moment');
    }
    this.#spent += points;
  }

  /** For what turned out only when it was done. */
  charge(points: number): void {
    this.#spent += points;
  }
}
