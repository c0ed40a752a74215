/** The mail of each node over the last minutes as it is drawn: samples put together, scales shared, unknown left open. Pure. */

import {
  TRAFFIC_SAMPLE_EVERY_MS,
  TRAFFIC_SAMPLES_MAX,
  type TrafficReply,
} from '../../server/wire/objects.ts';
import { formatMessageRate } from '../bus/bus-words.ts';
import { compareText } from '../ui/data-table/column.ts';
import { linePieces, type Piece, type TimedValue } from '../ui/line-pieces.ts';
import { lineWords } from '../ui/line-words.ts';

export const FLOWS = ['receptionRate', 'deliveryRate', 'rejectionRate'] as const;
export type Flow = (typeof FLOWS)[number];

export const FLOW_WORDS: Readonly<Record<Flow, string>> = {
  receptionRate: 'Receptions',
  deliveryRate: 'Deliveries',
  rejectionRate: 'Rejections',
};

/** A sample may be missed; two that are missing are a gap. */
const APART_MAX_MS = 2.5 * TRAFFIC_SAMPLE_EVERY_MS;

/** What was known, and behind it what is new. A node that is new, or gone for good, is not known in the other part. */
export function withTraffic(before: TrafficReply | undefined, reply: TrafficReply): TrafficReply {
  const lastMs = before?.atMs.at(-1) ?? Number.NEGATIVE_INFINITY;
  const fresh = reply.atMs.findIndex((atMs) => atMs > lastMs);
  if (before === undefined || fresh < 0) return before ?? reply;
  const atMs = [...before.atMs, ...reply.atMs.slice(fresh)].slice(-TRAFFIC_SAMPLES_MAX);
  const names = new Set([...before.nodes, ...reply.nodes].map(({ node }) => node));
  const nodes = [...names].map((node) => {
    const old = before.nodes.find((each) => each.node === node);
    const now = reply.nodes.find((each) => each.node === node);
    const joined = (of: Exclude<keyof TrafficReply['nodes'][number], 'node'>): (number | null)[] =>
      [
        ...(old?.[of] ?? before.atMs.map(() => null)),
        ...(now?.[of].slice(fresh) ?? reply.atMs.slice(fresh).map(() => null)),
      ].slice(-TRAFFIC_SAMPLES_MAX);
    return {
      node,
      receptionRate: joined('receptionRate'),
      deliveryRate: joined('deliveryRate'),
      rejectionRate: joined('rejectionRate'),
      inbound: joined('inbound'),
      outbound: joined('outbound'),
      active: joined('active'),
      delayed: joined('delayed'),
    };
  });
  return {
    atMs,
    nodes: nodes.filter((each) => FLOWS.some((flow) => each[flow].some((rate) => rate !== null))),
  };
}

export type FlowLine = {
  readonly flow: Flow;
  /** Messages per second at the newest sample; null where that is not known. */
  readonly now: number | null;
  readonly pieces: readonly Piece[];
  readonly words: string;
};

export type NodeFlow = { readonly node: string; readonly flows: readonly FlowLine[] };

export type TrafficPicture = {
  /** By name. */
  readonly nodes: readonly NodeFlow[];
  readonly fromMs: number;
  readonly toMs: number;
  /** The top of every line of a flow, messages per second: so that nodes compare. */
  readonly tops: Readonly<Record<Flow, number>>;
};

/**
 * Null while nothing was sampled.
 * @param others nodes that run mail, whether anything was sampled of them or not.
 */
export function trafficPicture(
  { atMs, nodes }: TrafficReply,
  others: readonly string[] = [],
): TrafficPicture | null {
  const toMs = atMs.at(-1);
  const missing = others.filter((name) => !nodes.some(({ node }) => node === name));
  if (toMs === undefined || nodes.length + missing.length === 0) return null;
  const fromMs = Math.min(atMs[0] ?? toMs, toMs - 60_000);
  const top = (flow: Flow): number =>
    Math.max(1, ...nodes.flatMap((each) => each[flow].flatMap((rate) => rate ?? [])));
  const tops = {
    receptionRate: top('receptionRate'),
    deliveryRate: top('deliveryRate'),
    rejectionRate: top('rejectionRate'),
  };
  const lineOf = (node: TrafficReply['nodes'][number], flow: Flow): FlowLine => {
    const samples: readonly TimedValue[] = atMs.map((at, place) => ({
      atMs: at,
      value: node[flow][place] ?? null,
    }));
    const scale = { fromMs, toMs, valueMax: tops[flow], apartMaxMs: APART_MAX_MS };
    const subject = { name: FLOW_WORDS[flow], unit: '', format: formatMessageRate };
    return {
      flow,
      now: samples.at(-1)?.value ?? null,
      pieces: linePieces(samples, scale),
      words: lineWords(samples, subject),
    };
  };
  const sampled = nodes.map((node) => ({
    node: node.node,
    flows: FLOWS.map((flow) => lineOf(node, flow)),
  }));
  const unsampled = missing.map((node) => ({
    node,
    flows: FLOWS.map((flow) => ({ flow, now: null, pieces: [], words: 'Nothing is known of it.' })),
  }));
  return {
    nodes: [...sampled, ...unsampled].sort((a, b) => compareText(a.node, b.node)),
    fromMs,
    toMs,
    tops,
  };
}
