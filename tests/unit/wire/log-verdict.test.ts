import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import {
  compareVerdicts,
  diskFullInS,
  isBehind,
  LOG_ROW_STALE_MS,
  type LogVerdict,
  logVerdict,
  VERDICTS_WORST_FIRST,
} from '../../../server/wire/log-verdict.ts';
import type { LogRow, SubscriberView } from '../../../server/wire/logs.ts';

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const GIB = 1_024 ** 3;
const moment = { nowMs: NOW_MS, present: true };

function reader(overrides: Partial<SubscriberView> = {}): SubscriberView {
  return {
    name: 'master',
    position: '00000000:0000a43a',
    lag: { records: 1_800_000, bytes: 1.9 * GIB, oldestMs: NOW_MS - 6 * HOUR_MS },
    unknown: null,
    text: '',
    recordsPerS: 0,
    bytesPerS: 0,
    job: null,
    by: null,
    movedMs: NOW_MS - 1_000,
    neverRead: false,
    active: false,
    ...overrides,
  };
}

function log(overrides: Partial<LogRow> = {}): LogRow {
  return {
    id: 'ee/mainlog',
    node: 'ee',
    log: 'mainlog',
    path: '/var/log/ecelerity/mainlog.cluster',
    state: 'ok',
    text: '',
    onDiskBytes: 2.1 * GIB,
    segments: 540,
    first: '00000003:00000000',
    latest: '00000203:001b77aa',
    recordsPerS: 210,
    bytesPerS: 210 * 1_000,
    disk: { freeBytes: 8 * GIB, totalBytes: 100 * GIB },
    gaps: 0,
    subscribers: [],
    omitted: 0,
    toldMs: NOW_MS - 2_000,
    ...overrides,
  };
}

const verdict = (row: Partial<LogRow>, one: Partial<SubscriberView>): LogVerdict => {
  const subscriber = reader(one);
  return logVerdict(log({ subscribers: [subscriber], ...row }), subscriber, moment);
};

describe('the verdict on a subscriber', () => {
  test('who reads what is written keeps up, also between two rounds', () => {
    const read = { lag: { records: 0, bytes: 0, oldestMs: null } };
    expect(verdict({}, read)).toEqual({ kind: 'keepingUp' });
    const some = { lag: { records: 182, bytes: 41_000, oldestMs: NOW_MS - 3_000 }, recordsPerS: 209 };
    expect(verdict({}, { ...some, bytesPerS: 209_000 })).toEqual({ kind: 'keepingUp' });
  });

  test('[LS-5] nothing written and nothing unread is idle, never an infinity', () => {
    const read = { lag: { records: 0, bytes: 0, oldestMs: null } };
    expect(verdict({ recordsPerS: 0, bytesPerS: 0 }, read)).toEqual({ kind: 'idle' });
    expect(verdict({ recordsPerS: null, bytesPerS: null }, read)).toEqual({ kind: 'idle' });
    const still = { bytesPerS: 0, recordsPerS: 0, subscribers: [reader()] };
    expect(diskFullInS(log(still), [log(still)])).toBeNull();
    const stopped = verdict({ recordsPerS: 0, bytesPerS: 0 }, { movedMs: NOW_MS - HOUR_MS });
    expect(stopped).toEqual({ kind: 'stopped', sinceMs: NOW_MS - HOUR_MS, diskFullS: null });
  });

  test('[LS-5] estimates are right within five percent of what then happens, for any rates', () => {
    const seed = 20_261_121;
    const prng = new Prng(seed);
    for (let round = 0; round < 500; round += 1) {
      const writtenPerS = prng.between(1, 1_000) * 1_000;
      const readPerS = prng.between(1, 1_000) * 1_000;
      const unread = prng.between(1, 4_000) * 1_000_000;
      const free = prng.between(1, 100_000) * 1_000_000;
      const one = reader({
        lag: { records: unread / 1_000, bytes: unread, oldestMs: NOW_MS - HOUR_MS },
        recordsPerS: readPerS / 1_000,
        bytesPerS: readPerS,
      });
      const row = log({
        recordsPerS: writtenPerS / 1_000,
        bytesPerS: writtenPerS,
        disk: { freeBytes: free, totalBytes: 2e11 },
        subscribers: [one],
      });
      const told = logVerdict(row, one, moment);
      const where = `seed ${seed}, round ${round}: ${JSON.stringify(told)}`;
      const then = happens({ writtenPerS, readPerS, unread, free });
      if (told.kind === 'catchingUp' && told.etaS !== null) {
        expect(then.what, where).toBe('read');
        expect(Math.abs(told.etaS / then.afterS - 1), where).toBeLessThan(0.05);
      } else if (told.kind === 'fallingBehind') {
        expect(then.what, where).toBe('full');
        expect(Math.abs((told.diskFullS ?? 0) / then.afterS - 1), where).toBeLessThan(0.05);
      } else {
        expect(told.kind, where).toBe('catchingUp');
        expect(Math.abs(readPerS / writtenPerS - 1), where).toBeLessThan(0.02);
      }
    }
  });

  test('who reads as fast as the log grows catches up without an end in sight', () => {
    expect(verdict({}, { recordsPerS: 210, bytesPerS: 210_000 })).toEqual({ kind: 'catchingUp', etaS: null });
  });

  test('who read nothing for a minute stopped, and the disk fills up', () => {
    const movedMs = NOW_MS - 5 * HOUR_MS;
    const told = verdict({}, { movedMs });
    expect(told).toMatchObject({ kind: 'stopped', sinceMs: movedMs });
    expect('diskFullS' in told ? told.diskFullS : 0).toBeCloseTo((8 * GIB) / 210_000, 0);
    expect(verdict({}, { movedMs: null })).toMatchObject({ kind: 'stopped', sinceMs: null });
  });

  test('[LS-2] a checkpoint older than the oldest segment is data lost, not a giant lag', () => {
    expect(verdict({}, { unknown: 'dataLost', lag: null })).toEqual({ kind: 'dataLost' });
  });

  test('[LS-3] a subscriber that never read says so', () => {
    expect(verdict({}, { neverRead: true, movedMs: null }).kind).toBe('neverRead');
    const nothing = { neverRead: true, movedMs: null, lag: { records: 0, bytes: 0, oldestMs: null } };
    expect(verdict({ recordsPerS: 0, bytesPerS: 0 }, nothing)).toEqual({ kind: 'idle' });
  });

  test.each(['unreadable', 'badCheckpoint', 'pastEnd', 'damaged', 'notCounted'] as const)(
    'what cannot be known is unknown, with its reason: %s',
    (unknown) => {
      expect(verdict({}, { unknown, lag: null })).toEqual({ kind: 'unknown', reason: unknown });
    },
  );

  test('no rates yet are no verdict, and a lag of nobody knows what is none', () => {
    expect(verdict({ bytesPerS: null }, {})).toEqual({ kind: 'unknown', reason: 'noRates' });
    expect(verdict({}, { recordsPerS: null, bytesPerS: null })).toEqual({
      kind: 'unknown',
      reason: 'noRates',
    });
    expect(verdict({}, { lag: null })).toEqual({ kind: 'unknown', reason: 'notCounted' });
  });

  test('a node that is gone or silent makes all of its rows unknown', () => {
    const row = log({ subscribers: [reader()] });
    const silent = { kind: 'unknown', reason: 'nodeSilent' };
    expect(logVerdict(row, reader(), { nowMs: NOW_MS, present: false })).toEqual(silent);
    const later = { nowMs: row.toldMs + LOG_ROW_STALE_MS, present: true };
    expect(logVerdict(row, reader(), later)).toEqual(silent);
  });
});

