/** What members do when hosts, processes, replicas or exchanges do not behave. */

import { describe, expect, test } from 'vitest';
import { DEADLINE_REACHED } from '../../../server/base/core.ts';
import { decodeMessage } from '../../../server/duravip/messages.ts';
import { Replica } from '../../../server/duravip/replica.ts';
import { STOP_MS } from '../../../server/duravip/timing.ts';
import { HANDED_AT_ONCE, HANDED_MS } from '../../../server/duravip/wants.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { agree, firstOf, type Three, three } from './three-nodes.ts';
import { address, offers, POLICY, VipCluster } from './vip-cluster.ts';

describe('an owner that does not let go', () => {
  test('is suspect after 3 s, the next takes the address, and it is one again once it holds nothing', () => {
    const { cluster, a, b, c } = three();
    const moved = firstOf(cluster, b);
    cluster.place(b).holds = true;
    cluster.order(a, { type: 'move', what: moved, to: 'c' });
    cluster.run(2_900);
    expect(cluster.entry(a, moved)).toMatchObject({ phase: 'moving', owner: 'b', next: 'c' });
    cluster.run(200);
    expect(cluster.entry(a, moved)).toMatchObject({ phase: 'owned', owner: 'c' });
    expect(cluster.table(a).nodes()[1]).toMatchObject({ node: 'b', suspect: true });
    const told = cluster.place(c).announced.filter((one) => one === moved).length;
    cluster.place(b).have.clear();
    cluster.letReports(b);
    cluster.run(2_100);
    expect(cluster.table(a).nodes()[1]).toMatchObject({ node: 'b', suspect: false });
    expect(cluster.place(c).announced.filter((one) => one === moved).length).toBe(told + 1);
    agree(cluster);
  });

  test('that goes on slowly is waited for', () => {
    const { cluster, a, b } = three(300);
    cluster.place(b).holds = true;
    cluster.order(a, { type: 'drain', node: 'b' });
    for (let round = 0; round < 20; round += 1) {
      cluster.run(2_500);
      for (const { address: of, state } of cluster.place(b).reports) {
        if (state === 'down') cluster.place(b).have.delete(of);
      }
      cluster.letReports(b);
      cluster.place(b).holds = true;
    }
    expect(cluster.table(a).nodes()[1]).toMatchObject({ suspect: false, draining: true });
    expect(cluster.place(b).have.size).toBe(0);
  });
});

describe('a large drain', () => {
  test('lets go of a few at a time, so that the others go on serving', () => {
    const { cluster, a, b, c } = three(240);
    expect(cluster.place(b).have.size).toBe(80);
    cluster.place(b).holds = true;
    cluster.order(a, { type: 'drain', node: 'b' });
    cluster.settle();
    expect(cluster.place(b).reports).toHaveLength(HANDED_AT_ONCE);
    cluster.letReports(b);
    cluster.settle();
    expect(cluster.place(a).have.size + cluster.place(c).have.size).toBe(240);
    expect(
      cluster
        .table(a)
        .entries()
        .every(({ phase }) => phase === 'owned'),
    ).toBe(true);
  });
});

describe('what a host of a large drain lets go of', () => {
  test('waits until what went before is up elsewhere, and no longer than it may', () => {
    const { cluster, a, b, c } = three(240);
    for (const name of [a, c]) cluster.place(name).holds = true;
    cluster.order(a, { type: 'drain', node: 'b' });
    cluster.settle();
    expect(cluster.place(b).have.size).toBe(80 - HANDED_AT_ONCE);
    cluster.letReports(a);
    cluster.settle();
    const after = cluster.place(b).have.size;
    expect(after).toBeLessThan(80 - HANDED_AT_ONCE);
    expect(after).toBeGreaterThanOrEqual(80 - 2 * HANDED_AT_ONCE);
    cluster.place(a).holds = true;
    cluster.run(HANDED_MS);
    expect(cluster.place(b).have.size).toBeLessThan(after);
  });

  test('is a larger part of very many', () => {
    const { cluster, a, b } = three(4_800);
    cluster.place(b).holds = true;
    cluster.order(a, { type: 'drain', node: 'b' });
    cluster.settle();
    expect(cluster.place(b).reports).toHaveLength(100);
  });
});

