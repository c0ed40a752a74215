/** What a daemon and its guard say to each other, over the channel that Node opens between parent and child. */

import type { HostCommand, HostFact } from '../duravip/api.ts';

/** What a guard holds ends at each drop; what was ordered before it is void. */
export type GuardOrder = {
  /** When it was said: a guard that reads late must not take old words for life. */
  readonly saidAtMs: number;
  readonly epoch: number;
  /** Empty for a beat. */
  readonly commands: readonly HostCommand[] | 'close';
};

export type GuardWord =
  /** The answer to a beat. */
  | { readonly type: 'alive' }
  | { readonly type: 'fact'; readonly fact: HostFact }
  | { readonly type: 'dropped'; readonly epoch: number; readonly text: string };

/** Vip.md 4.7, ours: often enough for the tightest `silence_timeout`. */
export const BEAT_MS = 100;

/** Milliseconds of the clock that all processes of a host share. */
export function hostNowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
