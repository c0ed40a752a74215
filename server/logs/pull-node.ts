/**
 * The logs of one node as an aggregator pulls them: one connection, made again with growing waits, and a job for each
 * log that the node publishes. Records are queued in its streams; who writes them to files is nobody's business here.
 */

import { unreachable } from '../base/assert.ts';
import type { StreamInput } from '../base/stream-io.ts';
import { formatPosition, type LogPosition } from '../model/log-position.ts';
import type { LogSource } from './api.ts';
import type { PullParts } from './pull-parts.ts';
import { PullStream } from './pull-stream.ts';
import {
  isRefusal,
  REDIAL_FIRST_MS,
  REDIAL_MAX_MS,
  REFUSED_WAIT_MS,
  waitAfterEnd,
  waitAfterRefusal,
} from './pull-waits.ts';
import type {
  JobEnd,
  LogSessionCore,
  LogSessionEvent,
  LogSessionInput,
  LogSessionRequest,
  PublishedLog,
  SessionEnd,
} from './session-api.ts';

const DIAL_TIMEOUT_MS = 5_000;
/** A source that departed from the bus is dialled for so long: its process may be coming back. */
export const DEPARTED_DIALLED_MS = 60_000;
/** Logs of one node; further ones are left alone and told. */
export const LOGS_OF_NODE_MAX = 64;
/** How long a session is on hold when too much waits (LOG-23). */
export const HOLD_MS = 5_000;

type Connection = { readonly conn: number; readonly session: LogSessionCore; ready: boolean };

type SessionInput = LogSessionInput | { readonly type: 'deadlineReached' };

export class PullNode {
  readonly streams = new Map<string, PullStream>();
  #source: LogSource;
  #wanted: readonly string[];
  readonly #parts: PullParts;
  #connection: Connection | undefined;
  #published: readonly PublishedLog[] | undefined;
  readonly #byRef = new Map<number, PullStream>();
  /** Their next job begins where the node says, whatever is known. */
  readonly #moved = new Set<PullStream>();
  readonly #inputs: SessionInput[] = [];
  #stepping = false;
  /** Undefined while connected, and when nothing is to be pulled. */
  #dialAtMs: number | undefined = 0;
  #redialMs = REDIAL_FIRST_MS;
  #departedMs: number | undefined;
  #why = '';
  #refused = false;
  #gapToldMs = Number.NEGATIVE_INFINITY;
  gaps = 0;

  constructor(source: LogSource, wanted: readonly string[], parts: PullParts) {
    this.#source = source;
    this.#wanted = wanted;
    this.#parts = parts;
  }

  get source(): LogSource {
    return this.#source;
  }

  get wanted(): readonly string[] {
    return this.#wanted;
  }

  get conn(): number | undefined {
    return this.#connection?.conn;
  }

  get connected(): boolean {
    return this.#connection?.ready === true;
  }

