/**
 * What crosses to the browser of the durable logs: rows of the live model, the review before an offset changes, the tail
 * of a log, and how a subscriber's lag went. Moments are wall-clock milliseconds of the gateway; what is not known is
 * null and never 0. Sources: ui.md 4.7 (page), jlog.md 9 and 13 (positions, retirement), momentum.md 6.
 */

import * as z from 'zod/mini';

const wallMs = z.number();
const text = (charactersMin: number, charactersMax: number) =>
  z.string().check(z.minLength(charactersMin), z.maxLength(charactersMax));
const node = text(1, 255);
const logKey = text(1, 128);
/** 1 to 126 bytes (jlog.md 2). */
const subscriber = text(1, 126);

/** `00000000:0000a43a`: segment and marker, as the console prints it (momentum.md 6.3). */
export const logPosition = z.string().check(z.regex(/^[0-9a-f]{8}:[0-9a-f]{8}$/));

/** Logs of one node, subscribers of one log; further ones are counted in `omitted`. */
export const LOGS_PER_NODE_MAX = 64;
export const SUBSCRIBERS_PER_LOG_MAX = 32;

/** Why nothing can be said of the lag of a subscriber. */
export const LAG_UNKNOWN = [
  'unreadable',
  'badCheckpoint',
  'pastEnd',
  'dataLost',
  'damaged',
  'notCounted',
] as const;

export const subscriberView = z.object({
  name: z.string(),
  position: z.nullable(logPosition),
  /** What it has not read yet; null with a reason in `unknown`. `oldestMs`: when the oldest unread record was written. */
  lag: z.nullable(z.object({ records: z.number(), bytes: z.number(), oldestMs: z.nullable(wallMs) })),
  unknown: z.nullable(z.enum(LAG_UNKNOWN)),
  /** Says where and what, for people; empty where all is well. */
  text: z.string(),
  /** Read since the node started; null before the first look at it. Averages over the last minute. */
  recordsPerS: z.nullable(z.number()),
  bytesPerS: z.nullable(z.number()),
  /** A job of the log file service serves it now. */
  job: z.nullable(z.int()),
  /** Who reads it through that job: the name that the manager gave. */
  by: z.nullable(z.string()),
  /** When its checkpoint last moved as far as the node saw it; null: not since the node started. */
  movedMs: z.nullable(wallMs),
  /** Its checkpoint is where no record was ever consumed. */
  neverRead: z.boolean(),
  /** An offset change would be refused now, because it is in use (LS-7). */
  active: z.boolean(),
});
export type SubscriberView = z.infer<typeof subscriberView>;

/** Collection `logs`, key: `node/log`. */
export const logRow = z.object({
  id: z.string(),
  node: z.string(),
  log: z.string(),
  path: z.string(),
  /** `missing`: published, and nothing was ever written there. */
  state: z.enum(['ok', 'missing', 'unreadable', 'damaged']),
  text: z.string(),
  /** All files of the directory; null where it cannot be read. */
  onDiskBytes: z.nullable(z.number()),
  segments: z.nullable(z.int()),
  /** First record that is still there, and the last one. Null: no record. */
  first: z.nullable(logPosition),
  latest: z.nullable(logPosition),
  /** Written, averages over the last minute; null before there are two looks at it. */
  recordsPerS: z.nullable(z.number()),
  bytesPerS: z.nullable(z.number()),
  /** Of the file system that holds it. */
  disk: z.nullable(z.object({ freeBytes: z.number(), totalBytes: z.number() })),
  /** Places that could not be read, as far as somebody came upon them. */
  gaps: z.int(),
  subscribers: z.array(subscriberView),
  omitted: z.int(),
  /** When the node said this. */
  toldMs: wallMs,
});
export type LogRow = z.infer<typeof logRow>;

/** What a manager does about one log of one node. */
export const streamView = z.object({
  node: z.string(),
  log: z.string(),
  /** Names that are tried, in this order; empty: nothing is pulled (LOG-16). */
  wanted: z.array(z.string()),
  /** The one that was taken. */
  subscriber: z.nullable(z.string()),
  state: z.enum(['pulling', 'idle', 'held', 'refused', 'unreachable', 'off', 'failed']),
  text: z.string(),
  position: z.nullable(logPosition),
  records: z.number(),
  bytes: z.number(),
  /** When a record was last written to a file; null: not since the manager started. */
  lastMs: z.nullable(wallMs),
});
export type StreamView = z.infer<typeof streamView>;

