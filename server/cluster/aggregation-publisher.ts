/** Tells dashboards what this manager aggregates: soon after a change, and now and then without one. */

import type { Core, DeadlineReached } from '../base/core.ts';
import type { AggregationRow } from '../logs/aggregation-rows.ts';
import { GROUPS, type NodeName } from '../model/names.ts';
import type { BusRequest } from '../msgc/client-api.ts';
import {
  AGGREGATION_PARTS_MAX,
  STREAM_TEXT_CHARACTERS_MAX,
  STREAMS_PER_PART,
} from './aggregation-message.ts';
import { encodeMessage } from './messages.ts';

/** Between two tellings of something new. */
export const AGGREGATION_INTERVAL_MS = 2_000;
/** Between two of the same. */
export const AGGREGATION_REPEAT_MS = 15_000;

export type AggregationTold = {
  readonly problem: string;
  readonly rows: readonly AggregationRow[];
};

export type AggregationPublisherInput = { readonly type: 'connected' | 'lost' };

export class AggregationPublisher implements Core<AggregationPublisherInput | DeadlineReached, BusRequest> {
  readonly #manager: NodeName;
  readonly #look: (nowMs: number) => AggregationTold;
  #dueMs: number | undefined;
  #toldMs = 0;
  #told = '';
  #telling = 0;

  constructor(manager: NodeName, look: (nowMs: number) => AggregationTold) {
    this.#manager = manager;
    this.#look = look;
  }

  get deadlineMs(): number | undefined {
    return this.#dueMs;
  }

  step(input: AggregationPublisherInput | DeadlineReached, nowMs: number): readonly BusRequest[] {
    if (input.type === 'lost') this.#dueMs = undefined;
    if (input.type === 'connected') {
      this.#dueMs = nowMs + AGGREGATION_INTERVAL_MS;
      this.#told = '';
    }
    if (this.#dueMs === undefined || nowMs < this.#dueMs) return [];
    this.#dueMs = nowMs + AGGREGATION_INTERVAL_MS;
    const told = this.#look(nowMs);
    const what = JSON.stringify({ ...told, rows: told.rows.map((row) => ({ ...row, lastAgoMs: null })) });
    if (what === this.#told && nowMs < this.#toldMs + AGGREGATION_REPEAT_MS) return [];
    this.#told = what;
    this.#toldMs = nowMs;
    return this.#tell(told);
  }

  #tell({ problem, rows }: AggregationTold): readonly BusRequest[] {
    this.#telling += 1;
    const parts = Math.min(AGGREGATION_PARTS_MAX, Math.max(1, Math.ceil(rows.length / STREAMS_PER_PART)));
    const common = {
      type: 'aggregation' as const,
      manager: this.#manager,
      telling: this.#telling,
      parts,
      text: problem.replaceAll(/\p{C}/gu, '?').slice(0, STREAM_TEXT_CHARACTERS_MAX),
      omitted: Math.max(0, rows.length - parts * STREAMS_PER_PART),
    };
    return Array.from({ length: parts }, (_, part) => {
      const streams = rows.slice(part * STREAMS_PER_PART, (part + 1) * STREAMS_PER_PART);
      return {
        type: 'publish',
        session: this.#manager,
        groups: [GROUPS.status],
        service: 'agreed',
        ...encodeMessage({
          ...common,
          part,
          streams: streams.map((row) => ({
            ...row,
            node: row.node as NodeName,
            wanted: [...row.wanted],
          })),
        }),
      };
    });
  }
}
