/**
 * What a server says of itself on `ec_status`: its view and links each second, and what is large or seldom changes
 * (views, groups) only then. Everything of `bus` is younger than the rest, so senders may leave it out.
 */

import { z } from 'zod';
import { configStatus } from '../wire/config-status.ts';
import { count, NAMES_IN_LIST_MAX, name, names, nodeName, printable, wallMs } from './message-fields.ts';

export const STATUS_VIEWS_MAX = 20;
export const STATUS_GROUPS_MAX = 64;
export const STATUS_REFUSALS_MAX = 32;
export const STATUS_COUNTERS_MAX = 128;
export const DETAIL_CHARACTERS_MAX = 200;
export const REASON_CHARACTERS_MAX = 64;

/** Milliseconds before the message was sent: no clock of another machine has to be believed. */
const agoMs = z.number().min(0).max(8.64e15);
const span = z.number().min(0).max(8.64e15);

const fewer = (entriesMax: number) => (record: Readonly<Record<string, unknown>>) =>
  Object.keys(record).length <= entriesMax;

const linkFigures = z.object({
  /** Since the link is in its state. */
  sinceAgoMs: agoMs,
  refused: count,
  /** Totals since the start of the server. */
  bytesIn: count,
  bytesOut: count,
  messagesIn: count,
  messagesOut: count,
  slow: printable(DETAIL_CHARACTERS_MAX).nullable(),
  detail: printable(DETAIL_CHARACTERS_MAX),
});

const link = z.object({
  to: name,
  state: z.enum(['up', 'dialing', 'waiting', 'refused']),
  roundTripMs: z.number().min(0).nullable(),
  backlog: count,
  reconnects: count,
  figures: z.optional(linkFigures),
});

const view = z.object({
  viewId: name,
  members: names,
  agoMs,
  tookMs: span.nullable(),
  joined: names,
  lost: z.array(z.object({ node: name, cause: printable(32) })).max(NAMES_IN_LIST_MAX),
});

const groups = z.object({
  /** Grows with every change since the start of the server. */
  version: count,
  /** Absent while it is as it was told before. `members` may be cut, `count` is not. */
  list: z.optional(z.array(z.object({ group: name, count, members: names })).max(STATUS_GROUPS_MAX)),
});

const bus = z.object({
  /** Of the server; differs for every start. */
  incarnation: count,
  /** How long the server ran when it sent this: differences of totals are divided by differences of this. */
  upMs: span,
  authenticated: z.boolean(),
  maxBacklog: count,
  refusals: z.record(printable(REASON_CHARACTERS_MAX), count).refine(fewer(STATUS_REFUSALS_MAX)),
  /** How long the process was not scheduled within the last minute. */
  pausedMs: z.optional(span),
  /** Views installed since the start. */
  viewChanges: count,
  /** The last ones, newest last. Absent while they are as they were told before. */
  views: z.optional(z.array(view).max(STATUS_VIEWS_MAX)),
  /** Only from the first member of a view. */
  groups: z.optional(groups),
});

/** Of the mail plane: totals since the last reset, gauges as they are, and messages per second over the last seconds. */
const mail = z.object({
  receptions: count,
  deliveries: count,
  transients: count,
  failures: count,
  rejections: count,
  moved: count,
  inbound: count,
  outbound: count,
  active: count,
  delayed: count,
  domains: count,
  receptionRate: z.number().min(0).nullable(),
  deliveryRate: z.number().min(0).nullable(),
  rejectionRate: z.number().min(0).nullable(),
});

export const status = z.object({
  node: nodeName,
  state: z.enum(['gather', 'flush', 'operational']),
  viewId: name.nullable(),
  viewMembers: names,
  links: z.array(link).max(NAMES_IN_LIST_MAX),
  /** For each server known through REACH, to which others it has a live link (R20). */
  reach: z.array(z.object({ node: name, sees: names })).max(NAMES_IN_LIST_MAX),
  clients: count,
  counters: z.record(printable(64), z.number()).refine(fewer(STATUS_COUNTERS_MAX)),
  /** The sender's wall clock when it sent this. */
  wallMs,
  /** Absent where the sender says nothing of its configuration. */
  config: z.optional(configStatus),
  bus: z.optional(bus),
  /** Absent where the sender runs no mail. */
  mail: z.optional(mail),
});

export type NodeStatus = z.infer<typeof status>;
export type MailStatus = z.infer<typeof mail>;
export type BusStatus = z.infer<typeof bus>;
