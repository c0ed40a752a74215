/**
 * What moving or removing a subscriber of a log would do, and doing it. The page and the console ask the same function,
 * so that what is done is what was reviewed; a refusal says why.
 */

import { err, ok, type Result } from '../base/result.ts';
import { quoteWord } from '../console/command-line.ts';
import type { FileStore, JournalLog } from '../jlog/api.ts';
import { COUNTING } from '../jlog/lag.ts';
import { indexName, parseSegmentName, segmentName } from '../jlog/names.ts';
import { comparePositions, formatPosition, type LogPosition, parsePosition } from '../model/log-position.ts';
import type { LogReview, OffsetTarget } from '../wire/logs.ts';

export type OffsetChange = {
  readonly log: string;
  readonly subscriber: string;
  /** Null: the subscriber would be removed. */
  readonly to: OffsetTarget | null;
};

/** The log, and what the node knows of it at this moment. */
export type OffsetPlace = {
  readonly journal: JournalLog;
  readonly store: FileStore;
  readonly wallUs: number;
  /** Why the subscriber is in use; undefined where it is not. */
  readonly inUse: string | undefined;
};

export type ReviewedOffset = {
  readonly review: LogReview;
  /** Where it would go; undefined for a removal, and where it would be refused. */
  readonly position: LogPosition | undefined;
};

/** The error is a refusal that leaves nothing to review: no such subscriber, or a log that cannot be read. */
export function reviewOffset(place: OffsetPlace, change: OffsetChange): Result<ReviewedOffset, string> {
  const subscribers = place.journal.subscribers();
  if (!subscribers.ok) return err(subscribers.error.message);
  const own = subscribers.value.find(({ name }) => name === change.subscriber);
  if (own === undefined) return err(`the log ${change.log} has no subscriber ${change.subscriber}`);
  const { position: before } = own;
  const target = change.to === null ? ok(undefined) : resolveTarget(place, before, change.to);
  const after = target.ok ? target.value : undefined;
  const moved = after === undefined ? undefined : between(place, before, after);
  const others = subscribers.value
    .filter(({ name }) => name !== change.subscriber)
    .map(({ position }) => position);
  const inUse = place.inUse === undefined ? undefined : `the subscriber is in use: ${place.inUse}`;
  return ok({
    position: after,
    review: {
      before: before === undefined ? null : formatPosition(before),
      after: after === undefined ? null : formatPosition(after),
      replayed: moved?.replayed ?? (change.to === null ? NOTHING : null),
      lost: change.to === null ? restOf(place, before) : (moved?.lost ?? null),
      freedBytes: target.ok ? freedBytes(place, after === undefined ? others : [...others, after]) : null,
      refusal: inUse ?? (target.ok ? null : target.error),
      command: commandOf(change, before),
    },
  });
}

/** @returns for people, what was done; the error is a refusal, and nothing was done. */
export function changeOffset(
  place: OffsetPlace,
  change: OffsetChange,
  expected: LogPosition | undefined,
): Result<{ readonly text: string; readonly position: LogPosition | undefined }, string> {
  const reviewed = reviewOffset(place, change);
  if (!reviewed.ok) return reviewed;
  const { review, position } = reviewed.value;
  if (expected !== undefined && review.before !== formatPosition(expected))
    return err(`it is at ${review.before ?? 'no readable position'} and not at ${formatPosition(expected)}`);
  if (review.refusal !== null) return err(review.refusal);
  return position === undefined ? remove(place, change) : move(place, change, { review, position });
}

/** `begin`, `end`, a position, or `+N`, `-N`. */
export function parseTarget(word: string): Result<OffsetTarget, string> {
  const lower = word.toLowerCase();
  if (lower === 'begin' || lower === 'end') return ok({ kind: lower });
  if (/^[+-]\d{1,9}$/.test(word)) return ok({ kind: 'records', records: Number(word) });
  const position = parsePosition(word);
  if (position.ok) return ok({ kind: 'position', position: formatPosition(position.value) });
  return err(`'${word}' is neither begin, end, +N, -N nor a position such as 00000000:0000a43a`);
}

const NOTHING = { records: 0, bytes: 0 };

function resolveTarget(
  { journal, wallUs }: OffsetPlace,
  before: LogPosition | undefined,
  to: OffsetTarget,
): Result<LogPosition, string> {
  if (to.kind === 'records' && before === undefined)
    return err('its checkpoint cannot be read: name a position');
  const from = before ?? BEGIN;
  const asked = to.kind === 'position' ? parsePosition(to.position) : undefined;
  if (asked !== undefined && !asked.ok) return asked;
  if (asked !== undefined) return checkPosition(journal, asked.value, wallUs);
  const steps = to.kind === 'records' ? to.records : to.kind === 'end' ? RECORDS_ALL : -RECORDS_ALL;
  const reached = journal.stepFrom(from, steps);
  if (!reached.ok) return err(reached.error.message);
  if (reached.value !== undefined) return ok(reached.value);
  const described = journal.describe(wallUs);
  const empty = described.ok && described.value.segments === 0;
  return empty ? ok(BEGIN) : err(`${COUNTING}; try again`);
}