/** Collection `aggregators`, key: name of the manager. */
export const aggregatorRow = z.object({
  manager: z.string(),
  streams: z.array(streamView),
  omitted: z.int(),
  /** What stands in the way of all of it, such as a full disk; empty where all is well. */
  text: z.string(),
  toldMs: wallMs,
});
export type AggregatorRow = z.infer<typeof aggregatorRow>;

/** Collection `logPauses`, key: `node/log/subscriber`: somebody does not want to hear of it for a while. */
export const logPauseRow = z.object({
  id: z.string(),
  untilMs: wallMs,
  by: z.string(),
  reason: z.string(),
});
export type LogPauseRow = z.infer<typeof logPauseRow>;
/** PUT, DELETE /api/logs/pauses: role operator. */
export const LOG_PAUSES_MAX = 200;
export const logPauseRequest = z.object({
  node,
  log: logKey,
  subscriber,
  forS: z.int().check(z.gte(60), z.lte(7 * 86_400)),
  reason: z._default(z.string().check(z.trim(), z.maxLength(1_000)), ''),
});

/** Where an offset is to go: `begin`, `end`, a position, or so many records back (negative) or on. */
export const offsetTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin') }),
  z.object({ kind: z.literal('end') }),
  z.object({ kind: z.literal('position'), position: logPosition }),
  z.object({ kind: z.literal('records'), records: z.int().check(z.gte(-1e9), z.lte(1e9)) }),
]);
export type OffsetTarget = z.infer<typeof offsetTarget>;

/** POST /api/logs/review: what a change would do, as the node itself says; changes nothing. */
export const logReviewRequest = z.object({
  node,
  log: logKey,
  subscriber,
  /** Null: the subscriber would be removed. */
  to: z.nullable(offsetTarget),
});
/** The answer of the node to the query `logReview`, and of the route. */
export const logReviewReply = z.object({
  before: z.nullable(logPosition),
  /** Null for a removal. */
  after: z.nullable(logPosition),
  /** Read a second time when it goes back; never read when it goes on. Null: cannot be counted. */
  replayed: z.nullable(z.object({ records: z.number(), bytes: z.number() })),
  lost: z.nullable(z.object({ records: z.number(), bytes: z.number() })),
  /** Segments that nobody else holds are deleted with it. */
  freedBytes: z.nullable(z.number()),
  /** Why it would be refused now; null: it would be done. */
  refusal: z.nullable(z.string()),
  /** The exact command, with the present position as `from` (compare-and-set). */
  command: z.string(),
});
export type LogReview = z.infer<typeof logReviewReply>;

export const TAIL_RECORDS_MAX = 200;
export const TAIL_BYTES_MAX = 256 * 1_024;
export const TAIL_TEXT_CHARACTERS_MAX = 4_096;
/** GET /api/logs/tail?node=&log=&from=: role operator. Without `from` the last records. */
export const logTailQuery = z.object({ node, log: logKey, from: z.optional(logPosition) });
export const logTailReply = z.object({
  records: z.array(
    z.object({
      id: logPosition,
      /** As its writer gave it, on the clock of the node. */
      atMs: z.number(),
      text: z.string(),
      /** It was longer than TAIL_TEXT_CHARACTERS_MAX. */
      cut: z.boolean(),
    }),
  ),
  /** Ask from here next. */
  next: z.nullable(logPosition),
  /** Records between `from` and the first of these that are left out, because there are too many; null: not counted. */
  skipped: z.nullable(z.number()),
  gaps: z.array(z.string()),
});
export type LogTail = z.infer<typeof logTailReply>;

/** GET /api/logs/history?node=&log=&subscriber=: a sample each 10 s for the last hour, oldest first. */
export const LAG_SAMPLES_MAX = 360;
export const lagHistoryReply = z.object({
  samples: z.array(
    z.object({ atMs: wallMs, records: z.nullable(z.number()), bytes: z.nullable(z.number()) }),
  ),
});
export type LagHistory = z.infer<typeof lagHistoryReply>;
