/**
 * Replicated objects for pages (ui.md 4.6): what nodes tell of each object on `ec_status`, and rows of one object as
 * each node sees them, asked for on demand. What nobody knows is null, never 0.
 */

import * as z from 'zod/mini';

const wallMs = z.number();
/** Without control characters, so that JSON of a question has at most twice its characters. */
const text = (charactersMin: number, charactersMax: number) =>
  z.string().check(z.minLength(charactersMin), z.maxLength(charactersMax), z.regex(/^[^\p{Cc}\p{Cs}]*$/u));

/** Nodes tell each 1 s when something changed, else each 10 s: older than this says nothing of now. */
export const OBJECT_ROW_STALE_MS = 25_000;
/** Rows of an object that are shown at once; `found` says of how many. */
export const OBJECT_ROWS_MAX = 200;
/** Rows that one node is asked for: some more, so that what nodes see alike meets at the edge as well. */
export const OBJECT_ROWS_TOLD_MAX = 256;
/** Of a cache entry; the rest is cut off. */
export const OBJECT_TEXT_CHARACTERS_MAX = 1_024;
const KEY_CHARACTERS_MAX = 512;
/** A control character is shown as `\x1b`. */
const CHARACTERS_SHOWN_MAX = 4;
/** Rows of the live model, nodes of one, owners that one node tells of an object. */
export const OBJECTS_SHOWN_MAX = 256;
export const OBJECT_NODES_MAX = 256;
export const OBJECT_OWNERS_MAX = 256;
/** Differences of totals below this part of the larger one are traffic under way (RO-3). */
export const SKEW_PART = 0.05;
/** A copy that differs from what its owner says alarms once that held for so long: most are repaired by then. */
export const SKEW_HELD_MS = 1_500;

/** What one node tells of one object. Spans are milliseconds before it was told. */
export const objectAtNode = z.object({
  /** Id of its member row. */
  node: z.string(),
  privateName: z.nullable(z.string()),
  entries: z.number(),
  /** Sum over all shares as this node sees it; null for kinds that do not add up. */
  total: z.nullable(z.number()),
  own: z.object({ entries: z.number(), total: z.nullable(z.number()) }),
  pending: z.number(),
  oldestPendingMs: z.nullable(z.number()),
  sentKeys: z.number(),
  receivedKeys: z.number(),
  sentBytes: z.number(),
  receivedBytes: z.number(),
  /** Between its last two tellings, by its own uptime; null before there were two. */
  rates: z.nullable(
    z.object({
      sentKeysPerS: z.number(),
      receivedKeysPerS: z.number(),
      sentBytesPerS: z.number(),
      receivedBytesPerS: z.number(),
    }),
  ),
  /** Hits and misses of a cache; null for other kinds. */
  hits: z.nullable(z.number()),
  misses: z.nullable(z.number()),
  owners: z.array(
    z.object({
      node: z.string(),
      entries: z.number(),
      heardAgoMs: z.nullable(z.number()),
      awaiting: z.boolean(),
      divergedAgoMs: z.nullable(z.number()),
    }),
  ),
  /**
   * Since when its total lies apart from that of most nodes by more than SKEW_PART and than delays explain; null while
   * it does not. The gateway's own finding.
   */
  skewSinceMs: z.nullable(wallMs),
  /** The sender's own uptime: differences of totals are divided by differences of this. */
  upMs: z.number(),
  /** When the gateway heard it; of a node that is gone, its last words. */
  toldMs: wallMs,
});

/** Collection `objects`, key: name of the object. What only some nodes say of the plan is as the last one said it. */
export const objectRow = z.object({
  id: z.string(),
  type: z.string(),
  kind: z.string(),
  snapshots: z.boolean(),
  parameters: z.array(z.string()),
  bindingGroup: z.nullable(z.string()),
  maxDelayMs: z.number(),
  maxPending: z.number(),
  /** Null: no bound of its own. */
  maxSize: z.nullable(z.number()),
  /** By name. Further ones are counted. */
  nodes: z.array(objectAtNode),
  omitted: z.int(),
});

/** Totals since the start of the node; gauges as they are. Null in a member row: that member runs no mail. */
export const mailFigures = z.object({
  receptions: z.number(),
  deliveries: z.number(),
  transients: z.number(),
  failures: z.number(),
  rejections: z.number(),
  moved: z.number(),
  inbound: z.number(),
  outbound: z.number(),
  active: z.number(),
  delayed: z.number(),
  domains: z.number(),
  /** Messages per second over the sender's last seconds; null until it is known. */
  receptionRate: z.nullable(z.number()),
  deliveryRate: z.nullable(z.number()),
  rejectionRate: z.nullable(z.number()),
  /** When the gateway heard it. */
  toldMs: wallMs,
});

