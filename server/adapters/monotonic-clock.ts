/**
 * The clock of a real process. Timers never call back early: Node's timers count whole milliseconds from a
 * cached loop time, so a callback that comes before its moment is armed again.
 */

import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../base/ports.ts';
import { atTurnEnd } from './turn-end.ts';

/** The longest delay that setTimeout takes; what is further away is armed in steps. */
export const TIMER_STEP_MAX_MS = 2_147_483_647;

export function monotonicClock(): Clock {
  return { nowMs: () => performance.now(), wallMs: () => Date.now(), at };
}

function at(dueMs: number, callback: () => void): Timer {
  if (dueMs <= performance.now()) {
    // Due already: at the end of this turn of the event loop, not a whole timer tick later.
    return { cancel: atTurnEnd(callback) };
  }
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const waitMs = Math.min(Math.max(0, Math.ceil(dueMs - performance.now())), TIMER_STEP_MAX_MS);
    timer = setTimeout(fire, waitMs);
  };
  const fire = (): void => {
    if (performance.now() < dueMs) arm();
    else callback();
  };
  arm();
  return { cancel: () => clearTimeout(timer) };
}
