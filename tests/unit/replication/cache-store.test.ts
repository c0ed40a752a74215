/** A replicated cache: the last writer counts, ends are agreed, bounds hold. */

import { describe, expect, test } from 'vitest';
import { must } from '../../../server/base/assert.ts';
import { CACHE_VALUE_BYTES_MAX, KEY_BYTES_MAX } from '../../../server/replication/api.ts';
import { CacheStore, SWEEP_EVERY_MS, TOMBSTONE_LIFE_MS } from '../../../server/replication/cache-store.ts';
import { StorePair } from './store-pair.ts';

const NOW = 1_000;

function cache(node: string, maxSize?: number, skewMs = 0): CacheStore {
  return new CacheStore({ node, maxSize, wallMs: (nowMs) => 1_700_000_000_000 + nowMs + skewMs });
}

function pair(maxSize?: number, skewMs = 0): StorePair<CacheStore> {
  return new StorePair(cache('a', maxSize), cache('b', maxSize, skewMs));
}

const bytes = (text: string): Buffer => Buffer.from(text);

function said(store: CacheStore, key: string, nowMs = NOW): string | undefined {
  return store.get(key, nowMs)?.toString();
}

/** What each of both would say. */
function both({ a, b }: StorePair<CacheStore>, key: string, nowMs = NOW): readonly (string | undefined)[] {
  return [said(a, key, nowMs), said(b, key, nowMs)];
}

describe('entries', () => {
  test('[REP-11] [REP-25] what one sets all get, until it expires', () => {
    const world = pair();
    expect(world.a.set('k', bytes('v'), 5_000, NOW)).toBeUndefined();
    world.a.set('forever', bytes('w'), 0, NOW);
    world.exchange(NOW);
    expect(both(world, 'k')).toEqual(['v', 'v']);
    expect(world.b.peek('k', NOW)?.expiresInMs).toBe(5_000);
    expect(both(world, 'k', NOW + 4_999)).toEqual(['v', 'v']);
    expect(both(world, 'k', NOW + 5_000)).toEqual([undefined, undefined]);
    expect(both(world, 'forever', NOW + 1e12)).toEqual(['w', 'w']);
    expect(world.a.lookups).toEqual({ hits: 3, misses: 1 });
  });

  test('what has expired takes no room, there and here', () => {
    const world = pair();
    world.a.set('k', bytes('v'), 500, NOW);
    world.exchange(NOW);
    expect(world.a.deadlineMs).toBe(NOW + SWEEP_EVERY_MS);
    world.a.due(NOW + SWEEP_EVERY_MS);
    world.exchange(NOW + SWEEP_EVERY_MS);
    expect([world.a.entries('all'), world.b.entries('all')]).toEqual([0, 0]);
    expect(world.a.deadlineMs).toBeUndefined();
  });

  test('the last writer counts whatever comes first, and who lost removes its own', () => {
    const world = pair();
    world.a.set('k', bytes('old'), 0, NOW);
    world.b.set('k', bytes('new'), 0, NOW + 1);
    world.exchange(NOW + 2);
    expect(both(world, 'k')).toEqual(['new', 'new']);
    world.exchange(NOW + 3);
    expect(world.a.entries(0)).toBe(0);
    expect(world.agree()).toBe(true);
    world.a.set('k', bytes('again'), 0, NOW + 3);
    world.exchange(NOW + 4);
    expect(both(world, 'k')).toEqual(['again', 'again']);
  });

  test('of two of one moment the name of the node decides', () => {
    const world = pair();
    world.a.set('k', bytes('of a'), 0, NOW);
    world.b.set('k', bytes('of b'), 0, NOW);
    world.exchange(NOW);
    expect(both(world, 'k')).toEqual(['of b', 'of b']);
  });

  test('whoever sets what it has seen wins, even where its clock is slow', () => {
    const world = pair(undefined, -3_600_000);
    world.a.set('k', bytes('fast clock'), 0, NOW);
    world.exchange(NOW);
    world.b.set('k', bytes('slow clock'), 0, NOW);
    world.exchange(NOW);
    expect(both(world, 'k')).toEqual(['slow clock', 'slow clock']);
  });

  test('what is too long is refused', () => {
    const store = cache('a');
    expect(store.set('k'.repeat(KEY_BYTES_MAX + 1), bytes('v'), 0, NOW)).toBe('keyTooLong');
    expect(store.set('', bytes('v'), 0, NOW)).toBe('keyTooLong');
    expect(store.set('k', Buffer.alloc(CACHE_VALUE_BYTES_MAX + 1), 0, NOW)).toBe('valueTooLong');
    const world = new StorePair(store, cache('b'));
    const largest = Buffer.alloc(CACHE_VALUE_BYTES_MAX, 7);
    expect(store.set('k'.repeat(KEY_BYTES_MAX), largest, 0, NOW)).toBeUndefined();
    world.exchange(NOW);
    expect(must(world.b.get('k'.repeat(KEY_BYTES_MAX), NOW), 'a value').equals(largest)).toBe(true);
  });
});

