/** A throttle that members share: the rate holds for all together, a part of what is left is held for each round. */

import { describe, expect, test } from 'vitest';
import { KEY_BYTES_MAX, type ThrottleRate } from '../../../server/replication/api.ts';
import { HELD_IDLE_MS, ROUND_WAIT_MS, ThrottleStore } from '../../../server/replication/throttle-store.ts';
import { StorePair } from './store-pair.ts';

const RATE: ThrottleRate = { amount: 100, perMs: 60_000, epsilon: 0.95 };

function pair(): StorePair<ThrottleStore> {
  return new StorePair(new ThrottleStore(), new ThrottleStore());
}

/** Takes as often as it can until it has to wait. @returns how many, and the wait. */
function takeAll(store: ThrottleStore, rate: ThrottleRate, nowMs: number): { count: number; waitMs: number } {
  for (let count = 0; ; count += 1) {
    const waitMs = store.take('t', rate, 1, nowMs);
    if (waitMs > 0) return { count, waitMs };
  }
}

/** Both take what they can, for so many rounds. @returns how many each took. */
function drain(world: StorePair<ThrottleStore>, rate: ThrottleRate, rounds: number, fromMs = 0) {
  let [a, b] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const nowMs = fromMs + round * ROUND_WAIT_MS;
    a += takeAll(world.a, rate, nowMs).count;
    b += takeAll(world.b, rate, nowMs).count;
    world.exchange(nowMs);
  }
  return { a, b };
}

describe('a shared throttle', () => {
  test('[REP-07] [REP-08] the rate holds for all together, exactly', () => {
    const world = pair();
    const { a, b } = drain(world, RATE, 60);
    expect(a + b).toBe(100);
    expect(Math.min(a, b)).toBeGreaterThan(0);
    expect(world.a.available('t', RATE, 600)).toBe(0);
  });

  test('a window later as much again', () => {
    const world = pair();
    drain(world, RATE, 60);
    for (let second = 1; second <= 70; second += 1) {
      world.a.due(second * 1_000);
      world.b.due(second * 1_000);
      world.exchange(second * 1_000);
    }
    const { a, b } = drain(world, RATE, 60, 71_000);
    expect(a + b).toBe(100);
  });

  test('one that is alone on the bus uses all of it, in rounds that grow', () => {
    const world = pair();
    expect(world.a.take('t', RATE, 1, 0)).toBe(ROUND_WAIT_MS);
    expect(world.a.urgent).toBe(true);
    world.exchange(0);
    expect(world.a.urgent).toBe(false);
    expect(world.a.take('t', RATE, 1, 0)).toBe(0);
    let [taken, rounds] = [1, 0];
    for (; taken < 100; rounds += 1) {
      taken += takeAll(world.a, RATE, rounds * ROUND_WAIT_MS).count;
      world.exchange(rounds * ROUND_WAIT_MS);
    }
    expect(rounds).toBeLessThan(15);
  });

  test('without a bus there is nobody to wait for', () => {
    const store = new ThrottleStore();
    expect(takeAll(store, RATE, 0).count).toBe(100);
    expect(takeAll(store, RATE, 1_000).waitMs).toBeGreaterThan(1_000);
    expect(takeAll(store, RATE, 64_000).count).toBe(100);
  });

  test('[REP-24] epsilon is the most of what is left that one round takes', () => {
    const usedAfterSomeRounds = (epsilon: number): number => {
      const store = pair();
      const rate = { amount: 1_000, perMs: 60_000, epsilon };
      drain(store, rate, 12);
      return ownOf(store.a);
    };
    expect(usedAfterSomeRounds(0.95)).toBeGreaterThan(usedAfterSomeRounds(0.1));
    // Not a share of anything: the documented default.
    const odd = { ...RATE, epsilon: 7 };
    expect(drain(pair(), odd, 60)).toEqual(drain(pair(), RATE, 60));
  });

  test('what is held and not used goes back', () => {
    const world = pair();
    const rate = { amount: 10, perMs: 60_000, epsilon: 0.95 };
    world.a.take('t', rate, 9, 0);
    world.exchange(0);
    // It holds 9 and never takes them.
    expect(world.b.take('t', rate, 5, 10)).toBeGreaterThan(0);
    world.a.due(HELD_IDLE_MS + 10);
    world.exchange(HELD_IDLE_MS + 10);
    expect(world.b.take('t', rate, 5, HELD_IDLE_MS + 20)).toBe(ROUND_WAIT_MS);
    world.exchange(HELD_IDLE_MS + 20);
    expect(world.b.take('t', rate, 5, HELD_IDLE_MS + 30)).toBe(0);
  });

  test('a joiner knows from a snapshot what was used, and nothing is counted twice', () => {
    const world = pair();
    drain(world, RATE, 60);
    const used = world.a.available('t', RATE, 700);
    world.snapshot(world.b, world.a, 700);
    expect(world.a.available('t', RATE, 700)).toBe(used);
    const joiner = new StorePair(world.a, new ThrottleStore());
    joiner.snapshot(world.a, joiner.b, 700);
    expect(100 - joiner.b.available('t', RATE, 700)).toBe(ownOf(world.a));
  });

  test('what a member used stays used when it is gone', () => {
    const world = pair();
    const { b } = drain(world, RATE, 60);
    world.a.depart(1);
    expect(world.a.available('t', RATE, 700)).toBe(0);
    expect(b).toBeGreaterThan(0);
  });

  test('names that nobody uses are forgotten, here and there', () => {
    const world = pair();
    drain(world, RATE, 5);
    for (let at = 1_000; at < 130_000; at += 1_000) {
      world.a.due(at);
      world.b.due(at);
      world.exchange(at);
    }
    expect([world.a.entries('all'), world.b.entries('all')]).toEqual([0, 0]);
    expect([world.a.deadlineMs, world.b.deadlineMs]).toEqual([undefined, undefined]);
  });

  test('odd questions get an answer', () => {
    const store = new ThrottleStore();
    expect(store.take('', RATE, 1, 0)).toBe(0);
    expect(store.take('x'.repeat(KEY_BYTES_MAX + 1), RATE, 1, 0)).toBe(0);
    expect(store.take('t', { ...RATE, perMs: Number.NaN }, 1, 0)).toBe(0);
    expect(store.take('t', { ...RATE, amount: 0 }, 1, 0)).toBe(RATE.perMs);
    expect(store.take('t', RATE, 1_000, 0)).toBe(0);
    expect(store.take('t', RATE, 1, 0)).toBeGreaterThan(0);
  });
});

/** What one used by itself. */
function ownOf(store: ThrottleStore): number {
  const { rows } = store.rows({ view: 0, under: undefined, search: undefined, top: 1, nowMs: 700 });
  return rows.reduce((sum, { value }) => sum + value, 0);
}
