/** The lines of the logs page: states, order, counts and groups, and how they are said. */

import { describe, expect, test } from 'vitest';
import { logColumns } from '../../../components/logs/log-columns.tsx';
import { COUNTED_STATES, logCounts, stateFilter } from '../../../components/logs/log-counts.ts';
import { groupAgeMs, logGroups } from '../../../components/logs/log-groups.ts';
import { LINE_STATES, LogLines, lagAgeMs } from '../../../components/logs/log-lines.ts';
import { formatCount, formatRate, saidOf, whyOf } from '../../../components/logs/log-words.ts';
import { decimalPosition, readPosition } from '../../../components/logs/positions.ts';
import { spokenChange } from '../../../components/logs/use-spoken-logs.ts';
import { compileFilter } from '../../../components/ui/data-table/filter.ts';
import { orderedIds } from '../../../components/ui/data-table/row-order.ts';
import type { LogPauseRow } from '../../../server/wire/logs.ts';
import { LOGS_NOW_MS, linesOf, logRowOf, subscriberOf } from './log-rows.ts';

const HOUR_MS = 3_600_000;
const stopped = (name: string) =>
  subscriberOf(name, {
    lag: { records: 1_800_000, bytes: 1_900_000_000, oldestMs: LOGS_NOW_MS - 6 * HOUR_MS },
    recordsPerS: 0,
    bytesPerS: 0,
    movedMs: LOGS_NOW_MS - 21_480_000,
  });
const dataLost = (name: string) => subscriberOf(name, { lag: null, unknown: 'dataLost' });
const never = (name: string) =>
  subscriberOf(name, {
    position: '00000000:00000000',
    lag: { records: 12, bytes: 2_700, oldestMs: LOGS_NOW_MS - HOUR_MS },
    recordsPerS: 0,
    bytesPerS: 0,
    movedMs: null,
    neverRead: true,
  });
const unreadable = (name: string) =>
  subscriberOf(name, { lag: null, unknown: 'badCheckpoint', position: null });
const pauseOf = (id: string): Readonly<Record<string, LogPauseRow>> => ({
  [id]: { id, untilMs: LOGS_NOW_MS + HOUR_MS, by: 'ana', reason: '' },
});

/** One line of every kind. */
const ALL_KINDS = [
  logRowOf('labrat-1', 'mainlog', {
    subscribers: [
      subscriberOf('master'),
      stopped('archive'),
      dataLost('lost'),
      never('standby'),
      unreadable('odd'),
      subscriberOf('slow', {
        bytesPerS: 1_000,
        lag: { records: 9, bytes: 9, oldestMs: LOGS_NOW_MS - HOUR_MS },
      }),
      subscriberOf('fast', {
        bytesPerS: 94_000,
        lag: { records: 9, bytes: 9, oldestMs: LOGS_NOW_MS - HOUR_MS },
      }),
    ],
  }),
  logRowOf('labrat-1', 'bouncelog', { subscribers: [] }),
  logRowOf('labrat-1', 'acctlog', { state: 'missing', latest: null, subscribers: [] }),
  logRowOf('labrat-1', 'rejectlog', { state: 'unreadable', text: 'EACCES', subscribers: [] }),
  logRowOf('labrat-2', 'mainlog', {
    recordsPerS: 0,
    bytesPerS: 0,
    subscribers: [subscriberOf('master', { lag: { records: 0, bytes: 0, oldestMs: null } })],
  }),
];

const stateOf = (id: string, lines = linesOf(ALL_KINDS)) => lines.find((line) => line.id === id)?.states;

