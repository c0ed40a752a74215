import { describe, expect, test } from 'vitest';
import { CidrTree } from '../../../server/replication/cidr-tree.ts';
import { FieldReader, FieldWriter } from '../../../server/replication/fields.ts';

function treeOf(counts: Readonly<Record<string, number>>): CidrTree {
  const tree = new CidrTree();
  for (const [address, count] of Object.entries(counts)) tree.count(address, count, 0);
  return tree;
}

function linesOf(tree: CidrTree, view: number | 'global' = 'global'): readonly string[] {
  return [...tree.listing(view)].map(({ key, value }) => `${value} ${key}`);
}

const query = { view: 'global', under: undefined, search: undefined, top: 100, nowMs: 0 } as const;

describe('rows of a tree', () => {
  test('a netblock stands above addresses where it branches, with their sum, as in the sample of the manual', () => {
    expect(linesOf(treeOf({ '10.0.0.103': 4, '10.9.8.7': 27 }))).toEqual([
      '31 10.0.0.0/8',
      '4 10.0.0.103/32',
      '27 10.9.8.7/32',
    ]);
  });

  test('each length that branches has a row, others have none', () => {
    const tree = treeOf({ '10.1.1.1': 1, '10.1.1.2': 2, '10.1.7.1': 3, '172.16.0.1': 9, '10.200.0.1': 5 });
    expect(linesOf(tree)).toEqual([
      '11 10.0.0.0/8',
      '6 10.1.0.0/16',
      '3 10.1.1.0/24',
      '1 10.1.1.1/32',
      '2 10.1.1.2/32',
      '3 10.1.7.1/32',
      '5 10.200.0.1/32',
      '9 172.16.0.1/32',
    ]);
  });

  test('IPv6 comes after IPv4, with lengths of its own', () => {
    const tree = treeOf({ '2001:db8::1': 1, '2001:db8::2': 1, '2001:db8:0:1::1': 1, '192.0.2.1': 1 });
    expect(linesOf(tree)).toEqual([
      '1 192.0.2.1/32',
      '3 2001:db8::/48',
      '2 2001:db8::/64',
      '1 2001:db8::1/128',
      '1 2001:db8::2/128',
      '1 2001:db8:0:1::1/128',
    ]);
  });

  test('what is counted under a netblock itself has a row of it', () => {
    expect(linesOf(treeOf({ '10.1.0.0/20': 4, '10.1.0.1': 1 }))).toEqual([
      '5 10.1.0.0/16',
      '5 10.1.0.0/20',
      '1 10.1.0.1/32',
    ]);
    expect(linesOf(treeOf({ '10.1.0.0/20': 4 }))).toEqual(['4 10.1.0.0/20']);
  });

  test('what went back to zero has no row and is no reason for one', () => {
    const tree = treeOf({ '10.1.1.1': 1, '10.1.1.2': 2 });
    tree.changes.heard = true;
    tree.count('10.1.1.2', -2, 0);
    expect(linesOf(tree)).toEqual(['1 10.1.1.1/32']);
  });

  test('the share of one member has rows of its own', () => {
    const tree = treeOf({ '10.1.1.1': 1, '10.1.1.2': 2 });
    const other = treeOf({ '10.1.1.2': 5 });
    const w = new FieldWriter();
    other.writeOwn(0, w, 100);
    tree.readEntry(4, new FieldReader(w.finish()));
    expect(linesOf(tree)).toEqual(['8 10.1.1.0/24', '1 10.1.1.1/32', '7 10.1.1.2/32']);
    expect(linesOf(tree, 4)).toEqual(['5 10.1.1.2/32']);
    expect(linesOf(tree, 0)).toEqual(['3 10.1.1.0/24', '1 10.1.1.1/32', '2 10.1.1.2/32']);
  });

  test('questions: the top, below a netblock, what covers an address, the largest', () => {
    const tree = treeOf({ '10.1.1.1': 1, '10.1.1.2': 2, '10.1.7.1': 3, '172.16.0.1': 9, '10.200.0.1': 5 });
    const keys = (more: object): readonly string[] =>
      tree.rows({ ...query, ...more }).rows.map(({ key, value }) => `${value} ${key}`);
    expect(keys({})).toEqual(['11 10.0.0.0/8', '9 172.16.0.1/32']);
    expect(keys({ under: '10.0.0.0/8' })).toEqual(['6 10.1.0.0/16', '5 10.200.0.1/32']);
    expect(keys({ under: '10.1.0.0/16' })).toEqual(['3 10.1.1.0/24', '3 10.1.7.1/32']);
    expect(keys({ under: '10.1.1.0/24' })).toEqual(['2 10.1.1.2/32', '1 10.1.1.1/32']);
    expect(keys({ under: '10.1.1.1/32' })).toEqual([]);
    expect(keys({ search: '10.1.1.2' })).toEqual([
      '11 10.0.0.0/8',
      '6 10.1.0.0/16',
      '3 10.1.1.0/24',
      '2 10.1.1.2/32',
    ]);
    expect(keys({ search: '10.1.0.0/17' })).toEqual(['11 10.0.0.0/8', '6 10.1.0.0/16']);
    expect(keys({ search: '10.1.9.9' })).toEqual(['11 10.0.0.0/8', '6 10.1.0.0/16']);
    expect(keys({ search: 'relay' })).toEqual([]);
    expect(tree.rows({ ...query, under: '10.0.0.0/8', top: 1 })).toEqual({
      rows: [{ key: '10.1.0.0/16', value: 6, children: true }],
      found: 2,
    });
  });
});
