import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';

describe('Prng', () => {
  test('equal seeds give equal sequences, other seeds give others', () => {
    const draw = (seed: number): number[] => {
      const prng = new Prng(seed);
      return Array.from({ length: 20 }, () => prng.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('below stays in its range and reaches all of it', () => {
    const prng = new Prng(1);
    const seen = new Set(Array.from({ length: 1_000 }, () => prng.below(10)));
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('unit is uniform enough: the mean of 100,000 draws is near one half', () => {
    const prng = new Prng(42);
    let sum = 0;
    for (let draw = 0; draw < 100_000; draw += 1) sum += prng.unit();
    expect(sum / 100_000).toBeCloseTo(0.5, 2);
  });

  test('a fork does not depend on later use of its parent', () => {
    const parent = new Prng(3);
    const fork = parent.fork();
    const expected = new Prng(3).fork();
    parent.uint32();
    expect(fork.uint32()).toBe(expected.uint32());
  });

  test('pick from nothing is an error, not undefined', () => {
    expect(() => new Prng(1).pick([])).toThrow(RangeError);
  });
});
