/** Waits in tests for something outside this process, by asking again and again. */

import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Resolves with the first answer that is neither undefined nor false.
 * @param limitMs generous: reaching it is a failure, not a measurement
 */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 15_000,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() - startedMs > limitMs)
      throw new Error(`not within ${limitMs} ms: ${ask.toString()}`);
    await wait(POLL_MS);
  }
}
