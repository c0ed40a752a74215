/** The list of objects: states, order, counts and words; what the overview and the palette make of them; mail over time. */

import { describe, expect, test } from 'vitest';
import { objectHref, toggledName, withinObjects } from '../../../components/objects/object-address.ts';
import { objectColumns } from '../../../components/objects/object-columns.tsx';
import { objectCounts, objectStateFilter } from '../../../components/objects/object-counts.ts';
import { OBJECT_STATES, ObjectLines } from '../../../components/objects/object-lines.ts';
import {
  flagsOf,
  formatPart,
  saidOfNode,
  saidOfObject,
  showCommand,
  viewOf,
} from '../../../components/objects/object-words.ts';
import { spokenChange } from '../../../components/objects/use-spoken-objects.ts';
import { objectItems } from '../../../components/overview/object-attention.ts';
import { trafficPicture, withTraffic } from '../../../components/overview/traffic-series.ts';
import { compileFilter } from '../../../components/ui/data-table/filter.ts';
import { flushCommand, TRAFFIC_SAMPLES_MAX, type TrafficReply } from '../../../server/wire/objects.ts';
import {
  atNodeOf,
  divergedAt,
  OBJECT_NODES,
  OBJECTS_NOW_MS,
  objectLinesOf,
  objectRowOf,
} from './object-rows.ts';

const wrong = objectRowOf('inbound_cidr', {
  nodes: [atNodeOf('labrat-1'), atNodeOf('labrat-2'), divergedAt('labrat-3', 3_000)],
});
const well = objectRowOf('outbound_domains', { kind: 'gauge table', snapshots: false });

describe('the lines of the objects', () => {
  test('[RO-1] what diverged comes first, with the node and since when', () => {
    const lines = objectLinesOf([well, wrong]);
    expect(lines.map(({ row }) => row.id)).toEqual(['inbound_cidr', 'outbound_domains']);
    const [first] = lines;
    expect(first?.states).toEqual(['diverged']);
    expect(first === undefined ? null : saidOfObject(first, OBJECTS_NOW_MS)).toEqual({
      shape: 'disputed',
      word: 'diverged',
      detail: 'on labrat-3 for 3 s',
    });
  });

  test('[RO-3] a copy that differs for less than it takes to repair it is under way', () => {
    const young = objectRowOf('inbound_cidr', { nodes: [atNodeOf('labrat-1'), divergedAt('labrat-3', 900)] });
    expect(objectLinesOf([young])[0]?.states).toEqual(['skewed']);
  });

  test('[RO-4] a silent node leaves the verdict to the others, and its numbers out', () => {
    const large = objectRowOf('inbound_cidr', {
      nodes: [atNodeOf('labrat-1'), atNodeOf('labrat-2', { entries: 9_000, total: 90_000 })],
    });
    const [line] = objectLinesOf([large], { silent: ['labrat-2'] });
    expect(line).toMatchObject({ states: ['identical', 'partly'], entries: 30, total: 310 });
    const [mute] = objectLinesOf([large], { silent: OBJECT_NODES });
    expect(mute).toMatchObject({ states: ['unknown'], entries: null, total: null });
  });

  test('a line keeps its identity while nothing of it changed', () => {
    const keeper = new ObjectLines();
    const first = objectLinesOf([well, wrong], {}, keeper);
    expect(objectLinesOf([well, wrong], {}, keeper)).toBe(first);
    const next = objectLinesOf([{ ...well }, wrong], {}, keeper);
    expect(next[0]).toBe(first[0]);
    expect(next[1]).not.toBe(first[1]);
  });

  test('each count is the number of rows behind its filter', () => {
    const lines = objectLinesOf([well, wrong], { silent: ['labrat-2'] });
    const counts = objectCounts(lines);
    const columns = objectColumns(() => OBJECTS_NOW_MS);
    for (const state of OBJECT_STATES) {
      const { matches, problems } = compileFilter(objectStateFilter(state), columns);
      expect([problems, lines.filter(matches).length]).toEqual([[], counts[state]]);
    }
    expect(lines.filter(compileFilter('flags:snapshots kind:cidrtree', columns).matches)).toHaveLength(1);
  });

  test('what changed is said in one sentence of counts', () => {
    const then = objectCounts(objectLinesOf([well, objectRowOf('inbound_cidr')]));
    const now = objectCounts(objectLinesOf([well, wrong]));
    expect(spokenChange(then, now)).toBe('1 object diverged.');
    expect(spokenChange(now, then)).toBe('No object is diverged any more.');
    expect(spokenChange(now, now)).toBeNull();
  });
});

