import { expect, test } from 'vitest';
import { DIGEST_RESTLESS_MS } from '../../../server/replication/copy-watch.ts';
import type { Granted } from '../../support/replication-member.ts';
import { ReplicationWorld } from '../../support/replication-world.ts';

test('what one member counts, the others see within max_delay; what it gives back goes', () => {
  const world = new ReplicationWorld();
  const a = world.start('a');
  const b = world.start('b', a);
  const c = world.start('c', a);
  world.runFor(100);
  a.count('inbound_cidr', '10.0.0.1', 3);
  b.count('inbound_cidr', '10.0.0.1', 2);
  world.runFor(1_010);
  for (const one of [a, b, c]) expect(one.replicator.total('inbound_cidr', '10.0.0.1')).toBe(5);
  expect([...(c.replicator.listing('inbound_cidr', a.name, 0) ?? [])]).toEqual([
    { key: '10.0.0.1/32', value: 3, children: false },
  ]);
  a.count('inbound_cidr', '10.0.0.1', -3);
  world.runFor(1_010);
  for (const one of [a, b, c]) expect(one.replicator.total('inbound_cidr', '10.0.0.1')).toBe(2);
});

test('a joiner gets the shares of all, a member that left takes its share along', () => {
  const world = new ReplicationWorld();
  const a = world.start('a');
  a.count('inbound_cidr', '10.0.0.1', 3);
  const b = world.start('b', a);
  for (let at = 0; at < 250; at += 1) b.count('outbound_domains', `d${at}.example`, 1);
  world.runFor(2_000);
  const c = world.start('c', a);
  world.runFor(200);
  expect(c.replicator.total('inbound_cidr', '10.0.0.0/8')).toBe(3);
  expect(c.replicator.facts()[1]).toMatchObject({ entries: 250, total: 250 });
  b.kill();
  world.runFor(200);
  for (const one of [a, c]) expect(one.replicator.facts()[1]).toMatchObject({ entries: 0, total: 0 });
});

test('a share that changes while its digest is on its way does not differ from itself', () => {
  const world = new ReplicationWorld();
  const a = world.start('a');
  const b = world.start('b', a);
  for (let passedMs = 0; passedMs < 2 * DIGEST_RESTLESS_MS; passedMs += 0.25) {
    a.count('outbound_domains', 'example.com', 1);
    world.runFor(0.25);
  }
  world.runFor(DIGEST_RESTLESS_MS);
  expect([a, b].flatMap(({ effects }) => effects)).toEqual([]);
});

test('claims of all members together stay within the limit', () => {
  const world = new ReplicationWorld();
  const a = world.start('a');
  const members = [a, world.start('b', a), world.start('c', a)];
  world.runFor(100);
  const results: Granted[] = [];
  const keys = [{ object: 'outbound_domains', key: 'example.com', limit: 10 }];
  for (const one of members) {
    one.onClaimed = (result) => results.push(result);
    for (let count = 0; count < 8; count += 1) one.claim(keys);
  }
  world.runFor(100);
  expect(results.filter(({ granted }) => granted)).toHaveLength(10);
  expect(results).toHaveLength(24);
  for (const one of members) expect(one.replicator.total('outbound_domains', 'example.com')).toBe(10);
  a.release(keys);
  world.runFor(100);
  members[1]?.claim(keys);
  world.runFor(100);
  expect(results.filter(({ granted }) => granted)).toHaveLength(11);
});