describe('the estimate of a full disk', () => {
  const stopped = { subscribers: [reader()] };

  test('counts all logs of the node on the same disk, and no others', () => {
    const one = log(stopped);
    const two = log({ id: 'ee/acctlog', ...stopped });
    const elsewhere = log({ id: 'ee/x', ...stopped, disk: { freeBytes: GIB, totalBytes: 5 * GIB } });
    expect(diskFullInS(one, [one, two, elsewhere])).toBeCloseTo((8 * GIB) / 420_000, 0);
  });

  test('a log without subscribers is freed by nobody; one that is read frees what it takes', () => {
    const alone = log();
    expect(diskFullInS(alone, [alone])).toBeCloseTo((8 * GIB) / 210_000, 0);
    const read = log({ subscribers: [reader({ lag: { records: 0, bytes: 0, oldestMs: null } })] });
    expect(diskFullInS(read, [read])).toBeNull();
  });

  test('is none where the disk or the rates are not known, or it would take ten years', () => {
    expect(diskFullInS(log({ ...stopped, disk: null }), [])).toBeNull();
    const unknown = log({ ...stopped, bytesPerS: null });
    expect(diskFullInS(unknown, [unknown])).toBeNull();
    const slow = log({ ...stopped, bytesPerS: 1 });
    expect(diskFullInS(slow, [slow])).toBeNull();
  });
});

test('the worst verdict comes first, and of two of a kind the one with less time', () => {
  const told: readonly LogVerdict[] = [
    { kind: 'idle' },
    { kind: 'stopped', sinceMs: null, diskFullS: null },
    { kind: 'stopped', sinceMs: null, diskFullS: 60 },
    { kind: 'dataLost' },
    { kind: 'keepingUp' },
  ];
  const sorted = [...told].sort(compareVerdicts);
  expect(sorted.map(({ kind }) => kind)).toEqual(['dataLost', 'stopped', 'stopped', 'keepingUp', 'idle']);
  expect(sorted[1]).toMatchObject({ diskFullS: 60 });
  expect(told.filter(isBehind)).toHaveLength(3);
  expect(new Set(VERDICTS_WORST_FIRST).size).toBe(8);
});

/** What becomes of a reader and its disk, second by second. */
function happens(at: { writtenPerS: number; readPerS: number; unread: number; free: number }): {
  readonly what: 'read' | 'full';
  readonly afterS: number;
} {
  let { unread, free } = at;
  const stepS = Math.max(1e-3, Math.min(unread, free) / Math.abs(at.writtenPerS - at.readPerS || 1) / 1_000);
  for (let afterS = 0; ; afterS += stepS) {
    if (unread <= 0) return { what: 'read', afterS };
    if (free <= 0 || afterS > 1e9) return { what: 'full', afterS };
    unread += (at.writtenPerS - at.readPerS) * stepS;
    free -= (at.writtenPerS - Math.min(at.readPerS, at.writtenPerS)) * stepS;
  }
}
