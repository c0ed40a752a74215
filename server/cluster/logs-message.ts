/**
 * What a node says of the logs that it publishes on `ec_status`: it comes when something changed, at most each 2 s, and
 * each 15 s otherwise, in parts of bounded size. Whoever has all parts of one `telling` has the whole. Moments are
 * milliseconds before the message was sent, so that no clock of another machine has to be believed.
 */

import { z } from 'zod';
import { printableLine } from '../console/printable.ts';
import { formatPosition, type LogPosition } from '../model/log-position.ts';
import {
  LAG_UNKNOWN,
  LOGS_PER_NODE_MAX,
  type LogRow,
  logPosition,
  SUBSCRIBERS_PER_LOG_MAX,
  type SubscriberView,
} from '../wire/logs.ts';
import { inParts } from './gathered.ts';
import { count, printable } from './message-fields.ts';
import type { LogLook, SubscriberLook } from './watched-logs.ts';

export const LOGS_PARTS_MAX = 16;
export const LOG_TEXT_CHARACTERS_MAX = 300;
const LOG_CHARACTERS_MAX = 128;
const PATH_CHARACTERS_MAX = 1_024;
const NAME_CHARACTERS_MAX = 255;
/** Below 256 KiB with what stands around it. */
const PART_BYTES_MAX = 200 * 1_024;

const agoMs = z.number().min(0).max(8.64e15);
const amount = z.number().min(0);
const position = z.nullable(logPosition);

const subscriberTold = z.object({
  name: printable(NAME_CHARACTERS_MAX).min(1),
  position,
  lag: z.nullable(z.object({ records: count, bytes: count, oldestAgoMs: agoMs.nullable() })),
  unknown: z.enum(LAG_UNKNOWN).nullable(),
  text: printable(LOG_TEXT_CHARACTERS_MAX),
  recordsPerS: amount.nullable(),
  bytesPerS: amount.nullable(),
  job: count.nullable(),
  by: printable(NAME_CHARACTERS_MAX).nullable(),
  movedAgoMs: agoMs.nullable(),
  neverRead: z.boolean(),
  active: z.boolean(),
});

const logTold = z.object({
  log: printable(LOG_CHARACTERS_MAX).min(1),
  path: printable(PATH_CHARACTERS_MAX),
  state: z.enum(['ok', 'missing', 'unreadable', 'damaged']),
  text: printable(LOG_TEXT_CHARACTERS_MAX),
  onDiskBytes: count.nullable(),
  segments: count.nullable(),
  first: position,
  latest: position,
  recordsPerS: amount.nullable(),
  bytesPerS: amount.nullable(),
  disk: z.nullable(z.object({ freeBytes: amount, totalBytes: amount })),
  gaps: count,
  subscribers: z.array(subscriberTold).max(SUBSCRIBERS_PER_LOG_MAX),
  omitted: count,
});

export const logs = z.object({
  /** Counts from 1 for each start of the node. */
  telling: count,
  /** 0 .. parts-1. */
  part: count.max(LOGS_PARTS_MAX - 1),
  parts: count.min(1).max(LOGS_PARTS_MAX),
  logs: z.array(logTold).max(LOGS_PER_NODE_MAX),
});

export type LogsPart = z.infer<typeof logs>;
export type LogTold = z.infer<typeof logTold>;

/** What a look at a log says to others. */
export function toldOf(look: LogLook, nowMs: number): LogTold {
  const { description, rate, disk, subscribers } = look;
  return {
    log: shown(look.log, LOG_CHARACTERS_MAX),
    path: shown(look.directory, PATH_CHARACTERS_MAX),
    state: look.state,
    text: shown(look.text, LOG_TEXT_CHARACTERS_MAX),
    onDiskBytes: description?.onDiskBytes ?? null,
    segments: description?.segments ?? null,
    first: printed(description?.first),
    latest: printed(description?.last),
    recordsPerS: rate?.records ?? null,
    bytesPerS: rate?.bytes ?? null,
    disk: disk === undefined ? null : { freeBytes: disk.freeBytes, totalBytes: disk.totalBytes },
    gaps: description?.gaps ?? 0,
    subscribers: subscribers.slice(0, SUBSCRIBERS_PER_LOG_MAX).map((one) => toldSubscriber(one, nowMs)),
    omitted: Math.max(0, subscribers.length - SUBSCRIBERS_PER_LOG_MAX),
  };
}

/** In parts that fit into messages; at least one, also of nothing. */
export function partsOf(told: readonly LogTold[], telling: number): readonly LogsPart[] {
  const bounds = { bytesMax: PART_BYTES_MAX, partsMax: LOGS_PARTS_MAX };
  const parts = inParts(told.slice(0, LOGS_PER_NODE_MAX), bounds);
  return parts.map((some, part) => ({ telling, part, parts: parts.length, logs: [...some] }));
}

/** @param nowWallMs when the message arrived, on the clock of whoever shows it. */
export function logRowOf(node: string, told: LogTold, nowWallMs: number): LogRow {
  const { subscribers, ...log } = told;
  return {
    id: `${node}/${told.log}`,
    node,
    ...log,
    subscribers: subscribers.map(({ lag, movedAgoMs, ...one }) => ({
      ...one,
      lag: lag && {
        records: lag.records,
        bytes: lag.bytes,
        oldestMs: lag.oldestAgoMs === null ? null : nowWallMs - lag.oldestAgoMs,
      },
      movedMs: movedAgoMs === null ? null : nowWallMs - movedAgoMs,
    })),
    toldMs: nowWallMs,
  };
}

function toldSubscriber(
  look: SubscriberLook,
  nowMs: number,
): LogTold['subscribers'][number] & Pick<SubscriberView, 'name'> {
  const { lag, rate, job, movedAtMs } = look;
  return {
    name: shown(look.name, NAME_CHARACTERS_MAX),
    position: printed(look.position),
    lag:
      lag === undefined
        ? null
        : {
            records: lag.records,
            bytes: lag.bytes,
            oldestAgoMs: lag.ageUs === undefined ? null : Math.max(0, Math.round(lag.ageUs / 1_000)),
          },
    unknown: look.unknown,
    text: shown(look.text, LOG_TEXT_CHARACTERS_MAX),
    recordsPerS: atLeast0(rate?.records),
    bytesPerS: atLeast0(rate?.bytes),
    job: job?.id ?? null,
    by: job === undefined ? null : shown(job.by, NAME_CHARACTERS_MAX),
    movedAgoMs: movedAtMs === undefined ? null : Math.max(0, nowMs - movedAtMs),
    neverRead: look.neverRead,
    active: look.active,
  };
}

function atLeast0(perS: number | undefined): number | null {
  return perS === undefined ? null : Math.max(0, perS);
}

function printed(at: LogPosition | undefined): string | null {
  return at === undefined ? null : formatPosition(at);
}

function shown(text: string, charactersMax: number): string {
  return printableLine(text).slice(0, charactersMax);
}
