/** One connection to the log file service of one node, from the side of the aggregator. Contract: session-api.ts. */

import { assert, unreachable } from '../base/assert.ts';
import type { DeadlineReached } from '../base/core.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import { comparePositions } from '../model/log-position.ts';
import { FrameCutter, frame, type RawFrame } from './frame.ts';
import { DialHandshake, LINK, type Refusal } from './handshake.ts';
import { type AskFrame, costOf, decodeTell, encodeAsk, type TellFrame } from './log-frames.ts';
import { PieceAssembly } from './piece-assembly.ts';
import {
  CONNECTION_WINDOW_BYTES,
  type LogSessionCore,
  type LogSessionEffect,
  type LogSessionEvent,
  type LogSessionInput,
  type LogSessionOptions,
  type LogSessionRequest,
  PING_MS,
  RECORD_BYTES_MAX,
  type SessionEnd,
  SILENCE_MS,
  WINDOW_BYTES,
} from './session-api.ts';
import { Window } from './window.ts';

/** From the connection to WELCOME. */
export const HANDSHAKE_MS = 5_000;

type OpenJob = { readonly ref: number; readonly window: Window; readonly pieces: PieceAssembly };
type Tell<T extends TellFrame['type']> = Extract<TellFrame, { type: T }>;

const PING = frame(LINK.ping);
const PONG = frame(LINK.pong);
const END_OF_REFUSAL: Partial<Record<Refusal, SessionEnd>> = {
  noKey: 'noKey',
  wrongKey: 'wrongKey',
  wrongNode: 'wrongNode',
  badFrame: 'badFrame',
};

export class LogSession implements LogSessionCore {
  readonly #options: LogSessionOptions;
  readonly #cutter = new FrameCutter();
  readonly #handshake: DialHandshake;
  #state: 'new' | 'dialling' | 'shaking' | 'ready' | 'closed' = 'new';
  readonly #jobs = new Map<number, OpenJob>();
  /** Asked for and not answered. */
  readonly #opening = new Set<number>();
  #unacknowledgedBytes = 0;
  #heardMs = 0;
  #pingedMs = 0;
  #effects: LogSessionEffect[] = [];

  constructor(options: LogSessionOptions) {
    assert(options.conn % 2 === 1, 'a dialled connection has an odd number');
    this.#options = options;
    const { from, node: to, keys } = options;
    this.#handshake = new DialHandshake({ service: 'log', from, to }, keys);
  }

