import { expect, test } from 'vitest';
import {
  isOneWay,
  matrixOf,
  missingLines,
  type Sighting,
} from '../../../components/members/who-sees-whom.ts';

function row(from: string, up: readonly string[], down: readonly string[] = [], current = true): Sighting {
  return {
    from,
    current,
    toldMs: 1_000,
    links: [
      ...up.map((to) => ({ to, state: 'up' as const, roundTripMs: 0.4, backlog: 0 })),
      ...down.map((to) => ({ to, state: 'waiting' as const, roundTripMs: null, backlog: 0 })),
    ],
  };
}

function matrix(...rows: readonly Sighting[]) {
  return matrixOf(Object.fromEntries(rows.map((each) => [each.from, each])));
}

test('a whole mesh has every link up', () => {
  const whole = matrix(row('a', ['b', 'c']), row('b', ['a', 'c']), row('c', ['a', 'b']));
  expect(whole).toMatchObject({ names: ['a', 'b', 'c'], up: 6, expected: 6, missing: [] });
});

test('a link that is up one way only is told apart', () => {
  const split = matrix(row('a', ['b']), row('b', [], ['a']));
  const [cell] = split.missing;
  expect(cell).toMatchObject({ from: 'b', to: 'a', state: 'waiting' });
  expect(cell && isOneWay(split, cell)).toBe(true);
});

test('what nobody said is unknown, not down', () => {
  const known = matrix(row('a', ['b']));
  expect(known.rows[1]).toMatchObject({ from: 'b', toldMs: null, current: false });
  expect(known.rows[1]?.cells[0]?.state).toBe('unknown');
  expect(known.expected).toBe(1);
});

test('a row that is not current keeps its last word and is not counted', () => {
  const old = matrix(row('a', [], ['b']), row('b', ['a'], [], false));
  expect(old.rows[1]).toMatchObject({ current: false, toldMs: 1_000 });
  expect(old.expected).toBe(1);
});

test('a server that nobody sees is one line, other missing links are one each', () => {
  const rows = matrix(row('a', ['b'], ['x']), row('b', ['a'], ['x']), row('c', ['a'], ['b', 'x']));
  expect(missingLines(rows)).toMatchObject([
    { kind: 'pair', cell: { from: 'c', to: 'b' } },
    { kind: 'unseen', to: 'c', by: 2 },
    { kind: 'unseen', to: 'x', by: 3 },
  ]);
});

test('names sort by their numbers', () => {
  expect(matrix(row('node10', []), row('node9', [])).names).toEqual(['node9', 'node10']);
});
