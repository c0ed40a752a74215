/** Stretches of ownership against a clock that is asked every millisecond. */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { BlindInterval, OwnershipEvent } from '../../../server/gateway/store-port.ts';
import { laneOf } from '../../../server/gateway/vip-segments.ts';

const ADDRESS = '10.80.116.50';
const NODES = ['labrat-1', 'labrat-2', 'labrat-3'];

const at = (atMs: number, owner: string | null, claims: readonly string[] = []): OwnershipEvent => {
  return { address: ADDRESS, atMs, owner, cause: 'failure', by: null, claims };
};

describe('a lane', () => {
  test('ends in what is still so, and begins with what was so before', () => {
    const lane = laneOf(ADDRESS, [at(10, 'labrat-1'), at(150, null), at(160, 'labrat-2')], [], {
      fromMs: 100,
      toMs: 500,
      nowMs: 300,
    });
    expect(lane.segments).toEqual([
      { owner: 'labrat-1', fromMs: 100, toMs: 150, cause: 'failure', by: null, blind: false },
      { owner: null, fromMs: 150, toMs: 160, cause: 'failure', by: null, blind: false },
      { owner: 'labrat-2', fromMs: 160, toMs: null, cause: 'failure', by: null, blind: false },
    ]);
    expect([lane.unownedMs, lane.overlapMs]).toEqual([10, 0]);
  });

  test('shows two owners at once, and sums them', () => {
    const events = [at(0, 'labrat-1'), at(100, 'labrat-1', ['labrat-2']), at(140, 'labrat-1')];
    const lane = laneOf(ADDRESS, events, [], { fromMs: 0, toMs: 200, nowMs: 1_000 });
    expect(lane.segments.map(({ owner, fromMs, toMs }) => [owner, fromMs, toMs])).toEqual([
      ['labrat-1', 0, 200],
      ['labrat-2', 100, 140],
    ]);
    expect([lane.unownedMs, lane.overlapMs]).toEqual([0, 40]);
  });

  test('counts nothing that nobody saw', () => {
    const blind = [{ fromMs: 120, toMs: 180 }];
    const lane = laneOf(ADDRESS, [at(0, 'labrat-1'), at(100, null), at(200, 'labrat-2')], blind, {
      fromMs: 0,
      toMs: 300,
      nowMs: 300,
    });
    expect(lane.segments.map(({ owner, fromMs, toMs, blind: dark }) => [owner, fromMs, toMs, dark])).toEqual([
      ['labrat-1', 0, 100, false],
      [null, 100, 120, false],
      [null, 120, 180, true],
      [null, 180, 200, false],
      ['labrat-2', 200, null, false],
    ]);
    expect(lane.unownedMs).toBe(40);
  });

  test('of which nothing is known is empty', () => {
    const window = { fromMs: 0, toMs: 100, nowMs: 100 };
    expect(laneOf(ADDRESS, [], [], window)).toEqual({
      address: ADDRESS,
      segments: [],
      unownedMs: 0,
      overlapMs: 0,
    });
    expect(laneOf(ADDRESS, [at(200, 'labrat-1')], [], window).segments).toEqual([]);
  });

  test('agrees with the events at every millisecond, for 400 histories', () => {
    for (let seed = 1; seed <= 400; seed += 1) checkHistory(seed);
  });
});

function checkHistory(seed: number): void {
  const random = new Prng(seed);
  const upTo = (max: number): number => random.uint32() % max;
  const events: OwnershipEvent[] = [];
  for (let atMs = upTo(20); events.length < 12; atMs += upTo(12)) {
    const owner = upTo(4) === 0 ? null : (NODES[upTo(3)] ?? null);
    const claims = upTo(3) === 0 ? NODES.filter((node) => node !== owner && upTo(2) === 0) : [];
    events.push(at(atMs, owner, claims));
  }
  const blind: BlindInterval[] = [];
  for (let fromMs = upTo(40); blind.length < 3; fromMs += 20 + upTo(30)) {
    blind.push({ fromMs, toMs: blind.length === 2 && upTo(2) === 0 ? null : fromMs + upTo(15) });
  }
  const fromMs = upTo(40);
  const window = { fromMs, toMs: fromMs + 1 + upTo(80), nowMs: 60 + upTo(60) };
  const lane = laneOf(ADDRESS, events, blind, window);
  const endMs = Math.min(window.toMs, window.nowMs);
  const sums = { unowned: 0, overlap: 0 };
  const why = `seed ${seed}`;
  for (let ms = window.fromMs; ms < endMs; ms += 1) {
    const event = events.findLast(({ atMs }) => atMs <= ms);
    const dark = blind.some((one) => one.fromMs <= ms && ms < (one.toMs ?? Number.POSITIVE_INFINITY));
    const covering = lane.segments.filter((one) => one.fromMs <= ms && ms < (one.toMs ?? endMs));
    const holders =
      event === undefined ? [] : [...(event.owner === null ? [] : [event.owner]), ...event.claims];
    const expected = event === undefined ? [] : holders.length === 0 ? [null] : holders;
    expect(covering.map(({ owner }) => owner).sort(), `${why} at ${ms}`).toEqual([...expected].sort());
    expect(
      covering.every((one) => one.blind === dark),
      `${why} at ${ms}`,
    ).toBe(true);
    if (dark || event === undefined) continue;
    if (holders.length === 0) sums.unowned += 1;
    if (holders.length > 1) sums.overlap += 1;
  }
  expect([lane.unownedMs, lane.overlapMs], why).toEqual([sums.unowned, sums.overlap]);
  for (const { fromMs: from, toMs } of lane.segments) {
    expect(from, why).toBeGreaterThanOrEqual(window.fromMs);
    expect(toMs ?? endMs, why).toBeLessThanOrEqual(endMs);
    expect(toMs ?? endMs, why).toBeGreaterThan(from);
  }
}
