/** The verdict on a replicated object: what nodes told, how long ago, and what nobody knows. */

import { describe, expect, test } from 'vitest';
import { middleOf, objectVerdict, partBetween } from '../../../server/wire/object-verdict.ts';
import {
  OBJECT_ROW_STALE_MS,
  type ObjectAtNode,
  type ObjectRow,
  SKEW_HELD_MS,
} from '../../../server/wire/objects.ts';

const NOW_MS = 1_700_000_000_000;
const TOLD_MS = NOW_MS - 500;

function atNode(node: string, change: Partial<ObjectAtNode> = {}): ObjectAtNode {
  return {
    node,
    privateName: `#ec1-1#${node}`,
    entries: 3,
    total: 100,
    own: { entries: 1, total: 30 },
    pending: 0,
    oldestPendingMs: null,
    sentKeys: 0,
    receivedKeys: 0,
    sentBytes: 0,
    receivedBytes: 0,
    rates: null,
    hits: null,
    misses: null,
    owners: [owner('other')],
    skewSinceMs: null,
    upMs: 1,
    toldMs: TOLD_MS,
    ...change,
  };
}

function owner(node: string, change: Partial<ObjectAtNode['owners'][number]> = {}) {
  return { node, entries: 1, heardAgoMs: 100, awaiting: false, divergedAgoMs: null, ...change };
}

function rowOf(nodes: readonly ObjectAtNode[], change: Partial<ObjectRow> = {}): ObjectRow {
  return {
    id: 'inbound_cidr',
    type: 'inbound_cidr',
    kind: 'cidrtree',
    snapshots: true,
    parameters: [],
    bindingGroup: null,
    maxDelayMs: 1_000,
    maxPending: 100,
    maxSize: null,
    nodes: [...nodes],
    omitted: 0,
    ...change,
  };
}

const heard = () => 'heard' as const;
const verdictOf = (
  nodes: readonly ObjectAtNode[],
  presence: (node: string) => 'heard' | 'silent' | 'gone' = heard,
) => objectVerdict(rowOf(nodes), { nowMs: NOW_MS, presence });

describe('the verdict on an object', () => {
  test('is identical where all copies and totals are', () => {
    expect(verdictOf([atNode('a'), atNode('b')])).toMatchObject({
      kind: 'identical',
      sinceMs: null,
      diverged: [],
      unknown: [],
    });
  });

  test('[RO-1] names the node that shows the share of another wrongly, and since when', () => {
    const owners = [owner('a', { divergedAgoMs: 4_000 }), owner('b')];
    const verdict = verdictOf([atNode('a'), atNode('b'), atNode('c', { owners })]);
    expect(verdict).toMatchObject({ kind: 'diverged', sinceMs: TOLD_MS - 4_000, diverged: ['c'] });
    expect(verdict.nodes[2]?.verdict).toEqual({ kind: 'diverged', sinceMs: TOLD_MS - 4_000, owners: ['a'] });
  });

  test('[RO-3] is no alarm while totals differ by traffic under way, or a copy was not repaired yet', () => {
    expect(verdictOf([atNode('a'), atNode('b', { total: 90 })])).toMatchObject({
      kind: 'skewed',
      sinceMs: null,
    });
    const fresh = [owner('a', { divergedAgoMs: SKEW_HELD_MS - 501 })];
    expect(verdictOf([atNode('a'), atNode('b', { owners: fresh })]).kind).toBe('skewed');
    const held = [owner('a', { divergedAgoMs: SKEW_HELD_MS - 500 })];
    expect(verdictOf([atNode('a'), atNode('b', { owners: held })]).kind).toBe('diverged');
    const begun = atNode('b', { owners: [owner('a', { divergedAgoMs: 20 })], toldMs: NOW_MS - 9_000 });
    expect(verdictOf([atNode('a'), begun]).kind).toBe('skewed');
  });

  test('alarms by the totals alone where they lay apart for longer than delays explain', () => {
    const verdict = verdictOf([
      atNode('a'),
      atNode('b'),
      atNode('c', { total: 50, skewSinceMs: NOW_MS - 9_000 }),
    ]);
    expect(verdict).toMatchObject({ kind: 'diverged', sinceMs: NOW_MS - 9_000, diverged: ['c'] });
    expect(verdict.nodes[2]?.verdict).toMatchObject({ owners: [] });
  });

  test('[RO-4] leaves out who is silent, gone or old, names it, and judges the others', () => {
    const presence = (node: string) => (node === 'b' ? 'silent' : node === 'c' ? 'gone' : 'heard');
    const old = atNode('d', { total: 1, toldMs: NOW_MS - OBJECT_ROW_STALE_MS });
    const verdict = verdictOf(
      [atNode('a'), atNode('b', { total: 7 }), atNode('c'), old, atNode('e')],
      presence,
    );
    expect(verdict).toMatchObject({ kind: 'identical', unknown: ['b', 'c', 'd'] });
    expect(verdict.nodes.map(({ verdict: one }) => (one.kind === 'unknown' ? one.reason : one.kind))).toEqual(
      ['identical', 'silent', 'gone', 'stale', 'identical'],
    );
  });

  test('is unknown where nobody is known, never identical', () => {
    expect(verdictOf([atNode('a')], () => 'gone').kind).toBe('unknown');
    expect(verdictOf([]).kind).toBe('unknown');
  });

  test('waits for a snapshot, but not where a copy is known to be wrong', () => {
    const awaiting = owner('a', { awaiting: true });
    const waits = verdictOf([atNode('a'), atNode('b', { total: 0, owners: [awaiting], skewSinceMs: 1 })]);
    expect(waits).toMatchObject({ kind: 'identical', unknown: ['b'] });
    const wrong = owner('a', { awaiting: true, divergedAgoMs: 60_000 });
    expect(verdictOf([atNode('a'), atNode('b', { owners: [wrong] })]).diverged).toEqual(['b']);
  });

  test('[REP-10] does not compare what only managers collect', () => {
    const nodes = [atNode('a', { total: 1 }), atNode('b', { total: 1_000, skewSinceMs: 5 })];
    const row = rowOf(nodes, { type: 'eccmgr_metrics' });
    expect(objectVerdict(row, { nowMs: NOW_MS, presence: heard }).kind).toBe('identical');
  });
});

test('the middle is where most are; totals of nothing do not differ', () => {
  expect(middleOf([7, null, 100, 100])).toBe(100);
  expect(middleOf([3, 4])).toBe(3);
  expect(middleOf([null])).toBeUndefined();
  expect(partBetween(0, 0)).toBe(0);
  expect(partBetween(95, 100)).toBeCloseTo(0.05);
});
