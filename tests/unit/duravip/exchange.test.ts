/** Where histories meet: who says what, who is waited for, and what counts. */

import { describe, expect, test } from 'vitest';
import { kindOf } from '../../../server/duravip/messages.ts';
import { Ownership } from '../../../server/duravip/ownership.ts';
import { agree, firstOf, three } from './three-nodes.ts';
import { address, offers } from './vip-cluster.ts';

const STATE = kindOf({ viewId: '', type: 'state', speaksFor: [], image: new Ownership() });
const HOLDS = kindOf({ viewId: '', type: 'holds', lacking: [], beside: [] });

describe('an exchange', () => {
  test('does not wait for ever for one that says nothing', () => {
    const { cluster, a, b } = three();
    const d = cluster.join('d', offers(9));
    // It takes what it hears and says nothing.
    const dumb = cluster.place(d);
    const { publish } = cluster;
    cluster.publish = (sender, message) => {
      if (sender !== d) publish.call(cluster, sender, message);
    };
    cluster.run(7_900);
    expect(cluster.table(a).synced).toBe(false);
    expect(cluster.place(b).have.size).toBe(3);
    cluster.run(200);
    expect(cluster.table(a).synced).toBe(true);
    expect(cluster.table(a).nodes()[3]).toMatchObject({ node: 'd', suspect: true });
    expect(dumb.have.size).toBe(0);
    cluster.publish = publish;
    cluster.run(30_000);
    expect(cluster.table(a).nodes()[3]).toMatchObject({ node: 'd', suspect: false, mature: true });
    expect(
      cluster
        .alive()
        .map(({ have }) => have.size)
        .sort(),
    ).toEqual([2, 2, 2, 3]);
    agree(cluster);
  });

  test('does not wait for ever for one whose history others tell, and nobody waits for what it lets go', () => {
    const { cluster, a, b, c } = three();
    cluster.split([a, b], [c]);
    cluster.settle();
    const had = [...cluster.place(b).have];
    expect(had).toHaveLength(4);
    const { publish } = cluster;
    cluster.publish = (sender, message) => {
      if (sender !== b) publish.call(cluster, sender, message);
    };
    cluster.split([a, b, c]);
    cluster.run(7_900);
    expect(cluster.table(a).synced).toBe(false);
    cluster.run(200);
    expect(cluster.table(a).synced).toBe(true);
    expect(cluster.table(a).nodes()[1]).toMatchObject({ node: 'b', suspect: true });
    for (let at = 0; at < 9; at += 1) expect(cluster.holders(address(at))).toHaveLength(1);
    for (const of of had) cluster.order(a, { type: 'move', what: of, to: 'a' });
    cluster.settle();
    for (const of of had) expect(cluster.holders(of)).toEqual(['a']);
    for (const of of had) cluster.order(a, { type: 'unpin', what: of });
    cluster.publish = publish;
    cluster.run(30_000);
    expect([a, b, c].map((name) => cluster.place(name).have.size)).toEqual([3, 3, 3]);
    agree(cluster);
  });

  test('needs one table of each history, and of the others of it what they hold', () => {
    const { cluster } = three();
    const kinds: number[] = [];
    const { publish } = cluster;
    cluster.publish = (sender, message) => {
      kinds.push(message.kind);
      publish.call(cluster, sender, message);
    };
    cluster.join('d', offers(9));
    cluster.settle();
    const [state, holds] = [STATE, HOLDS].map((kind) => kinds.filter((one) => one === kind).length);
    expect([state, holds, kinds.length]).toEqual([2, 2, 4]);
  });

  test('counts for an owner only what it really holds, although its history says more (D9)', () => {
    const { cluster, a, b, c } = three();
    const of = firstOf(cluster, b);
    cluster.split([a, b], [c]);
    cluster.settle();
    expect(cluster.holders(of)).toEqual(['b', 'c']);
    // It stood still, and before it is in doubt no more, the others meet.
    const { publish } = cluster;
    cluster.publish = () => undefined;
    cluster.give(b, { type: 'paused' });
    cluster.publish = publish;
    cluster.split([a, b, c]);
    cluster.settle();
    expect(cluster.holders(of)).toEqual(['c']);
    expect(cluster.entry(a, of)).toMatchObject({ owner: 'c', state: 'up' });
    agree(cluster);
  });

  test('of a join moves nothing', () => {
    const { cluster, a } = three();
    const before = cluster
      .table(a)
      .entries()
      .map(({ owner }) => owner);
    cluster.join('d', offers(9));
    cluster.run(1_000);
    expect(
      cluster
        .table(a)
        .entries()
        .map(({ owner }) => owner),
    ).toEqual(before);
  });
});