/** More than any log holds. */
const RECORDS_ALL = Number.MAX_SAFE_INTEGER;
const BEGIN: LogPosition = { segment: 0, marker: 0 };

/** Only where records are, or between them: elsewhere nothing could be read, or what is written next would be left out. */
function checkPosition(
  journal: JournalLog,
  position: LogPosition,
  wallUs: number,
): Result<LogPosition, string> {
  const lag = journal.lagOf(position, wallUs);
  if (!lag.ok) return err(lag.error.message);
  if (!lag.value.known) return err(`${lag.value.reason}; try again`);
  if (lag.value.lost === 'past-end') return err(`${formatPosition(position)} lies behind the end of the log`);
  if (lag.value.lost !== undefined) return err(`${formatPosition(position)} lies before the oldest record`);
  return ok(position);
}

function between({ journal, wallUs }: OffsetPlace, before: LogPosition | undefined, after: LogPosition) {
  if (before === undefined) return undefined;
  const lags = [journal.lagOf(before, wallUs), journal.lagOf(after, wallUs)].map((lag) =>
    lag.ok && lag.value.known ? lag.value : undefined,
  );
  const [then, now] = lags;
  if (then === undefined || now === undefined) return undefined;
  const back = comparePositions(after, before) < 0;
  const amount = {
    records: Math.abs(now.records - then.records),
    bytes: Math.abs(now.bytes - then.bytes),
  };
  return { replayed: back ? amount : NOTHING, lost: back ? NOTHING : amount };
}

function restOf({ journal, wallUs }: OffsetPlace, before: LogPosition | undefined): LogReview['lost'] {
  if (before === undefined) return null;
  const lag = journal.lagOf(before, wallUs);
  return lag.ok && lag.value.known ? { records: lag.value.records, bytes: lag.value.bytes } : null;
}

/** Segments that lie before all of these positions; none where nobody reads, or a checkpoint cannot be read. */
function freedBytes(
  { journal, store }: OffsetPlace,
  needed: readonly (LogPosition | undefined)[],
): number | null {
  const names = store.list(journal.directory);
  if (!names.ok) return null;
  const segments = names.value.flatMap((name) => parseSegmentName(name) ?? []);
  if (needed.length === 0 || needed.includes(undefined)) return 0;
  const lowest = Math.min(Math.max(...segments, 0), ...needed.map((position) => position?.segment ?? 0));
  let bytes = 0;
  for (const segment of segments.filter((one) => one < lowest)) {
    for (const name of [segmentName(segment), indexName(segment)]) {
      const size = store.sizeOf(`${journal.directory}/${name}`);
      if (size.ok) bytes += size.value;
    }
  }
  return bytes;
}

function commandOf({ log, subscriber, to }: OffsetChange, before: LogPosition | undefined): string {
  const words = [log, subscriber].map(quoteWord);
  const from = before === undefined ? [] : ['from', formatPosition(before)];
  if (to === null) return ['cluster logs remove', ...words, ...from].join(' ');
  return ['cluster logs reset', ...words, targetWord(to), ...from].join(' ');
}

function targetWord(to: OffsetTarget): string {
  if (to.kind === 'position') return to.position;
  if (to.kind === 'records') return to.records < 0 ? String(to.records) : `+${to.records}`;
  return to.kind;
}

function move(
  { journal }: OffsetPlace,
  { log, subscriber }: OffsetChange,
  to: { readonly review: LogReview; readonly position: LogPosition },
): Result<{ readonly text: string; readonly position: LogPosition | undefined }, string> {
  const set = journal.setCheckpoint(subscriber, to.position);
  if (!set.ok) return err(set.error.message);
  journal.clean();
  const { before, after } = to.review;
  const text = `${log}: subscriber '${subscriber}' moved from ${before ?? 'an unreadable checkpoint'} to ${after}`;
  return ok({ text: `${text}${amountText(to.review)}`, position: to.position });
}

function remove(
  { journal }: OffsetPlace,
  { log, subscriber }: OffsetChange,
): Result<{ readonly text: string; readonly position: LogPosition | undefined }, string> {
  const removed = journal.removeSubscriber(subscriber);
  if (!removed.ok) return err(removed.error.message);
  const retired = journal.clean();
  const freed = retired.ok ? retired.value.length : 0;
  const segments = freed === 1 ? '1 segment' : `${freed} segments`;
  return ok({ text: `${log}: subscriber '${subscriber}' removed, ${segments} deleted`, position: undefined });
}

function amountText({ replayed, lost }: LogReview): string {
  if (replayed !== null && replayed.records > 0) return `: ${replayed.records} records are read again`;
  if (lost !== null && lost.records > 0) return `: ${lost.records} records are left out`;
  return '';
}
