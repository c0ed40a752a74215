/**
 * Questions of other software to what this node shares: over HTTP, and as the policy service of a mail server. A throttle
 * that the cluster must first agree on is asked again for a moment, so that nobody is turned away for a round of the bus.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { Generation } from '../conf/generation.ts';
import { PolicyDesk, policyPlan } from './policy-desk.ts';
import type { PolicyAttributes } from './policy-protocol.ts';
import { type HttpAnswer, type HttpAsk, SharedApi, type SharedParts } from './shared-api.ts';

/** Rounds of the bus take 10 ms, others give back within 50: a longer wait is one for a rate. */
export const ROUND_MS = 100;
/** For so long a question is asked again; then its answer is what it is. */
export const PATIENCE_MS = 1_000;
/** Questions that wait; more are answered at once. */
export const PATIENT_MAX = 4_096;

export type SharedAsk =
  | { readonly type: 'http'; readonly http: HttpAsk }
  /** `listener`: instance of the `Policy_Listener::Listen` that it came in on. */
  | { readonly type: 'policy'; readonly listener: string; readonly attributes: PolicyAttributes };

export type SharedAnswer =
  | { readonly type: 'http'; readonly http: HttpAnswer }
  | { readonly type: 'policy'; readonly action: string };

export type SharedDeskInput = {
  readonly type: 'sharedAsk';
  readonly ticket: number;
  readonly ask: SharedAsk;
};
export type SharedDeskEffect = {
  readonly type: 'sharedAnswer';
  readonly ticket: number;
  readonly answer: SharedAnswer;
};

type Patient = {
  readonly ticket: number;
  readonly ask: SharedAsk;
  /** Throttles that gave what was asked of them. */
  readonly taken: Set<string>;
  readonly untilMs: number;
  dueMs: number;
};

export class SharedDesk implements Core<SharedDeskInput | DeadlineReached, SharedDeskEffect> {
  readonly #api: SharedApi;
  readonly #policy: PolicyDesk;
  readonly #generation: () => Generation;
  #patients: Patient[] = [];

  /** @param generation the live one. */
  constructor(shared: SharedParts, generation: () => Generation) {
    this.#api = new SharedApi(shared);
    this.#policy = new PolicyDesk(() => shared.data);
    this.#generation = generation;
  }

  get deadlineMs(): number | undefined {
    let due = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#patients) due = Math.min(due, dueMs);
    return due === Number.POSITIVE_INFINITY ? undefined : due;
  }

  step(input: SharedDeskInput | DeadlineReached, nowMs: number): readonly SharedDeskEffect[] {
    switch (input.type) {
      case 'sharedAsk': {
        const { ticket, ask } = input;
        return this.#try(
          { ticket, ask, taken: new Set(), untilMs: nowMs + PATIENCE_MS, dueMs: nowMs },
          nowMs,
        );
      }
      case 'deadlineReached': {
        const due = this.#patients.filter(({ dueMs }) => dueMs <= nowMs);
        if (due.length === 0) return [];
        this.#patients = this.#patients.filter(({ dueMs }) => dueMs > nowMs);
        return due.flatMap((patient) => this.#try(patient, nowMs));
      }
      default:
        return unreachable(input);
    }
  }

  #try(patient: Patient, nowMs: number): readonly SharedDeskEffect[] {
    const { ticket, ask, taken, untilMs } = patient;
    const { answer, waitMs } = this.#answer(ask, taken, nowMs);
    const again = waitMs > 0 && waitMs <= ROUND_MS && nowMs + waitMs <= untilMs;
    if (!again || this.#patients.length >= PATIENT_MAX) return [{ type: 'sharedAnswer', ticket, answer }];
    patient.dueMs = nowMs + waitMs;
    this.#patients.push(patient);
    return [];
  }

  #answer(
    ask: SharedAsk,
    taken: Set<string>,
    nowMs: number,
  ): { readonly answer: SharedAnswer; readonly waitMs: number } {
    if (ask.type === 'http') {
      const { waitMs, ...http } = this.#api.answer(ask.http, nowMs);
      return { answer: { type: 'http', http }, waitMs };
    }
    const plan = policyPlan(this.#generation(), ask.listener);
    const { action, waitMs } = this.#policy.decide(ask.attributes, plan, taken, nowMs);
    return { answer: { type: 'policy', action }, waitMs };
  }
}
