/** Time series and gauges that members share. */

import { describe, expect, test } from 'vitest';
import type { SeriesKey } from '../../../server/replication/metric-record.ts';
import { MetricStore, SWEEP_EVERY_MS } from '../../../server/replication/metric-store.ts';
import { StorePair } from './store-pair.ts';

/** A whole number of windows. */
const START_MS = 1_700_000_100_000;
const MINUTE_MS = 60_000;
const GAUGE = { name: 'talkers', itemsMax: 3, ttlMs: 10_000 };

function pair(): StorePair<MetricStore> {
  const wallMs = (nowMs: number): number => START_MS + nowMs;
  return new StorePair(new MetricStore(wallMs), new MetricStore(wallMs));
}

function connect(item: string): SeriesKey {
  return { kind: 'meter', series: 'connect', window: { seconds: 300, count: 6 }, item };
}

describe('time series', () => {
  test('[REP-09] amounts of all members, by windows', () => {
    const world = pair();
    world.a.add(connect('10.0.0.1'), 2, 0);
    world.b.add(connect('10.0.0.1'), 3, 0);
    world.exchange(0);
    world.a.add(connect('10.0.0.1'), 5, 5 * MINUTE_MS);
    world.exchange(5 * MINUTE_MS);
    const expected = [5, 5, 0, 0, 0, 0];
    expect(world.a.amounts(connect('10.0.0.1'), 5 * MINUTE_MS)).toEqual(expected);
    expect(world.b.amounts(connect('10.0.0.1'), 5 * MINUTE_MS)).toEqual(expected);
    expect(world.b.amounts(connect('10.0.0.1'), 30 * MINUTE_MS)).toEqual([0, 0, 0, 0, 0, 5]);
    expect(world.b.amounts(connect('10.0.0.2'), 0)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(world.agree()).toBe(true);
  });

  test('of all items that are wanted', () => {
    const world = pair();
    for (let index = 0; index < 4; index += 1) world.a.add(connect(`10.0.0.${index}`), 1, 0);
    world.a.add({ ...connect('10.0.0.9'), window: { seconds: 60, count: 2 } }, 1, 0);
    world.exchange(0);
    expect(world.b.summed(connect(''), (item) => item !== '10.0.0.0', 0)).toEqual([
      { window: { seconds: 300, count: 6 }, amounts: [3, 0, 0, 0, 0, 0] },
      { window: { seconds: 60, count: 2 }, amounts: [1, 0] },
    ]);
  });

  test('what is past takes no room', () => {
    const world = pair();
    world.a.add(connect('10.0.0.1'), 1, 0);
    world.exchange(0);
    world.a.due(30 * MINUTE_MS - 1);
    expect(world.a.entries('all')).toBe(1);
    world.a.due(30 * MINUTE_MS + SWEEP_EVERY_MS);
    world.exchange(31 * MINUTE_MS);
    expect([world.a.entries('all'), world.b.entries('all')]).toEqual([0, 0]);
    expect(world.a.deadlineMs).toBeUndefined();
  });

  test('a member that is gone takes its part along', () => {
    const world = pair();
    world.a.add(connect('10.0.0.1'), 1, 0);
    world.b.add(connect('10.0.0.1'), 1, 0);
    world.exchange(0);
    world.a.depart(1);
    expect(world.a.amounts(connect('10.0.0.1'), 0)[0]).toBe(1);
  });

  test('what cannot be told is not counted', () => {
    const world = pair();
    world.a.add(connect(''), 1, 0);
    world.a.add(connect('a\tb'), 1, 0);
    world.a.add({ ...connect('a'), window: { seconds: 0, count: 6 } }, 1, 0);
    world.a.add(connect('a'), -1, 0);
    world.a.add(connect('a'), 0.5, 0);
    world.a.add(connect('a'.repeat(600)), 1, 0);
    expect(world.a.entries('all')).toBe(0);
  });
});

describe('gauges', () => {
  test('[REP-22] changes add up and may go below 0', () => {
    const world = pair();
    expect(world.a.changeGauge(GAUGE, 'k', 5, 0)).toBe(5);
    world.b.changeGauge(GAUGE, 'k', -7, 0);
    world.exchange(0);
    expect([world.a.gauge(GAUGE, 'k', 0), world.b.gauge(GAUGE, 'k', 0)]).toEqual([-2, -2]);
  });

  test('[REP-22] an entry ends after its time without a change by anybody, and begins anew', () => {
    const world = pair();
    world.a.changeGauge(GAUGE, 'k', 5, 0);
    world.exchange(0);
    world.b.changeGauge(GAUGE, 'k', 1, 9_000);
    world.exchange(9_000);
    expect(world.a.gauge(GAUGE, 'k', 18_999)).toBe(6);
    expect(world.a.gauge(GAUGE, 'k', 19_000)).toBe(0);
    expect(world.b.changeGauge(GAUGE, 'k', 1, 20_000)).toBe(1);
    world.exchange(20_000);
    world.exchange(20_000);
    expect([world.a.gauge(GAUGE, 'k', 20_000), world.b.gauge(GAUGE, 'k', 20_000)]).toEqual([1, 1]);
  });

  test('[REP-22] the entry that changed longest ago goes when it is full', () => {
    const world = pair();
    for (const [index, key] of ['1', '2', '3'].entries()) {
      (index === 1 ? world.b : world.a).changeGauge(GAUGE, key, 1, index);
    }
    world.exchange(3);
    world.a.changeGauge(GAUGE, '1', 1, 4);
    world.b.changeGauge(GAUGE, '4', 1, 5);
    world.exchange(5);
    world.exchange(5);
    expect(['1', '2', '3', '4'].map((key) => world.a.gauge(GAUGE, key, 5))).toEqual([2, 0, 1, 1]);
    expect(['1', '2', '3', '4'].map((key) => world.b.gauge(GAUGE, key, 5))).toEqual([2, 0, 1, 1]);
  });
});

test('what others say is not believed before it is understood', () => {
  const world = pair();
  world.a.add(connect('10.0.0.1'), 1, 0);
  world.a.changeGauge(GAUGE, 'k', 1, 0);
  const told = world.told(world.a);
  for (let at = 0; at < told.length; at += 1) {
    const damaged = Buffer.from(told);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    world.tell(world.b, damaged, 0);
    world.tell(world.b, told.subarray(0, at), 0);
    for (const { key } of world.b.listing('global', 0)) expect(key).not.toBe('');
  }
});
