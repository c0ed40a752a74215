/**
 * Questions to single members about themselves (`Observer.query`): one at a time per member and question, shared by
 * everybody who asks meanwhile, kept for a second, so that open pages cost a process no more than one answer a second.
 * What a question about a log or an object gets is as of now, and is not kept. Answers are hostile text; what does not fit the schema
 * counts as no answer.
 */

import * as z from 'zod/mini';
import { unreachable } from '../base/assert.ts';
import type { Clock, Logger, Timer } from '../base/ports.ts';
import type { Observer, ObserverEvent, SendRefusal } from '../cluster/observer-api.ts';
import { nodeTableReply } from '../wire/duravip.ts';
import {
  type LogReview,
  type LogTail,
  logReviewReply,
  type logReviewRequest,
  type logTailQuery,
  logTailReply,
} from '../wire/logs.ts';
import { type ObjectAnswer, type ObjectQuery, objectAnswer } from '../wire/objects.ts';
import { type CommandsReply, commandsReply, type OptionsReply, optionsReply } from '../wire/options.ts';
import { ApiProblem } from './api-problem.ts';
import { busJoined, losesBus } from './bus-state.ts';
import { newId } from './secrets.ts';

export const QUERY_TIMEOUT_MS = 5_000;
/** A table of many nodes does not wait longer for one of them. */
export const OBJECT_QUERY_TIMEOUT_MS = 2_000;
/** How long an answer is given again without asking. */
export const QUERY_KEPT_MS = 1_000;
/** Callers that may wait for answers, over all members. */
export const QUERY_CALLERS_MAX = 256;
/** Longer answers are refused before they are parsed. */
export const QUERY_ANSWER_CHARACTERS_MAX = 4 * 1_048_576;
/** Answers kept of each question; the oldest goes first. */
export const QUERY_ANSWERS_KEPT_MAX = 64;

export type Answered<T> = { readonly askedMs: number; readonly answeredMs: number; readonly value: T };

/** Who says it is who was asked, and when is for the gateway to say. */
const nodeTable = z.omit(nodeTableReply, { node: true, toldMs: true });
type NodeTable = z.infer<typeof nodeTable>;

type Replies = {
  readonly options: OptionsReply;
  readonly commands: CommandsReply;
  readonly duravip: NodeTable;
  readonly logReview: LogReview;
  readonly logTail: LogTail;
  readonly shared: ObjectAnswer;
};
type What = keyof Replies;
/** Of the member alone, and of the member about something. */
type Plain = Exclude<What, 'logReview' | 'logTail' | 'shared'>;
const SCHEMAS: { readonly [W in What]: z.ZodMiniType<Replies[W]> } = {
  options: optionsReply,
  commands: commandsReply,
  duravip: nodeTable,
  logReview: logReviewReply,
  logTail: logTailReply,
  shared: objectAnswer,
};
/** Of the reason that a member gives. */
const REASON_CHARACTERS_MAX = 1_000;

type Question<W extends What> = {
  readonly member: string;
  readonly what: W;
  /** JSON; such an answer is not kept. */
  readonly about?: string;
  readonly timeoutMs?: number;
};
type Flight = {
  readonly member: string;
  /** The reason of a member that refuses is for whoever asked; otherwise it knows no such question. */
  readonly about: boolean;
  readonly answer: Promise<string>;
  readonly succeed: (text: string) => void;
  readonly fail: (problem: ApiProblem) => void;
};
type Kept<T> = { readonly answered: Answered<T>; readonly start: string | undefined; readonly atMs: number };
/** Both by member. */
type Known<T> = { readonly asking: Map<string, Promise<Answered<T>>>; readonly kept: Map<string, Kept<T>> };

