/**
 * The log aggregator of a manager (momentum.md 6.1, 6.5): pulls the published logs of qualified nodes and puts their lines
 * into files, each line exactly once whatever dies when (LGS-30, LGS-31). Lines and positions are committed together by
 * the writer; a node hears of a position only after that.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { LogFields, LogLevel } from '../base/ports.ts';
import { Prng } from '../base/prng.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { NodeName } from '../model/names.ts';
import type { DiskError, DiskOperation, DiskResult } from './aggregation-disk.ts';
import { markKey, type StreamMark } from './aggregation-journal.ts';
import { type AggregationRow, rowsOf } from './aggregation-rows.ts';
import {
  AggregationWriter,
  type WriterEffect,
  type WriterInput,
  type WriterOptions,
} from './aggregation-writer.ts';
import type { LogSource } from './api.ts';
import type { LocalTime, LogPath } from './log-path.ts';
import { type Batch, nextBatch } from './pull-batch.ts';
import { PullNode } from './pull-node.ts';
import type { PullParts } from './pull-parts.ts';
import type { PullStream } from './pull-stream.ts';
import type { LogSessionOptions } from './session-api.ts';

export type AggregatorOptions = WriterOptions & {
  readonly logfile: LogPath;
  /** Records that wait for the disk before nodes are put on hold: backlog of `ThreadPool "log_job"` (LOG-23). */
  readonly outstandingMax: number;
  /** For each node that has a list of its own. */
  readonly subscribers: ReadonlyMap<NodeName, readonly string[]>;
  /** For all other nodes (LOG-17). */
  readonly subscribersDefault: readonly string[];
};

export type AggregatorParts = {
  /** Of this manager; the name under which it takes jobs. */
  readonly name: NodeName;
  readonly options: AggregatorOptions;
  readonly createSession: PullParts['createSession'];
  readonly keys: LogSessionOptions['keys'];
  readonly localTime: (ms: number) => LocalTime;
  /** Any integer; spreads the waits. */
  readonly seed: number;
};

/** A qualified node. `since`: differs for each time that it came. */
export type PresentSource = LogSource & { readonly since: number };

export type AggregatorInput =
  | { readonly type: 'start' }
  /** All of them that are there now. */
  | { readonly type: 'sources'; readonly sources: readonly PresentSource[] }
  | {
      readonly type: 'optionsChanged';
      readonly options: AggregatorOptions;
      readonly keys: LogSessionOptions['keys'];
    }
  | { readonly type: 'stream'; readonly input: StreamInput }
  | { readonly type: 'disk'; readonly result: DiskResult }
  /** Ends all connections in order; what was not committed comes again. */
  | { readonly type: 'stop' };

export type AggregatorEffect =
  | { readonly type: 'stream'; readonly effect: StreamEffect }
  | { readonly type: 'disk'; readonly operation: DiskOperation }
  | { readonly type: 'log'; readonly level: LogLevel; readonly event: string; readonly fields: LogFields };

/** Hold on from so many bytes that wait for the disk, and give jobs up from so many. */
export const PENDING_BYTES_HELD = 64 * 1024 * 1024;
export const PENDING_BYTES_MAX = 256 * 1024 * 1024;
/** A commit that failed is tried again after this, twice as long each time up to the last. */
export const COMMIT_RETRY_FIRST_MS = 250;
export const COMMIT_RETRY_MAX_MS = 5_000;

export class Aggregator implements Core<AggregatorInput | DeadlineReached, AggregatorEffect> {
  readonly #parts: AggregatorParts;
  #options: AggregatorOptions;
  #keys: LogSessionOptions['keys'];
  readonly #writer: AggregationWriter;
  readonly #prng: Prng;
  readonly #nodes = new Map<NodeName, PullNode>();
  readonly #since = new Map<NodeName, number>();
  readonly #marks = new Map<string, StreamMark>();
  #sources: readonly PresentSource[] = [];
  #recovered = false;
  #stopped = false;
  #batch: Batch | undefined;
  #turn = 0;
  #retryAtMs = 0;
  #retryMs = COMMIT_RETRY_FIRST_MS;
  #problem = '';
  #lastConn = -1;
  #lastRef = 0;
  #nowMs = 0;
  #effects: AggregatorEffect[] = [];

  constructor(parts: AggregatorParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#keys = parts.keys;
    this.#prng = new Prng(parts.seed);
    this.#writer = new AggregationWriter(parts.options);
  }