describe('ends', () => {
  test('a deletion holds everywhere, and is forgotten after a while', () => {
    const world = pair();
    world.a.set('k', bytes('v'), 0, NOW);
    world.exchange(NOW);
    expect(world.b.remove('k', NOW + 1)).toBe(true);
    expect(world.b.remove('k', NOW + 1)).toBe(false);
    world.exchange(NOW + 1);
    expect(both(world, 'k', NOW + 1)).toEqual([undefined, undefined]);
    world.exchange(NOW + 1);
    expect([world.a.entries(0), world.b.entries(0)]).toEqual([0, 1]);
    world.b.due(NOW + TOMBSTONE_LIFE_MS + SWEEP_EVERY_MS);
    world.exchange(NOW + TOMBSTONE_LIFE_MS);
    expect([world.a.entries('all'), world.b.entries('all')]).toEqual([0, 0]);
  });

  test('a flush empties it everywhere, and new entries stay', () => {
    const world = pair();
    for (let index = 0; index < 10; index += 1) {
      (index % 2 === 0 ? world.a : world.b).set(`k${index}`, bytes('v'), 0, NOW);
    }
    world.exchange(NOW);
    expect(world.a.flush(NOW)).toBe(10);
    world.exchange(NOW);
    expect([world.a.size, world.b.size]).toEqual([0, 0]);
    expect(both(world, 'k1')).toEqual([undefined, undefined]);
    world.b.set('k1', bytes('after'), 0, NOW);
    world.exchange(NOW);
    expect(both(world, 'k1')).toEqual(['after', 'after']);
    world.a.due(NOW + 10 * SWEEP_EVERY_MS);
    world.b.due(NOW + 10 * SWEEP_EVERY_MS);
    world.exchange(NOW);
    // The flush itself is remembered as well.
    expect([world.a.entries('all'), world.b.entries('all')]).toEqual([2, 2]);
    expect(world.agree()).toBe(true);
  });

  test('[REP-16] when it is full the oldest go, whoever wrote them', () => {
    const world = pair(3);
    world.a.set('1', bytes('v'), 0, NOW);
    world.b.set('2', bytes('v'), 0, NOW + 1);
    world.a.set('3', bytes('v'), 0, NOW + 2);
    world.exchange(NOW + 2);
    world.b.set('4', bytes('v'), 0, NOW + 3);
    world.exchange(NOW + 3);
    world.exchange(NOW + 3);
    expect(['1', '2', '3', '4'].map((key) => both(world, key)[0])).toEqual([undefined, 'v', 'v', 'v']);
    for (let index = 0; index < 20; index += 1) world.b.set(`x${index}`, bytes('v'), 0, NOW + 4 + index);
    for (let round = 0; round < 4; round += 1) world.exchange(NOW + 30);
    expect([world.a.size, world.b.size]).toEqual([3, 3]);
    expect(both(world, 'x19')).toEqual(['v', 'v']);
    world.a.configure(1, NOW + 31);
    world.b.configure(1, NOW + 31);
    world.exchange(NOW + 31);
    expect([world.a.size, world.b.size]).toEqual([1, 1]);
  });

  test('what a member wrote outlives it', () => {
    const world = pair();
    world.a.set('k', bytes('of a'), 0, NOW);
    world.exchange(NOW);
    world.b.depart(1, 0);
    expect(said(world.b, 'k')).toBe('of a');
    expect(world.b.entries(0)).toBe(1);
  });
});

test('what others say is not believed before it is understood', () => {
  const world = pair();
  world.a.set('k', bytes('v'), 0, NOW);
  const told = world.told(world.a);
  for (let at = 0; at < told.length; at += 1) {
    const damaged = Buffer.from(told);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    world.tell(world.b, damaged, NOW);
    world.tell(world.b, told.subarray(0, at), NOW);
  }
  expect(
    world.b.rows({ view: 'global', under: undefined, search: undefined, top: 5, nowMs: NOW }).found,
  ).toBeLessThan(told.length);
});
