/**
 * What an object holds, asked of several nodes at once. The same question of several pages is asked once; a node that
 * is silent is not waited for. Nothing of an object stays in the gateway beyond the rows of these answers.
 */

import type { Clock } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import { FRESHNESS } from '../wire/freshness.ts';
import {
  OBJECT_NODES_MAX,
  OBJECT_ROWS_TOLD_MAX,
  type ObjectColumns,
  type ObjectQuery,
  type ObjectQueryRequest,
  UNKNOWN_OBJECT,
} from '../wire/objects.ts';
import { ApiProblem } from './api-problem.ts';
import { busJoined } from './bus-state.ts';
import type { MemberQueries } from './member-queries.ts';
import { columnsOf, type NodeAnswer } from './object-columns.ts';
import { QuestionBudget } from './question-budget.ts';

/** How long a table is given again without asking: pages look twice a second where something differs. */
export const OBJECT_COLUMNS_KEPT_MS = 400;
/** Tables kept at a time, of at most OBJECT_ROWS_MAX rows each. */
export const OBJECT_COLUMNS_KEPT_MAX = 16;
/** Points of the budget: of a question, of one answer to it, of a row in an answer. A point is about 20 ms. */
export const QUESTION_POINTS = 0.05;
export const ANSWER_POINTS = 0.005;
export const ROW_POINTS = 0.000_25;
/** Rows that a node is asked for beyond those that are shown. */
const ROWS_BEYOND = 56;

type Kept = { readonly atMs: number; readonly columns: Promise<ObjectColumns> };

export class ObjectQuestions {
  readonly #observer: Observer;
  readonly #clock: Clock;
  readonly #queries: MemberQueries;
  readonly #budget: QuestionBudget;
  readonly #kept = new Map<string, Kept>();

  constructor(parts: {
    readonly observer: Observer;
    readonly clock: Clock;
    readonly queries: MemberQueries;
  }) {
    this.#observer = parts.observer;
    this.#clock = parts.clock;
    this.#queries = parts.queries;
    this.#budget = new QuestionBudget(parts.clock);
  }

  /**
   * @param nodes ids of members, in the order of the columns.
   * @throws ApiProblem `bus_down`, `rate_limited`
   */
  async ask(request: ObjectQueryRequest, nodes: readonly string[]): Promise<ObjectColumns> {
    const { object, view, under, search, top, texts = false } = request;
    const query: ObjectQuery = {
      object,
      view,
      ...(under === undefined ? {} : { under }),
      ...(search === undefined ? {} : { search }),
      top: Math.min(OBJECT_ROWS_TOLD_MAX, top + ROWS_BEYOND),
      ...(texts ? { texts } : {}),
    };
    if (!busJoined(this.#observer))
      throw new ApiProblem('bus_down', 'the gateway has no bus connection; nobody was asked');
    const key = JSON.stringify([query, top, nodes]);
    const known = this.#kept.get(key);
    if (known !== undefined && this.#clock.nowMs() - known.atMs < OBJECT_COLUMNS_KEPT_MS)
      return await known.columns;
    this.#budget.spend(QUESTION_POINTS + nodes.length * ANSWER_POINTS);
    const columns = this.#askAll(query, { top, texts }, nodes);
    this.#keep(key, columns);
    return await columns;
  }

  async #askAll(
    query: ObjectQuery,
    shown: { readonly top: number; readonly texts: boolean },
    nodes: readonly string[],
  ): Promise<ObjectColumns> {
    const answers = await Promise.all(nodes.map((node) => this.#askOne(node, query)));
    const rows = answers.map((one) => (one.state === 'told' ? one.answer.rows.length : 0));
    this.#budget.charge(rows.reduce((sum, count) => sum + count, 0) * ROW_POINTS);
    return { object: query.object, view: query.view, ...columnsOf(answers, shown) };
  }

  async #askOne(node: string, query: ObjectQuery): Promise<NodeAnswer> {
    const ageMs = this.#observer.memberAgesMs()[node];
    if (ageMs === undefined || ageMs > FRESHNESS.silentMemberMs) {
      const text =
        ageMs === undefined
          ? `${node} is not there`
          : `${node} has said nothing for ${Math.round(ageMs / 1_000)} s`;
      return { node, state: 'silent', text };
    }
    try {
      const { answeredMs, value } = await this.#queries.shared(node, query);
      return { node, state: 'told', atMs: answeredMs, answer: value };
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const { code, message } = error.body;
      if (code === 'refused') {
        return { node, state: message === UNKNOWN_OBJECT ? 'unknownObject' : 'refused', text: message };
      }
      if (code !== 'no_answer' && code !== 'not_found') throw error;
      return { node, state: 'silent', text: message };
    }
  }

  #keep(key: string, columns: Promise<ObjectColumns>): void {
    this.#kept.delete(key);
    this.#kept.set(key, { atMs: this.#clock.nowMs(), columns });
    columns.catch(() => this.#kept.delete(key));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > OBJECT_COLUMNS_KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** Every node that is not gone, by name; the first of them where there are too many. */
export function nodesToAsk(observer: Observer): readonly string[] {
  return Object.values(observer.model().members)
    .filter(({ role, state }) => role === 'node' && state !== 'departed')
    .map(({ id }) => id)
    .sort()
    .slice(0, OBJECT_NODES_MAX);
}
