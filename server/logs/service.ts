/**
 * The log file service (momentum.md 3.6, 6.4; SPEC.md LGS-10 to LGS-20): connections of aggregators, the jobs that
 * serve them, and who has which subscriber. What a job sends is the job's business; how it is read is told in commands.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { LogJob } from './api.ts';
import type { RawFrame } from './frame.ts';
import type { Caller } from './handshake.ts';
import { type JobHost, ServedJob } from './job.ts';
import { type CloseReason, type ListenerEffect, ServiceListener } from './listener.ts';
import { type AskFrame, decodeAsk, encodeTell, type TellFrame } from './log-frames.ts';
import { LogListing } from './log-listing.ts';
import { LogsDesk, type LookedAt } from './logs-desk.ts';
import { firstOf, startOf } from './open-decision.ts';
import {
  CONNECTION_JOBS_MAX,
  JOBS_MAX,
  type LogServiceEffect,
  type LogServiceInput,
  type LogServiceNews,
  type LogServiceOptions,
} from './service-api.ts';
import { CONNECTION_WINDOW_BYTES, type JobEnd, type OpenRefusal, WINDOW_BYTES } from './session-api.ts';

/** Jobs of a connection fall silent while so much waits to leave. */
const WRITABLE_BYTES = 1024 * 1024;

type Client = {
  readonly caller: Caller;
  readonly peer: string;
  readonly listing: LogListing;
  opening: number;
  readonly jobs: Set<ServedJob>;
  unacknowledgedBytes: number;
};

type Open = Extract<AskFrame, { type: 'open' }>;

export class LogService implements Core<LogServiceInput | DeadlineReached, LogServiceEffect> {
  readonly #listener: ServiceListener;
  readonly #clients = new Map<number, Client>();
  readonly #jobs = new Map<number, ServedJob>();
  readonly #desk = new LogsDesk((command) => this.#effects.push({ type: 'logs', command }));
  readonly #host: JobHost;
  #options: LogServiceOptions;
  #jobIds = 0;
  #effects: LogServiceEffect[] = [];
  /** Jobs that may go on because there is more room. */
  readonly #wake = new Set<number>();
  #stopped = false;

  /** @param others services of the same listener, whose connections are given away. */
  constructor(
    self: { readonly node: string; readonly version: string },
    options: LogServiceOptions,
    others: readonly string[] = [],
  ) {
    this.#options = options;
    const services = ['log', ...others];
    this.#listener = new ServiceListener({ ...self, services, givenAway: others }, options.keys);
    this.#host = this.#hostOfJobs();
  }

