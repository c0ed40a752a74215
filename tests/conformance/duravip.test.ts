/** Requirements VIP-xx of the conformance checklist that the members of DuraVIP meet among themselves. */

import { describe, expect, test } from 'vitest';
import type { VipOffer } from '../../server/duravip/api.ts';
import { PART_BYTES } from '../../server/duravip/parts.ts';
import type { NodeName, PrivateName } from '../../server/model/names.ts';
import { address, ip, offer, offers, POLICY, VipCluster } from '../unit/duravip/vip-cluster.ts';

const node = (name: string): NodeName => name as NodeName;

type Started = { readonly cluster: VipCluster; readonly names: readonly PrivateName[] };

function started(
  nodes: readonly string[],
  own: readonly VipOffer[] | ((name: string) => readonly VipOffer[]),
): Started {
  const cluster = new VipCluster();
  const names = nodes.map((name) => cluster.join(name, typeof own === 'function' ? own(name) : own));
  cluster.run(POLICY.viewMatureMs + 1);
  return { cluster, names };
}

function nth(names: readonly PrivateName[], index: number): PrivateName {
  const name = names[index];
  if (name === undefined) throw new RangeError(`no member ${index}`);
  return name;
}

function expectOneOwnerEach(cluster: VipCluster, count: number): void {
  for (let at = 0; at < count; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
}

function loadsOf(cluster: VipCluster): readonly number[] {
  return cluster.alive().map(({ have }) => have.size);
}

describe('ownership', () => {
  test('[VIP-03] [VIP-29] nodes agree by messages of their group alone, and exactly one owns each address', () => {
    const { cluster } = started(['labrat-1', 'labrat-2', 'labrat-4'], offers(20));
    expectOneOwnerEach(cluster, 20);
    const tables = cluster.alive().map(({ member }) => member?.table);
    expect(new Set(tables.map((table) => `${table?.epoch} ${table?.hash}`)).size).toBe(1);
  });

  test('[VIP-29] the same views and messages elect the same owners again', () => {
    const owners = (): readonly (string | undefined)[] => {
      const { cluster, names } = started(['a', 'b', 'c'], offers(30));
      cluster.leave(nth(names, 1));
      cluster.settle();
      return cluster
        .table(nth(names, 0))
        .entries()
        .map(({ owner }) => owner);
    };
    expect(owners()).toEqual(owners());
  });

  test('[VIP-04] when a node fails the others have its addresses with the next view', () => {
    const { cluster, names } = started(['a', 'b', 'c'], offers(9));
    const lost = [...cluster.place(nth(names, 2)).have];
    const kept = new Map(cluster.alive().map(({ name, have }) => [name, new Set(have)]));
    cluster.leave(nth(names, 2), 'silence');
    cluster.settle();
    expectOneOwnerEach(cluster, 9);
    expect(lost).toHaveLength(3);
    for (const { name, have } of cluster.alive())
      for (const one of kept.get(name) ?? []) expect(have).toContain(one);
    for (const one of lost)
      expect(cluster.entry(nth(names, 0), one)).toMatchObject({ cause: 'failure', state: 'up' });
  });
});

describe('time', () => {
  test('[VIP-12] nothing is owned until the view has been unchanged for view_mature_time', () => {
    const cluster = new VipCluster();
    cluster.join('a', offers(4));
    cluster.run(4_000);
    cluster.join('b', offers(4));
    cluster.run(4_900);
    expect(loadsOf(cluster)).toEqual([0, 0]);
    cluster.run(200);
    expect(loadsOf(cluster)).toEqual([2, 2]);
  });

  test('[VIP-13] [VIP-30] views are balanced every view_balance_interval, so that all have as many', () => {
    const { cluster, names } = started(['a'], offers(40));
    cluster.join('b', offers(40));
    cluster.settle();
    expect(loadsOf(cluster)).toEqual([40, 0]);
    cluster.run(POLICY.viewMatureMs - 100);
    expect(loadsOf(cluster)).toEqual([40, 0]);
    cluster.run(200);
    expect(loadsOf(cluster)).toEqual([30, 10]);
    cluster.run(POLICY.viewBalanceMs);
    expect(loadsOf(cluster)).toEqual([20, 20]);
    const { epoch } = cluster.table(nth(names, 0));
    cluster.run(5 * POLICY.viewBalanceMs);
    expect(cluster.table(nth(names, 0)).epoch).toBe(epoch);
  });

  test('[VIP-09] at most duravip_balance_set_size addresses move in a round, and sizes that differ are told', () => {
    const cluster = new VipCluster();
    const a = cluster.join('a', offers(40), { balanceSetSize: 3 });
    cluster.run(POLICY.viewMatureMs + 1);
    cluster.join('b', offers(40), { balanceSetSize: 5 });
    cluster.run(POLICY.viewMatureMs + 1);
    expect(loadsOf(cluster)).toEqual([37, 3]);
    expect(cluster.place(a).happened).toContainEqual({ type: 'setSizesDiffer', sizes: { a: 3, b: 5 } });
    cluster.run(20 * POLICY.viewBalanceMs);
    expect(loadsOf(cluster)).toEqual([20, 20]);
  });

  test('[VIP-14] view_broadcast_interval announces what every node has, and 0 never does', () => {
    const quiet = started(['a', 'b'], offers(2));
    const told = quiet.cluster.alive().map(({ announced }) => announced.length);
    quiet.cluster.run(60_000);
    expect(quiet.cluster.alive().map(({ announced }) => announced.length)).toEqual(told);
    const cluster = new VipCluster();
    for (const name of ['a', 'b']) cluster.join(name, offers(2), { viewBroadcastMs: 20_000 });
    cluster.run(61_000);
    expect(cluster.alive().map(({ announced }) => announced.length)).toEqual([4, 4]);
  });

  test('[VIP-21] an address tells since when its view and its configuration are the same', () => {
    const { cluster, names } = started(['a', 'b'], offers(2));
    const a = nth(names, 0);
    cluster.run(10_000);
    cluster.join('c', offers(1));
    cluster.settle();
    const joinedMs = cluster.nowMs;
    expect(cluster.entry(a, address(0))).toMatchObject({ viewSinceMs: joinedMs, configSinceMs: 0 });
    expect(cluster.entry(a, address(1))).toMatchObject({ viewSinceMs: 0, configSinceMs: 0 });
    cluster.run(1_000);
    cluster.give(nth(names, 1), {
      type: 'offersChanged',
      offers: [offer(address(0)), offer(address(1), { services: ['multivip', 'ESMTP_Listener'] })],
    });
    cluster.settle();
    expect(cluster.entry(a, address(1))).toMatchObject({ viewSinceMs: 0, configSinceMs: cluster.nowMs });
    expect(cluster.entry(a, address(0)).configSinceMs).toBe(0);
  });
});

describe('orders', () => {
  test('[VIP-15] after a reload at different moments announce view tells neighbours and moves nothing', () => {
    const { cluster, names } = started(['a', 'b'], offers(4));
    const more = [...offers(4), offer(ip('10.9.9.9'))];
    cluster.give(nth(names, 1), { type: 'offersChanged', offers: more });
    cluster.run(300);
    cluster.give(nth(names, 0), { type: 'offersChanged', offers: more });
    cluster.settle();
    expect(cluster.holders(ip('10.9.9.9'))).toHaveLength(1);
    const before = cluster.table(nth(names, 0)).entries();
    const told = cluster.alive().map(({ announced, have }) => announced.length + have.size);
    for (const name of names) expect(cluster.order(name, { type: 'announceView' }, true).ok).toBe(true);
    cluster.settle();
    expect(cluster.table(nth(names, 0)).entries()).toEqual(before);
    expect(cluster.alive().map(({ announced }) => announced.length)).toEqual(told);
  });

  test('[VIP-17] a broadcast move reaches all nodes, one says it, and both owners act on the same message', () => {
    const { cluster, names } = started(['a', 'b', 'c'], offers(6));
    const [moved] = [...cluster.place(nth(names, 1)).have];
    if (moved === undefined) throw new Error('b owns something');
    const { published } = cluster;
    const answers = names.map((name) => cluster.order(name, { type: 'move', what: moved, to: 'c' }, true));
    expect(answers.map(({ ok, text }) => [ok, text])).toEqual(
      names.map(() => [true, `${moved} moves from b to c`]),
    );
    expect(cluster.published - published).toBe(1);
    cluster.settle();
    expect(cluster.holders(moved)).toEqual(['c']);
    expect(cluster.entry(nth(names, 0), moved)).toMatchObject({ owner: 'c', pinned: 'c', cause: 'operator' });
  });

  test('[VIP-18] a move asked of one node alone is done, with a warning', () => {
    const { cluster, names } = started(['a', 'b'], offers(2));
    const [moved] = [...cluster.place(nth(names, 0)).have];
    const answer = cluster.order(nth(names, 0), { type: 'move', what: moved ?? '', to: 'b' });
    expect(answer.ok).toBe(true);
    expect(answer.text).toContain('warning: asked of a only');
  });

  test('[VIP-19] a fully qualified name is refused with the cause and the name to write', () => {
    const { cluster, names } = started(['labrat-1', 'labrat-2'], offers(2));
    const { published } = cluster;
    const answer = cluster.order(
      nth(names, 0),
      { type: 'move', what: address(0), to: 'labrat-2.example.com' },
      true,
    );
    expect(answer.ok).toBe(false);
    expect(answer.text).toContain('host name and node name differ');
    expect(answer.text).toContain('write labrat-2');
    expect(cluster.published).toBe(published);
  });
});

describe('debugging', () => {
  test('[VIP-23] a member tells each view and what became of each message, to be shown while debugging is on', () => {
    const { cluster, names } = started(['a', 'b'], offers(2));
    cluster.order(nth(names, 0), { type: 'drain', node: 'b' });
    cluster.settle();
    const lines = cluster
      .place(nth(names, 1))
      .happened.flatMap((what) => (what.type === 'debug' ? [what.text] : []));
    expect(lines[0]).toMatch(/^view v2\.0: history shared with #ec0-00002#b, tables are exchanged$/);
    expect(lines).toContainEqual(expect.stringMatching(/^drain of #ec0-00001#a: taken, epoch v2\.0\/\d+$/));
  });
});

describe('bindings', () => {
  test('[VIP-20] [VIP-35] one address has several binding names, in order and case-exact', () => {
    const names = ['flowgoMail-50', 'flowgomail-50', 'flowgomail-51'];
    const { cluster, names: members } = started(['a', 'b'], [offer(address(0), { names })]);
    expect(cluster.entry(nth(members, 1), address(0)).names).toEqual(names);
    expect(cluster.order(nth(members, 0), { type: 'move', what: 'FLOWGOMAIL-50', to: 'b' }).ok).toBe(false);
    expect(cluster.order(nth(members, 0), { type: 'move', what: 'flowgoMail-50', to: 'b' }).ok).toBe(true);
  });

  test('[VIP-22] each participant of an address is told with its services, and the owner among them', () => {
    const { cluster, names } = started(['a', 'b'], (name) => (name === 'a' ? offers(2) : offers(1)));
    const { participants, owner } = cluster.entry(nth(names, 1), address(1));
    expect(owner).toBe('a');
    expect(participants).toEqual([
      { name: nth(names, 0), node: 'a', names: ['b-10.0.0.2'], services: ['multivip'], obstacle: undefined },
    ]);
    expect(cluster.entry(nth(names, 0), address(0)).participants.map((one) => one.node)).toEqual(['a', 'b']);
  });

  test('[VIP-24] the preferred node gets the address whenever it is a member, once the view is mature', () => {
    const own = [offer(address(0), { preference: node('b') }), offer(address(1)), offer(address(2))];
    const { cluster, names } = started(['a', 'b', 'c'], own);
    expect(cluster.holders(address(0))).toEqual(['b']);
    cluster.leave(nth(names, 1));
    cluster.settle();
    expect(cluster.holders(address(0))).not.toEqual(['b']);
    cluster.join('b', own);
    cluster.run(POLICY.viewMatureMs - 100);
    expect(cluster.holders(address(0))).not.toEqual(['b']);
    cluster.run(200);
    expect(cluster.holders(address(0))).toEqual(['b']);
    expect(cluster.entry(nth(names, 0), address(0)).cause).toBe('preference');
  });

  test('[VIP-25] differing preferences are a conflict with ordinary election, and its mark clears', () => {
    const own = (preference: string): readonly VipOffer[] => [
      offer(address(0), { preference: node(preference) }),
      offer(address(1)),
    ];
    const { cluster, names } = started(['a', 'b'], own);
    const entry = cluster.entry(nth(names, 0), address(0));
    expect(entry).toMatchObject({ phase: 'owned', preference: undefined, flags: { conflict: true } });
    cluster.give(nth(names, 1), { type: 'offersChanged', offers: own('a') });
    cluster.settle();
    expect(cluster.entry(nth(names, 0), address(0))).toMatchObject({
      preference: 'a',
      flags: { conflict: false },
    });
  });

  test('[VIP-26] an address that follows another is always where that one is', () => {
    const own = [
      ...offers(4),
      offer(ip('10.1.0.1'), { names: [], services: ['ESMTP_Listener'], follows: address(0) }),
    ];
    const { cluster, names } = started(['a', 'b', 'c'], own);
    const together = (): void => {
      expect(cluster.holders(ip('10.1.0.1'))).toEqual(cluster.holders(address(0)));
      expect(cluster.holders(address(0))).toHaveLength(1);
    };
    together();
    const [first] = cluster.holders(address(0));
    const other = ['a', 'b', 'c'].find((one) => one !== first) ?? '';
    cluster.order(nth(names, 0), { type: 'move', what: address(0), to: other });
    cluster.settle();
    expect(cluster.holders(address(0))).toEqual([other]);
    together();
    cluster.leave(names.find((name) => cluster.place(name).node === other) ?? nth(names, 0));
    cluster.settle();
    together();
  });

  test('[VIP-27] services that differ are UNSAFE and managed, names that differ are BROKEN and nobody has them', () => {
    const own = (name: string): readonly VipOffer[] => [
      offer(address(0), { services: name === 'a' ? ['multivip', 'ESMTP_Listener'] : ['multivip'] }),
      offer(address(1), { names: [name === 'a' ? 'x' : 'y'] }),
    ];
    const { cluster, names } = started(['a', 'b'], own);
    expect(cluster.entry(nth(names, 0), address(0))).toMatchObject({
      phase: 'owned',
      flags: { unsafe: true },
    });
    expect(cluster.holders(address(0))).toHaveLength(1);
    expect(cluster.entry(nth(names, 0), address(1))).toMatchObject({ phase: 'broken', owner: undefined });
    expect(cluster.holders(address(1))).toEqual([]);
    cluster.give(nth(names, 1), { type: 'offersChanged', offers: own('a') });
    cluster.settle();
    expect(cluster.holders(address(1))).toHaveLength(1);
  });
});

describe('changes', () => {
  test('[VIP-34] a node that flaps gets nothing from balance, so no address goes to and fro', () => {
    const { cluster, names } = started(['a', 'b'], offers(10));
    for (let round = 0; round < 5; round += 1) {
      const c = cluster.join('c', offers(10));
      cluster.run(POLICY.viewMatureMs - 500);
      expect(cluster.place(c).have.size).toBe(0);
      cluster.leave(c);
      cluster.run(500);
    }
    const owners = cluster.place(nth(names, 0)).happened.filter(({ type }) => type === 'owner');
    expect(owners).toHaveLength(10);
  });

  test('[VIP-34] an address that is redefined comes down where it was, one that is removed is forgotten', () => {
    const { cluster, names } = started(['a', 'b'], offers(2));
    const next = [offer(ip('10.5.5.5'), { names: [`b-${address(0)}`] }), offer(address(1))];
    for (const name of names) {
      cluster.give(name, { type: 'offersChanged', offers: next });
      cluster.settle();
    }
    expect(cluster.holders(address(0))).toEqual([]);
    expect(cluster.holders(ip('10.5.5.5'))).toHaveLength(1);
    expect(cluster.table(nth(names, 0)).entry(address(0))).toBeUndefined();
    cluster.give(nth(names, 0), { type: 'offersChanged', offers: [] });
    cluster.settle();
    for (const one of next) expect(cluster.holders(one.address)).toEqual(['b']);
  });

  test('[VIP-35] with 10,240 addresses no message is larger than the bus likes', () => {
    const cluster = new VipCluster();
    const own = offers(10_240);
    const names = ['a', 'b'].map((name) => cluster.join(name, own));
    cluster.settle();
    expect(cluster.largest).toBeLessThan(256 * 1024);
    expect(PART_BYTES).toBeLessThan(256 * 1024);
    expect(cluster.published).toBeLessThanOrEqual(2 * 2 * 2);
    expect(names.map((name) => cluster.table(name).entries().length)).toEqual([10_240, 10_240]);
    cluster.run(POLICY.viewMatureMs + 1);
    expect(loadsOf(cluster)).toEqual([5_120, 5_120]);
  }, 60_000);
});
