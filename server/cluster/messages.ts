/**
 * What members of the cluster say to each other over the bus, and its codec: one JSON object per message with a
 * version field. Everything decoded here comes from outside, so it is bounded and validated; unknown fields are
 * tolerated, anything else is a counted refusal. Knows no sender, no time and no order.
 */

import { z } from 'zod';
import { unreachable } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { QUERIES, QUERY_ABOUT_CHARACTERS_MAX } from '../wire/options.ts';
import { type AggregationPart, aggregation } from './aggregation-message.ts';
import { type LogsPart, logs } from './logs-message.ts';
import { count, name, nodeName, printable, wallMs } from './message-fields.ts';
import { type ObjectsPart, objects } from './objects-message.ts';
import { type NodeStatus, status } from './status-message.ts';

/** 1: first version. A message of another version is refused and counted. */
export const MESSAGE_VERSION = 1;

/** The 16 bit application type that travels beside each payload. */
export const MESSAGE_KINDS = {
  question: 0x4d01,
  answer: 0x4d02,
  heartbeat: 0x4d03,
  status: 0x4d04,
  request: 0x4d05,
  reply: 0x4d06,
  query: 0x4d07,
  aggregation: 0x4d08,
  logs: 0x4d09,
  // 0x4d0a: replication, whose codec is in that room.
  objects: 0x4d0b,
} as const;

export const PAYLOAD_BYTES_MAX = 512 * 1024;
export const GROUPS_IN_ANSWER_MAX = 64;
export const COMMAND_CHARACTERS_MAX = 65_536;
export const REQUEST_ID_CHARACTERS_MAX = 64;
/** UTF-16 units of text in one part of a reply: below 256 KiB even when every character needs a JSON escape. */
export const REPLY_PART_CHARACTERS = 40_000;
export const REPLY_PARTS_MAX = 512;

const requestId = printable(REQUEST_ID_CHARACTERS_MAX).min(1);

/** What a member tells of itself: in the capabilities of its joins and in answers (CLU-14, CLU-24). */
const memberFacts = z.object({
  /** Null for a manager, which has no cluster module. */
  nodeName: nodeName.nullable(),
  subcluster: name.nullable(),
  /** `Momentum`, `Manager`, `Dashboard`, or anything else. */
  nodeType: printable(64),
  version: name.nullable(),
  /** Cluster services address, `10.79.0.20:4802`; null where none is served. */
  address: name.nullable(),
  pid: count,
  /** Start of the process on its own wall clock. */
  startedMs: wallMs,
  groups: z.array(name).max(GROUPS_IN_ANSWER_MAX),
  privateNames: z.array(name).max(8),
  /** Null where the member sends no heartbeats. */
  heartbeat: z
    .object({
      startDelayMs: z.number().min(0).max(86_400_000),
      intervalMs: z.number().min(10).max(86_400_000),
    })
    .nullable(),
});

const question = z.object({});
const answer = z.object({ facts: memberFacts });
const heartbeat = z.object({
  /** Counts from 1 for each start of the process. */
  number: count,
  intervalMs: z.number().min(10).max(86_400_000),
});
const request = z.object({
  id: requestId,
  /** One console command without a line end. */
  command: z.string().min(1).max(COMMAND_CHARACTERS_MAX),
});
const reply = z.object({
  id: requestId,
  /** 0 .. parts-1. */
  part: count.max(REPLY_PARTS_MAX - 1),
  parts: count.min(1).max(REPLY_PARTS_MAX),
  ok: z.boolean(),
  text: z.string().max(REPLY_PART_CHARACTERS),
});

/** A question about the process itself; answered with `reply`, whose text is JSON. */
const query = z.object({
  id: requestId,
  what: z.enum(QUERIES),
  /** JSON; what it may be depends on `what`. */
  about: z.string().max(QUERY_ABOUT_CHARACTERS_MAX).optional(),
});

const SCHEMAS = { question, answer, heartbeat, status, request, reply, query, aggregation, logs, objects };

export type MemberFacts = z.infer<typeof memberFacts>;
export type ClusterMessage =
  | { readonly type: 'question' }
  | ({ readonly type: 'answer' } & Readonly<z.infer<typeof answer>>)
  | ({ readonly type: 'heartbeat' } & Readonly<z.infer<typeof heartbeat>>)
  | ({ readonly type: 'status' } & Readonly<NodeStatus>)
  | ({ readonly type: 'request' } & Readonly<z.infer<typeof request>>)
  | ({ readonly type: 'reply' } & Readonly<z.infer<typeof reply>>)
  | ({ readonly type: 'query' } & Readonly<z.infer<typeof query>>)
  | ({ readonly type: 'aggregation' } & Readonly<AggregationPart>)
  | ({ readonly type: 'logs' } & Readonly<LogsPart>)
  | ({ readonly type: 'objects' } & Readonly<ObjectsPart>);

export type MessageRefusal = 'unknownKind' | 'tooLong' | 'otherVersion' | 'garbage';

export type EncodedMessage = { readonly kind: number; readonly payload: Buffer };

export function encodeMessage(message: ClusterMessage): EncodedMessage {
  const { type, ...body } = message;
  return {
    kind: MESSAGE_KINDS[type],
    payload: Buffer.from(JSON.stringify({ v: MESSAGE_VERSION, ...body })),
  };
}

export function decodeMessage(kind: number, payload: Buffer): Result<ClusterMessage, MessageRefusal> {
  const type = typeOfKind(kind);
  if (type === undefined) return err('unknownKind');
  const value = parseVersioned(payload);
  if (!value.ok) return value;
  return narrow(type, value.value);
}

/** The capabilities that a member gives when it joins a group. */
export function encodeCapabilities(facts: MemberFacts): Buffer {
  return encodeMessage({ type: 'answer', facts }).payload;
}

/** Undefined for a foreign client, whose capabilities mean nothing to us. */
export function decodeCapabilities(capabilities: Buffer): MemberFacts | undefined {
  if (capabilities.length === 0) return undefined;
  const decoded = decodeMessage(MESSAGE_KINDS.answer, capabilities);
  return decoded.ok && decoded.value.type === 'answer' ? decoded.value.facts : undefined;
}

function typeOfKind(kind: number): ClusterMessage['type'] | undefined {
  for (const type of Object.keys(MESSAGE_KINDS) as ClusterMessage['type'][]) {
    if (MESSAGE_KINDS[type] === kind) return type;
  }
  return undefined;
}

function parseVersioned(payload: Buffer): Result<unknown, MessageRefusal> {
  if (payload.length > PAYLOAD_BYTES_MAX) return err('tooLong');
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return err('garbage'); // the only thing JSON.parse can mean by throwing
  }
  if (typeof value !== 'object' || value === null || !('v' in value)) return err('garbage');
  if (value.v !== MESSAGE_VERSION) return err('otherVersion');
  return ok(value);
}

function narrow(type: ClusterMessage['type'], value: unknown): Result<ClusterMessage, MessageRefusal> {
  const parsed = SCHEMAS[type].safeParse(value);
  if (!parsed.success) return err('garbage');
  switch (type) {
    case 'question':
    case 'answer':
    case 'heartbeat':
    case 'status':
    case 'request':
    case 'reply':
    case 'query':
    case 'aggregation':
    case 'logs':
    case 'objects':
      return ok({ type, ...parsed.data } as ClusterMessage);
    default:
      return unreachable(type);
  }
}
