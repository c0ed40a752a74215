/** What a move would do, by the rows alone. */

import { describe, expect, test } from 'vitest';
import {
  bulkPlan,
  moveObstacle,
  moveTargets,
  NOT_CONFIGURED,
  recommendedTarget,
  rowChanges,
  undoCommands,
} from '../../../components/duravips/actions/move-plan.ts';
import { linkedAction } from '../../../components/duravips/actions/vip-action.ts';
import type { VipRow } from '../../../server/wire/duravip.ts';
import { vipNodeRowOf, vipRowOf } from './duravips-rows.ts';

const ADDRESS = '10.80.116.50';
const OTHER_SUBNET = 'no Topology holds it';

function nodesWith(loads: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.entries(loads).map(([node, owned]) => [node, vipNodeRowOf(node, { owned })]),
  );
}

const NODES = nodesWith({ 'labrat-1': 9, 'labrat-2': 7, 'labrat-3': 4, 'labrat-10': 4 });

describe('whom an address can go to', () => {
  test('candidates come first, the least loaded before; the rest say why they cannot have it', () => {
    const row = vipRowOf(ADDRESS, {
      participants: [
        { node: 'labrat-1', services: [], obstacle: null },
        { node: 'labrat-2', services: [], obstacle: null },
        { node: 'labrat-3', services: [], obstacle: null },
      ],
    });
    const targets = moveTargets(row, NODES);
    expect(targets.map(({ node }) => node)).toEqual(['labrat-3', 'labrat-2', 'labrat-10']);
    expect(targets.at(-1)?.obstacle).toBe(NOT_CONFIGURED);
    expect(recommendedTarget(targets)?.node).toBe('labrat-3');
  });

  test('[VP-10] a node of another subnet is no target, however little it has', () => {
    const row = vipRowOf(ADDRESS, {
      participants: [
        { node: 'labrat-1', services: [], obstacle: null },
        { node: 'labrat-2', services: [], obstacle: null },
        { node: 'labrat-3', services: [], obstacle: OTHER_SUBNET },
      ],
    });
    const targets = moveTargets(row, NODES);
    expect(recommendedTarget(targets)?.node).toBe('labrat-2');
    expect(targets.find(({ node }) => node === 'labrat-3')?.obstacle).toBe(OTHER_SUBNET);
  });

  test('an unknown load is no small load', () => {
    const row = vipRowOf(ADDRESS);
    const targets = moveTargets(row, nodesWith({ 'labrat-1': 9, 'labrat-2': 7 }));
    expect(targets.map(({ node, load }) => [node, load])).toEqual([
      ['labrat-2', 7],
      ['labrat-3', null],
    ]);
  });

  test('what is unmanaged, unknown or on its way is not moved, and nobody is no owner to go back to', () => {
    expect(moveObstacle(vipRowOf(ADDRESS), NODES)).toBeNull();
    expect(moveObstacle(vipRowOf(ADDRESS, { phase: 'broken', owner: null }), NODES)).toContain('unmanaged');
    expect(moveObstacle(vipRowOf(ADDRESS, { phase: 'unknown' }), NODES)).toContain('nobody knows');
    expect(moveObstacle(vipRowOf(ADDRESS, { phase: 'moving', next: 'labrat-2' }), NODES)).toContain(
      'labrat-2',
    );
    const alone = vipRowOf(ADDRESS, { participants: [{ node: 'labrat-1', services: [], obstacle: null }] });
    expect(moveObstacle(alone, NODES)).toBe('no other node can have it');
    expect(undoCommands(vipRowOf(ADDRESS, { owner: null, phase: 'unowned' }))).toEqual([]);
    const back = `cluster duravip move ${ADDRESS} to labrat-1`;
    expect(undoCommands(vipRowOf(ADDRESS))).toEqual([back]);
    expect(undoCommands(vipRowOf(ADDRESS, { pinned: 'labrat-1' }))).toEqual([back]);
  });
});

