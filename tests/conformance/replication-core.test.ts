/** Replication between members on a bus in agreed order (momentum.md 4, 12.3). Rules: server/replication/SPEC.md. */

import { expect, test } from 'vitest';
import { Prng } from '../../server/base/prng.ts';
import { MESSAGE_BYTES_MAX, type SharedObjectPlan } from '../../server/replication/api.ts';
import { FieldReader, FieldWriter } from '../../server/replication/fields.ts';
import { WINDOW } from '../../server/replication/snapshot-sender.ts';
import type { Granted, ReplicationMemberProcess } from '../support/replication-member.ts';
import { PLAN, planOf, ReplicationWorld } from '../support/replication-world.ts';

const TREE = 'inbound_cidr';
const TABLE = 'outbound_domains';

function three(plan: readonly SharedObjectPlan[] = PLAN): {
  readonly world: ReplicationWorld;
  readonly members: readonly [ReplicationMemberProcess, ReplicationMemberProcess, ReplicationMemberProcess];
} {
  const world = new ReplicationWorld(plan);
  const a = world.start('a');
  const members = [a, world.start('b', a), world.start('c', a)] as const;
  world.runFor(200);
  return { world, members: [...members] };
}

function linesOf(
  one: ReplicationMemberProcess,
  object: string,
  of?: ReplicationMemberProcess,
): readonly string[] {
  const rows = one.replicator.listing(object, of === undefined ? 'global' : of.name, 0) ?? [];
  return [...rows].map(({ key, value }) => `${value} ${key}`);
}

test('[REP-03] [REP-04] each member keeps its own tree, those of the others, and the sum of all', () => {
  const plan = [planOf(TREE, 'inbound_cidr'), planOf('outbound_cidr', 'outbound_cidr')];
  const { world, members } = three(plan);
  const [a, b, c] = members;
  for (const object of [TREE, 'outbound_cidr']) {
    a.count(object, '10.0.0.103', 4);
    b.count(object, '10.9.0.1', 27);
  }
  world.runFor(1_100);
  for (const object of [TREE, 'outbound_cidr']) {
    for (const one of members) {
      expect(linesOf(one, object)).toEqual(['31 10.0.0.0/8', '4 10.0.0.103/32', '27 10.9.0.1/32']);
      expect(linesOf(one, object, a)).toEqual(['4 10.0.0.103/32']);
      expect(linesOf(one, object, c)).toEqual([]);
    }
  }
});

test('[REP-05] [REP-06] connections by domain, and by binding and domain, are gauge tables in order of names', () => {
  const { world, members } = three([
    planOf(TABLE, TABLE),
    planOf('outbound_binding_domains', 'outbound_binding_domains'),
  ]);
  const [a, b] = members;
  a.count(TABLE, 'example.com', 2);
  b.count(TABLE, 'example.com', 1);
  b.count(TABLE, 'a.example', 7);
  world.runFor(1_100);
  for (const one of members) expect(linesOf(one, TABLE)).toEqual(['7 a.example', '3 example.com']);
  expect(a.replicator.facts().map(({ plan }) => plan.kind)).toEqual(['gauge table', 'gauge table']);
});

test('[REP-14] a change waits for max_delay, and not longer', () => {
  const { world, members } = three([planOf(TABLE, TABLE, { maxDelayMs: 300 })]);
  const [a, b] = members;
  a.count(TABLE, 'example.com', 1);
  world.runFor(299);
  expect(b.replicator.total(TABLE, 'example.com')).toBe(0);
  world.runFor(12);
  expect(b.replicator.total(TABLE, 'example.com')).toBe(1);
});

test('[REP-15] max_pending changed keys are told at once, and a key that changes again is not one more', () => {
  const { world, members } = three([planOf(TABLE, TABLE, { maxPending: 3 })]);
  const [a, b] = members;
  for (let count = 0; count < 10; count += 1) a.count(TABLE, 'one.example', 1);
  a.count(TABLE, 'two.example', 1);
  world.runFor(50);
  expect(b.replicator.total(TABLE, 'one.example')).toBe(0);
  a.count(TABLE, 'three.example', 1);
  world.runFor(50);
  expect(b.replicator.total(TABLE, 'one.example')).toBe(10);
});

