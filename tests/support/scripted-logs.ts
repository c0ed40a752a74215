/**
 * Durable logs of a scripted cluster: rows of any state by hand, what their nodes say of a change of offset, and lines to
 * follow. Nothing is on disk; counts are those of one segment unless a test says otherwise.
 */

import type { Clock } from '../../server/base/ports.ts';
import type { AskedQuery, MemoryObserver } from '../../server/memory/memory-observer.ts';
import { formatPosition, parsePosition } from '../../server/model/log-position.ts';
import {
  type AggregatorRow,
  type LogReview,
  type LogRow,
  type LogTail,
  logReviewRequest,
  logTailQuery,
  type OffsetTarget,
  type StreamView,
  type SubscriberView,
  TAIL_RECORDS_MAX,
} from '../../server/wire/logs.ts';

/** Nodes tell their rows at least each 15 s. */
const TOLD_EVERY_MS = 5_000;
const RECORD_BYTES = 225;
const FIRST_TAIL = 50;
const GB = 1_000_000_000;

export class ScriptedLogs {
  /** What nodes answer to a review; undefined: what their rows say. */
  review: ((about: unknown) => Partial<LogReview>) | undefined;
  readonly #observer: MemoryObserver;
  readonly #clock: Clock;
  readonly #lines = new Map<
    string,
    { readonly id: string; readonly atMs: number; readonly text: string }[]
  >();
  /** Places of a log that cannot be read, told once. */
  readonly #gaps = new Map<string, string[]>();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(observer: MemoryObserver, clock: Clock) {
    this.#observer = observer;
    this.#clock = clock;
  }

  /** Every node publishes `mainlog` with a reader `master` that keeps up. */
  fill(nodes: readonly string[]): void {
    for (const node of nodes) {
      this.set(node, 'mainlog');
      this.read(node, 'mainlog', 'master');
    }
    this.pull(
      'mgr',
      nodes.map((node) => ({ node })),
    );
  }

  /** As the page sketches it: one that stopped, one that nobody reads, one without reader. */
  sketch(nodes: readonly string[]): void {
    this.fill(nodes);
    const [first = '', second = '', last = ''] = nodes;
    const nowMs = this.#clock.wallMs();
    this.set(last, 'mainlog', { latest: '00000003:001b77aa', onDiskBytes: 2_100_000_000, segments: 512 });
    this.read(last, 'mainlog', 'archive', {
      position: '00000003:00001f00',
      lag: { records: 1_800_000, bytes: 1_900_000_000, oldestMs: nowMs - 6 * 3_600_000 },
      recordsPerS: 0,
      bytesPerS: 0,
      movedMs: nowMs - 21_480_000,
    });
    this.set(second, 'bouncelog', { recordsPerS: 2, bytesPerS: 400 });
    this.set(first, 'paniclog', { recordsPerS: 0, bytesPerS: 0 });
    this.read(first, 'paniclog', 'standby', {
      position: '00000000:00000000',
      lag: { records: 12, bytes: 2_700, oldestMs: nowMs - 3_600_000 },
      neverRead: true,
      recordsPerS: 0,
      bytesPerS: 0,
      movedMs: null,
    });
  }

  row(node: string, log: string): LogRow | undefined {
    return this.#observer.model().logs[`${node}/${log}`];
  }

  set(node: string, log: string, change: Partial<LogRow> = {}): void {
    const id = `${node}/${log}`;
    const known: LogRow = this.row(node, log) ?? {
      id,
      node,
      log,
      path: `/var/log/ecelerity/${log}.cluster`,
      state: 'ok',
      text: '',
      onDiskBytes: 1_600_000,
      segments: 1,
      first: '00000000:00000001',
      latest: '00000000:0000a4f0',
      recordsPerS: 210,
      bytesPerS: 210 * RECORD_BYTES,
      disk: { freeBytes: 40 * GB, totalBytes: 100 * GB },
      gaps: 0,
      subscribers: [],
      omitted: 0,
      toldMs: this.#clock.wallMs(),
    };
    this.#observer.set('logs', id, { ...known, ...change, toldMs: this.#clock.wallMs() });
  }

  /** A reader that keeps up, but for what is changed. */
  read(node: string, log: string, name: string, change: Partial<SubscriberView> = {}): void {
    const row = this.row(node, log);
    if (row === undefined) throw new Error(`${node} publishes no ${log}`);
    const nowMs = this.#clock.wallMs();
    const known: SubscriberView = row.subscribers.find((each) => each.name === name) ?? {
      name,
      position: '00000000:0000a43a',
      lag: { records: 182, bytes: 182 * RECORD_BYTES, oldestMs: nowMs - 3_000 },
      unknown: null,
      text: '',
      recordsPerS: 210,
      bytesPerS: 210 * RECORD_BYTES,
      job: null,
      by: null,
      movedMs: nowMs - 1_000,
      neverRead: false,
      active: false,
    };
    const others = row.subscribers.filter((each) => each.name !== name);
    this.set(node, log, { subscribers: [...others, { ...known, ...change }] });
  }

  forget(node: string, log: string, name: string): void {
    const row = this.row(node, log);
    if (row === undefined) return;
    this.set(node, log, { subscribers: row.subscribers.filter((each) => each.name !== name) });
  }

  pull(manager: string, streams: readonly Partial<StreamView>[], text = ''): void {
    const row: AggregatorRow = {
      manager,
      streams: streams.map((stream) => ({
        node: 'labrat-1',
        log: 'mainlog',
        wanted: [manager, 'master'],
        subscriber: 'master',
        state: 'pulling',
        text: '',
        position: '00000000:0000a43a',
        records: 42_042,
        bytes: 42_042 * RECORD_BYTES,
        lastMs: this.#clock.wallMs() - 1_000,
        ...stream,
      })),
      omitted: 0,
      text,
      toldMs: this.#clock.wallMs(),
    };
    this.#observer.set('aggregators', manager, row);
  }

  /** One line each, behind the last one. */
  write(node: string, log: string, ...texts: readonly string[]): void {
    const lines = this.#linesOf(`${node}/${log}`);
    for (const text of texts) {
      const id = formatPosition({ segment: 0, marker: lines.length + 1 });
      lines.push({ id, atMs: this.#clock.wallMs(), text });
    }
  }

  /** The next look at the log comes upon a place that cannot be read. */
  damage(node: string, log: string, text: string): void {
    this.#gaps.set(`${node}/${log}`, [...(this.#gaps.get(`${node}/${log}`) ?? []), text]);
  }

  /** Nodes that are heard say their rows again now and then. */
  tick(silent: ReadonlySet<string>): void {
    if (this.#clock.nowMs() - this.#toldMs < TOLD_EVERY_MS) return;
    this.#toldMs = this.#clock.nowMs();
    const { logs, aggregators, members } = this.#observer.model();
    const speaks = (node: string): boolean => !silent.has(node) && members[node]?.state === 'present';
    const toldMs = this.#clock.wallMs();
    for (const row of Object.values(logs)) {
      if (speaks(row.node)) this.#observer.set('logs', row.id, { ...moving(row, toldMs), toldMs });
    }
    for (const row of Object.values(aggregators)) {
      if (speaks(row.manager)) this.#observer.set('aggregators', row.manager, { ...row, toldMs });
    }
  }

  /** JSON; undefined for other questions. */
  answerQuery({ what, about }: AskedQuery): string | undefined {
    const asked: unknown = JSON.parse(about ?? '{}');
    if (what === 'logReview') return JSON.stringify(this.#reviewOf(asked));
    return what === 'logTail' ? JSON.stringify(this.#tailOf(asked)) : undefined;
  }

  /** What a node answers to `cluster logs …`, after it did it; undefined for other commands. */
  obey(command: string, node: string): string | undefined {
    const [, verb, log = '', name = '', to = '', from] =
      /^cluster logs (reset|remove) (\S+) (\S+)(?: (?!from)(\S+))?(?: from (\S+))?$/.exec(command) ?? [];
    if (verb === undefined) return undefined;
    const row = this.row(node, log);
    const reader = row?.subscribers.find((each) => each.name === name);
    if (row === undefined || reader === undefined) return `${log} has no subscriber ${name}`;
    if (from !== undefined && from !== reader.position) return `refused: it stands at ${reader.position} now`;
    if (verb === 'remove') {
      this.forget(node, log, name);
      return `removed ${name} from ${log}`;
    }
    const position = placeOf(targetOf(to), row, reader.position);
    this.read(node, log, name, { position });
    return `${name} of ${log} stands at ${position} now`;
  }

  #reviewOf(asked: unknown): LogReview {
    const { node, log, subscriber, to } = logReviewRequest.parse(asked);
    const row = this.row(node, log);
    const reader = row?.subscribers.find((each) => each.name === subscriber);
    const before = reader?.position ?? null;
    const after = row === undefined || to === null ? null : placeOf(to, row, before);
    const steps = after === null || before === null ? 0 : markerOf(after) - markerOf(before);
    const amount = (records: number) => ({ records, bytes: records * RECORD_BYTES });
    const unread = reader?.lag?.records ?? 0;
    const found: LogReview = {
      before,
      after,
      replayed: amount(Math.max(0, -steps)),
      lost: amount(to === null ? unread : Math.max(0, steps)),
      freedBytes: to === null || steps > 0 ? 4_194_304 : 0,
      refusal: reader?.active === true ? `${subscriber} is in use by ${reader.by ?? 'somebody'}` : null,
      command:
        to === null
          ? `cluster logs remove ${log} ${subscriber} from ${before}`
          : `cluster logs reset ${log} ${subscriber} ${wordOf(to)} from ${before}`,
    };
    return { ...found, ...this.review?.(asked) };
  }

  #tailOf(asked: unknown): LogTail {
    const { node, log, from } = logTailQuery.parse(asked);
    const key = `${node}/${log}`;
    const lines = this.#linesOf(key);
    const gaps = this.#gaps.get(key) ?? [];
    this.#gaps.delete(key);
    const fresh = from === undefined ? lines.slice(-FIRST_TAIL) : lines.filter(({ id }) => id > from);
    const shown = fresh.slice(-TAIL_RECORDS_MAX);
    return {
      records: shown.map((line) => ({ ...line, cut: false })),
      next: lines.at(-1)?.id ?? '00000000:00000000',
      skipped: from === undefined ? null : fresh.length - shown.length,
      gaps,
    };
  }

  #linesOf(key: string) {
    const known = this.#lines.get(key) ?? [];
    this.#lines.set(key, known);
    return known;
  }
}

/** Whoever read a moment ago goes on reading. */
function moving(row: LogRow, nowMs: number): LogRow {
  const reads = ({ recordsPerS, movedMs }: SubscriberView): boolean =>
    movedMs !== null && (recordsPerS ?? 0) > 0;
  return {
    ...row,
    subscribers: row.subscribers.map((each) => {
      if (!reads(each)) return each;
      const lag = each.lag === null ? null : { ...each.lag, oldestMs: nowMs - 3_000 };
      return { ...each, lag, movedMs: nowMs - 1_000 };
    }),
  };
}

function placeOf(to: OffsetTarget, { first, latest }: LogRow, before: string | null): string | null {
  switch (to.kind) {
    case 'begin':
      return first === null ? null : formatPosition({ segment: segmentOf(first), marker: 0 });
    case 'end':
      return latest;
    case 'position':
      return to.position;
    case 'records':
      return before === null
        ? null
        : formatPosition({
            segment: segmentOf(before),
            marker: Math.max(0, markerOf(before) + to.records),
          });
  }
}

/** As the console takes it. */
function wordOf(to: OffsetTarget): string {
  if (to.kind === 'position') return to.position;
  if (to.kind === 'records') return to.records < 0 ? String(to.records) : `+${to.records}`;
  return to.kind;
}

function targetOf(word: string): OffsetTarget {
  if (word === 'begin' || word === 'end') return { kind: word };
  return /^[+-]/.test(word)
    ? { kind: 'records', records: Number(word) }
    : { kind: 'position', position: word };
}

function markerOf(position: string): number {
  const parsed = parsePosition(position);
  return parsed.ok ? parsed.value.marker : 0;
}

function segmentOf(position: string): number {
  const parsed = parsePosition(position);
  return parsed.ok ? parsed.value.segment : 0;
}