  get deadlineMs(): number | undefined {
    let due = this.#listener.deadlineMs ?? Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.#jobs.values()) {
      if (deadlineMs !== undefined && deadlineMs < due) due = deadlineMs;
    }
    return due === Number.POSITIVE_INFINITY ? undefined : due;
  }

  /** How many connections ended, by reason. */
  get closes(): ReadonlyMap<CloseReason, number> {
    return this.#listener.counts;
  }

  jobs(nowMs: number): readonly LogJob[] {
    return [...this.#jobs.values()].map((job) => job.describe(nowMs));
  }

  /** `cluster abort` (CMD-02). False when there is no such job. The effects come with `take`. */
  abort(id: number, by: string): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined) return false;
    this.#end(job, 'aborted', `aborted by ${by}`);
    return true;
  }

  /** Effects of what was called from outside of `step`. */
  take(): readonly LogServiceEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  step(input: LogServiceInput | DeadlineReached, nowMs: number): readonly LogServiceEffect[] {
    switch (input.type) {
      case 'stream':
        if (this.#stopped && input.input.type === 'accepted') {
          this.#effects.push({ type: 'stream', effect: { type: 'destroy', conn: input.input.conn } });
        } else this.#listener.onStream(input.input, nowMs);
        break;
      case 'logsFact':
        this.#desk.onFact(input.fact, nowMs);
        break;
      case 'optionsChanged':
        this.#reconfigure(input.options, nowMs);
        break;
      case 'start':
        break;
      case 'stop':
        this.#stopped = true;
        this.#listener.stop();
        break;
      case 'deadlineReached':
        this.#listener.onDeadline(nowMs);
        for (const job of [...this.#jobs.values()]) job.advance(nowMs);
        break;
      default:
        unreachable(input);
    }
    this.#settle(nowMs);
    return this.take();
  }

  /** Works off what the listener says, until it has nothing more to say. */
  #settle(nowMs: number): void {
    for (let news = this.#listener.take(); news.length > 0; news = this.#listener.take()) {
      for (const one of news) this.#onListener(one, nowMs);
    }
    if (this.#wake.size === 0) return;
    for (const conn of this.#wake) {
      for (const job of [...(this.#clients.get(conn)?.jobs ?? [])]) job.advance(nowMs);
    }
    this.#wake.clear();
    this.#settle(nowMs);
  }

  #onListener(effect: ListenerEffect, nowMs: number): void {
    switch (effect.type) {
      case 'stream':
      case 'handedOver':
        this.#effects.push(effect);
        break;
      case 'joined': {
        const { conn, caller, peer } = effect;
        this.#clients.set(conn, {
          caller,
          peer,
          listing: new LogListing(this.#desk, (logs) => this.#send(conn, { type: 'logs', logs })),
          opening: 0,
          jobs: new Set(),
          unacknowledgedBytes: 0,
        });
        this.#tell({ type: 'joined', from: caller.from, peer });
        break;
      }
      case 'frame': {
        const client = this.#clients.get(effect.conn);
        if (client !== undefined) this.#onFrame(effect.conn, client, effect.frame, nowMs);
        break;
      }
      case 'drained':
        this.#wake.add(effect.conn);
        break;
      case 'left':
        this.#left(effect.conn, effect.reason);
        break;
      case 'turnedAway':
        this.#tell(effect);
        break;
      default:
        unreachable(effect);
    }
  }

  #left(conn: number, reason: CloseReason): void {
    const client = this.#clients.get(conn);
    if (client === undefined) return;
    for (const job of [...client.jobs]) this.#forget(job, 'left', reason);
    this.#clients.delete(conn);
    this.#tell({ type: 'left', from: client.caller.from, peer: client.peer, reason });
  }

  #onFrame(conn: number, client: Client, raw: RawFrame, nowMs: number): void {
    const ask = decodeAsk(raw);
    if (ask === undefined) {
      this.#listener.drop(conn, 'badFrame');
      return;
    }
    if (ask.type === 'list') {
      client.listing.ask(() => this.#options.logs);
      return;
    }
    if (ask.type === 'open') {
      if (client.opening + client.jobs.size >= CONNECTION_JOBS_MAX || this.#jobs.size >= JOBS_MAX) {
        this.#refuse(conn, client, ask, 'tooMany', 'too many jobs');
        return;
      }
      client.opening += 1;
      this.#open(conn, client, ask);
      return;
    }
    // A frame for a job that has just ended here crosses END on its way.
    const job = this.#jobs.get(ask.job);
    if (job === undefined || job.seed.conn !== conn) return;
    if (ask.type === 'checkpoint') job.checkpoint(ask.position, nowMs);
    else if (ask.type === 'hold') job.hold(ask.ms, nowMs);
    else this.#end(job, 'closed', '');
  }

  #open(conn: number, client: Client, ask: Open): void {
    const path = this.#options.logs.get(ask.log);
    if (path === undefined || this.#clients.get(conn) !== client) {
      client.opening -= 1;
      this.#refuse(conn, client, ask, 'unknownLog', 'no such log is published here');
      return;
    }
    this.#desk.lookAt(path, (subscribers, nowMs) => {
      const again = this.#decide(conn, client, { ask, path, subscribers, nowMs });
      if (again) this.#open(conn, client, ask);
      else client.opening -= 1;
    });
  }

  /** True when an older job was taken over: where its subscriber stands may have changed since this one asked. */
  #decide(
    conn: number,
    client: Client,
    found: {
      readonly ask: Open;
      readonly path: string;
      readonly subscribers: LookedAt;
      readonly nowMs: number;
    },
  ): boolean {
    const { ask, path, subscribers, nowMs } = found;
    if (this.#clients.get(conn) !== client) return false;
    if (!subscribers.ok) {
      this.#refuse(conn, client, ask, 'unreadable', subscribers.error);
      return false;
    }
    const taken = firstOf(ask.subscribers, subscribers.value);
    if (taken === undefined) {
      this.#refuse(conn, client, ask, 'noSubscriber', `no subscriber ${ask.subscribers.join(', ')}`);
      return false;
    }
    const other = [...this.#jobs.values()].find(
      ({ seed }) => seed.path === path && seed.subscriber === taken.name,
    );
    if (other !== undefined && other.seed.by !== client.caller.from) {
      this.#refuse(conn, client, ask, 'busy', `${other.seed.by} reads it, job ${other.seed.id}`);
      return false;
    }
    if (other !== undefined) {
      this.#end(other, 'takenOver', `by a connection from ${client.peer}`);
      return true;
    }
    const { name, position } = taken;
    if (position === undefined) {
      this.#refuse(conn, client, ask, 'unreadable', `the checkpoint of ${name} cannot be read`);
      return false;
    }
    this.#begin(conn, client, { ask, path, standing: { name, position }, nowMs });
    return false;
  }

  #begin(
    conn: number,
    client: Client,
    what: {
      readonly ask: Open;
      readonly path: string;
      readonly standing: { readonly name: string; readonly position: LogPosition };
      readonly nowMs: number;
    },
  ): void {
    const { ask, path, standing, nowMs } = what;
    const { start, followed } = startOf(ask.known, standing);
    this.#jobIds += 1;
    const id = this.#jobIds;
    const { log } = ask;
    const { name: subscriber, position: checkpoint } = standing;
    const { from: by } = client.caller;
    const seed = { id, log, subscriber, by, peer: client.peer, startedMs: nowMs };
    const job = new ServedJob({ ...seed, conn, path, checkpoint, start }, this.#host);
    this.#jobs.set(id, job);
    client.jobs.add(job);
    this.#tell({ type: 'jobOpened', job: id, log, subscriber, by, start, followed });
    this.#send(conn, { type: 'opened', ref: ask.ref, job: id, subscriber, start, followed });
    job.begin();
  }

  #refuse(conn: number, client: Client, ask: Open, code: OpenRefusal, text: string): void {
    this.#tell({ type: 'openRefused', by: client.caller.from, log: ask.log, code, text });
    this.#send(conn, { type: 'refused', ref: ask.ref, code, text });
  }

  #end(job: ServedJob, reason: JobEnd, text: string): void {
    if (!this.#jobs.has(job.seed.id)) return;
    this.#send(job.seed.conn, { type: 'end', job: job.seed.id, reason, text });
    this.#forget(job, reason, text);
  }

  #forget(job: ServedJob, reason: JobEnd | 'left', text: string): void {
    const { id, log, subscriber, conn, path } = job.seed;
    this.#jobs.delete(id);
    const client = this.#clients.get(conn);
    if (client !== undefined) {
      client.jobs.delete(job);
      client.unacknowledgedBytes -= job.unacknowledgedBytes;
      this.#wake.add(conn);
    }
    const { records } = job.describe(0);
    this.#tell({ type: 'jobEnded', job: id, log, subscriber, reason, text, records });
    if ([...this.#jobs.values()].some(({ seed }) => seed.path === path)) return;
    this.#desk.release(path);
  }

  #reconfigure(options: LogServiceOptions, nowMs: number): void {
    const before = this.#options.logs;
    this.#options = options;
    this.#listener.setKeys(options.keys);
    for (const job of [...this.#jobs.values()]) {
      const { log, path } = job.seed;
      if (options.logs.get(log) !== path) this.#end(job, 'unpublished', `${log} is published no more`);
      else job.advance(nowMs);
    }
    if (sameEntries(before, options.logs)) return;
    for (const { listing } of this.#clients.values()) {
      if (listing.wanted) listing.ask(() => this.#options.logs);
    }
  }

  #hostOfJobs(): JobHost {
    const options = (): LogServiceOptions => this.#options;
    const running = (job: ServedJob): boolean => this.#jobs.get(job.seed.id) === job;
    return {
      get pace() {
        return options();
      },
      writable: (conn) => this.#clients.has(conn) && this.#listener.pendingBytes(conn) < WRITABLE_BYTES,
      roomFor: (conn, bytes) => {
        const sent = this.#clients.get(conn)?.unacknowledgedBytes ?? 0;
        // A record beyond all windows goes, and then nothing until it is acknowledged.
        return (
          sent + bytes <= CONNECTION_WINDOW_BYTES || (bytes > WINDOW_BYTES && sent < CONNECTION_WINDOW_BYTES)
        );
      },
      account: (conn, bytes) => {
        const client = this.#clients.get(conn);
        if (client === undefined) return;
        client.unacknowledgedBytes += bytes;
        if (bytes < 0) this.#wake.add(conn);
      },
      tell: (conn, tell) => this.#send(conn, tell),
      lookAt: (job) =>
        this.#desk.lookAt(job.seed.path, (subscribers) => {
          if (running(job)) job.onLookedAt(subscribers);
        }),
      read: (job, from) =>
        this.#desk.read(job.seed.path, from, (batch, nowMs) => {
          if (running(job)) job.onRead(batch, nowMs);
        }),
      checkpoint: (job, expected, position) => {
        const { path, subscriber } = job.seed;
        this.#desk.checkpoint({ path, subscriber, expected, position }, (outcome) => {
          if (running(job)) job.onCheckpointed(outcome);
        });
      },
      checkpointFailed: ({ seed: { id, log, subscriber } }, text) =>
        this.#tell({ type: 'checkpointFailed', job: id, log, subscriber, text }),
      end: (job, reason, text) => this.#end(job, reason, text),
    };
  }

  #send(conn: number, tell: TellFrame): void {
    this.#listener.send(conn, encodeTell(tell));
  }

  #tell(what: LogServiceNews): void {
    this.#effects.push({ type: 'told', what });
  }
}

function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
