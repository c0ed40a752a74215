/**
 * What every core looks like, and the one loop that feeds a core and performs its effects.
 *
 * A core decides and has no clock, socket, file or randomness of its own. Inputs are past facts, effects are
 * commands. The simulator and the daemons run the same core object; only `perform` differs.
 */

import { assert } from './assert.ts';
import type { Clock, Timer } from './ports.ts';

/** Given by the driver once `deadlineMs` is reached. It may come late, never early. */
export type DeadlineReached = { readonly type: 'deadlineReached' };

export const DEADLINE_REACHED: DeadlineReached = { type: 'deadlineReached' };

export interface Core<Input, Effect> {
  /** Moment on the driver's monotonic clock at which the core wants `deadlineReached`; undefined for never. */
  readonly deadlineMs: number | undefined;
  /**
   * Takes one fact and returns the effects in the order in which they must be performed.
   * Never throws on outside input, never awaits.
   * @param nowMs monotonic milliseconds, never smaller than in the step before.
   */
  step(input: Input, nowMs: number): readonly Effect[];
}

export type Driver<Input> = {
  /** Queues a fact. Facts given while effects are performed wait their turn. */
  readonly give: (input: Input) => void;
  /** Disarms the timer; facts given later are dropped. */
  readonly stop: () => void;
};

/** Facts that may wait while effects are performed; more means an adapter loops, which is a bug. */
export const DRIVER_QUEUE_MAX = 100_000;

/**
 * Runs a core: facts in order, effects in order, one timer armed from `deadlineMs`.
 *
 * @param perform performs one effect at once; what fails later comes back through `give` as a fact.
 */
export function drive<Input, Effect>(
  core: Core<Input | DeadlineReached, Effect>,
  clock: Clock,
  perform: (effect: Effect) => void,
): Driver<Input> {
  const waiting: (Input | DeadlineReached)[] = [];
  let running = false;
  let stopped = false;
  let timer: Timer | undefined;
  let armedForMs: number | undefined;

  const arm = (): void => {
    const dueMs = stopped ? undefined : core.deadlineMs;
    if (dueMs === armedForMs) return;
    // A later moment than the armed one needs no new timer: the armed one finds nothing due and arms again.
    if (dueMs !== undefined && armedForMs !== undefined && armedForMs < dueMs) return;
    timer?.cancel();
    armedForMs = dueMs;
    timer = dueMs === undefined ? undefined : clock.at(dueMs, onTimer);
  };
  const onTimer = (): void => {
    armedForMs = undefined;
    timer = undefined;
    if ((core.deadlineMs ?? Number.POSITIVE_INFINITY) > clock.nowMs()) arm();
    else give(DEADLINE_REACHED);
  };
  const give = (input: Input | DeadlineReached): void => {
    if (stopped) return;
    if (running) {
      assert(waiting.length < DRIVER_QUEUE_MAX, 'the queue of a driver stays below its bound');
      waiting.push(input);
      return;
    }
    running = true;
    try {
      let next: Input | DeadlineReached | undefined = input;
      while (next !== undefined && !stopped) {
        for (const effect of core.step(next, clock.nowMs())) perform(effect);
        next = waiting.length === 0 ? undefined : waiting.shift();
      }
    } finally {
      running = false;
    }
    arm();
  };
  const stop = (): void => {
    stopped = true;
    waiting.length = 0;
    timer?.cancel();
    timer = undefined;
  };
  arm();
  return { give, stop };
}
