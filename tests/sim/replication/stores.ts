/**
 * The same faults, with traffic that goes to caches, throttles and metrics alone: a small cache that is always full, series
 * and gauges, throttles of short windows. What does not add up must be the same everywhere, too.
 */

import { CacheStore } from '../../../server/replication/cache-store.ts';
import { MetricStore } from '../../../server/replication/metric-store.ts';
import { ThrottleStore } from '../../../server/replication/throttle-store.ts';
import { planOf } from '../../support/replication-world.ts';
import type { ScheduleResult } from '../registry.ts';
import { drawReplicationRecipe, type ReplicationRecipe } from './recipe.ts';
import { ReplicationRun } from './schedule.ts';
import type { SimMember } from './sim-member.ts';
import { ReplicationSimWorld } from './world.ts';

const SMALL = 'greylist';
const SMALL_SIZE = 6;
const METRICS = 'metrics';
const THROTTLES = 'OBTM';
const RATE = { amount: 20, perMs: 1_000, epsilon: 0.95 };
const WINDOW = { seconds: 3_600, count: 2 };
const GAUGE = { name: 'talkers', itemsMax: 1_000, ttlMs: 0 };

export function runStoreSchedule(seed: number): ScheduleResult {
  const recipe = drawReplicationRecipe(seed);
  const world = new StoreSimWorld(recipe);
  return new ReplicationRun(recipe, new Set(), world, () => checkStores(world)).result();
}

class StoreSimWorld extends ReplicationSimWorld {
  constructor(recipe: ReplicationRecipe) {
    const { maxDelayMs, maxPending } = recipe;
    const lazy = { maxDelayMs, maxPending };
    super(recipe, [
      planOf(SMALL, 'cache', { ...lazy, parameters: new Set(['snapshot']), maxSize: SMALL_SIZE }),
      planOf(METRICS, 'metrics', lazy),
      planOf(THROTTLES, 'OBTM', lazy),
    ]);
  }

  override traffic(): void {
    const { prng, recipe, alive, clock } = this;
    if (alive.length === 0) return;
    const { process } = prng.pick(alive);
    const nowMs = clock.nowMs();
    const key = `k${prng.below(recipe.keys)}`;
    const kind = prng.below(10);
    const metrics = process.replicator.objects.get(METRICS)?.store;
    if (kind < 4) this.#cache(process, key);
    else if (kind < 6 && metrics instanceof MetricStore) {
      const series = { kind: 'meter', series: 'connect', window: WINDOW, item: key } as const;
      metrics.add(series, 1 + prng.below(3), nowMs);
    } else if (kind < 8 && metrics instanceof MetricStore) {
      metrics.changeGauge(GAUGE, key, prng.below(7) - 3, nowMs);
    } else process.replicator.throttle(THROTTLES, `t${prng.below(3)}`, RATE, 1 + prng.below(3), nowMs);
    process.arm();
  }

  #cache({ replicator }: SimMember['process'], key: string): void {
    const { prng, clock } = this;
    const nowMs = clock.nowMs();
    const store = replicator.objects.get(SMALL)?.store;
    if (prng.chance(0.03) && store instanceof CacheStore) store.flush(nowMs);
    else if (prng.chance(0.2)) replicator.cacheDelete(SMALL, key, nowMs);
    else {
      const value = Buffer.from(`${prng.below(1_000)}`);
      replicator.cacheSet(SMALL, key, value, prng.pick([0, 0, 3_000]), nowMs);
    }
  }
}

function* checkStores({ alive, clock }: StoreSimWorld): Iterable<string> {
  const nowMs = clock.nowMs();
  const [first] = alive;
  if (first === undefined) return;
  for (const object of [SMALL, METRICS]) {
    const expected = listingOf(first, object, nowMs);
    for (const one of alive) {
      const found = listingOf(one, object, nowMs);
      if (found !== expected)
        yield `S1: ${one.name} shows ${object} as ${found}, ${first.name} as ${expected}`;
    }
  }
  for (const { name, process } of alive) {
    const small = process.replicator.objects.get(SMALL)?.store;
    if (small instanceof CacheStore && small.size > SMALL_SIZE) {
      yield `S2: ${name} keeps ${small.size} entries of ${SMALL_SIZE}`;
    }
    const throttles = process.replicator.objects.get(THROTTLES)?.store;
    for (const throttle of ['t0', 't1', 't2']) {
      if (!(throttles instanceof ThrottleStore)) continue;
      const left = throttles.available(throttle, RATE, nowMs);
      if (left !== RATE.amount)
        yield `S3: ${name} has ${left} of ${RATE.amount} left of ${throttle} after a rest`;
    }
  }
}

function listingOf({ process }: SimMember, object: string, nowMs: number): string {
  const rows = [...(process.replicator.listing(object, 'global', nowMs) ?? [])];
  const values = rows.map(({ key, value }) => {
    const text = object === SMALL ? process.replicator.cacheGet(object, key, nowMs)?.toString() : value;
    return `${key}=${text}`;
  });
  return values.join(' ');
}