describe('lines', () => {
  test('each reader is in the state of its verdict, the worst first, and what nobody reads is a line as well', () => {
    const lines = linesOf(ALL_KINDS);
    expect(lines.map(({ states, subscriber }) => [states[0], subscriber?.name ?? null])).toEqual([
      ['data-lost', 'lost'],
      ['stopped', 'archive'],
      ['falling-behind', 'slow'],
      ['unreadable', null],
      ['never-read', 'standby'],
      ['unknown', 'odd'],
      ['no-subscriber', null],
      ['catching-up', 'fast'],
      ['keeping-up', 'master'],
      ['idle', 'master'],
      ['missing', null],
    ]);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  });

  test('[LS-2] a checkpoint before the oldest segment is said as lost data, with a dash for its lag', () => {
    const line = linesOf(ALL_KINDS).find(({ subscriber }) => subscriber?.name === 'lost');
    if (line === undefined) throw new Error('there is such a line');
    expect(saidOf(line, LOGS_NOW_MS)).toMatchObject({ word: 'data lost', shape: 'critical' });
    const lag = logColumns(() => LOGS_NOW_MS).find(({ id }) => id === 'lag');
    expect([lag?.value(line), lag?.text?.(line)]).toEqual([null, '—']);
    expect(whyOf(line)[0]).toContain('before the oldest segment');
  });

  test('[LS-3] a reader that never read says so, and that its segments stay', () => {
    const line = linesOf(ALL_KINDS).find(({ subscriber }) => subscriber?.name === 'standby');
    if (line === undefined) throw new Error('there is such a line');
    expect(saidOf(line, LOGS_NOW_MS).word).toBe('never read');
    expect(whyOf(line).join(' ')).toContain('its segments stay');
  });

  test('[LS-4] a silent node has no verdict but unknown, its last numbers, and the others are as they were', () => {
    const heard = new Set(['labrat-2']);
    const lines = linesOf(ALL_KINDS, { heard });
    const ofFirst = lines.filter(({ row }) => row.node === 'labrat-1');
    expect(ofFirst.every(({ states, current }) => states[0] === 'unknown' && !current)).toBe(true);
    expect(ofFirst.find(({ subscriber }) => subscriber?.name === 'archive')?.subscriber?.lag?.records).toBe(
      1_800_000,
    );
    expect(stateOf('labrat-2/mainlog/master', lines)).toEqual(['idle']);
    const [first] = logGroups(lines, 'nodes').filter(({ name }) => name === 'labrat-1');
    expect(first).toMatchObject({ records: null, bytes: null, unknown: 7 });
  });

  test('an old row says nothing of now, also of a member that is heard', () => {
    const old = [logRowOf('labrat-1', 'mainlog', { toldMs: LOGS_NOW_MS - 60_000 })];
    expect(linesOf(old)[0]).toMatchObject({ current: false, states: ['unknown', 'silent'] });
  });

  test('a pause takes a line out of what is behind until it is over, and says so', () => {
    const id = 'labrat-1/mainlog/archive';
    const pauses = pauseOf(id);
    expect(stateOf(id)).toEqual(['stopped', 'behind']);
    expect(stateOf(id, linesOf(ALL_KINDS, { pauses }))).toEqual(['stopped', 'paused']);
    const later = ALL_KINDS.map((row) => ({ ...row, toldMs: LOGS_NOW_MS + HOUR_MS }));
    expect(stateOf(id, linesOf(later, { pauses, nowMs: LOGS_NOW_MS + HOUR_MS }))).toContain('behind');
  });

  test('a line keeps its identity while nothing of it changed', () => {
    const keeper = new LogLines();
    const first = linesOf(ALL_KINDS, {}, keeper);
    expect(linesOf(ALL_KINDS, { nowMs: LOGS_NOW_MS + 500 }, keeper)).toBe(first);
    const [main, ...rest] = ALL_KINDS;
    if (main === undefined) throw new Error('there is a row');
    const changed = linesOf([{ ...main }, ...rest], {}, keeper);
    const same = changed.filter((line) => first.includes(line));
    expect(same.map(({ row }) => row.log).sort()).toEqual(['acctlog', 'bouncelog', 'mainlog', 'rejectlog']);
  });

  test('every count is the number of rows behind its filter', () => {
    const lines = linesOf(ALL_KINDS, { pauses: pauseOf('labrat-1/mainlog/standby') });
    const counts = logCounts(lines);
    const columns = logColumns(() => LOGS_NOW_MS);
    for (const state of COUNTED_STATES) {
      const { matches, problems } = compileFilter(stateFilter(state), columns);
      expect([state, problems, lines.filter(matches).length]).toEqual([state, [], counts[state]]);
    }
    expect(counts).toMatchObject({ all: 11, subscribers: 8, logs: 5, behind: 4, paused: 1 });
  });

  test('[LS-6] rows sort and filter by lag, state and age, what is not known last in both directions', () => {
    const lines = linesOf(ALL_KINDS);
    const columns = logColumns(() => LOGS_NOW_MS);
    const sorted = (column: string, descending: boolean) =>
      orderedIds({
        rows: lines,
        rowId: ({ subscriber, row }) => subscriber?.name ?? row.log,
        columns,
        sorts: [{ column, descending }],
        matches: compileFilter(
          'subscriber:archive subscriber:standby subscriber:master subscriber:odd',
          columns,
        ).matches,
      });
    expect(sorted('lag', true)).toEqual(['archive', 'master', 'standby', 'master', 'odd']);
    expect(sorted('lag', false)).toEqual(['master', 'standby', 'master', 'archive', 'odd']);
    expect(sorted('age', true)).toEqual(['archive', 'standby', 'master', 'master', 'odd']);
    const found = (filter: string) => {
      const { matches, problems } = compileFilter(filter, columns);
      expect(problems).toEqual([]);
      return lines.filter(matches).map(({ subscriber }) => subscriber?.name);
    };
    expect(found('lag:>100')).toEqual(['archive', 'master']);
    expect(found('age:>=2h')).toEqual(['archive']);
    expect(found('state:stopped state:never-read -subscriber:standby')).toEqual(['archive']);
    expect(found('lag:unknown')).toEqual(['lost', undefined, 'odd', undefined, undefined]);
    expect(compileFilter('state:sleepy', columns).problems[0]).toContain(LINE_STATES.join(', '));
  });

  test('[LS-6] groups sum what is known, and count what is not', () => {
    const lines = linesOf(ALL_KINDS);
    const [first, second] = logGroups(lines, 'nodes');
    expect(first).toMatchObject({ name: 'labrat-1', records: 1_800_212, unknown: 2, onDiskBytes: 6_400_000 });
    expect(second).toMatchObject({ name: 'labrat-2', records: 0, unknown: 0 });
    expect(groupAgeMs(first ?? { lines: [] }, LOGS_NOW_MS)).toBe(6 * HOUR_MS);
    expect(logGroups(lines, 'logs').map(({ name }) => name)).toEqual([
      'mainlog',
      'rejectlog',
      'bouncelog',
      'acctlog',
    ]);
    expect(logGroups(lines, 'subscribers').find(({ name }) => name === 'master')?.lines).toHaveLength(2);
    expect(first?.states).toContain('data-lost');
  });
});

