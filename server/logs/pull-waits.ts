/** How long an aggregator waits before it tries again, by what went wrong. */

import { unreachable } from '../base/assert.ts';
import type { JobEnd, OpenRefusal, SessionEnd } from './session-api.ts';

/** First wait before a lost connection is made again; doubled each time, up to the last. */
export const REDIAL_FIRST_MS = 100;
export const REDIAL_MAX_MS = 5_000;
/** Where the node says no for a reason that only people change. */
export const REFUSED_WAIT_MS = 10_000;
/** `cluster abort` (LGS-19). */
export const ABORTED_WAIT_MS = 60_000;
const ENDED_WAIT_MS = 1_000;

/** Somebody has to change something before it can work. */
export function isRefusal(reason: SessionEnd): boolean {
  return reason === 'refused' || reason === 'noKey' || reason === 'wrongKey' || reason === 'wrongNode';
}

/** @returns undefined: when the node publishes something else. */
export function waitAfterRefusal(code: OpenRefusal, nowMs: number): number | undefined {
  return code === 'unknownLog' || code === 'noSubscriber' ? undefined : nowMs + REFUSED_WAIT_MS;
}

/** The same after a job that was open. */
export function waitAfterEnd(reason: JobEnd, nowMs: number): number | undefined {
  switch (reason) {
    case 'aborted':
      return nowMs + ABORTED_WAIT_MS;
    case 'takenOver':
    case 'unreadable':
      return nowMs + REFUSED_WAIT_MS;
    case 'unpublished':
    case 'removed':
      return undefined;
    case 'moved':
    case 'badPosition':
      return nowMs + ENDED_WAIT_MS;
    case 'closed':
      return nowMs;
    default:
      return unreachable(reason);
  }
}