/** Query `shared` to one node. A name that it does not know is refused with UNKNOWN_OBJECT. */
export const objectQuery = z.object({
  object: text(1, 255),
  /** `global`, or a node whose share is asked for. */
  view: text(1, 255),
  /** Children of this netblock, or names that begin so; absent for the top. */
  under: z.optional(text(1, KEY_CHARACTERS_MAX)),
  /** An address or netblock: rows that cover it; in other kinds: names that contain it. */
  search: z.optional(text(1, KEY_CHARACTERS_MAX)),
  /** The largest, at most so many. */
  top: z.int().check(z.gte(1), z.lte(OBJECT_ROWS_TOLD_MAX)),
  /** Texts of cache entries as well. */
  texts: z.optional(z.boolean()),
});
export const UNKNOWN_OBJECT = 'unknown object';

export const objectValue = z.object({
  key: z.string().check(z.maxLength(KEY_CHARACTERS_MAX * CHARACTERS_SHOWN_MAX)),
  /** Beginning of a cache entry if it was asked for; null for counters and where it is masked. */
  text: z.nullable(z.string().check(z.maxLength(OBJECT_TEXT_CHARACTERS_MAX * CHARACTERS_SHOWN_MAX))),
  /** A counter; of a cache entry its size in bytes. */
  value: z.nullable(z.number()),
  children: z.boolean(),
  expiresInMs: z.nullable(z.number()),
});

/** What one node answers, largest value first. */
export const objectAnswer = z.object({
  rows: z.array(objectValue).check(z.maxLength(OBJECT_ROWS_TOLD_MAX)),
  found: z.number(),
});

/** POST /api/objects/query. `texts`: operators and admins only, and each time in the audit log. */
export const objectQueryRequest = z.object({
  ...objectQuery.shape,
  top: z.int().check(z.gte(1), z.lte(OBJECT_ROWS_MAX)),
  /** Whom to ask; absent: every node that is not gone. */
  nodes: z.optional(z.array(text(1, 600)).check(z.minLength(1), z.maxLength(OBJECT_NODES_MAX))),
});

/** What the gateway answers: the same question to several nodes, one column each. */
export const objectColumns = z.object({
  object: z.string(),
  view: z.string(),
  columns: z.array(
    z.object({
      node: z.string(),
      state: z.enum(['told', 'silent', 'unknownObject', 'refused']),
      /** Why there is no answer, for people; empty with one. */
      text: z.string(),
      /** When its answer came; null without one. */
      atMs: z.nullable(wallMs),
      found: z.nullable(z.number()),
      /** What it did not tell a row of is at most this there; 0 where it told all it has, null without an answer. */
      atMost: z.nullable(z.number()),
    }),
  ),
  /** Largest value of any column first. */
  rows: z.array(
    z.object({
      key: z.string(),
      children: z.boolean(),
      /** As the first column with one says. */
      text: z.nullable(z.string()),
      /** Columns show different texts. */
      textDiffers: z.boolean(),
      expiresInMs: z.nullable(z.number()),
      /**
       * In the order of `columns`; 0 where that node says that there is nothing. Null where it did not answer, and
       * where it only said `atMost`.
       */
      values: z.array(z.nullable(z.number())),
    }),
  ),
});

/** GET /api/traffic: mail of each node over the last minutes. */
export const TRAFFIC_SAMPLE_EVERY_MS = 5_000;
/** A quarter of an hour. */
export const TRAFFIC_SAMPLES_MAX = 180;
export const TRAFFIC_NODES_MAX = 256;
const trafficSeries = z.array(z.nullable(z.number()));
export const trafficQuery = z.object({
  /** Only samples after this. */
  afterMs: z.optional(z.coerce.number().check(z.gte(0))),
});
export const trafficReply = z.object({
  /** Moment of each sample, oldest first. */
  atMs: z.array(wallMs),
  /** In each series one value for each moment; null: nothing was known of it then. Rates are messages per second. */
  nodes: z.array(
    z.object({
      node: z.string(),
      receptionRate: trafficSeries,
      deliveryRate: trafficSeries,
      rejectionRate: trafficSeries,
      inbound: trafficSeries,
      outbound: trafficSeries,
      active: trafficSeries,
      delayed: trafficSeries,
    }),
  ),
});

export type ObjectAtNode = z.infer<typeof objectAtNode>;
export type ObjectRow = z.infer<typeof objectRow>;
export type MailFigures = z.infer<typeof mailFigures>;
export type ObjectQuery = z.infer<typeof objectQuery>;
export type ObjectValue = z.infer<typeof objectValue>;
export type ObjectAnswer = z.infer<typeof objectAnswer>;
export type ObjectQueryRequest = z.infer<typeof objectQueryRequest>;
export type ObjectColumns = z.infer<typeof objectColumns>;
export type TrafficReply = z.infer<typeof trafficReply>;

/** On every node: empties a cache everywhere. W3, its name is typed. */
export function flushCommand(cache: string): string {
  return `cluster shared flush ${/^[\w.#:-]+$/.test(cache) ? cache : JSON.stringify(cache)}`;
}
