/**
 * What a node tells of its logs: looks at the published ones in turn, one at a time so that nothing else waits, and
 * publishes what it saw on `ec_status`; sends lines of the paniclog to `log_group` (CLU-10); answers what pages ask.
 */

import type { Core, DeadlineReached } from '../base/core.ts';
import type { LogJob } from '../logs/api.ts';
import { formatPosition, parsePosition } from '../model/log-position.ts';
import { GROUPS, type GroupName } from '../model/names.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import { logReviewRequest, logTailQuery } from '../wire/logs.ts';
import { changeOffset, type OffsetChange, type OffsetPlace, reviewOffset } from './log-offsets.ts';
import { tailOf } from './log-tail.ts';
import { type LogTold, partsOf, toldOf } from './logs-message.ts';
import { encodeMessage } from './messages.ts';
import type { PanicLog } from './panic-log.ts';
import type { WallClock } from './wall-clock.ts';
import { type LogPlaces, WatchedLogs } from './watched-logs.ts';

/** Every log is looked at once in this time. */
export const LOOK_INTERVAL_MS = 2_000;
/** While records are still being counted: so much is done each time that a backlog of gigabytes takes seconds. */
export const COUNT_INTERVAL_MS = 100;
/** What did not change is told again after this. */
export const TELL_INTERVAL_MS = 15_000;
/** Between two looks: others have their turn. */
const LOOK_PAUSE_MS = 5;
/** Lines of the paniclog told at once; the rest is one line that counts them. */
export const PANIC_LINES_TOLD_MAX = 20;
/** Of no message of ours: the payload is the line. */
const PLAIN_TEXT_KIND = 0;

export type LogBoardParts = {
  readonly session: string;
  /** Absent where this process has no files. */
  readonly places: LogPlaces | undefined;
  readonly panics: PanicLog | undefined;
  readonly jobs: (nowMs: number) => readonly LogJob[];
  readonly wall: WallClock;
};

export type LogBoardOptions = {
  /** Key and directory. */
  readonly logs: ReadonlyMap<string, string>;
  readonly logGroup: GroupName | undefined;
};

export type LogBoardInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent };

/** The error is for people. */
export type LogAnswer = { readonly ok: boolean; readonly text: string };

export class LogBoard implements Core<LogBoardInput | DeadlineReached, BusRequest> {
  readonly published: WatchedLogs | undefined;
  readonly #parts: LogBoardParts;
  #options: LogBoardOptions;
  #connected = false;
  /** Of this round. */
  #left: string[] = [];
  #roundAtMs = 0;
  #lookAtMs: number | undefined;
  #tellings = 0;
  #toldAtMs: number | undefined;
  #toldLast = '';

  constructor(parts: LogBoardParts, options: LogBoardOptions) {
    this.#parts = parts;
    this.#options = options;
    this.published = parts.places && new WatchedLogs(parts.places, parts.jobs);
    this.published?.follow(options.logs);
  }

  get deadlineMs(): number | undefined {
    return this.#lookAtMs;
  }

