import { expect, test } from 'vitest';
import {
  matrixCell,
  matrixNodes,
  matrixRows,
  UNFOLDED_MAX,
} from '../../../components/duravips/matrix-rows.ts';
import { namedOwner, plumbMismatch, saidOf, sayingsOf } from '../../../components/duravips/perspective.ts';
import { spokenChange } from '../../../components/duravips/use-spoken-vips.ts';
import { vipCounts } from '../../../components/duravips/vip-counts.ts';
import { between } from '../../../components/ui/data-table/use-selection.ts';
import { vipRowOf } from './duravips-rows.ts';

const NONE: ReadonlySet<string> = new Set();

test('few addresses stand unfolded below their networks, many are folded', () => {
  const few = [vipRowOf('10.80.116.1'), vipRowOf('10.80.117.1'), vipRowOf('2001:db8::1')];
  expect(matrixRows(few, NONE).map(({ id }) => id)).toEqual([
    'net 10.80.116.0/24',
    '10.80.116.1',
    'net 10.80.117.0/24',
    '10.80.117.1',
    'net 2001:db8::/64',
    '2001:db8::1',
  ]);
  const many = Array.from({ length: UNFOLDED_MAX + 1 }, (_, n) => vipRowOf(`10.80.116.${n}`));
  expect(matrixRows(many, NONE)).toHaveLength(1);
  expect(matrixRows(many, new Set(['10.80.116.0/24']))).toHaveLength(UNFOLDED_MAX + 2);
});

test('a network counts what each node owns, and what is in dispute', () => {
  const rows = matrixRows(
    [
      vipRowOf('10.80.116.1'),
      vipRowOf('10.80.116.2', { owner: 'labrat-2', disagree: [{ node: 'labrat-3', owner: null }] }),
      vipRowOf('10.80.116.3', { phase: 'unowned', owner: null }),
      vipRowOf('10.80.116.4', {
        phase: 'moving',
        next: 'labrat-2',
        disagree: [{ node: 'labrat-3', owner: null }],
      }),
    ],
    NONE,
  );
  const [group] = rows;
  if (group?.kind !== 'group') throw new Error('the first row is the network');
  expect(Object.fromEntries(group.owned)).toEqual({ 'labrat-1': 2, 'labrat-2': 1 });
  expect(group).toMatchObject({ addresses: 4, troubled: 2 });
});

test('[VP-14] each cell is one thing, in words, and names who says otherwise', () => {
  const vip = vipRowOf('10.0.0.1', {
    owner: 'labrat-1',
    preference: 'labrat-2',
    claims: ['labrat-4'],
    participants: [
      { node: 'labrat-1', services: [], obstacle: null },
      { node: 'labrat-2', services: [], obstacle: null },
      { node: 'labrat-3', services: [], obstacle: 'no Topology holds it' },
    ],
    disagree: [{ node: 'labrat-2', owner: 'labrat-4' }],
  });
  expect(matrixCell(vip, 'labrat-1')).toMatchObject({
    kind: 'owner',
    words: 'labrat-1 owner',
    dissent: null,
  });
  expect(matrixCell(vip, 'labrat-2')).toMatchObject({
    kind: 'candidate',
    preferred: true,
    words: 'labrat-2 candidate, preferred, labrat-2 says labrat-4',
  });
  expect(matrixCell(vip, 'labrat-3')).toMatchObject({
    kind: 'obstacle',
    words: 'labrat-3 cannot have it: no Topology holds it',
  });
  expect(matrixCell(vip, 'labrat-4')).toMatchObject({ kind: 'claim', dissent: null });
  expect(matrixCell(vip, 'labrat-5').kind).toBe('none');
  const moving = vipRowOf('10.0.0.1', { phase: 'moving', next: 'labrat-2' });
  expect(matrixCell(moving, 'labrat-1').kind).toBe('leaving');
  expect(matrixCell(moving, 'labrat-2').kind).toBe('coming');
});

test('every node that a row names has a column', () => {
  const vip = vipRowOf('10.0.0.1', { participants: [{ node: 'mx-9', services: [], obstacle: null }] });
  expect(matrixNodes(['labrat-10', 'labrat-2'], [vip])).toEqual(['labrat-2', 'labrat-10', 'mx-9']);
});

test('[VP-14] what a node says itself is compared with the table, and with its interfaces', () => {
  const row = { address: '10.0.0.1', plumbed: true, interface: 'eth0', text: '' } as const;
  const reply = {
    node: 'labrat-2',
    viewId: '57',
    epoch: '57.1',
    synced: true,
    toldMs: 1,
    arp: 0,
    rows: [{ ...row, phase: 'owned' as const, owner: 'labrat-2' }],
  };
  const saying = sayingsOf(reply).get('10.0.0.1');
  const vip = vipRowOf('10.0.0.1');
  expect(saidOf(vip, saying)).toBe('differs');
  expect(namedOwner(saying)).toBe('labrat-2');
  expect(plumbMismatch(vip, saying, 'labrat-2')).toBe('on its host, not its own');
  expect(saidOf({ ...vip, owner: 'labrat-2' }, saying)).toBe('same');
  expect(plumbMismatch({ ...vip, owner: 'labrat-2' }, saying, 'labrat-2')).toBeNull();
  expect(saidOf(vip, undefined)).toBe('nothing');
  expect(namedOwner(undefined)).toBeNull();
});

test('what became of all addresses is one sentence, and no change is none', () => {
  const well = vipCounts([vipRowOf('10.0.0.1'), vipRowOf('10.0.0.2')]);
  const ill = vipCounts([
    vipRowOf('10.0.0.1', { phase: 'unowned', owner: null }),
    vipRowOf('10.0.0.2', { claims: ['x'] }),
  ]);
  expect(spokenChange(well, well)).toBeNull();
  expect(spokenChange(well, ill)).toBe('1 address unowned, 1 disputed.');
  expect(spokenChange(ill, well)).toBe('All 2 addresses have an owner again.');
});

test('a range of rows is what is shown between two of them, in either direction', () => {
  const shown = ['a', 'b', 'c', 'd'];
  expect(between(shown, 'b', 'd')).toEqual(['b', 'c', 'd']);
  expect(between(shown, 'd', 'b')).toEqual(['b', 'c', 'd']);
  expect(between(shown, 'gone', 'c')).toEqual(['c']);
});
