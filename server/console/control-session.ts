/**
 * One control connection: requests are decoded and answered one at a time, in order. An answer may have to wait, and may
 * be the last one. A stream that is not the console protocol, or that is idle for too long, is closed with a reason to
 * count. Pure; the adapter owns the socket.
 */

import { assert, unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { CommandReply } from './api.ts';
import { encodeResponse, REQUEST_BYTES_MAX, RequestDecoder } from './console-frames.ts';

/** Undecoded bytes above which reading stops until commands were answered. */
export const CONTROL_PENDING_BYTES_MAX = 2 * (REQUEST_BYTES_MAX + 4);
/** Source: Control_Listener `timeout`, 60 s. */
export const CONTROL_IDLE_MS = 60_000;

export type ControlSessionInput =
  | { readonly type: 'received'; readonly bytes: Buffer }
  /** The answer to the last `run`. */
  | {
      readonly type: 'answered';
      readonly reply: CommandReply;
      /** Monotonic; the answer is held back until then. */
      readonly notBeforeMs?: number;
      /** The connection is closed after it. */
      readonly close?: boolean;
    }
  /** Another `Timeout`; it counts from the same moment. */
  | { readonly type: 'idleLimit'; readonly idleMs: number }
  /** The bytes of the last `write` are with the operating system. */
  | { readonly type: 'written' }
  /** The peer sends no more; what it asked before is still answered. */
  | { readonly type: 'ended' };

export type ControlSessionEffect =
  | { readonly type: 'run'; readonly command: string }
  /** Once the bytes are with the operating system, what `reply.afterwards` names must be done. */
  | { readonly type: 'write'; readonly bytes: Buffer; readonly reply: CommandReply }
  | { readonly type: 'pause' | 'resume' }
  /** Sends what is queued, then closes. */
  | { readonly type: 'close'; readonly reason: ControlCloseReason };

/**
 * `ended`: the peer is done; `idle`: no request for too long, or a reply was not read for so long; `denied`: the last
 * answer said so; `garbage`, `truncated`: not whole frames.
 */
export type ControlCloseReason = 'ended' | 'idle' | 'denied' | 'garbage' | 'oversized' | 'truncated';

type Answer = { readonly reply: CommandReply; readonly notBeforeMs: number; readonly close: boolean };

export class ControlSession implements Core<ControlSessionInput | DeadlineReached, ControlSessionEffect> {
  #idleMs: number;
  readonly #decoder = new RequestDecoder();
  #activeAtMs: number;
  #phase: 'reading' | 'running' | 'waiting' | 'writing' = 'reading';
  /** Held back, or being written. */
  #answer: Answer | undefined;
  #paused = false;
  #ended = false;
  #closed = false;

  /** @param idleMs how long a connection may stay without a whole request. */
  constructor({ idleMs, nowMs }: { readonly idleMs: number; readonly nowMs: number }) {
    this.#idleMs = idleMs;
    this.#activeAtMs = nowMs;
  }

  get deadlineMs(): number | undefined {
    if (this.#phase === 'running' || this.#closed) return undefined;
    return this.#phase === 'waiting' ? this.#answer?.notBeforeMs : this.#activeAtMs + this.#idleMs;
  }

  step(input: ControlSessionInput | DeadlineReached, nowMs: number): readonly ControlSessionEffect[] {
    if (this.#closed) return [];
    switch (input.type) {
      case 'received':
        this.#decoder.push(input.bytes);
        return this.#advance(nowMs);
      case 'answered':
        assert(this.#phase === 'running', 'only a running command is answered');
        this.#phase = 'waiting';
        this.#answer = {
          reply: input.reply,
          notBeforeMs: input.notBeforeMs ?? nowMs,
          close: input.close ?? false,
        };
        return this.#write(nowMs);
      case 'written':
        assert(this.#phase === 'writing', 'only a write is written');
        this.#phase = 'reading';
        this.#activeAtMs = nowMs;
        return this.#answer?.close === true ? this.#close('denied') : this.#advance(nowMs);
      case 'idleLimit':
        this.#idleMs = input.idleMs;
        return [];
      case 'ended':
        this.#ended = true;
        return this.#advance(nowMs);
      case 'deadlineReached':
        if (nowMs < (this.deadlineMs ?? Number.POSITIVE_INFINITY)) return [];
        return this.#phase === 'waiting' ? this.#write(nowMs) : this.#close('idle');
      default:
        return unreachable(input);
    }
  }

  #write(nowMs: number): readonly ControlSessionEffect[] {
    const answer = this.#answer;
    if (answer === undefined || nowMs < answer.notBeforeMs) return [];
    this.#phase = 'writing';
    this.#activeAtMs = nowMs;
    return [{ type: 'write', bytes: encodeResponse(answer.reply.text), reply: answer.reply }];
  }

  #advance(nowMs: number): readonly ControlSessionEffect[] {
    if (this.#phase !== 'reading') return this.#flow();
    const command = this.#decoder.next();
    if (command !== undefined) {
      this.#phase = 'running';
      this.#activeAtMs = nowMs;
      return [...this.#flow(), { type: 'run', command }];
    }
    if (this.#decoder.error !== undefined) return this.#close(this.#decoder.error);
    if (this.#ended) return this.#close(this.#decoder.pendingBytes > 0 ? 'truncated' : 'ended');
    return this.#flow();
  }

  #flow(): readonly ControlSessionEffect[] {
    const full = this.#decoder.pendingBytes > CONTROL_PENDING_BYTES_MAX;
    if (full === this.#paused) return [];
    this.#paused = full;
    return [{ type: full ? 'pause' : 'resume' }];
  }

  #close(reason: ControlCloseReason): readonly ControlSessionEffect[] {
    this.#closed = true;
    return [{ type: 'close', reason }];
  }
}
