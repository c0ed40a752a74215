/** The rows of one object: compared between nodes, put below each other, found by address, watched over time. */

import { describe, expect, test } from 'vitest';
import { compareNetblocks, wantedName, wantedNetblock } from '../../../components/objects/netblocks.ts';
import { compareValues, SkewWatch } from '../../../components/objects/skew.ts';
import { nodeColumns, type RowsInput, shownOf, ValueRows } from '../../../components/objects/value-rows.ts';
import { SAMPLES_MAX, WatchSamples, watchPicture } from '../../../components/objects/watch-samples.ts';
import { SKEW_HELD_MS } from '../../../server/wire/objects.ts';
import { columnsOf, OBJECT_NODES, OBJECTS_NOW_MS } from './object-rows.ts';

const say = (...values: readonly (number | null)[]) =>
  values.map((value, place) => ({ node: OBJECT_NODES[place] ?? String(place), value }));

describe('what nodes say of one key', () => {
  test('[RO-1] the node that is away from the middle is the one that differs', () => {
    expect(compareValues(say(31, 29, 31), 0.05)).toMatchObject({ middle: 31, deviants: ['labrat-2'] });
    expect(compareValues(say(31, 30, 31), 0.05).deviants).toEqual([]);
    expect(compareValues(say(31, 30, 31), 0).deviants).toEqual(['labrat-2']);
  });

  test('of two that differ none is right, and of one nothing can be said', () => {
    expect(compareValues(say(31, 29), 0.05).deviants).toEqual(['labrat-1', 'labrat-2']);
    expect(compareValues(say(31, null, null), 0.05)).toEqual({ middle: 31, part: null, deviants: [] });
    expect(compareValues(say(null, null), 0.05)).toEqual({ middle: null, part: null, deviants: [] });
  });

  test('[RO-4] who says nothing is no 0: the others are compared without it', () => {
    expect(compareValues(say(31, null, 31), 0.05)).toEqual({ middle: 31, part: 0, deviants: [] });
    expect(compareValues(say(31, 0, 31), 0.05)).toMatchObject({ part: 1, deviants: ['labrat-2'] });
  });

  test('[RO-3] a difference alarms when it lasted over two looks, and never before', () => {
    const watch = new SkewWatch();
    const apart = compareValues(say(40, 31, 40), 0.05);
    const alike = compareValues(say(40, 40, 40), 0.05);
    const look = (compared: typeof apart, atMs: number, lookMs = atMs) => {
      const state = watch.judge('10.0.0.0/8', compared, { nowMs: atMs, lookMs, certain: false });
      watch.settle();
      return state;
    };
    expect(look(apart, 0)).toBe('moving');
    expect(look(apart, SKEW_HELD_MS - 1)).toBe('moving');
    expect(look(alike, SKEW_HELD_MS)).toBe('same');
    expect(look(apart, 10_000)).toBe('moving');
    // One look alone is no lasting difference, however long nothing newer comes.
    expect(look(apart, 10_000 + 5 * SKEW_HELD_MS, 10_000)).toBe('moving');
    expect(look(apart, 10_000 + 6 * SKEW_HELD_MS)).toBe('differs');
    expect(look(compareValues(say(40, null, null), 0.05), 30_000)).toBe('unknown');
  });

  test('[RO-1] what a digest calls wrong needs no time to be believed', () => {
    const watch = new SkewWatch();
    const apart = compareValues(say(40, 31, 40), 0.05);
    expect(watch.judge('a', apart, { nowMs: 0, lookMs: 0, certain: true })).toBe('differs');
  });
});