describe('words', () => {
  test('of kinds and flags, as the console lists them; an unknown kind is shown as it comes', () => {
    expect(flagsOf(well)).toEqual(['lazy']);
    expect(flagsOf(objectRowOf('a', { bindingGroup: 'promo', parameters: ['snapshot', 'connect'] }))).toEqual(
      ['lazy', 'snapshots', 'group promo', 'connect'],
    );
    expect(['cidrtree', 'gauge table', 'cache', 'ring buffer'].map(viewOf)).toEqual([
      'tree',
      'table',
      'cache',
      'raw',
    ]);
  });

  test('a small difference is never rounded to none', () => {
    expect([0, 0.0004, 0.065, 0.5].map(formatPart)).toEqual(['0 %', '< 0.1 %', '6.5 %', '50 %']);
  });

  test('of one node: whose share it shows wrongly, or why nothing is known', () => {
    expect(saidOfNode({ kind: 'unknown', reason: 'awaiting' }, 0).word).toBe('waits for a snapshot');
    const verdict = { kind: 'diverged', sinceMs: 0, owners: ['labrat-1'] } as const;
    expect(saidOfNode(verdict, 5_000).detail).toBe('for 5 s, its copy of labrat-1');
  });

  test('commands name what the console knows, in quotes where it needs them', () => {
    expect(showCommand('inbound_cidr', null)).toBe('cluster shared show inbound_cidr');
    expect(showCommand('my cache', 'labrat-1')).toBe('cluster shared show "my cache" from labrat-1');
    expect(flushCommand('my_cache')).toBe('cluster shared flush my_cache');
  });
});

test('state goes into the address and out of it; too many open netblocks push the oldest out', () => {
  expect(objectHref('inbound_cidr', { open: '10.0.0.0/8' })).toBe(
    '/objects?object=inbound_cidr&open=10.0.0.0/8',
  );
  expect(withinObjects('object=a&row=b', { row: '' })).toBe('/objects?object=a');
  expect(toggledName('a,b', 'b', 2)).toBe('a');
  expect(toggledName('a,b', 'c,d', 2)).toBe('b,c%2Cd');
});

test('what diverged asks for attention, one by one while there are few', () => {
  expect(objectItems(objectLinesOf([well, wrong]), OBJECTS_NOW_MS)).toMatchObject([
    { kind: 'objectDiverged', sigil: 'labrat-3', next: { href: '/objects?object=inbound_cidr' } },
  ]);
  const many = Array.from({ length: 6 }, (_, index) => ({ ...wrong, id: `tree_${index}` }));
  expect(objectItems(objectLinesOf(many), OBJECTS_NOW_MS)).toMatchObject([
    { title: '6 objects are not the same on all nodes', next: { href: '/objects?q=state:diverged' } },
  ]);
});

describe('mail over time', () => {
  const replyOf = (
    atMs: readonly number[],
    rates: Readonly<Record<string, readonly (number | null)[]>>,
  ): TrafficReply => ({
    atMs: [...atMs],
    nodes: Object.entries(rates).map(([node, values]) => {
      const rate = [...values];
      return {
        node,
        receptionRate: rate,
        deliveryRate: rate,
        rejectionRate: rate,
        inbound: rate,
        outbound: rate,
        active: rate,
        delayed: rate,
      };
    }),
  });

  test('new samples go behind the known ones; who was not there before was not known', () => {
    const before = replyOf([0, 5_000], { a: [1, 2] });
    const both = withTraffic(before, replyOf([5_000, 10_000], { a: [2, 3], b: [7, 8] }));
    expect(both.atMs).toEqual([0, 5_000, 10_000]);
    expect(both.nodes.map(({ node, receptionRate }) => [node, receptionRate])).toEqual([
      ['a', [1, 2, 3]],
      ['b', [null, null, 8]],
    ]);
    expect(withTraffic(both, replyOf([], {}))).toBe(both);
    const long = Array.from({ length: 2 * TRAFFIC_SAMPLES_MAX }, (_, at) => at * 5_000);
    expect(withTraffic(both, replyOf(long, { a: long })).atMs).toHaveLength(TRAFFIC_SAMPLES_MAX);
  });

  test('nodes share a scale; what was not known is a gap and no 0', () => {
    const picture = trafficPicture(replyOf([0, 5_000, 10_000], { b: [10, null, 20], a: [40, 40, null] }));
    expect(picture?.tops.receptionRate).toBe(40);
    expect(picture?.nodes.map(({ node }) => node)).toEqual(['a', 'b']);
    const [a, b] = picture?.nodes.map(({ flows }) => flows[0]) ?? [];
    expect(b?.pieces.map((piece) => piece.map(({ y }) => y))).toEqual([[0.25], [0.5]]);
    expect([a?.now, b?.now]).toEqual([null, 20]);
    expect(trafficPicture(replyOf([], {}))).toBeNull();
  });
});
