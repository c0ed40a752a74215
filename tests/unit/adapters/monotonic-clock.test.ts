import { expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';

test('a timer calls back at or after its moment, never before', async () => {
  const clock = monotonicClock();
  for (let round = 0; round < 20; round += 1) {
    const dueMs = clock.nowMs() + 1 + round / 7;
    const atMs = await new Promise<number>((resolve) => clock.at(dueMs, () => resolve(clock.nowMs())));
    expect(atMs).toBeGreaterThanOrEqual(dueMs);
  }
});

test('a cancelled timer stays silent, and a far one does not fire at once', async () => {
  const clock = monotonicClock();
  let fired = 0;
  clock.at(clock.nowMs() + 2, () => (fired += 1)).cancel();
  const far = clock.at(clock.nowMs() + 1e12, () => (fired += 1));
  await new Promise<void>((resolve) => clock.at(clock.nowMs() + 10, resolve));
  far.cancel();
  expect(fired).toBe(0);
});
