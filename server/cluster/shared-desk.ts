/** Questions of other software to what this node shares: over HTTP, and as the policy service of a mail server. */

import type { Generation } from '../conf/generation.ts';
import { PolicyDesk, policyPlan } from './policy-desk.ts';
import type { PolicyAttributes } from './policy-protocol.ts';
import { type HttpAnswer, type HttpAsk, SharedApi, type SharedParts } from './shared-api.ts';

export type SharedAsk =
  | { readonly type: 'http'; readonly http: HttpAsk }
  /** `listener`: instance of the `Policy_Listener::Listen` that it came in on. */
  | { readonly type: 'policy'; readonly listener: string; readonly attributes: PolicyAttributes };

export type SharedAnswer =
  | { readonly type: 'http'; readonly http: HttpAnswer }
  | { readonly type: 'policy'; readonly action: string };

export class SharedDesk {
  readonly #api: SharedApi;
  readonly #policy: PolicyDesk;

  constructor(shared: SharedParts) {
    this.#api = new SharedApi(shared);
    this.#policy = new PolicyDesk(() => shared.data);
  }

  answer(
    { ticket, ask }: { readonly ticket: number; readonly ask: SharedAsk },
    generation: Generation,
    nowMs: number,
  ): { readonly type: 'sharedAnswer'; readonly ticket: number; readonly answer: SharedAnswer } {
    return { type: 'sharedAnswer', ticket, answer: this.#answer(ask, generation, nowMs) };
  }

  #answer(ask: SharedAsk, generation: Generation, nowMs: number): SharedAnswer {
    if (ask.type === 'http') return { type: 'http', http: this.#api.answer(ask.http, nowMs) };
    const plan = policyPlan(generation, ask.listener);
    return { type: 'policy', action: this.#policy.decide(ask.attributes, plan, nowMs) };
  }
}