describe('rows of a tree', () => {
  const input = (branches: RowsInput['branches'], change: Partial<RowsInput> = {}): RowsInput => ({
    branches,
    heard: new Set(OBJECT_NODES),
    tree: true,
    chain: false,
    thresholdPart: 0.05,
    certain: false,
    nowMs: OBJECTS_NOW_MS,
    ...change,
  });
  const top = columnsOf([
    { key: '10.0.0.0/8', values: [31, 31, 31], children: true },
    { key: '9.0.0.0/8', values: [40, 40, 40], children: true },
  ]);
  const below = columnsOf([
    { key: '10.0.0.103/32', values: [4, 4, 4] },
    { key: '10.0.0.9/32', values: [27, 27, 27] },
  ]);

  test('children stand below their parent in the order of addresses, and only where it is open', () => {
    const keeper = new ValueRows();
    const shut = keeper.rowsOf(input([{ under: null, answer: top }]));
    expect(shut.map(({ key, depth }) => [key, depth])).toEqual([
      ['9.0.0.0/8', 0],
      ['10.0.0.0/8', 0],
    ]);
    const open = keeper.rowsOf(
      input([
        { under: null, answer: top },
        { under: '10.0.0.0/8', answer: below },
      ]),
    );
    expect(open.map(({ key, depth }) => [key, depth])).toEqual([
      ['9.0.0.0/8', 0],
      ['10.0.0.0/8', 0],
      ['10.0.0.9/32', 1],
      ['10.0.0.103/32', 1],
    ]);
    expect(open[0]).toBe(shut[0]);
  });

  test('the same list comes back while nothing changed; a branch that was not answered yet says so', () => {
    const keeper = new ValueRows();
    const asked = input([
      { under: null, answer: top },
      { under: '10.0.0.0/8', answer: undefined },
    ]);
    const rows = keeper.rowsOf(asked);
    expect(keeper.rowsOf(asked)).toBe(rows);
    expect(rows.find(({ key }) => key === '10.0.0.0/8')).toMatchObject({ open: true, shown: null });
  });

  test('what covers an address stands inside each other', () => {
    const chain = columnsOf([
      { key: '10.0.0.103/32', values: [4, 4, 4] },
      { key: '10.0.0.0/8', values: [31, 31, 31], children: true },
      { key: '10.0.0.0/24', values: [9, 9, 9], children: true },
    ]);
    const rows = new ValueRows().rowsOf(input([{ under: null, answer: chain }], { chain: true }));
    expect(rows.map(({ key, depth }) => [key, depth])).toEqual([
      ['10.0.0.0/8', 0],
      ['10.0.0.0/24', 1],
      ['10.0.0.103/32', 2],
    ]);
  });

  test('[RO-4] the last answer of a node that is silent says nothing of now', () => {
    const heard = new Set(['labrat-1', 'labrat-2']);
    const [row] = new ValueRows().rowsOf(input([{ under: null, answer: below }], { heard }));
    expect([...(row?.values ?? [])]).toEqual([
      ['labrat-1', 27],
      ['labrat-2', 27],
    ]);
    const told = OBJECT_NODES.map((node) => ({ node, toldMs: 7 }));
    expect(nodeColumns(told, heard, below).map(({ state }) => state)).toEqual(['told', 'told', 'silent']);
    expect(nodeColumns(told, heard, undefined)[0]).toMatchObject({ state: 'waiting', atMs: 7 });
  });

  test('what a node told only the largest of is at most so much there, and not compared', () => {
    const answer = columnsOf([{ key: 'a.example', values: [9, null, 9] }]);
    const columns = answer.columns.map((column) =>
      column.node === 'labrat-2' ? { ...column, atMost: 3, found: 1_200_000 } : column,
    );
    const [row] = new ValueRows().rowsOf(
      input([{ under: null, answer: { ...answer, columns } }], { tree: false }),
    );
    expect(row?.atMost.get('labrat-2')).toBe(3);
    expect(row).toMatchObject({ part: 0, state: 'same' });
    expect(shownOf({ ...answer, columns })).toEqual({ count: 1, found: 1_200_000 });
  });

  test('[RO-5] IPv6 netblocks stand behind IPv4 ones, in their order, the wider first', () => {
    const keys = ['2001:db8:1::/48', '10.0.0.0/8', '2001:db8::/32', '10.0.0.0/24', '2001:db8:1::/64'];
    expect(keys.sort(compareNetblocks)).toEqual([
      '10.0.0.0/8',
      '10.0.0.0/24',
      '2001:db8::/32',
      '2001:db8:1::/48',
      '2001:db8:1::/64',
    ]);
  });
});

test('an address is looked for, a netblock is gone into, and anything else is said to be neither', () => {
  expect(wantedNetblock(' ')).toEqual({ kind: 'all' });
  expect(wantedNetblock('10.0.0.103')).toEqual({ kind: 'search', text: '10.0.0.103' });
  expect(wantedNetblock('2001:db8::1')).toEqual({ kind: 'search', text: '2001:db8::1' });
  expect(wantedNetblock('2001:db8::/32')).toEqual({ kind: 'under', netblock: '2001:db8::/32' });
  for (const text of ['10.0.0.0/33', '10.0.0.103:25', 'mx.example'])
    expect(wantedNetblock(text)).toEqual({ kind: 'wrong', text });
  expect(wantedName('mx.example')).toEqual({ kind: 'search', text: 'mx.example' });
});

describe('a key that is watched', () => {
  test('keeps its looks within bounds, each answer once', () => {
    const samples = new WatchSamples();
    for (let at = 0; at < SAMPLES_MAX + 50; at += 1) samples.add('a', at, at, [at]);
    samples.add('a', 3, 99, [99]);
    expect(samples.of('a')).toHaveLength(SAMPLES_MAX);
    expect(samples.of('a')[0]?.atMs).toBe(50);
    for (let key = 0; key < 40; key += 1) samples.add(`k${key}`, 1, 1, [1]);
    expect(samples.of('a')).toEqual([]);
    expect(samples.of('k39')).toHaveLength(1);
  });

  test('is broken where nothing was known, and shows how far nodes were apart', () => {
    const samples = new WatchSamples();
    samples.add('a', 1_000, 10, [10, 8]);
    samples.add('a', 2_000, null, []);
    samples.add('a', 3_000, 20, [20, 20]);
    const picture = watchPicture(samples.of('a'));
    expect(picture?.lines).toHaveLength(3);
    expect(picture?.lines[0]?.map((piece) => piece.map(({ y }) => y))).toEqual([[0.5], [1]]);
    expect(picture?.words).toContain('20 now, most 20 at');
    expect(picture?.words).toContain('not known at 1 of the looks');
    expect(watchPicture([])).toBeNull();
  });
});
