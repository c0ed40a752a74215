import { expect, test } from 'vitest';
import {
  AttemptBrake,
  BRAKE_ADDRESSES_MAX,
  BRAKE_FIRST_MS,
  BRAKE_FORGET_MS,
  BRAKE_STEP_MAX_MS,
  BRAKE_WAIT_MAX_MS,
} from '../../../server/console/attempt-brake.ts';

test('the first attempt is free, failures put the next ones further away', () => {
  const brake = new AttemptBrake();
  expect(brake.turnMs('10.0.0.1', 100)).toBe(100);
  expect(brake.failed('10.0.0.1', 100)).toBe(100 + BRAKE_FIRST_MS);
  expect(brake.failed('10.0.0.1', 100)).toBe(100 + 3 * BRAKE_FIRST_MS);
  expect(brake.turnMs('10.0.0.1', 100)).toBe(100 + 3 * BRAKE_FIRST_MS);
  expect(brake.turnMs('10.0.0.2', 100)).toBe(100);
});

test('a step has a bound, and an attempt that would wait too long is refused', () => {
  const brake = new AttemptBrake();
  let freeAtMs = 0;
  for (let count = 0; count < 30; count += 1) {
    const beforeMs = freeAtMs;
    freeAtMs = brake.failed('a', 0);
    expect(freeAtMs - beforeMs).toBeLessThanOrEqual(BRAKE_STEP_MAX_MS);
  }
  expect(brake.turnMs('a', freeAtMs - BRAKE_WAIT_MAX_MS)).toBe(freeAtMs);
  expect(brake.turnMs('a', freeAtMs - BRAKE_WAIT_MAX_MS - 1)).toBeUndefined();
});

test('a quiet address is forgotten', () => {
  const brake = new AttemptBrake();
  brake.failed('a', 0);
  expect(brake.failed('a', BRAKE_FORGET_MS - 1)).toBe(BRAKE_FORGET_MS - 1 + 2 * BRAKE_FIRST_MS);
  expect(brake.failed('a', 2 * BRAKE_FORGET_MS)).toBe(2 * BRAKE_FORGET_MS + BRAKE_FIRST_MS);
});

test('addresses are bounded: the one that failed longest ago is forgotten', () => {
  const brake = new AttemptBrake();
  for (let i = 0; i < BRAKE_ADDRESSES_MAX; i += 1) brake.failed(`a${i}`, 0);
  brake.failed('a0', 0);
  brake.failed('one more', 0);
  expect(brake.turnMs('a0', 0)).toBe(3 * BRAKE_FIRST_MS);
  expect(brake.turnMs('a1', 0)).toBe(0);
});
