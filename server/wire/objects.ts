/**
 * Replicated objects for pages (ui.md 4.6): what nodes tell of each object on `ec_status`, and rows of one object as
 * each node sees them, asked for on demand. What nobody knows is null, never 0.
 */

import * as z from 'zod/mini';

/** Nodes tell each 1 s when something changed, else each 10 s: older than this says nothing of now. */
export const OBJECT_ROW_STALE_MS = 25_000;
export const OBJECT_ROWS_MAX = 200;
/** Differences of totals below this part of the larger one are traffic under way (RO-3). */
export const SKEW_PART = 0.05;
/** A larger difference alarms once it held for so long; `max_delay` is 1 s by default. */
export const SKEW_HELD_MS = 1_500;

/** What one node tells of one object. Spans are milliseconds before it was told. */
export const objectAtNode = z.object({
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
  /** The sender's own uptime: differences of totals are divided by differences of this. */
  upMs: z.number(),
  /** When the gateway heard it. */
  toldMs: z.number(),
});

/** Key: name of the object. */
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
  nodes: z.array(objectAtNode),
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
  toldMs: z.number(),
});

/** Question to one node and to the gateway alike. */
export const objectQuery = z.object({
  object: z.string(),
  /** `global`, or a node whose share is asked for. */
  view: z.string(),
  under: z.optional(z.string()),
  search: z.optional(z.string()),
  top: z.number(),
});

export const objectValue = z.object({
  key: z.string(),
  /** Text of a cache entry, masked unless asked for by who may; null for counters. */
  text: z.nullable(z.string()),
  value: z.nullable(z.number()),
  children: z.boolean(),
  expiresInMs: z.nullable(z.number()),
});

/** What one node answers. */
export const objectAnswer = z.object({ rows: z.array(objectValue), found: z.number() });

/** What the gateway answers: the same question to several nodes, one column each. */
export const objectColumns = z.object({
  object: z.string(),
  view: z.string(),
  columns: z.array(
    z.object({
      node: z.string(),
      state: z.enum(['told', 'silent', 'unknownObject', 'refused']),
      /** When its answer came; null without one. */
      atMs: z.nullable(z.number()),
      found: z.nullable(z.number()),
    }),
  ),
  rows: z.array(
    z.object({
      key: z.string(),
      children: z.boolean(),
      text: z.nullable(z.string()),
      expiresInMs: z.nullable(z.number()),
      /** In the order of `columns`; null where that node did not answer. 0 where it says that there is nothing. */
      values: z.array(z.nullable(z.number())),
    }),
  ),
});

export type ObjectAtNode = z.infer<typeof objectAtNode>;
export type ObjectRow = z.infer<typeof objectRow>;
export type MailFigures = z.infer<typeof mailFigures>;
export type ObjectQuery = z.infer<typeof objectQuery>;
export type ObjectValue = z.infer<typeof objectValue>;
export type ObjectAnswer = z.infer<typeof objectAnswer>;
export type ObjectColumns = z.infer<typeof objectColumns>;