  get deadlineMs(): number | undefined {
    if (this.#state === 'shaking') return this.#heardMs + HANDSHAKE_MS;
    if (this.#state !== 'ready') return undefined;
    return Math.min(this.#heardMs + SILENCE_MS, this.#pingMs());
  }

  step(input: LogSessionInput | DeadlineReached, nowMs: number): readonly LogSessionEffect[] {
    switch (input.type) {
      case 'start':
        this.#dial();
        break;
      case 'stream':
        if (input.input.conn === this.#options.conn) this.#onStream(input.input, nowMs);
        break;
      case 'request':
        if (this.#state === 'ready') this.#onRequest(input.request);
        break;
      case 'stop':
        this.#close('local', '', 'end');
        break;
      case 'deadlineReached':
        this.#onDeadline(nowMs);
        break;
      default:
        unreachable(input);
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #dial(): void {
    assert(this.#state === 'new', 'a session dials once');
    this.#state = 'dialling';
    const { conn, host, port, bindAddress, dialTimeoutMs: timeoutMs } = this.#options;
    this.#effects.push({ type: 'dial', conn, host, port, bindAddress, timeoutMs });
  }

  #onStream(input: StreamInput, nowMs: number): void {
    if (this.#state === 'closed') return;
    switch (input.type) {
      case 'connected':
        this.#state = 'shaking';
        this.#heardMs = nowMs;
        this.#pingedMs = nowMs;
        this.#write(this.#handshake.hello);
        return;
      case 'received':
        this.#received(input.bytes, nowMs);
        return;
      case 'closed': {
        const unreachable = input.reason === 'refused' || input.reason === 'timeout';
        this.#close(unreachable ? 'unreachable' : 'ended', input.detail, undefined);
        return;
      }
      case 'drained':
      case 'accepted':
        return;
      default:
        unreachable(input);
    }
  }

  #received(bytes: Buffer, nowMs: number): void {
    // A handshake that comes in drops is as slow as one that does not come.
    if (this.#state === 'ready') this.#heardMs = nowMs;
    this.#cutter.push(bytes);
    while (this.#state === 'shaking' || this.#state === 'ready') {
      const next = this.#cutter.next();
      if (next === undefined) return;
      if (typeof next === 'string') this.#close('badFrame', next, 'destroy');
      else if (this.#state === 'shaking') this.#shake(next, nowMs);
      else if (next.type === LINK.ping) this.#write(PONG);
      else if (next.type !== LINK.pong) this.#onFrame(next);
    }
  }

  #shake(raw: RawFrame, nowMs: number): void {
    const step = this.#handshake.take(raw);
    if (step.type === 'send') {
      this.#write(step.bytes);
    } else if (step.type === 'fault') {
      this.#close(END_OF_REFUSAL[step.code] ?? 'refused', step.text, 'destroy');
    } else {
      this.#state = 'ready';
      this.#heardMs = nowMs;
      this.#cutter.trust();
      this.#tell({ type: 'ready', node: step.node, version: step.version });
    }
  }

  #onRequest(request: LogSessionRequest): void {
    if (request.type === 'list') {
      this.#ask(request);
      return;
    }
    if (request.type === 'open') {
      assert(
        !this.#opening.has(request.ref) && this.#jobOf(request.ref) === undefined,
        'a ref names one job at a time',
      );
      this.#opening.add(request.ref);
      this.#ask(request);
      return;
    }
    // A request for a job that has just ended there crosses `ended` on its way.
    const found = this.#jobOf(request.ref);
    if (found === undefined) return;
    const [job, open] = found;
    if (request.type === 'checkpoint') {
      const freed = open.window.checkpoint(request.position);
      assert(freed !== undefined, 'a checkpoint is a position that came in this job, and none goes back');
      this.#unacknowledgedBytes -= freed;
      this.#ask({ type: 'checkpoint', job, position: request.position });
    } else if (request.type === 'hold') {
      this.#ask({ type: 'hold', job, ms: request.ms });
    } else {
      this.#ask({ type: 'close', job });
      this.#forget(job, open);
      this.#tell({ type: 'ended', ref: open.ref, reason: 'closed', text: '' });
    }
  }

  #onFrame(raw: RawFrame): void {
    const tell = decodeTell(raw);
    if (tell === undefined) {
      this.#close('badFrame', `frame of type ${raw.type}`, 'destroy');
      return;
    }
    switch (tell.type) {
      case 'logs':
        this.#tell(tell);
        return;
      case 'opened':
        this.#opened(tell);
        return;
      case 'refused':
        if (this.#opening.delete(tell.ref)) this.#tell(tell);
        else this.#strange(tell);
        return;
      default: {
        // What is still on its way for a job that was closed from this side is dropped.
        const open = this.#jobs.get(tell.job);
        if (open !== undefined) this.#ofJob(open, tell);
        return;
      }
    }
  }

  #opened(tell: Tell<'opened'>): void {
    const { ref, job, subscriber, start, followed } = tell;
    if (!this.#opening.delete(ref) || this.#jobs.has(job)) {
      this.#strange(tell);
      return;
    }
    this.#jobs.set(job, { ref, window: new Window(start), pieces: new PieceAssembly() });
    this.#tell({ type: 'opened', ref, job, subscriber, start, followed });
  }

  #ofJob(open: OpenJob, tell: Tell<'records' | 'piece' | 'gap' | 'checkpointed' | 'end'>): void {
    const { ref } = open;
    switch (tell.type) {
      case 'records':
        this.#records(open, tell);
        return;
      case 'piece':
        this.#piece(open, tell);
        return;
      case 'gap':
        this.#tell({ type: 'gap', ref, gap: tell.gap });
        return;
      case 'checkpointed':
        this.#tell({ type: 'checkpointed', ref, position: tell.position, text: tell.text });
        return;
      case 'end':
        this.#forget(tell.job, open);
        this.#tell({ type: 'ended', ref, reason: tell.reason, text: tell.text });
        return;
      default:
        unreachable(tell);
    }
  }

  #records(open: OpenJob, tell: Tell<'records'>): void {
    const { records, upTo } = tell;
    let before = open.window.sentTo;
    let cost = 0;
    for (const record of records) {
      if (comparePositions(record.id, before) <= 0 || comparePositions(record.id, upTo) > 0) {
        this.#strange(tell);
        return;
      }
      before = record.id;
      cost += costOf(record);
    }
    if (open.pieces.waiting || !this.#fits(open, cost) || !open.window.add(upTo, cost)) {
      this.#strange(tell);
      return;
    }
    this.#unacknowledgedBytes += cost;
    const bytes = records.reduce((sum, { data }) => sum + data.length, 0);
    this.#tell({ type: 'records', ref: open.ref, records, upTo, bytes });
  }

  #piece(open: OpenJob, tell: Tell<'piece'>): void {
    const { id, timeUs } = tell;
    const first = !open.pieces.waiting;
    const cost = costOf({ id, timeUs, data: tell.data }) - tell.data.length + tell.total;
    const early = comparePositions(id, open.window.sentTo) <= 0;
    if (first && (early || !this.#fits(open, cost))) {
      this.#strange(tell);
      return;
    }
    // From its first piece on: memory is taken for the whole of it.
    if (first) this.#unacknowledgedBytes += cost;
    const data = open.pieces.take(tell);
    if (data === 'wrong') {
      this.#strange(tell);
    } else if (data !== undefined) {
      open.window.add(id, cost);
      const records = [{ id, timeUs, data }];
      this.#tell({ type: 'records', ref: open.ref, records, upTo: id, bytes: data.length });
    }
  }

  /** One record that is longer than a window may come when the window is empty. */
  #fits({ window }: OpenJob, cost: number): boolean {
    if (window.bytes > 0 && window.bytes + cost > WINDOW_BYTES) return false;
    return this.#unacknowledgedBytes + cost <= CONNECTION_WINDOW_BYTES + RECORD_BYTES_MAX;
  }

  /** The peer does not keep to its windows, or to the order of things. */
  #strange({ type }: TellFrame): void {
    this.#close('tooMuch', `an unexpected ${type}`, 'destroy');
  }

  #forget(job: number, { window, pieces }: OpenJob): void {
    this.#jobs.delete(job);
    this.#unacknowledgedBytes -= window.bytes + pieces.costBytes;
  }

