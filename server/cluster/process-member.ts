/**
 * What every process with a msgc_server is on the bus, be it node, manager or dedicated server: a member that publishes
 * the status of its server, answers queries about itself and sends replies. Commands and replies of others are handed on.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { PrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { Query } from '../wire/options.ts';
import { BusMember, type BusMemberEffect, type BusMemberInput, type BusMemberOptions } from './bus-member.ts';
import { isReply, ReplySender } from './reply-sender.ts';
import { StatusPublisher, type StatusPublisherOptions } from './status-publisher.ts';

/** A process shows departed members to nobody; it keeps them briefly so that a rejoin is recognised. */
export const DEPARTED_KEPT_MS = 600_000;

/**
 * JSON of what was asked, or why it cannot be had; undefined where this process has none of it. `about` is JSON of others.
 */
export type AnswerQuery = (
  what: Query,
  about: string | undefined,
  nowMs: number,
) => string | { readonly ok: boolean; readonly text: string } | undefined;

export type ProcessMemberParts = Pick<
  StatusPublisherOptions,
  'serverStatus' | 'configStatus' | 'mailStatus' | 'wall'
> & {
  readonly member: BusMemberOptions;
  /** Counters of the process beside those of its member. */
  readonly counters?: () => Readonly<Record<string, number>>;
  readonly answerQuery: AnswerQuery;
};

export type ProcessMemberInput =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  /** Links, views or reach of the own server, or what is told of the process, changed. */
  | { readonly type: 'serverChanged' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  | { readonly type: 'reconfigured'; readonly options: BusMemberOptions };

export type HandedMessage = Extract<BusMemberEffect, { type: 'message' }>;
export type ToldEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  | Extract<BusMemberEffect, { type: 'happened' | 'changed' }>;

export class ProcessMember implements Core<ProcessMemberInput | DeadlineReached, ToldEffect | HandedMessage> {
  readonly #bus: BusMember;
  readonly #status: StatusPublisher;
  readonly #replies: ReplySender;
  readonly #answerQuery: ProcessMemberParts['answerQuery'];

  constructor(parts: ProcessMemberParts) {
    const { member, answerQuery, counters: of, ...told } = parts;
    const { session } = member;
    this.#answerQuery = answerQuery;
    this.#bus = new BusMember(member);
    this.#replies = new ReplySender(session);
    const counters = () => ({
      ...this.#bus.refused(),
      ...of?.(),
      replies_dropped: this.#replies.dropped,
    });
    this.#status = new StatusPublisher({ ...told, session, counters });
  }

  /** Membership, names and connection. */
  get bus(): Pick<BusMember, 'membership' | 'connected' | 'ownNames'> {
    return this.#bus;
  }

  /** No reply waits to be sent. */
  get idle(): boolean {
    return this.#replies.idle;
  }

  get deadlineMs(): number | undefined {
    const due = [this.#bus.deadlineMs, this.#status.deadlineMs, this.#replies.deadlineMs].filter(
      (ms) => ms !== undefined,
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: ProcessMemberInput | DeadlineReached, nowMs: number): readonly (ToldEffect | HandedMessage)[] {
    switch (input.type) {
      case 'start':
      case 'reconfigured':
        return this.#ofBus(input, nowMs);
      case 'stop':
        return asked(this.#status.step({ type: 'stop' }, nowMs));
      case 'serverChanged':
        return asked(this.#status.step({ type: 'changed' }, nowMs));
      case 'bus':
        return this.#onBus(input.event, nowMs);
      case 'deadlineReached':
        return [
          ...this.#ofBus(input, nowMs),
          ...asked(this.#status.step(input, nowMs)),
          ...asked(this.#replies.step(input, nowMs)),
        ];
      default:
        return unreachable(input);
    }
  }

  /** Sends a reply in parts, the first ones at once. */
  reply(
    answer: { readonly to: PrivateName; readonly id: string; readonly ok: boolean; readonly text: string },
    nowMs: number,
  ): readonly ToldEffect[] {
    return asked(this.#replies.step({ type: 'reply', ...answer }, nowMs));
  }

  #onBus(event: BusEvent, nowMs: number): readonly (ToldEffect | HandedMessage)[] {
    const effects = [...this.#ofBus({ type: 'bus', event }, nowMs)];
    if (event.type === 'busConnected') effects.push(...asked(this.#status.step({ type: 'start' }, nowMs)));
    if (event.type === 'busLost') {
      effects.push(...asked(this.#status.step({ type: 'stop' }, nowMs)));
      effects.push(...asked(this.#replies.step({ type: 'lost' }, nowMs)));
    }
    if (event.type === 'requestRefused' && event.reason === 'backlog' && isReply(event.request)) {
      effects.push(...asked(this.#replies.step({ type: 'refused', request: event.request }, nowMs)));
    }
    return effects;
  }

  #ofBus(input: BusMemberInput | DeadlineReached, nowMs: number): readonly (ToldEffect | HandedMessage)[] {
    return this.#bus.step(input, nowMs).flatMap((effect): readonly (ToldEffect | HandedMessage)[] => {
      if (effect.type !== 'message' || effect.message.type !== 'query') return [effect];
      const { id, what, about } = effect.message;
      const said = this.#answerQuery(what, about, nowMs) ?? { ok: false, text: `no ${what} here` };
      const answer = typeof said === 'string' ? { ok: true, text: said } : said;
      return this.reply({ to: effect.from, id, ...answer }, nowMs);
    });
  }
}

/** Requests of a part, as effects of the whole. */
export function asked(requests: readonly BusRequest[]): readonly ToldEffect[] {
  return requests.map((request) => ({ type: 'bus', request }));
}