  configure(options: LogBoardOptions, nowMs: number): void {
    this.#options = options;
    this.published?.follow(options.logs);
    this.#left = [];
    if (this.#lookAtMs !== undefined) this.#lookAtMs = nowMs;
  }

  step(input: LogBoardInput | DeadlineReached, nowMs: number): readonly BusRequest[] {
    if (input.type === 'start' && this.published !== undefined) this.#lookAtMs = nowMs;
    if (input.type === 'stop') this.#lookAtMs = undefined;
    if (input.type === 'bus') this.#onBus(input.event, nowMs);
    const told = this.#lookAtMs === undefined || nowMs < this.#lookAtMs ? [] : this.#look(nowMs);
    return [...this.#tellPanics(), ...told];
  }

  /** Undefined for a query that is not about logs. `about`: JSON. */
  answer(what: 'logReview' | 'logTail', about: string | undefined, nowMs: number): LogAnswer {
    const asked = parseJson(about);
    if (what === 'logReview') {
      const parsed = logReviewRequest.safeParse(asked);
      if (!parsed.success) return refused('the question cannot be read');
      const place = this.place(parsed.data.log, parsed.data.subscriber, nowMs);
      if (!place.ok) return place;
      const reviewed = reviewOffset(place.value, parsed.data);
      return reviewed.ok
        ? { ok: true, text: JSON.stringify(reviewed.value.review) }
        : refused(reviewed.error);
    }
    const parsed = logTailQuery.safeParse(asked);
    if (!parsed.success) return refused('the question cannot be read');
    const place = this.place(parsed.data.log, '', nowMs);
    if (!place.ok) return place;
    const from = parsed.data.from === undefined ? undefined : parsePosition(parsed.data.from);
    const position = from?.ok === true ? from.value : undefined;
    return { ok: true, text: JSON.stringify(tailOf(place.value.journal, position, this.#wallUs(nowMs))) };
  }

  /** `cluster logs reset`, `cluster logs remove`. */
  change(change: OffsetChange, from: string | undefined, nowMs: number): LogAnswer {
    const expected = from === undefined ? undefined : parsePosition(from);
    if (expected !== undefined && !expected.ok) return refused(`${from}: ${expected.error}`);
    const place = this.place(change.log, change.subscriber, nowMs);
    if (!place.ok) return place;
    const changed = changeOffset(place.value, change, expected?.value);
    if (!changed.ok) return refused(changed.error);
    const { position, text } = changed.value;
    if (position !== undefined) this.published?.noteMoved(change.log, change.subscriber, position);
    return { ok: true, text };
  }

  /** `cluster logs add`. */
  add(log: string, subscriber: string, whence: 'begin' | 'end', nowMs: number): LogAnswer {
    const place = this.place(log, subscriber, nowMs);
    if (!place.ok) return place;
    const added = place.value.journal.addSubscriber(subscriber, whence);
    if (!added.ok) return refused(added.error.message);
    return { ok: true, text: `${log}: subscriber '${subscriber}' added at ${formatPosition(added.value)}` };
  }

  /** A published log that can be read. */
  place(
    log: string,
    subscriber: string,
    nowMs: number,
  ): { readonly ok: true; readonly value: OffsetPlace } | { readonly ok: false; readonly text: string } {
    const journal = this.published?.journal(log);
    const { places } = this.#parts;
    if (journal === undefined || places === undefined) {
      const keys = this.published?.keys ?? [];
      return refused(`${log} is not published here${keys.length === 0 ? '' : `; ${keys.join(', ')} are`}`);
    }
    if (!journal.ok) return refused(journal.error.message);
    // Whoever read since the last look is seen now.
    this.published?.look(log, { nowMs, wallUs: this.#wallUs(nowMs) });
    const inUse = this.published?.inUse(log, subscriber, nowMs);
    return {
      ok: true,
      value: { journal: journal.value, store: places.store, wallUs: this.#wallUs(nowMs), inUse },
    };
  }

  #wallUs(nowMs: number): number {
    return Math.floor(this.#parts.wall.at(nowMs) * 1_000);
  }

  #onBus(event: BusEvent, nowMs: number): void {
    if (event.type === 'busLost') this.#connected = false;
    if (event.type !== 'busConnected') return;
    this.#connected = true;
    this.#toldAtMs = undefined;
    if (this.#lookAtMs !== undefined) this.#lookAtMs = nowMs;
  }

  /** One log, or the end of a round. */
  #look(nowMs: number): readonly BusRequest[] {
    const { published } = this;
    if (published === undefined) return [];
    if (this.#left.length === 0) {
      this.#left = [...published.keys];
      this.#roundAtMs = nowMs;
    }
    const log = this.#left.shift();
    if (log !== undefined) published.look(log, { nowMs, wallUs: this.#wallUs(nowMs) });
    if (this.#left.length > 0) {
      this.#lookAtMs = nowMs + LOOK_PAUSE_MS;
      return [];
    }
    const counting = published.keys.some((key) =>
      published.lookOf(key)?.subscribers.some(({ unknown }) => unknown === 'notCounted'),
    );
    const intervalMs = counting ? COUNT_INTERVAL_MS : LOOK_INTERVAL_MS;
    this.#lookAtMs = Math.max(nowMs + LOOK_PAUSE_MS, this.#roundAtMs + intervalMs);
    return this.#connected ? this.#tell(published, nowMs) : [];
  }

  #tell(published: WatchedLogs, nowMs: number): readonly BusRequest[] {
    const told = published.keys.flatMap((log) => {
      const look = published.lookOf(log);
      return look === undefined ? [] : [toldOf(look, nowMs)];
    });
    const looks = JSON.stringify(told.map(withoutMoments));
    const sinceMs = nowMs - (this.#toldAtMs ?? Number.NEGATIVE_INFINITY);
    const changed = looks !== this.#toldLast && sinceMs >= LOOK_INTERVAL_MS;
    if (!changed && sinceMs < TELL_INTERVAL_MS) return [];
    this.#toldAtMs = nowMs;
    this.#toldLast = looks;
    this.#tellings += 1;
    return partsOf(told, this.#tellings).map((part) => ({
      type: 'publish',
      session: this.#parts.session,
      groups: [GROUPS.status],
      service: 'agreed',
      ...encodeMessage({ type: 'logs', ...part }),
    }));
  }

  #tellPanics(): readonly BusRequest[] {
    const { logGroup } = this.#options;
    if (!this.#connected) return [];
    const lines = this.#parts.panics?.takeLines() ?? [];
    if (logGroup === undefined || lines.length === 0) return [];
    const some = lines.slice(0, PANIC_LINES_TOLD_MAX);
    const more = lines.length - some.length;
    if (more > 0) some.push(`${lines.at(-1)?.split(':', 1)[0] ?? '0'}:${more} more lines`);
    return some.map((line) => ({
      type: 'publish',
      session: this.#parts.session,
      groups: [logGroup],
      service: 'agreed',
      kind: PLAIN_TEXT_KIND,
      payload: Buffer.from(line),
    }));
  }
}

/** What is different each time although nothing happened. */
function withoutMoments({ subscribers, disk, ...log }: LogTold): unknown {
  return [
    log,
    disk?.totalBytes,
    subscribers.map(({ movedAgoMs, lag, ...one }) => [one, movedAgoMs === null, lag?.records, lag?.bytes]),
  ];
}

function refused(text: string): { readonly ok: false; readonly text: string } {
  return { ok: false, text };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined; // whoever asks hears that it cannot be read
  }
}
