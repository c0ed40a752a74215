/** How long a session lives. Pure; times are wall-clock milliseconds because sessions outlive a restart. */

import type { Role } from '../wire/http.ts';

export const SESSION_ABSOLUTE_MS = 12 * 3_600_000;
/** A viewer can do no harm and may be a screen that nobody touches. */
export const SESSION_IDLE_MS: Readonly<Record<Role, number>> = {
  viewer: 12 * 3_600_000,
  operator: 30 * 60_000,
  admin: 30 * 60_000,
};
/** Activity is written down at most this often. */
export const SESSION_TOUCH_MS = 30_000;

export type SessionTimes = { readonly createdMs: number; readonly seenMs: number };

/** A clock that jumped backwards keeps a session alive, never longer than its absolute end. */
export function sessionAlive(times: SessionTimes, role: Role, nowWallMs: number): boolean {
  return (
    nowWallMs - times.createdMs < SESSION_ABSOLUTE_MS && nowWallMs - times.seenMs < SESSION_IDLE_MS[role]
  );
}

export function mustTouch(times: SessionTimes, nowWallMs: number): boolean {
  return nowWallMs - times.seenMs >= SESSION_TOUCH_MS;
}
