/**
 * The aggregator inside a manager: learns of nodes from the membership (momentum.md 3.5: tasks are started for qualified
 * nodes only, at the address that they give), of its options from generations, and tells dashboards what it does.
 */

import { unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import type { Result } from '../base/result.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import { parseEndpoint } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import type { DiskOperation, DiskResult } from '../logs/aggregation-disk.ts';
import {
  Aggregator,
  type AggregatorEffect,
  type AggregatorInput,
  type AggregatorOptions,
  type PresentSource,
} from '../logs/aggregator.ts';
import type { LocalTime } from '../logs/log-path.ts';
import { LogSession } from '../logs/session.ts';
import type { NodeName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import { AggregationPublisher } from './aggregation-publisher.ts';
import { type MemberRecord, roleOf } from './member-record.ts';
import type { BusOptions } from './process-options.ts';

/** So often at most the table of members is looked at for what an answer of one of them changed. */
const LOOK_MS = 100;

export type AggregationParts = {
  readonly name: NodeName;
  /** Of the first generation. */
  readonly bus: BusOptions;
  /** Of the first generation. */
  readonly aggregation: AggregatorOptions;
  readonly aggregationOptions: (generation: Generation) => Result<AggregatorOptions, string>;
  /** The calendar of this machine. */
  readonly localTime: (ms: number) => LocalTime;
  readonly seed: number;
};

export type AggregationInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'clusterStream'; readonly input: StreamInput }
  | { readonly type: 'logDisk'; readonly result: DiskResult }
  /** After the membership took it. */
  | { readonly type: 'bus'; readonly event: BusEvent; readonly members: () => Iterable<MemberRecord> };

export type AggregationEffect =
  | { readonly type: 'clusterStream'; readonly effect: StreamEffect }
  | { readonly type: 'logDisk'; readonly operation: DiskOperation }
  | { readonly type: 'bus'; readonly request: BusRequest }
  | ({ readonly type: 'aggregation' } & Omit<Extract<AggregatorEffect, { type: 'log' }>, 'type'>);

export class ManagerAggregation implements Core<AggregationInput | DeadlineReached, AggregationEffect> {
  readonly #parts: AggregationParts;
  readonly #aggregator: Aggregator;
  readonly #publisher: AggregationPublisher;
  #keys: BusOptions['server']['secrets'];
  #told = '';
  #lookAtMs = 0;

  constructor(parts: AggregationParts) {
    this.#parts = parts;
    this.#keys = parts.bus.server.secrets;
    this.#aggregator = new Aggregator({
      name: parts.name,
      options: parts.aggregation,
      createSession: (options) => new LogSession(options),
      keys: this.#keys,
      localTime: parts.localTime,
      seed: parts.seed,
    });
    this.#publisher = new AggregationPublisher(parts.name, (nowMs) => ({
      problem: this.#aggregator.problem,
      rows: this.#aggregator.rows(nowMs),
    }));
  }

  get deadlineMs(): number | undefined {
    const due = [this.#aggregator.deadlineMs, this.#publisher.deadlineMs].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: AggregationInput | DeadlineReached, nowMs: number): readonly AggregationEffect[] {
    switch (input.type) {
      case 'start':
      case 'stop':
        return this.#aggregate(input, nowMs);
      case 'clusterStream':
        return this.#aggregate({ type: 'stream', input: input.input }, nowMs);
      case 'logDisk':
        return this.#aggregate({ type: 'disk', result: input.result }, nowMs);
      case 'bus':
        return [...this.#publish(input.event, nowMs), ...this.#follow(input.event, input.members, nowMs)];
      case 'deadlineReached':
        return [
          ...this.#aggregate(input, nowMs),
          ...this.#publisher.step(input, nowMs).map((request) => ({ type: 'bus', request }) as const),
        ];
    }
  }

  /**
   * @param bus of the same generation; undefined where the bus goes on as before.
   * @returns what of it cannot be had, for people; the aggregation then goes on as before.
   */
  change(
    generation: Generation,
    bus: BusOptions | undefined,
    nowMs: number,
  ): { readonly problems: readonly string[]; readonly effects: readonly AggregationEffect[] } {
    const options = this.#parts.aggregationOptions(generation);
    if (bus !== undefined) this.#keys = bus.server.secrets;
    if (!options.ok) return { problems: [options.error], effects: [] };
    const change = { type: 'optionsChanged', options: options.value, keys: this.#keys } as const;
    return { problems: [], effects: this.#aggregate(change, nowMs) };
  }

  #publish(event: BusEvent, nowMs: number): readonly AggregationEffect[] {
    if (event.type !== 'busConnected' && event.type !== 'busLost') return [];
    const type = event.type === 'busConnected' ? 'connected' : 'lost';
    return this.#publisher.step({ type }, nowMs).map((request) => ({ type: 'bus', request }));
  }

  #follow(
    event: BusEvent,
    members: () => Iterable<MemberRecord>,
    nowMs: number,
  ): readonly AggregationEffect[] {
    // Most of what is heard says nothing of who is there; what is new shows soon.
    const rare = event.type === 'view' || event.type === 'busConnected' || nowMs >= this.#lookAtMs;
    if (!rare) return [];
    this.#lookAtMs = nowMs + LOOK_MS;
    const sources = sourcesOf(members());
    const told = JSON.stringify(sources);
    if (told === this.#told) return [];
    this.#told = told;
    return this.#aggregate({ type: 'sources', sources }, nowMs);
  }

  #aggregate(input: AggregatorInput | DeadlineReached, nowMs: number): readonly AggregationEffect[] {
    return this.#aggregator.step(input, nowMs).map((effect): AggregationEffect => {
      switch (effect.type) {
        case 'stream':
          return { type: 'clusterStream', effect: effect.effect };
        case 'disk':
          return { type: 'logDisk', operation: effect.operation };
        case 'log': {
          const { level, event, fields } = effect;
          return { type: 'aggregation', level, event, fields };
        }
        default:
          return unreachable(effect);
      }
    });
  }
}

/** Of two that claim one name the later one counts: the earlier is probably about to be taken for gone. */
function sourcesOf(members: Iterable<MemberRecord>): readonly PresentSource[] {
  const sources = new Map<NodeName, PresentSource>();
  for (const record of members) {
    const { facts, state, joinedMs } = record;
    if (facts === undefined || roleOf(record) !== 'node') continue;
    if (state !== 'present' && state !== 'suspect') continue;
    const { nodeName: node, subcluster, address, startedMs } = facts;
    if (node === null || address === null) continue;
    const endpoint = parseEndpoint(address);
    if (!endpoint.ok) continue;
    const { host, port } = endpoint.value;
    const since = startedMs + joinedMs;
    sources.set(node, { node, subcluster: subcluster ?? '', host, port, since });
  }
  return [...sources.values()];
}