describe('a pause', () => {
  test('lets go of everything until a message published safe has come back in the present view', () => {
    const { cluster, a } = three();
    const had = cluster.place(a).have.size;
    const effects = cluster.member(a).step({ type: 'paused' }, cluster.nowMs);
    expect(effects[0]).toMatchObject({ type: 'want', acquire: [] });
    expect(effects[0]?.type === 'want' && effects[0].release).toHaveLength(had);
    const [confirm] = effects.filter((effect) => effect.type === 'publish');
    if (confirm?.type !== 'publish') throw new Error('something is published');
    expect(confirm.service).toBe('safe');
    expect(cluster.member(a).step(DEADLINE_REACHED, cluster.nowMs + 10)).toEqual([]);
    const back = cluster
      .member(a)
      .step({ type: 'message', sender: a, message: confirm.message }, cluster.nowMs + 20);
    expect(back[0]?.type === 'want' && back[0].acquire).toHaveLength(had);
  });
});

describe('a stop', () => {
  test('hands everything over with both owners in step, then ends', () => {
    const { cluster, b } = three();
    cluster.give(b, { type: 'stop' });
    cluster.settle();
    expect(cluster.place(b).stopped).toBe(true);
    expect(cluster.place(b).have.size).toBe(0);
    for (let at = 0; at < 9; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
  });

  test('ends in bounded time, whatever its host does', () => {
    const { cluster, b } = three();
    cluster.place(b).holds = true;
    cluster.give(b, { type: 'stop' });
    cluster.run(STOP_MS + 1);
    expect(cluster.place(b).stopped).toBe(true);
  });

  test('of the last node lets go of everything at once', () => {
    const cluster = new VipCluster();
    const a = cluster.join('a', offers(3));
    cluster.run(POLICY.viewMatureMs + 1);
    expect(cluster.place(a).have.size).toBe(3);
    cluster.give(a, { type: 'stop' });
    cluster.settle();
    expect(cluster.place(a)).toMatchObject({ stopped: true });
    expect(cluster.place(a).have.size).toBe(0);
  });
});

describe('a replica that differs', () => {
  test('is found by its heartbeat, lets go of everything and begins anew', () => {
    const { cluster, a, b, c } = three();
    const table = cluster.table(b);
    if (!(table instanceof Replica)) throw new Error('a replica');
    table.state.clock += 7;
    cluster.order(a, { type: 'move', what: firstOf(cluster, a), to: 'a' });
    cluster.run(20_000);
    expect(cluster.place(a).happened).toContainEqual({ type: 'diverged', node: 'b' });
    agree(cluster);
    expect(
      cluster
        .table(a)
        .nodes()
        .map(({ node }) => node),
    ).toEqual(['a', 'b', 'c']);
    cluster.run(20_000);
    for (let at = 0; at < 9; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
    expect([a, b, c].map((name) => cluster.place(name).have.size)).toEqual([3, 3, 3]);
  });
});

describe('messages of another view', () => {
  test('change nothing (D14)', () => {
    const { cluster, a, b } = three();
    const queue: { readonly sender: PrivateName; readonly kind: number; readonly payload: Buffer }[] = [];
    const { publish } = cluster;
    cluster.publish = (sender, message) => {
      queue.push({ sender, ...message });
    };
    cluster.order(b, { type: 'move', what: firstOf(cluster, b), to: 'c' });
    cluster.publish = publish;
    cluster.join('d', offers(9));
    cluster.settle();
    const { epoch, hash } = cluster.table(a);
    for (const { sender, ...message } of queue) cluster.publish(sender, message);
    cluster.settle();
    expect(queue.map(({ kind, payload }) => decodeMessage(kind, payload.subarray(8), 0).ok)).toEqual([true]);
    expect(cluster.table(a)).toMatchObject({ epoch, hash });
  });

  test('an order whose view ended before it came is said again in the next', () => {
    const { cluster, b } = three();
    const moved = firstOf(cluster, b);
    const { publish } = cluster;
    cluster.publish = () => undefined;
    cluster.order(b, { type: 'move', what: moved, to: 'c' });
    cluster.publish = publish;
    cluster.settle();
    expect(cluster.holders(moved)).toEqual(['b']);
    cluster.join('board-node', offers(1));
    cluster.settle();
    expect(cluster.holders(moved)).toEqual(['c']);
  });
});

describe('observers', () => {
  test('ask when the leader did not live to tell them', () => {
    const { cluster, a } = three();
    const { send } = cluster;
    cluster.send = () => undefined;
    const o = cluster.join('board', 'observer');
    cluster.settle();
    expect(cluster.table(o).synced).toBe(false);
    cluster.send = send;
    cluster.leave(a);
    cluster.run(1_100);
    expect(cluster.table(o).synced).toBe(true);
    agree(cluster);
  });

  test('that were there before the first node are told as well', () => {
    const cluster = new VipCluster();
    const o = cluster.join('board', 'observer');
    cluster.settle();
    cluster.join('a', offers(3));
    cluster.settle();
    expect(cluster.table(o).entries()).toHaveLength(3);
    agree(cluster);
  });
});

describe('an isolated node', () => {
  test('with `drop` has nothing while it is alone, and something when it is not', () => {
    const cluster = new VipCluster();
    const [a, b] = ['a', 'b'].map((node) => cluster.join(node, offers(4), { isolated: 'drop' }));
    if (a === undefined || b === undefined) throw new Error('two joined');
    cluster.run(POLICY.viewMatureMs + 1);
    cluster.split([a], [b]);
    cluster.settle();
    expect(cluster.alive().map(({ have }) => have.size)).toEqual([0, 0]);
    expect(cluster.entry(a, address(0))).toMatchObject({ phase: 'unowned' });
    cluster.split([a, b]);
    cluster.settle();
    expect(cluster.alive().map(({ have }) => have.size)).toEqual([2, 2]);
    agree(cluster);
  });
});

describe('a loser of a merge whose host is slow', () => {
  function met(): Three & { readonly of: IpAddress } {
    const { cluster, a, b, c } = three(3);
    cluster.split([a, b], [c]);
    cluster.settle();
    const of = firstOf(cluster, a);
    cluster.place(c).holds = true;
    cluster.split([a, b, c]);
    cluster.settle();
    expect(cluster.holders(of)).toEqual(['a', 'c']);
    return { cluster, a, b, c, of };
  }

  test('is waited for before anybody takes the address anew', () => {
    const { cluster, a, c, of } = met();
    cluster.order(a, { type: 'move', what: of, to: 'b' });
    cluster.settle();
    expect(cluster.entry(a, of)).toMatchObject({
      owner: 'b',
      state: 'coming',
      text: 'waits until c let it go',
    });
    expect(cluster.holders(of)).toEqual(['c']);
    cluster.place(c).have.clear();
    cluster.letReports(c);
    cluster.settle();
    expect(cluster.holders(of)).toEqual(['b']);
    agree(cluster);
  });

  test('ends with neighbours told once more, however late it is (D9)', () => {
    const { cluster, a, c, of } = met();
    cluster.run(4_000);
    const told = cluster.place(a).announced.filter((one) => one === of).length;
    cluster.place(c).have.clear();
    cluster.letReports(c);
    cluster.run(10);
    expect(cluster.place(a).announced.filter((one) => one === of)).toHaveLength(told + 1);
  });

  test('is known also when it comes back without a history', () => {
    const { cluster, a, b, c } = three(3);
    const of = firstOf(cluster, c);
    cluster.place(c).holds = true;
    cluster.give(c, { type: 'lost' });
    cluster.split([a, b], [c]);
    cluster.settle();
    cluster.give(c, { type: 'connected', name: c });
    cluster.split([a, b, c]);
    cluster.run(5_000);
    const { owner } = cluster.entry(a, of);
    const other = owner === 'a' ? 'b' : 'a';
    cluster.order(a, { type: 'move', what: of, to: other });
    cluster.settle();
    expect(cluster.entry(a, of)).toMatchObject({ owner: other, text: 'waits until c let it go' });
    cluster.place(c).have.clear();
    cluster.letReports(c);
    cluster.settle();
    expect(cluster.holders(of)).toEqual([other]);
    agree(cluster);
  });

  test('is suspect when somebody waits for it too long', () => {
    const { cluster, a, c, of } = met();
    cluster.run(10_000);
    expect(cluster.table(a).nodes()[2]).toMatchObject({ node: 'c', suspect: false });
    cluster.order(a, { type: 'move', what: of, to: 'b' });
    cluster.run(3_100);
    expect(cluster.table(a).nodes()[2]).toMatchObject({ node: 'c', suspect: true });
    expect(cluster.holders(of)).toEqual(['b', 'c']);
    expect(cluster.place(c).reports).toContainEqual({ address: of, state: 'down' });
    agree(cluster);
  });
});
