/** Members take from one throttle at random moments: in no window do all together take more than the rate. */

import { expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { ThrottleRate } from '../../../server/replication/api.ts';
import type { ReplicationMemberProcess } from '../../support/replication-member.ts';
import { planOf, ReplicationWorld } from '../../support/replication-world.ts';

const OBJECT = 'shared_named_throttles';
const WINDOWS = 4;

type Taken = { readonly atMs: number; readonly amount: number };

function run(seed: number): { readonly taken: readonly Taken[]; readonly rate: ThrottleRate } {
  const prng = new Prng(seed);
  const rate = {
    amount: prng.pick([1, 3, 10, 200]),
    perMs: prng.pick([1_000, 5_000]),
    epsilon: prng.pick([0.1, 0.5, 0.95]),
  };
  const world = new ReplicationWorld(
    [planOf(OBJECT, OBJECT, { maxDelayMs: prng.pick([10, 1_000]) })],
    prng.pick([1, 5, 60]),
  );
  const members: ReplicationMemberProcess[] = [];
  const count = 2 + prng.below(4);
  for (let at = 0; at < count; at += 1) members.push(world.start(`n${at}`, members[0]));
  world.runFor(2_000);
  const taken: Taken[] = [];
  const untilMs = world.clock.nowMs() + WINDOWS * rate.perMs;
  while (world.clock.nowMs() < untilMs) {
    const member = prng.pick(members);
    const amount = prng.pick([1, 1, 1, 2]);
    const nowMs = world.clock.nowMs();
    const got = Math.min(amount, rate.amount);
    while (member.replicator.throttle(OBJECT, 't', rate, amount, nowMs) === 0) {
      taken.push({ atMs: nowMs, amount: got });
    }
    member.arm();
    world.runFor(prng.between(1, 40));
  }
  return { taken, rate };
}

function most(taken: readonly Taken[], perMs: number): number {
  let [most, sum, from] = [0, 0, 0];
  for (const { atMs, amount } of taken) {
    sum += amount;
    for (let first = taken[from]; first !== undefined && first.atMs <= atMs - perMs; first = taken[from]) {
      sum -= first.amount;
      from += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}

test('[REP-07] [REP-24] no window has more than the rate, and most of it is used', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { taken, rate } = run(seed);
    const sum = taken.reduce((all, { amount }) => all + amount, 0);
    expect(most(taken, rate.perMs), `seed ${seed}`).toBeLessThanOrEqual(rate.amount);
    expect(sum, `seed ${seed}`).toBeGreaterThan((WINDOWS - 2) * rate.amount * 0.5);
  }
}, 60_000);