describe('[VP-4] what is not as it was when the sheet opened is said', () => {
  const then = vipRowOf(ADDRESS);
  const cases: readonly (readonly [string, Partial<VipRow>, string])[] = [
    ['another owner', { owner: 'labrat-3' }, 'now it is owned by labrat-3'],
    ['nobody', { owner: null, phase: 'unowned' }, 'owned by nobody'],
    ['a move of somebody else', { phase: 'moving', next: 'labrat-2' }, 'moves it to labrat-2'],
    ['a pin', { pinned: 'labrat-1' }, 'pinned to labrat-1'],
    ['a second owner', { claims: ['labrat-2'] }, 'labrat-2 claims it'],
    ['anything else', {}, 'its entry in the table'],
  ];
  for (const [name, change, words] of cases) {
    test(name, () => expect(rowChanges(then, { ...then, version: '2', ...change }).join()).toContain(words));
  }

  test('a candidate that was lost, the address that is gone, and nothing', () => {
    const lost = vipRowOf(ADDRESS, {
      version: '2',
      participants: then.participants.map((each) =>
        each.node === 'labrat-2' ? { ...each, obstacle: 'it drains' } : each,
      ),
    });
    expect(rowChanges(then, lost)).toEqual(['labrat-2 cannot have it any more: it drains']);
    expect(rowChanges(lost, { ...then, version: '3' })).toEqual(['labrat-2 can have it now']);
    expect(rowChanges(then, undefined)).toHaveLength(1);
    expect(rowChanges(then, { ...then, viewSinceMs: 5, known: 2 })).toEqual([]);
  });
});

describe('[VP-19] many addresses at once', () => {
  const rows = Array.from({ length: 9 }, (_, index) => vipRowOf(`10.80.116.${index + 1}`));
  const even = nodesWith({ 'labrat-1': 9, 'labrat-2': 0, 'labrat-3': 0 });

  test('to one node: who has it already or cannot have it is left out, with the reason', () => {
    const plan = bulkPlan(
      [
        ...rows.slice(0, 2),
        vipRowOf('10.80.116.200', { owner: 'labrat-2' }),
        vipRowOf('10.80.116.201', {
          participants: [
            { node: 'labrat-2', services: [], obstacle: OTHER_SUBNET },
            { node: 'labrat-3', services: [], obstacle: null },
          ],
        }),
      ],
      even,
      'labrat-2',
    );
    expect(plan.moves.map(({ row, to }) => [row.address, to])).toEqual([
      ['10.80.116.1', 'labrat-2'],
      ['10.80.116.2', 'labrat-2'],
    ]);
    expect(plan.left).toEqual([
      { address: '10.80.116.200', why: 'labrat-2 has it already' },
      { address: '10.80.116.201', why: OTHER_SUBNET },
    ]);
    expect(plan.loads).toEqual([
      { node: 'labrat-1', before: 9, after: 7 },
      { node: 'labrat-2', before: 0, after: 2 },
    ]);
  });

  test('spread: no node ends with two more than another, and nothing moves for nothing', () => {
    const plan = bulkPlan(rows, even, null);
    expect(plan.loads.map(({ after }) => after)).toEqual([3, 3, 3]);
    expect(plan.moves).toHaveLength(6);
    expect(plan.left.map(({ why }) => why)).toEqual(Array(3).fill('labrat-1 has no more than the others'));
  });

  test('[VP-11] an address that follows another of the selection goes with it, once', () => {
    const followed = vipRowOf('10.80.116.1', { followers: ['10.80.116.2'] });
    const plan = bulkPlan([followed, vipRowOf('10.80.116.2', { follows: '10.80.116.1' })], even, 'labrat-3');
    expect(plan.moves.map(({ row }) => row.address)).toEqual(['10.80.116.1']);
    expect(plan.loads.find(({ node }) => node === 'labrat-3')?.after).toBe(2);
  });
});

test('[VP-17] a link opens a preview, and one that names nothing opens nothing', () => {
  expect(linkedAction('move', ADDRESS, '', '')).toEqual({ kind: 'move', address: ADDRESS });
  expect(linkedAction('move', ADDRESS, '', 'labrat-2')).toMatchObject({ to: 'labrat-2' });
  expect(linkedAction('drain', '', 'labrat-1', '')).toEqual({ kind: 'drain', node: 'labrat-1' });
  for (const [act, vip, node] of [
    ['move', '', 'labrat-1'],
    ['drain', ADDRESS, ''],
    ['shutdown', ADDRESS, 'labrat-1'],
    ['', ADDRESS, ''],
  ] as const) {
    expect(linkedAction(act, vip, node, '')).toBeNull();
  }
});