  get deadlineMs(): number | undefined {
    if (this.#stopped) return this.#writer.deadlineMs;
    const due = [...this.#nodes.values()].map(({ deadlineMs }) => deadlineMs);
    due.push(this.#writer.deadlineMs);
    if (this.#problem !== '' && this.#writer.ready) due.push(this.#retryAtMs);
    const known = due.filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** What stands in the way of all of it; empty where all is well. */
  get problem(): string {
    return this.#problem;
  }

  rows(nowMs: number): readonly AggregationRow[] {
    return rowsOf([...this.#nodes.values()], this.#problem !== '', nowMs);
  }

  step(input: AggregatorInput | DeadlineReached, nowMs: number): readonly AggregatorEffect[] {
    this.#nowMs = nowMs;
    switch (input.type) {
      case 'start':
        this.#write({ type: 'start' });
        break;
      case 'sources':
        this.#sources = input.sources;
        this.#followSources();
        break;
      case 'optionsChanged':
        this.#change(input.options, input.keys);
        break;
      case 'stream':
        this.#onStream(input.input);
        break;
      case 'disk':
        this.#write({ type: 'disk', result: input.result });
        break;
      case 'stop':
        this.#stopped = true;
        for (const node of this.#nodes.values()) node.stop(nowMs);
        break;
      case 'deadlineReached':
        this.#onDeadline();
        break;
      default:
        unreachable(input);
    }
    this.#commitMore();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #onDeadline(): void {
    if ((this.#writer.deadlineMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs) {
      this.#write({ type: 'deadlineReached' });
    }
    if (this.#stopped) return;
    for (const [name, node] of this.#nodes) {
      if ((node.deadlineMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs) node.advance(this.#nowMs);
      if (node.isOver(this.#nowMs)) this.#nodes.delete(name);
    }
  }

  // Nodes

  #followSources(): void {
    if (!this.#recovered || this.#stopped) return;
    const there = new Map(this.#sources.map((source) => [source.node, source]));
    for (const [name, node] of this.#nodes) {
      if (there.has(name)) continue;
      node.departed(this.#nowMs);
      this.#since.delete(name);
    }
    for (const [name, source] of there) {
      let node = this.#nodes.get(name);
      if (node === undefined) {
        node = new PullNode(source, this.#wantedOf(name), this.#pullParts(name));
        this.#nodes.set(name, node);
      }
      const fresh = this.#since.get(name) !== source.since;
      this.#since.set(name, source.since);
      node.present(source, fresh, this.#nowMs);
    }
  }

  #wantedOf(node: NodeName): readonly string[] {
    return this.#options.subscribers.get(node) ?? this.#options.subscribersDefault;
  }

  #pullParts(name: NodeName): PullParts {
    return {
      from: this.#parts.name,
      createSession: this.#parts.createSession,
      keys: () => this.#keys,
      prng: this.#prng,
      nextConn: () => {
        this.#lastConn += 2;
        return this.#lastConn;
      },
      nextRef: () => {
        this.#lastRef = (this.#lastRef + 1) % 2 ** 32;
        return this.#lastRef;
      },
      mark: (node, log, subscriber) => this.#marks.get(markKey({ node, log, subscriber })),
      log: (level, event, fields) => this.#effects.push({ type: 'log', level, event, fields }),
      perform: (effect) => this.#effects.push({ type: 'stream', effect }),
      arrived: () => this.#onArrived(name),
      confirmed: (stream, position) => this.#onConfirmed(stream, position),
    };
  }

  #change(options: AggregatorOptions, keys: LogSessionOptions['keys']): void {
    this.#options = options;
    this.#keys = keys;
    this.#write({ type: 'optionsChanged', options });
    if (this.#stopped) return;
    for (const [name, node] of this.#nodes) node.want(this.#wantedOf(name), this.#nowMs);
    // Another place may be one where there is room.
    this.#retryAtMs = this.#nowMs;
  }

  #onStream(input: StreamInput): void {
    for (const node of this.#nodes.values()) {
      if (node.conn === input.conn) {
        node.received(input, this.#nowMs);
        return;
      }
    }
  }

  #onArrived(name: NodeName): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    const { records, bytes } = this.#pending();
    if (bytes > PENDING_BYTES_MAX) {
      for (const stream of node.streams.values()) if (stream.queuedBytes > 0) node.drop(stream, this.#nowMs);
    } else if (records > this.#options.outstandingMax || bytes > PENDING_BYTES_HELD) {
      node.hold(this.#nowMs);
    }
  }

  #pending(): { readonly records: number; readonly bytes: number } {
    let [records, bytes] = [0, 0];
    for (const { streams } of this.#nodes.values()) {
      for (const { queuedRecords, queuedBytes } of streams.values()) {
        records += queuedRecords;
        bytes += queuedBytes;
      }
    }
    return { records, bytes };
  }

  #onConfirmed(stream: PullStream, position: StreamMark['confirmed']): void {
    const mark = stream.durable === undefined ? undefined : stream.mark(stream.durable);
    if (mark === undefined) return;
    this.#marks.set(markKey(mark), mark);
    this.#write({ type: 'confirmed', stream: mark, position });
  }

  // The disk

  #commitMore(): void {
    if (this.#stopped || !this.#writer.ready || this.#batch !== undefined) return;
    if (this.#problem !== '' && this.#nowMs < this.#retryAtMs) return;
    const streams = [...this.#nodes.values()].flatMap((node) => [...node.streams.values()]);
    // Whose turn is first changes, so that one busy log does not keep others waiting.
    const first = streams.length === 0 ? 0 : this.#turn % streams.length;
    this.#turn += 1;
    const { logfile, maxOpen } = this.#options;
    const { localTime } = this.#parts;
    const inTurn = [...streams.slice(first), ...streams.slice(0, first)].filter(
      ({ chunks }) => chunks.length > 0,
    );
    const batch = nextBatch(inTurn, { logfile, maxOpen, localTime });
    if (batch === undefined) {
      if (this.#problem !== '') this.#retryAtMs = this.#nowMs + this.#retryMs;
      return;
    }
    this.#batch = batch;
    for (const { stream } of batch.taken) stream.inCommit = true;
    this.#write({ type: 'commit', commit: batch.commit });
  }

  #write(input: WriterInput | DeadlineReached): void {
    for (const effect of this.#writer.step(input, this.#nowMs)) this.#ofWriter(effect);
  }

  #ofWriter(effect: WriterEffect): void {
    switch (effect.type) {
      case 'disk':
      case 'log':
        this.#effects.push(effect);
        return;
      case 'recovered':
        this.#recovered = true;
        for (const mark of effect.streams) this.#marks.set(markKey(mark), mark);
        this.#followSources();
        return;
      case 'committed':
        this.#onCommitted();
        return;
      case 'failed':
        this.#onFailed(effect.error);
        return;
      case 'stuck':
        if (effect.error !== undefined) this.#troubled(effect.error);
        else if (this.#batch === undefined) this.#well();
        return;
      default:
        unreachable(effect);
    }
  }

  #onCommitted(): void {
    const taken = this.#batch?.taken ?? [];
    this.#batch = undefined;
    this.#well();
    for (const { stream, mark, records, bytes } of taken) {
      stream.inCommit = false;
      stream.records += records;
      stream.bytes += bytes;
      if (records > 0) stream.lastMs = this.#nowMs;
      this.#marks.set(markKey(mark), mark);
      this.#nodes.get(stream.node as NodeName)?.committed(stream, mark.durable, this.#nowMs);
    }
    this.#advanceNodes();
  }

  #onFailed(error: DiskError): void {
    for (const { stream } of this.#batch?.taken ?? []) stream.inCommit = false;
    this.#batch = undefined;
    this.#troubled(error);
    this.#retryAtMs = this.#nowMs + this.#retryMs;
    this.#retryMs = Math.min(COMMIT_RETRY_MAX_MS, this.#retryMs * 2);
    this.#advanceNodes();
  }

  /** Jobs that waited for the end of a commit may be asked for now. */
  #advanceNodes(): void {
    if (this.#stopped) return;
    for (const node of this.#nodes.values()) node.advance(this.#nowMs);
  }

  #troubled({ kind, text }: DiskError): void {
    if (this.#problem !== text) {
      this.#effects.push({ type: 'log', level: 'error', event: 'logs.disk', fields: { kind, reason: text } });
    }
    this.#problem = text;
  }

  #well(): void {
    this.#retryMs = COMMIT_RETRY_FIRST_MS;
    if (this.#problem === '') return;
    this.#effects.push({ type: 'log', level: 'info', event: 'logs.disk_well', fields: {} });
    this.#problem = '';
  }
}
