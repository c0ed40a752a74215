/** How long an entry of a cache holds, as people and programs write it (REP-25). */

import { err, ok, type Result } from '../base/result.ts';

const UNIT_MS: Readonly<Record<string, number>> = { '': 1_000, M: 60_000, H: 3_600_000 };
/** Ten years: longer is a mistake, and `0` is for ever. */
const TTL_MAX_MS = 10 * 366 * 86_400_000;

/** Seconds, or minutes and hours with a suffix; 0 never ends. @returns milliseconds, or the error for people. */
export function parseCacheTtl(text: string): Result<number, string> {
  const match = /^(\d{1,12})([HM]?)$/i.exec(text.trim());
  const unitMs = UNIT_MS[(match?.[2] ?? '').toUpperCase()];
  if (match === null || unitMs === undefined) {
    return err('a time to live is seconds, or minutes as 5M, or hours as 2H; 0 never ends');
  }
  const ttlMs = Number(match[1]) * unitMs;
  return ttlMs > TTL_MAX_MS ? err('a time to live is at most ten years; 0 never ends') : ok(ttlMs);
}