describe('words', () => {
  test('[LS-5] what is read is 0 old, what is not known has a dash, and idle is no infinity', () => {
    const idle = linesOf(ALL_KINDS).find(({ states }) => states[0] === 'idle');
    const odd = linesOf(ALL_KINDS).find(({ states }) => states[0] === 'unknown');
    if (idle === undefined || odd === undefined) throw new Error('there are such lines');
    expect([lagAgeMs(idle, LOGS_NOW_MS), lagAgeMs(odd, LOGS_NOW_MS)]).toEqual([0, null]);
    expect(saidOf(idle, LOGS_NOW_MS)).toEqual({ shape: 'ok', word: 'idle', detail: '' });
  });

  test('estimates and reasons stand beside the word', () => {
    const said = Object.fromEntries(
      linesOf(ALL_KINDS).map((line) => [line.states[0], saidOf(line, LOGS_NOW_MS).detail]),
    );
    expect(said['stopped']).toMatch(/^5 h 58 min ago · disk full in 2 d 11 h$/);
    expect(said['falling-behind']).toMatch(/^disk full in/);
    expect(said['catching-up']).toMatch(/^done in 0 s$/);
    expect(said['unknown']).toBe('its checkpoint cannot be read');
    expect(said['no-subscriber']).toBe('nothing will free its segments');
  });

  test('what a node says stays inert', () => {
    const [line] = linesOf([
      logRowOf('labrat-1', 'mainlog', { subscribers: [dataLost('x')], text: 'bad\u001b[31m \u202egnp.exe' }),
    ]);
    if (line === undefined) throw new Error('there is a line');
    expect(whyOf(line).join()).toContain('bad^[[31m ‹U+202E›gnp.exe');
  });

  test('amounts are short, and unknown ones a dash', () => {
    expect([0, 182, 9_999, 18_200, 1_800_000, 3_100_000_000].map(formatCount)).toEqual([
      '0',
      '182',
      '9999',
      '18.2 k',
      '1.8 M',
      '3.1 G',
    ]);
    expect([null, Number.NaN, Number.POSITIVE_INFINITY].map(formatCount)).toEqual(['—', '—', '—']);
    expect([
      formatRate(null),
      formatRate(0),
      formatRate(0.26),
      formatRate(210),
      formatRate(47_000, true),
    ]).toEqual(['—', '0/s', '0.3/s', '210/s', '47.0 kB/s']);
  });

  test('changes are spoken as counts, and only when they change', () => {
    const well = logCounts(linesOf([logRowOf('labrat-1', 'mainlog')]));
    const ill = logCounts(linesOf(ALL_KINDS));
    expect(spokenChange(well, well)).toBeNull();
    expect(spokenChange(well, ill)).toBe('5 subscribers behind, 1 not known.');
    expect(spokenChange(ill, well)).toBe('No subscriber is behind any more.');
  });
});

describe('positions', () => {
  test('[LS-8] hex and decimal read back as the same place, over the whole range', () => {
    const parts = [0, 1, 9, 10, 255, 0xa43a, 12_345_678, 99_999_999, 0x7fffffff, 0xffffffff];
    for (const segment of parts) {
      for (const marker of parts) {
        const hex = [segment, marker].map((part) => part.toString(16).padStart(8, '0')).join(':');
        expect(readPosition(hex)).toBe(hex);
        expect(readPosition(decimalPosition(hex))).toBe(hex);
        expect(decimalPosition(hex)).toBe(`${segment}/${marker}`);
      }
    }
  });

  test('[LS-8] forms that could be either, or neither, are no position', () => {
    for (const text of [
      '',
      '3',
      '3:1',
      '3/',
      '3/4294967296',
      '-1/2',
      '0x3/1',
      '00000000-0000a43a',
      '3/1.5',
      '3 / 1',
    ]) {
      expect([text, readPosition(text)]).toEqual([text, undefined]);
    }
    expect(readPosition(' 00000003:00001F00\n')).toBe('00000003:00001f00');
    expect(decimalPosition('nonsense')).toBe('nonsense');
  });
});
