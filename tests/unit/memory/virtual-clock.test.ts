import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';

describe('the virtual clock', () => {
  test('callbacks run in order of their moment, equal moments in order of arming', () => {
    const clock = new VirtualClock();
    const prng = new Prng(1);
    const ran: number[] = [];
    const moments = Array.from({ length: 200 }, () => prng.below(50));
    moments.forEach((moment, index) => {
      clock.at(moment, () => ran.push(moment * 1_000 + index));
    });
    clock.runUntil(100);
    expect(ran).toEqual([...ran].sort((x, y) => x - y));
    expect(ran).toHaveLength(200);
    expect(clock.nowMs()).toBe(100);
  });

  test('a cancelled timer does not run, one armed for the past runs now', () => {
    const clock = new VirtualClock(10);
    const ran: string[] = [];
    clock.at(20, () => ran.push('cancelled')).cancel();
    clock.at(5, () => ran.push(`past at ${clock.nowMs()}`));
    expect(clock.step(15)).toBe(true);
    expect(clock.step(15)).toBe(false);
    expect(ran).toEqual(['past at 10']);
  });
});
