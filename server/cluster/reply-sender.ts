/**
 * Sends replies to commands by private message, in parts, a few at a time: a reply of 16 MiB must not fill the
 * window of the connection in one go. A part that the bus refuses for its backlog is tried again.
 */

import type { Core, DeadlineReached } from '../base/core.ts';
import type { PrivateName } from '../model/names.ts';
import type { BusRequest } from '../msgc/client-api.ts';
import { encodeMessage, MESSAGE_KINDS } from './messages.ts';
import { splitReply } from './replies.ts';

export const PARTS_PER_TURN = 4;
export const TURN_MS = 2;
/** Waiting after a refusal for backlog. */
export const BACKLOG_WAIT_MS = 100;
/** UTF-16 units of text that may wait; a reply that does not fit is dropped and its asker sees silence. */
export const WAITING_CHARACTERS_MAX = 64 * 1024 * 1024;

export type ReplySenderInput =
  | {
      readonly type: 'reply';
      readonly to: PrivateName;
      readonly id: string;
      readonly ok: boolean;
      readonly text: string;
    }
  /** One of the requests given out was refused because the window is full. */
  | { readonly type: 'refused'; readonly request: BusRequest }
  /** No connection: whoever asked learns from the view that nobody answers. */
  | { readonly type: 'lost' };

type Waiting = { readonly request: BusRequest; readonly characters: number };

/** Only these are sent again: a question or an answer is asked for again by whoever needs it. */
export function isReply(request: BusRequest): boolean {
  return request.type === 'send' && request.kind === MESSAGE_KINDS.reply;
}

export class ReplySender implements Core<ReplySenderInput | DeadlineReached, BusRequest> {
  readonly #session: string;
  #waiting: Waiting[] = [];
  #characters = 0;
  #dueMs: number | undefined;
  #dropped = 0;

  constructor(session: string) {
    this.#session = session;
  }

  get deadlineMs(): number | undefined {
    return this.#dueMs;
  }

  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Replies dropped because too much was waiting. */
  get dropped(): number {
    return this.#dropped;
  }

  step(input: ReplySenderInput | DeadlineReached, nowMs: number): readonly BusRequest[] {
    switch (input.type) {
      case 'reply':
        this.#queue(input);
        break;
      case 'refused':
        this.#waiting.unshift({ request: input.request, characters: 0 });
        this.#dueMs = nowMs + BACKLOG_WAIT_MS;
        return [];
      case 'lost':
        this.#waiting = [];
        this.#characters = 0;
        break;
      case 'deadlineReached':
        break;
    }
    if (this.#dueMs !== undefined && nowMs < this.#dueMs) return [];
    const turn = this.#waiting.splice(0, PARTS_PER_TURN);
    for (const part of turn) this.#characters -= part.characters;
    this.#dueMs = this.#waiting.length === 0 ? undefined : nowMs + TURN_MS;
    return turn.map((part) => part.request);
  }

  #queue(reply: Extract<ReplySenderInput, { type: 'reply' }>): void {
    const parts = splitReply(reply);
    const characters = parts.reduce((sum, part) => sum + part.text.length, 0);
    if (this.#characters + characters > WAITING_CHARACTERS_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#characters += characters;
    for (const part of parts) {
      this.#waiting.push({
        request: { type: 'send', session: this.#session, to: reply.to, ...encodeMessage(part) },
        characters: part.text.length,
      });
    }
  }
}
