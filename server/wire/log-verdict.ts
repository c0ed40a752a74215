/**
 * What is to be thought of a subscriber of a log: a verdict from its row, for pages and metrics alike (ui.md 4.7). A
 * pure function of what the node told and of how long ago that is; what nobody knows stays unknown, and what does not
 * end has no estimate.
 */

import type { LogRow, SubscriberView } from './logs.ts';

/** Told each 15 s at least: older than this, the row says nothing of now. */
export const LOG_ROW_STALE_MS = 45_000;
/**
 * An unread record younger than this is on its way: `log_idle_interval` is 10 s by default, then comes a round, and the
 * row itself may be seconds old.
 */
export const ON_ITS_WAY_MS = 20_000;
/** Nothing was read for so long, although there is something: rates are averages over as long. */
export const STOPPED_MS = 60_000;
/** Reading and writing rates that differ by less than this part are the same rate. */
const SAME_RATE_PART = 0.01;
const SAME_DISK_PART = 0.01;
/** Longer estimates are none. */
const ESTIMATE_MAX_S = 10 * 365 * 86_400;

export type LogUnknown = NonNullable<SubscriberView['unknown']> | 'nodeSilent' | 'noRates';

/** Spans are seconds from now, moments as in the rows. Null: no end in sight, or nothing is known of it. */
export type LogVerdict =
  /** Everything is read, and nothing is written. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'keepingUp' }
  /** `etaS` null: it reads as fast as the log grows. */
  | { readonly kind: 'catchingUp'; readonly etaS: number | null }
  | { readonly kind: 'fallingBehind'; readonly diskFullS: number | null }
  /** `sinceMs` null: it read nothing since the node started. */
  | { readonly kind: 'stopped'; readonly sinceMs: number | null; readonly diskFullS: number | null }
  | { readonly kind: 'neverRead'; readonly diskFullS: number | null }
  /** Records were deleted, or lost with their segment, before it read them. */
  | { readonly kind: 'dataLost' }
  | { readonly kind: 'unknown'; readonly reason: LogUnknown };

/** Worst first: lists sort by the place in here. */
export const VERDICTS_WORST_FIRST: readonly LogVerdict['kind'][] = [
  'dataLost',
  'stopped',
  'fallingBehind',
  'neverRead',
  'unknown',
  'catchingUp',
  'keepingUp',
  'idle',
];

/** Whoever is on duty wants to know of these. */
const BEHIND: ReadonlySet<LogVerdict['kind']> = new Set([
  'dataLost',
  'stopped',
  'fallingBehind',
  'neverRead',
]);

export type VerdictMoment = {
  /** On the clock of the rows. */
  readonly nowMs: number;
  /** The node is a present member, as far as the dashboard knows. */
  readonly present: boolean;
  /** All rows of the same node, which fill the same disk; without them the log counts alone. */
  readonly logs?: readonly LogRow[];
};

/** @param subscriber one of `row.subscribers`. */
export function logVerdict(row: LogRow, subscriber: SubscriberView, moment: VerdictMoment): LogVerdict {
  if (!isCurrent(row, moment)) return { kind: 'unknown', reason: 'nodeSilent' };
  if (subscriber.unknown === 'dataLost') return { kind: 'dataLost' };
  const { lag } = subscriber;
  if (subscriber.unknown !== null || lag === null)
    return { kind: 'unknown', reason: subscriber.unknown ?? 'notCounted' };
  if (lag.records === 0) return { kind: (row.recordsPerS ?? 0) > 0 ? 'keepingUp' : 'idle' };
  const diskFullS = diskFullInS(row, moment.logs ?? [row]);
  if (subscriber.neverRead) return { kind: 'neverRead', diskFullS };
  if (lag.oldestMs !== null && moment.nowMs - lag.oldestMs < ON_ITS_WAY_MS) return { kind: 'keepingUp' };
  if (subscriber.recordsPerS === null || row.bytesPerS === null || subscriber.bytesPerS === null)
    return { kind: 'unknown', reason: 'noRates' };
  const { movedMs } = subscriber;
  const still = movedMs === null || moment.nowMs - movedMs >= STOPPED_MS;
  if (still && subscriber.recordsPerS === 0) return { kind: 'stopped', sinceMs: movedMs, diskFullS };
  const nearerPerS = subscriber.bytesPerS - row.bytesPerS;
  if (Math.abs(nearerPerS) <= SAME_RATE_PART * Math.max(subscriber.bytesPerS, row.bytesPerS))
    return { kind: 'catchingUp', etaS: null };
  if (nearerPerS < 0) return { kind: 'fallingBehind', diskFullS };
  return { kind: 'catchingUp', etaS: estimate(lag.bytes, nearerPerS) };
}

/** True for verdicts that somebody has to look at. */
export function isBehind({ kind }: LogVerdict): boolean {
  return BEHIND.has(kind);
}

/** Negative when `a` is worse; of the same kind, what has less time left is worse. */
export function compareVerdicts(a: LogVerdict, b: LogVerdict): number {
  const byKind = VERDICTS_WORST_FIRST.indexOf(a.kind) - VERDICTS_WORST_FIRST.indexOf(b.kind);
  return byKind === 0 ? leftS(a) - leftS(b) || 0 : byKind;
}

/**
 * Seconds until the disk is full if everything goes on as in the last minute; null when it does not fill up, or when
 * nobody knows. A log grows by what is written less what its slowest subscriber lets go.
 * @param logs of the same node; those on the same disk count.
 */
export function diskFullInS(row: LogRow, logs: readonly LogRow[]): number | null {
  const { disk } = row;
  if (disk === null) return null;
  let growthPerS = 0;
  for (const one of logs) {
    if (!sameDisk(disk, one.disk)) continue;
    const growth = growthOf(one);
    if (growth === null && one.id === row.id) return null;
    growthPerS += growth ?? 0;
  }
  return growthPerS > 0 ? estimate(disk.freeBytes, growthPerS) : null;
}

/** Bytes per second; null where it is not known. What frees more than it takes will not go on for long: it counts as 0. */
function growthOf({ bytesPerS, subscribers }: LogRow): number | null {
  if (bytesPerS === null) return null;
  if (subscribers.length === 0) return bytesPerS;
  let slowest = bytesPerS;
  for (const { lag, bytesPerS: readPerS } of subscribers) {
    if (lag?.records === 0) continue;
    if (readPerS === null) return null;
    slowest = Math.min(slowest, readPerS);
  }
  return bytesPerS - slowest;
}

/** The rows of a node were looked at together: the same disk has about as much left in all of them. */
function sameDisk(a: NonNullable<LogRow['disk']>, b: LogRow['disk']): boolean {
  if (b === null || a.totalBytes !== b.totalBytes) return false;
  return Math.abs(a.freeBytes - b.freeBytes) <= SAME_DISK_PART * a.totalBytes;
}

function isCurrent(row: LogRow, { nowMs, present }: VerdictMoment): boolean {
  return present && nowMs - row.toldMs < LOG_ROW_STALE_MS;
}

function estimate(amount: number, perS: number): number | null {
  const seconds = amount / perS;
  return seconds <= ESTIMATE_MAX_S ? seconds : null;
}

function leftS(verdict: LogVerdict): number {
  return 'diskFullS' in verdict && verdict.diskFullS !== null ? verdict.diskFullS : Number.MAX_VALUE;
}