test('[REP-21] [REP-27] a joiner gets a large state in many messages, few of them under way, while counting goes on', () => {
  const world = new ReplicationWorld();
  const a = world.start('a');
  const prng = new Prng(5);
  const sum = 60_000;
  for (let key = 0; key < sum; key += 1) a.count(TABLE, `domain-number-${key}.example`, 1);
  world.runFor(5_000);
  const b = world.start('b', a);
  let underWay = 0;
  for (let ms = 0; ms < 400; ms += 1) {
    const key = `domain-number-${prng.below(sum)}.example`;
    a.count(TABLE, key, -1);
    a.count(TABLE, `again-${prng.below(100)}.example`, 1);
    underWay = Math.max(underWay, a.replicator.chunksUnderWay);
    world.runFor(1);
  }
  world.runFor(3_000);
  expect(underWay).toBeGreaterThan(1);
  expect(underWay).toBeLessThanOrEqual(WINDOW);
  expect(world.bus.longest).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
  expect(linesOf(b, TABLE)).toEqual(linesOf(a, TABLE));
  expect(b.replicator.facts()[1]?.owners[0]).toMatchObject({ awaiting: false, divergedSinceMs: undefined });
});

test('[REP-26] a reload keeps what is in both plans, drops what is not, and gets what is new from the others', () => {
  const { world, members } = three();
  const [a, b] = members;
  a.count(TREE, '10.0.0.1', 2);
  b.count(TREE, '10.0.0.1', 3);
  b.count(TABLE, 'example.com', 1);
  world.runFor(1_100);
  b.configure(PLAN.slice(0, 1));
  world.runFor(100);
  expect(b.replicator.total(TREE, '10.0.0.1')).toBe(5);
  expect(b.replicator.total(TABLE, 'example.com')).toBeUndefined();
  expect(a.replicator.total(TABLE, 'example.com')).toBe(0);
  a.count(TABLE, 'example.com', 4);
  world.runFor(1_100);
  b.configure(PLAN);
  world.runFor(100);
  expect(b.replicator.total(TABLE, 'example.com')).toBe(4);
  for (const one of members) expect(one.replicator.total(TREE, '10.0.0.1')).toBe(5);
});

test('[REP-26] the share of a member that left goes, and after a partition both parts know all again', () => {
  const { world, members } = three();
  const [a, b, c] = members;
  for (const one of members) one.count(TABLE, 'example.com', 1);
  world.runFor(1_100);
  world.bus.reshape([[a.name, b.name], [c.name]]);
  world.runFor(100);
  expect(members.map((one) => one.replicator.total(TABLE, 'example.com'))).toEqual([2, 2, 1]);
  a.count(TABLE, 'example.com', 5);
  c.count(TABLE, 'example.com', -1);
  world.runFor(1_100);
  world.bus.reshape([[a.name, b.name, c.name]]);
  world.runFor(100);
  expect(members.map((one) => one.replicator.total(TABLE, 'example.com'))).toEqual([7, 7, 7]);
  b.kill();
  world.runFor(100);
  expect(a.replicator.total(TABLE, 'example.com')).toBe(6);
});

test('[REP-19] a copy that became another one is found by its digest, told and repaired', () => {
  const { world, members } = three();
  const [a, b] = members;
  a.count(TABLE, 'example.com', 2);
  world.runFor(30_000);
  const forged = new FieldReader(new FieldWriter().whole(9).text('example.com').finish());
  b.replicator.objects.get(TABLE)?.store.readEntry(Number(b.replicator.ownerOf(a.name)), forged, 0);
  expect(b.replicator.total(TABLE, 'example.com')).toBe(9);
  world.runFor(60_000);
  expect(b.effects).toEqual([
    { type: 'diverged', object: TABLE, owner: 'a' },
    { type: 'converged', object: TABLE, owner: 'a' },
  ]);
  expect(b.replicator.total(TABLE, 'example.com')).toBe(2);
});

test('[REP-05] a limit that is claimed holds over all members; what is given back may be claimed by others', () => {
  const { world, members } = three();
  const [a, b] = members;
  const claim = [{ object: TABLE, key: 'example.com', limit: 5 }];
  const results: Granted[] = [];
  for (const one of members) {
    one.onClaimed = (result) => results.push(result);
    for (let count = 0; count < 4; count += 1) one.claim(claim);
  }
  world.runFor(100);
  expect(results.filter(({ granted }) => granted)).toHaveLength(5);
  const holder = members.find((one) => linesOf(one, TABLE, one).length > 0) ?? a;
  holder.release(claim);
  world.runFor(100);
  b.claim(claim);
  a.claim(claim);
  world.runFor(100);
  expect(results.filter(({ granted }) => granted)).toHaveLength(6);
  expect(members.map((one) => one.replicator.total(TABLE, 'example.com'))).toEqual([5, 5, 5]);
});

test('[REP-05] without a bus a claim is answered by what is known here, at once', () => {
  const world = new ReplicationWorld();
  const a = world.start('a');
  world.runFor(50);
  a.disconnect();
  const results: boolean[] = [];
  a.onClaimed = ({ granted }) => results.push(granted);
  for (let count = 0; count < 3; count += 1) a.claim([{ object: TABLE, key: 'example.com', limit: 2 }]);
  world.runFor(0);
  expect(results).toEqual([true, true, false]);
});
