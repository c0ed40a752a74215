import { describe, expect, test } from 'vitest';
import type { PrivateName } from '../../../server/model/names.ts';
import { address, offer, offers, VipCluster } from './vip-cluster.ts';

function started(
  nodes: readonly string[],
  count: number,
): { cluster: VipCluster; names: readonly PrivateName[] } {
  const cluster = new VipCluster();
  const names = nodes.map((node) => cluster.join(node, offers(count)));
  cluster.run(6_000);
  return { cluster, names };
}

function agree(cluster: VipCluster): void {
  const tables = cluster.alive().map(({ name }) => cluster.table(name));
  expect(new Set(tables.map(({ epoch, hash, synced }) => `${epoch} ${hash} ${synced}`)).size).toBe(1);
}

describe('start', () => {
  test('nothing is owned before the view is mature, then everything by exactly one', () => {
    const cluster = new VipCluster();
    for (const node of ['a', 'b', 'c']) cluster.join(node, offers(9));
    cluster.run(4_999);
    expect(cluster.alive().every(({ have }) => have.size === 0)).toBe(true);
    cluster.run(2);
    for (let at = 0; at < 9; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
    expect(cluster.alive().map(({ have }) => have.size)).toEqual([3, 3, 3]);
    agree(cluster);
  });
});

describe('failover', () => {
  test('addresses of a lost node are taken in the same step as the view, the others stay', () => {
    const { cluster, names } = started(['a', 'b', 'c'], 9);
    const [a, , c] = names as [PrivateName, PrivateName, PrivateName];
    const before = new Set(cluster.place(a).have);
    cluster.leave(c);
    const view = cluster.place(a).queue[0];
    if (view?.type !== 'view') throw new Error('the view comes first');
    const effects = cluster.member(a).step(view, cluster.nowMs);
    expect(effects[0]).toMatchObject({ type: 'want', release: [] });
    expect(cluster.table(a).synced).toBe(true);
    for (const one of before) expect(cluster.entry(a, one).owner).toBe('a');
  });

  test('survivors agree and cover everything', () => {
    const { cluster, names } = started(['a', 'b', 'c'], 10);
    cluster.leave(names[1] as PrivateName);
    cluster.settle();
    for (let at = 0; at < 10; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
    agree(cluster);
  });
});

describe('move', () => {
  test('the old owner lets go before the new one takes it', () => {
    const { cluster, names } = started(['a', 'b'], 4);
    const [a, b] = names as [PrivateName, PrivateName];
    const moved = [...cluster.place(a).have][0];
    if (moved === undefined) throw new Error('a owns something');
    cluster.place(a).holds = true;
    expect(cluster.order(a, { type: 'move', what: moved, to: 'b' }).ok).toBe(true);
    cluster.settle();
    expect(cluster.entry(b, moved)).toMatchObject({ phase: 'moving', owner: 'a', next: 'b' });
    expect(cluster.place(b).have.has(moved)).toBe(false);
    cluster.place(a).have.delete(moved);
    cluster.letReports(a);
    cluster.settle();
    expect(cluster.holders(moved)).toEqual(['b']);
    expect(cluster.entry(a, moved)).toMatchObject({ phase: 'owned', owner: 'b', state: 'up', pinned: 'b' });
    agree(cluster);
  });
});

describe('merge', () => {
  test('one of two owners keeps the address, and tells neighbours again after 50 ms and 2 s', () => {
    const { cluster, names } = started(['a', 'b', 'c'], 6);
    const [a, b, c] = names as [PrivateName, PrivateName, PrivateName];
    cluster.split([a, b], [c]);
    cluster.settle();
    expect(cluster.place(c).have.size).toBe(6);
    cluster.split([a, b, c]);
    cluster.settle();
    for (let at = 0; at < 6; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
    agree(cluster);
    expect(cluster.place(c).have.size).toBe(0);
    const told = cluster.place(a).announced.length;
    cluster.run(60);
    expect(cluster.place(a).announced.length).toBe(told + 3);
    cluster.run(2_000);
    expect(cluster.place(a).announced.length).toBe(told + 6);
  });
});

describe('observers', () => {
  test('one that joins late has the same table, and keeps it through views', () => {
    const { cluster, names } = started(['a', 'b', 'c'], 6);
    const o = cluster.join('board', 'observer');
    cluster.settle();
    agree(cluster);
    expect(cluster.table(o).entries()).toHaveLength(6);
    cluster.leave(names[0] as PrivateName);
    cluster.settle();
    agree(cluster);
    cluster.join('d', offers(6));
    cluster.run(100);
    agree(cluster);
    expect(cluster.place(o).happened.filter(({ type }) => type === 'owner')).toHaveLength(2);
  });
});

describe('an address that follows', () => {
  test('leads itself once nobody has the other one any more', () => {
    const follower = offer(address(1), { follows: address(0) });
    const cluster = new VipCluster();
    const names = ['a', 'b'].map((node) => cluster.join(node, [offer(address(0)), follower]));
    cluster.run(6_000);
    for (const name of names) cluster.give(name, { type: 'offersChanged', offers: [follower] });
    cluster.settle();
    expect(cluster.table(names[0] as PrivateName).entry(address(0))).toBeUndefined();
    expect(cluster.holders(address(1))).toHaveLength(1);
    agree(cluster);
  });

  test('that is configured nowhere else takes the other one along by configuration', () => {
    const all = [offer(address(0)), offer(address(1), { follows: address(0) })];
    const cluster = new VipCluster();
    const names = ['a', 'b'].map((node) => cluster.join(node, all));
    cluster.run(6_000);
    const [a, b] = names as [PrivateName, PrivateName];
    expect(cluster.holders(address(0))).toEqual(['a']);
    cluster.give(a, { type: 'offersChanged', offers: all.slice(0, 1) });
    cluster.settle();
    expect(cluster.holders(address(0))).toEqual(['b']);
    expect(cluster.entry(b, address(0)).cause).toBe('config');
  });

  test('moves by configuration to one that comes later', () => {
    const follower = offer(address(1), { follows: address(0) });
    const cluster = new VipCluster();
    const names = ['a', 'b'].map((node) => cluster.join(node, [follower]));
    cluster.run(6_000);
    expect(cluster.holders(address(1))).toEqual(['a']);
    // b has it first, and it is elected there.
    for (const name of [...names].reverse()) {
      cluster.give(name, { type: 'offersChanged', offers: [offer(address(0)), follower] });
    }
    cluster.settle();
    expect(cluster.holders(address(0))).toEqual(['b']);
    expect(cluster.holders(address(1))).toEqual(['b']);
    expect(cluster.entry(names[0] as PrivateName, address(1)).cause).toBe('config');
  });
});

describe('a host that fails', () => {
  function failing(): { cluster: VipCluster; a: PrivateName; b: PrivateName } {
    const { cluster, names } = started(['a', 'b'], 2);
    const [a, b] = names as [PrivateName, PrivateName];
    return { cluster, a, b };
  }

  test('gives the address up: another candidate takes it, and the failure is told', () => {
    const { cluster, a, b } = failing();
    const [own] = cluster.place(a).have;
    if (own === undefined) throw new Error('a owns something');
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no such device' }] });
    cluster.settle();
    expect(cluster.holders(own)).toEqual(['b']);
    const entry = cluster.entry(b, own);
    expect(entry).toMatchObject({ owner: 'b', cause: 'plumbFailed' });
    expect(entry.participants[0]?.obstacle).toBe('plumb failed: no such device');
    agree(cluster);
  });

  test('is asked again after a while, also where nobody else could take it', () => {
    const { cluster, a, b } = failing();
    cluster.leave(b);
    cluster.settle();
    const [own] = cluster.place(a).have;
    if (own === undefined) throw new Error('a owns something');
    const asked = cluster.place(a).announced.length;
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no such device' }] });
    cluster.settle();
    expect(cluster.entry(a, own)).toMatchObject({
      phase: 'unowned',
      state: 'failed',
      text: 'no such device',
    });
    expect(cluster.place(a).have.has(own)).toBe(false);
    cluster.run(61_000);
    expect(cluster.place(a).announced.slice(asked)).toEqual([own]);
    expect(cluster.entry(a, own)).toMatchObject({ phase: 'owned', owner: 'a', state: 'up', text: '' });
  });

  test('is a candidate again as soon as it says that what made it fail is over', () => {
    const { cluster, a, b } = failing();
    const [own] = cluster.place(a).have;
    if (own === undefined) throw new Error('a owns something');
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no link' }] });
    cluster.settle();
    cluster.give(b, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no link' }] });
    cluster.settle();
    expect(cluster.entry(a, own)).toMatchObject({ phase: 'unowned', state: 'failed' });
    cluster.run(2_000);
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'well' }] });
    cluster.settle();
    expect(cluster.holders(own)).toEqual(['a']);
    agree(cluster);
  });

  test('is asked again when its configuration changed before anybody knew of the failure', () => {
    const { cluster, a } = failing();
    const [own] = cluster.place(a).have;
    if (own === undefined) throw new Error('a owns something');
    const asked = cluster.place(a).announced.length;
    const { publish } = cluster;
    cluster.publish = () => undefined;
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no such device' }] });
    cluster.give(a, { type: 'offersChanged', offers: offers(2) });
    expect(cluster.place(a).announced).toHaveLength(asked);
    cluster.publish = publish;
    cluster.join('c', offers(2));
    cluster.run(10);
    expect(cluster.place(a).announced.slice(asked)).toEqual([own]);
    expect(cluster.holders(own)).toEqual(['a']);
  });

  test('is not asked again while others are told that it failed', () => {
    const { cluster, a } = failing();
    const [own] = cluster.place(a).have;
    if (own === undefined) throw new Error('a owns something');
    const asked = cluster.place(a).announced.length;
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no such device' }] });
    cluster.give(a, { type: 'offersChanged', offers: offers(2) });
    expect(cluster.place(a).announced).toHaveLength(asked);
    cluster.run(10);
    expect(cluster.holders(own)).toEqual(['b']);
    expect(cluster.entry(a, own).participants.map(({ obstacle }) => obstacle)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('leaves equal tables behind when a changed configuration ends the failure', () => {
    const { cluster, a } = failing();
    const [own] = cluster.place(a).have;
    if (own === undefined) throw new Error('a owns something');
    cluster.give(a, { type: 'host', reports: [{ address: own, state: 'failed', text: 'no such device' }] });
    cluster.settle();
    const changed = offers(2).map((one) => ({ ...one, services: ['multivip', 'ESMTP_Listener'] }));
    cluster.give(a, { type: 'offersChanged', offers: changed });
    cluster.settle();
    cluster.join('board', 'observer');
    cluster.settle();
    agree(cluster);
  });
});
