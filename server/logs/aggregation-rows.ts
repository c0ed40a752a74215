/** What an aggregator shows of itself: one row for each log of each node. Texts come from nodes: cut, and inert. */

import { formatPosition } from '../model/log-position.ts';
import type { PullNode } from './pull-node.ts';
import type { PullStream } from './pull-stream.ts';

export type AggregationState = 'pulling' | 'idle' | 'held' | 'refused' | 'unreachable' | 'off' | 'failed';

export type AggregationRow = {
  readonly node: string;
  /** `*`: all logs of the node, none of which is known. */
  readonly log: string;
  readonly wanted: readonly string[];
  readonly subscriber: string | null;
  readonly state: AggregationState;
  readonly text: string;
  readonly position: string | null;
  readonly records: number;
  readonly bytes: number;
  /** How long ago a record was last written to a file; null: not since the start. */
  readonly lastAgoMs: number | null;
};

/** A log that got a line so recently is being pulled. */
const PULLING_MS = 2_000;
const TEXT_CHARACTERS_MAX = 200;
const LOG_CHARACTERS_MAX = 128;
const UNSAFE = /\p{C}/gu;

export function rowsOf(
  nodes: readonly PullNode[],
  failed: boolean,
  nowMs: number,
): readonly AggregationRow[] {
  return nodes.flatMap((node) => {
    if (node.streams.size === 0) return [emptyRow(node)];
    return [...node.streams.values()].map((stream) => rowOf(node, stream, failed, nowMs));
  });
}

function rowOf(node: PullNode, stream: PullStream, failed: boolean, nowMs: number): AggregationRow {
  const { log, subscriber, durable, records, bytes, lastMs } = stream;
  return {
    node: stream.node,
    log: inert(log, LOG_CHARACTERS_MAX) || '?',
    wanted: node.wanted,
    subscriber: subscriber ?? null,
    state: stateOf(node, stream, failed, nowMs),
    text: inert(node.connected ? stream.why : node.why.text, TEXT_CHARACTERS_MAX),
    position: durable === undefined ? null : formatPosition(durable),
    records,
    bytes,
    lastAgoMs: lastMs === undefined ? null : Math.max(0, nowMs - lastMs),
  };
}

function emptyRow(node: PullNode): AggregationRow {
  const { text, refused } = node.why;
  const apart = refused ? 'refused' : 'unreachable';
  return {
    node: node.source.node,
    log: '*',
    wanted: node.wanted,
    subscriber: null,
    state: node.wanted.length === 0 ? 'off' : node.connected ? 'idle' : apart,
    text: inert(text, TEXT_CHARACTERS_MAX),
    position: null,
    records: 0,
    bytes: 0,
    lastAgoMs: null,
  };
}

function stateOf(node: PullNode, stream: PullStream, failed: boolean, nowMs: number): AggregationState {
  if (node.wanted.length === 0) return 'off';
  if (!node.connected) return node.why.refused ? 'refused' : 'unreachable';
  if (failed && stream.queuedRecords > 0) return 'failed';
  if (stream.phase !== 'open') return stream.refused ? 'refused' : 'idle';
  if (stream.heldUntilMs > nowMs) return 'held';
  const recent = stream.lastMs !== undefined && nowMs - stream.lastMs < PULLING_MS;
  return recent || stream.queuedRecords > 0 ? 'pulling' : 'idle';
}

function inert(text: string, charactersMax: number): string {
  return text.replaceAll(UNSAFE, '?').slice(0, charactersMax);
}