export class MemberQueries {
  readonly #observer: Observer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By request id. */
  readonly #flights = new Map<string, Flight>();
  readonly #known: { readonly [W in What]: Known<Replies[W]> } = {
    options: { asking: new Map(), kept: new Map() },
    commands: { asking: new Map(), kept: new Map() },
    duravip: { asking: new Map(), kept: new Map() },
    logReview: { asking: new Map(), kept: new Map() },
    logTail: { asking: new Map(), kept: new Map() },
    shared: { asking: new Map(), kept: new Map() },
  };
  readonly #unsubscribe: () => void;
  #callers = 0;

  constructor(parts: { readonly observer: Observer; readonly clock: Clock; readonly logger: Logger }) {
    this.#observer = parts.observer;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#unsubscribe = this.#observer.subscribe((event) => this.#hear(event));
  }

  stop(): void {
    this.#unsubscribe();
    this.#failAll('the gateway is stopping');
  }

  async options(member: string): Promise<Answered<OptionsReply>> {
    return await this.#keptOrShared(member, 'options');
  }

  /** What a node itself says of the addresses. */
  async nodeTable(member: string): Promise<Answered<NodeTable>> {
    return await this.#keptOrShared(member, 'duravip');
  }

  /** Changes with the program only: kept for as long as the process runs that gave it. */
  async commands(member: string): Promise<Answered<CommandsReply>> {
    return await this.#keptOrShared(member, 'commands');
  }

  /** @throws ApiProblem also `refused`, with the reason of the node. */
  async logReview(asked: z.infer<typeof logReviewRequest>): Promise<LogReview> {
    const about = JSON.stringify(asked);
    return (await this.#shared({ member: asked.node, what: 'logReview', about })).value;
  }

  /** @throws ApiProblem also `refused`, with the reason of the node. */
  async logTail(asked: z.infer<typeof logTailQuery>): Promise<LogTail> {
    const about = JSON.stringify(asked);
    return (await this.#shared({ member: asked.node, what: 'logTail', about })).value;
  }

  /** @throws ApiProblem also `refused`, with the reason of the node. */
  async shared(member: string, asked: ObjectQuery): Promise<Answered<ObjectAnswer>> {
    const about = JSON.stringify(asked);
    return await this.#shared({ member, what: 'shared', about, timeoutMs: OBJECT_QUERY_TIMEOUT_MS });
  }

  async #keptOrShared<W extends Plain>(member: string, what: W): Promise<Answered<Replies[W]>> {
    return this.#keptAnswer(member, what) ?? (await this.#shared({ member, what }));
  }

  /** @throws ApiProblem `not_found`, `bus_down`, `no_answer`, or `rate_limited` if too many wait. */
  async #shared<W extends What>(question: Question<W>): Promise<Answered<Replies[W]>> {
    if (this.#callers >= QUERY_CALLERS_MAX) {
      throw new ApiProblem('rate_limited', 'too many callers wait for answers of members');
    }
    this.#callers += 1;
    try {
      const { member, what, about = '' } = question;
      return await (this.#known[what].asking.get(`${member} ${about}`) ?? this.#begin(question));
    } finally {
      this.#callers -= 1;
    }
  }

  #begin<W extends What>(question: Question<W>): Promise<Answered<Replies[W]>> {
    const { member, what, about = '' } = question;
    const { asking } = this.#known[what];
    const key = `${member} ${about}`;
    const answer = this.#ask(question).finally(() => asking.delete(key));
    asking.set(key, answer);
    return answer;
  }

  async #ask<W extends What>(question: Question<W>): Promise<Answered<Replies[W]>> {
    const { member, what, about, timeoutMs = QUERY_TIMEOUT_MS } = question;
    const request = newId();
    const askedMs = this.#clock.wallMs();
    // Who answers is the process of before the answer: a restart in between must not be credited with it.
    const start = this.#startOf(member);
    const flight = newFlight(member, about !== undefined);
    this.#flights.set(request, flight);
    let timer: Timer | undefined;
    try {
      const asked = this.#observer.query(request, member, what, about);
      if (!asked.ok) throw refusalOf(asked.error, member);
      timer = this.#clock.at(this.#clock.nowMs() + timeoutMs, () =>
        flight.fail(noAnswer(member, `has not answered for ${timeoutMs / 1_000} s`)),
      );
      const value = this.#parse(member, what, await flight.answer);
      const answered = { askedMs, answeredMs: this.#clock.wallMs(), value };
      if (about === undefined) {
        keep(this.#known[what].kept, member, { answered, start, atMs: this.#clock.nowMs() });
      }
      return answered;
    } finally {
      timer?.cancel();
      this.#flights.delete(request);
    }
  }

  #parse<W extends What>(member: string, what: W, text: string): Replies[W] {
    const tooLong = text.length > QUERY_ANSWER_CHARACTERS_MAX;
    const parsed = tooLong ? undefined : SCHEMAS[what].safeParse(jsonIn(text));
    if (parsed?.success === true) return parsed.data;
    const reason = parsed === undefined ? `${text.length} characters` : 'does not fit its schema';
    this.#logger.warn('query.refused', { member, what, reason });
    throw noAnswer(member, 'gave an answer that cannot be read');
  }

  #hear(event: ObserverEvent): void {
    switch (event.type) {
      case 'changed':
        if (event.changes.some(losesBus)) this.#failAll('was asked, but the bus connection was lost since');
        return;
      case 'reply': {
        const flight = this.#flights.get(event.request);
        if (event.ok) flight?.succeed(event.text);
        else
          flight?.fail(
            flight.about ? refusedBy(event.text) : noAnswer(flight.member, 'cannot tell this about itself'),
          );
        return;
      }
      case 'askedGone': {
        const flight = this.#flights.get(event.request);
        flight?.fail(noAnswer(flight.member, event.cause === 'silence' ? 'fell silent' : 'left'));
        return;
      }
      case 'vips':
        return;
      default:
        unreachable(event);
    }
  }

  #failAll(text: string): void {
    for (const flight of this.#flights.values()) flight.fail(noAnswer(flight.member, text));
  }

  #keptAnswer<W extends Plain>(member: string, what: W): Answered<Replies[W]> | undefined {
    const kept = this.#known[what].kept.get(member);
    if (kept === undefined || !this.#mayBeAsked(member)) return undefined;
    if (this.#clock.nowMs() - kept.atMs < QUERY_KEPT_MS) return kept.answered;
    const same = kept.start !== undefined && kept.start === this.#startOf(member);
    return what === 'commands' && same ? kept.answered : undefined;
  }

  /** A kept answer must not hide that nobody can be asked now. */
  #mayBeAsked(member: string): boolean {
    const row = this.#observer.model().members[member];
    return busJoined(this.#observer) && row !== undefined && row.state !== 'departed';
  }

  /** One run of one process; undefined unless it says both. */
  #startOf(member: string): string | undefined {
    const row = this.#observer.model().members[member];
    if (row === undefined || row.pid === null || row.startedMs === null) return undefined;
    return `${row.pid} ${row.startedMs} ${row.incarnations}`;
  }
}

function keep<T>(all: Map<string, Kept<T>>, member: string, kept: Kept<T>): void {
  all.delete(member);
  all.set(member, kept);
  if (all.size <= QUERY_ANSWERS_KEPT_MAX) return;
  const oldest = all.keys().next();
  if (oldest.done !== true) all.delete(oldest.value);
}

function newFlight(member: string, about: boolean): Flight {
  let succeed: Flight['succeed'] = () => undefined;
  let fail: Flight['fail'] = () => undefined;
  const answer = new Promise<string>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  answer.catch(() => undefined); // may fail before anybody waits for it
  return { member, about, answer, succeed, fail };
}

function refusalOf(refusal: SendRefusal, member: string): ApiProblem {
  if (refusal.code === 'unknownTarget') {
    return new ApiProblem('not_found', `${member} is no present node or manager`);
  }
  return new ApiProblem('bus_down', 'the gateway has no bus connection; nobody was asked');
}

function refusedBy(text: string): ApiProblem {
  return new ApiProblem('refused', text.slice(0, REASON_CHARACTERS_MAX));
}

function noAnswer(member: string, what: string): ApiProblem {
  return new ApiProblem('no_answer', `${member} ${what}`);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // fits no schema
  }
}