  #jobOf(ref: number): readonly [number, OpenJob] | undefined {
    return [...this.#jobs].find(([, open]) => open.ref === ref);
  }

  #onDeadline(nowMs: number): void {
    if (nowMs < (this.deadlineMs ?? Number.POSITIVE_INFINITY)) return;
    if (this.#state === 'shaking') {
      this.#close('slow', `no answer within ${HANDSHAKE_MS} ms`, 'destroy');
    } else if (nowMs >= this.#heardMs + SILENCE_MS) {
      this.#close('silent', `silent for ${SILENCE_MS} ms`, 'destroy');
    } else {
      this.#pingedMs = nowMs;
      this.#write(PING);
    }
  }

  #pingMs(): number {
    return Math.max(this.#heardMs, this.#pingedMs) + PING_MS;
  }

  #close(reason: SessionEnd, text: string, how: 'end' | 'destroy' | undefined): void {
    if (this.#state === 'closed') return;
    const dialled = this.#state !== 'new';
    this.#state = 'closed';
    this.#jobs.clear();
    this.#opening.clear();
    if (how !== undefined && dialled) this.#effects.push({ type: how, conn: this.#options.conn });
    this.#tell({ type: 'closed', reason, text });
  }

  #ask(ask: AskFrame): void {
    this.#write(encodeAsk(ask));
  }

  #write(bytes: Buffer): void {
    const effect: StreamEffect = { type: 'write', conn: this.#options.conn, bytes };
    this.#effects.push(effect);
  }

  #tell(event: LogSessionEvent): void {
    this.#effects.push({ type: 'event', event });
  }
}