  /** Why there is no connection. */
  get why(): { readonly text: string; readonly refused: boolean } {
    return { text: this.#why, refused: this.#refused };
  }

  get deadlineMs(): number | undefined {
    const due: number[] = [];
    if (this.#connection !== undefined) {
      const { session } = this.#connection;
      if (session.deadlineMs !== undefined) due.push(session.deadlineMs);
      for (const { log } of this.#published ?? []) {
        const stream = this.streams.get(log);
        if (stream?.phase !== 'waiting' || stream.inCommit) continue;
        if (stream.openAtMs !== undefined) due.push(stream.openAtMs);
      }
    } else if (this.#dialAtMs !== undefined) due.push(this.#dialAtMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Nothing is left of a node that departed, and its streams may be forgotten. */
  isOver(nowMs: number): boolean {
    if (this.#departedMs === undefined || this.#connection !== undefined) return false;
    return (
      nowMs >= this.#departedMs + DEPARTED_DIALLED_MS &&
      ![...this.streams.values()].some((one) => one.inCommit)
    );
  }

  /** The node is there, and qualified. @param fresh it came anew: its process may be another one. */
  present(source: LogSource, fresh: boolean, nowMs: number): void {
    const moved = source.host !== this.#source.host || source.port !== this.#source.port;
    this.#source = source;
    this.#departedMs = undefined;
    if (moved && this.#connection !== undefined) this.#hangUp(nowMs);
    if ((fresh || moved) && this.#connection === undefined) {
      this.#redialMs = REDIAL_FIRST_MS;
      this.#dialAtMs = nowMs;
    }
    this.advance(nowMs);
  }

  departed(nowMs: number): void {
    this.#departedMs ??= nowMs;
  }

  /** Other names of subscribers; none: nothing is pulled from this node. */
  want(wanted: readonly string[], nowMs: number): void {
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return;
    this.#wanted = wanted;
    for (const stream of this.streams.values()) {
      if (stream.ref !== undefined) this.#request({ type: 'close', ref: stream.ref }, nowMs);
      else stream.openAtMs = nowMs;
    }
    if (wanted.length === 0) this.#hangUp(nowMs);
    else if (this.#connection === undefined) this.#dialAtMs = nowMs;
    this.advance(nowMs);
  }

  /** Does what is due. */
  advance(nowMs: number): void {
    const connection = this.#connection;
    if (connection === undefined) {
      this.#dialWhenDue(nowMs);
      return;
    }
    if ((connection.session.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      this.#session({ type: 'deadlineReached' }, nowMs);
    }
    this.#openAll(nowMs);
  }

  received(input: StreamInput, nowMs: number): void {
    this.#session({ type: 'stream', input }, nowMs);
    this.#openAll(nowMs);
  }

  /** Too much waits: the node sends nothing for a while. */
  hold(nowMs: number): void {
    for (const stream of this.streams.values()) {
      if (stream.phase !== 'open' || stream.ref === undefined || stream.heldUntilMs > nowMs) continue;
      stream.heldUntilMs = nowMs + HOLD_MS;
      this.#request({ type: 'hold', ref: stream.ref, ms: HOLD_MS }, nowMs);
    }
  }

  /** What was received of a stream is in the files up to its position. */
  committed(stream: PullStream, position: LogPosition, nowMs: number): void {
    stream.committed(position);
    if (stream.phase === 'open' && stream.ref !== undefined) {
      this.#request({ type: 'checkpoint', ref: stream.ref, position }, nowMs);
    }
  }

  /** Lets go of what waits; it comes again. */
  drop(stream: PullStream, nowMs: number): void {
    if (stream.ref === undefined) return;
    stream.openNotBeforeMs = nowMs + HOLD_MS;
    this.#request({ type: 'close', ref: stream.ref }, nowMs);
  }

  stop(nowMs: number): void {
    this.#dialAtMs = undefined;
    if (this.#connection !== undefined) this.#session({ type: 'stop' }, nowMs);
  }

  #dialWhenDue(nowMs: number): void {
    if (this.#dialAtMs === undefined || nowMs < this.#dialAtMs) return;
    const departed = this.#departedMs !== undefined && nowMs >= this.#departedMs + DEPARTED_DIALLED_MS;
    if (departed || this.#wanted.length === 0) {
      this.#dialAtMs = undefined;
      return;
    }
    const { from, keys, nextConn, createSession } = this.#parts;
    const { host, port, node } = this.#source;
    const conn = nextConn();
    const session = createSession(
      { conn, host, port, node, from, keys: keys(), bindAddress: undefined, dialTimeoutMs: DIAL_TIMEOUT_MS },
      nowMs,
    );
    this.#connection = { conn, session, ready: false };
    this.#dialAtMs = undefined;
    this.#session({ type: 'start' }, nowMs);
  }

  #hangUp(nowMs: number): void {
    if (this.#connection === undefined) return;
    this.#session({ type: 'stop' }, nowMs);
    this.#redialMs = REDIAL_FIRST_MS;
  }

  #request(request: LogSessionRequest, nowMs: number): void {
    this.#session({ type: 'request', request }, nowMs);
  }

  /** What is asked while effects are performed waits until they are, so that bytes leave in order. */
  #session(input: SessionInput, nowMs: number): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const connection = this.#connection;
      if (connection === undefined) continue;
      for (const effect of connection.session.step(next, nowMs)) {
        if (effect.type !== 'event') this.#parts.perform(effect);
        else if (this.#connection === connection) this.#onEvent(effect.event, connection, nowMs);
      }
    }
    this.#stepping = false;
  }

  #onEvent(event: LogSessionEvent, connection: Connection, nowMs: number): void {
    switch (event.type) {
      case 'ready':
        connection.ready = true;
        this.#why = '';
        this.#refused = false;
        this.#parts.log('info', 'logs.connected', { node: this.#source.node });
        this.#request({ type: 'list' }, nowMs);
        return;
      case 'logs':
        this.#redialMs = REDIAL_FIRST_MS;
        this.#onLogs(event.logs, nowMs);
        return;
      case 'closed':
        this.#onClosed(event.reason, event.text, nowMs);
        return;
      default: {
        const stream = this.#byRef.get(event.ref);
        if (stream !== undefined) this.#ofJob(stream, event, nowMs);
      }
    }
  }

  #ofJob(stream: PullStream, event: Extract<LogSessionEvent, { readonly ref: number }>, nowMs: number): void {
    const { node, log } = stream;
    switch (event.type) {
      case 'opened':
        this.#onOpened(stream, event);
        return;
      case 'refused':
        stream.refused = true;
        this.#jobOver(stream, event.text, waitAfterRefusal(event.code, nowMs));
        return;
      case 'records': {
        const repeated = stream.received(event.records, event.upTo);
        if (repeated > 0) this.#parts.log('error', 'logs.repeated', { node, log, records: repeated });
        this.#parts.arrived();
        return;
      }
      case 'gap':
        this.gaps += 1;
        if (nowMs < this.#gapToldMs + 1_000) return;
        this.#gapToldMs = nowMs;
        this.#parts.log('warn', 'logs.gap', {
          node,
          log,
          from: formatPosition(event.gap.from),
          to: formatPosition(event.gap.to),
          bytes: event.gap.bytes,
          text: event.gap.text,
          gaps: this.gaps,
        });
        return;
      case 'checkpointed':
        stream.why = event.text;
        if (event.text !== '') return;
        stream.confirmed = event.position;
        this.#parts.confirmed(stream, event.position);
        return;
      case 'ended':
        this.#onEnded(stream, event.reason, event.text, nowMs);
        return;
      default:
        unreachable(event);
    }
  }

  #onOpened(stream: PullStream, event: Extract<LogSessionEvent, { type: 'opened' }>): void {
    const { node, log } = stream;
    const { subscriber, start, followed, job } = event;
    const known = this.#moved.has(stream) ? undefined : this.#parts.mark(node, log, subscriber);
    this.#moved.delete(stream);
    const follows = followed && known !== undefined;
    stream.opened(subscriber, start, follows ? known.confirmed : start);
    const fields = { node, log, subscriber, job, start: formatPosition(start) };
    if (follows || known === undefined) this.#parts.log('info', 'logs.opened', fields);
    else this.#parts.log('warn', 'logs.offset_changed', { ...fields, known: formatPosition(known.durable) });
  }

  #onEnded(stream: PullStream, reason: JobEnd, text: string, nowMs: number): void {
    if (reason === 'moved') this.#moved.add(stream);
    stream.refused = reason !== 'closed' && reason !== 'moved' && reason !== 'unpublished';
    const { node, log } = stream;
    if (reason !== 'closed') this.#parts.log('info', 'logs.job_ended', { node, log, reason, text });
    const openAtMs = waitAfterEnd(reason, nowMs);
    const latestMs = openAtMs === undefined ? undefined : Math.max(openAtMs, stream.openNotBeforeMs);
    this.#jobOver(stream, text === '' ? reason : text, latestMs);
  }

  #jobOver(stream: PullStream, why: string, openAtMs: number | undefined): void {
    if (stream.ref !== undefined) this.#byRef.delete(stream.ref);
    stream.ended(why, openAtMs);
  }

