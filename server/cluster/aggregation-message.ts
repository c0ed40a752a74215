/**
 * What a manager says of its aggregation on `ec_status`: one row for each log of each node, in parts of bounded size. It
 * comes when something changed, at most each 2 s, and each 15 s otherwise. Whoever has all parts of one `telling` has
 * the whole; parts of another telling replace it, and what is not heard for long is not known any more.
 */

import { z } from 'zod';
import { logPosition } from '../wire/logs.ts';
import { count, name, nodeName, printable } from './message-fields.ts';

/** In one part: below 256 KiB even when every character needs an escape. */
export const STREAMS_PER_PART = 48;
/** Of one telling; further ones are counted in `omitted`. */
export const AGGREGATION_PARTS_MAX = 32;
export const STREAMS_TOLD_MAX = STREAMS_PER_PART * AGGREGATION_PARTS_MAX;
export const STREAM_TEXT_CHARACTERS_MAX = 200;
export const WANTED_TOLD_MAX = 16;

const LOG_CHARACTERS_MAX = 128;
const SUBSCRIBER_CHARACTERS_MAX = 126;

const subscriber = printable(SUBSCRIBER_CHARACTERS_MAX);

/** See `streamView` in wire/logs.ts. */
const stream = z.object({
  node: nodeName,
  log: printable(LOG_CHARACTERS_MAX).min(1),
  wanted: z.array(subscriber).max(WANTED_TOLD_MAX),
  subscriber: subscriber.nullable(),
  state: z.enum(['pulling', 'idle', 'held', 'refused', 'unreachable', 'off', 'failed']),
  text: printable(STREAM_TEXT_CHARACTERS_MAX),
  position: z.nullable(logPosition),
  records: count,
  bytes: count,
  /** Milliseconds before the message was sent; null: no record since the manager started. */
  lastAgoMs: z.number().min(0).max(8.64e15).nullable(),
});

export const aggregation = z.object({
  manager: name,
  /** Counts from 1 for each start of the manager. */
  telling: count,
  /** 0 .. parts-1. */
  part: count.max(AGGREGATION_PARTS_MAX - 1),
  parts: count.min(1).max(AGGREGATION_PARTS_MAX),
  /** What stands in the way of all of it; empty where all is well. The same in every part. */
  text: printable(STREAM_TEXT_CHARACTERS_MAX),
  omitted: count,
  streams: z.array(stream).max(STREAMS_PER_PART),
});

export type AggregationPart = z.infer<typeof aggregation>;