  #onLogs(logs: readonly PublishedLog[], nowMs: number): void {
    const more = logs.length - LOGS_OF_NODE_MAX;
    if (more > 0) this.#parts.log('warn', 'logs.too_many', { node: this.#source.node, leftAlone: more });
    this.#published = logs.slice(0, LOGS_OF_NODE_MAX);
    const { node, subcluster } = this.#source;
    for (const { log } of this.#published) {
      const stream = this.streams.get(log);
      if (stream === undefined) this.streams.set(log, new PullStream({ node, subcluster, log }));
      else if (stream.phase === 'waiting') stream.openAtMs ??= nowMs;
    }
    const published = new Set(this.#published.map(({ log }) => log));
    for (const [log, { phase, inCommit }] of this.streams) {
      if (!published.has(log) && phase === 'waiting' && !inCommit) this.streams.delete(log);
    }
    this.#openAll(nowMs);
  }

  #openAll(nowMs: number): void {
    if (this.#connection?.ready !== true || this.#published === undefined) return;
    for (const published of this.#published) {
      const stream = this.streams.get(published.log);
      if (stream === undefined || stream.phase !== 'waiting' || stream.inCommit) continue;
      if (stream.openAtMs === undefined || nowMs < stream.openAtMs) continue;
      this.#open(stream, published, nowMs);
    }
  }

  #open(stream: PullStream, { subscribers }: PublishedLog, nowMs: number): void {
    const there = new Set(subscribers.map(({ name }) => name));
    const first = this.#wanted.find((name) => there.has(name));
    if (first === undefined) {
      stream.refused = true;
      stream.why = `none of these subscribers exists: ${this.#wanted.join(', ')}`;
      stream.openAtMs = undefined;
      return;
    }
    const { node, log } = stream;
    const mark = this.#moved.has(stream) ? undefined : this.#parts.mark(node, log, first);
    const known = mark && { subscriber: first, durable: mark.durable, confirmed: mark.confirmed };
    stream.phase = 'opening';
    stream.ref = this.#parts.nextRef();
    this.#byRef.set(stream.ref, stream);
    this.#request({ type: 'open', ref: stream.ref, log, subscribers: this.#wanted, known }, nowMs);
  }

  #onClosed(reason: SessionEnd, text: string, nowMs: number): void {
    const { node } = this.#source;
    const wasReady = this.connected;
    this.#connection = undefined;
    this.#published = undefined;
    for (const stream of this.streams.values()) {
      if (stream.ref !== undefined || stream.phase !== 'waiting') this.#jobOver(stream, '', nowMs);
      else stream.openAtMs ??= nowMs;
    }
    this.#byRef.clear();
    this.#refused = isRefusal(reason);
    this.#why = text === '' ? reason : text;
    if (wasReady || this.#refused) this.#parts.log('info', 'logs.disconnected', { node, reason, text });
    if (this.#wanted.length === 0) return;
    const waitMs = this.#refused ? REFUSED_WAIT_MS : this.#redialMs * this.#parts.prng.between(0.8, 1.2);
    this.#redialMs = Math.min(REDIAL_MAX_MS, this.#redialMs * 2);
    this.#dialAtMs = nowMs + waitMs;
  }
}
