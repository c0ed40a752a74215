/** Waits of the member beside those of its policy. */

export type VipTiming = {
  /** `heartbeats_per_sec`; 0 for none. */
  readonly heartbeatMs: number;
  /** `heartbeat_start_delay`. */
  readonly heartbeatStartMs: number;
  /** An owner that lets go of none of its moving addresses for so long is suspect (vip.md 4.3 FORCE). */
  readonly forceMs: number;
  /** How long a node is no candidate for an address that its host could not bring up. */
  readonly failedMs: number;
  /** A suspect that holds nothing waits so long before it says so. */
  readonly clearMs: number;
};

export const TIMING_DEFAULT: VipTiming = {
  heartbeatMs: 1_000,
  heartbeatStartMs: 15_000,
  forceMs: 3_000,
  failedMs: 60_000,
  clearMs: 2_000,
};

/** A stop in order ends by then, whatever the others do. */
export const STOP_MS = 5_000;
/** After a merge the winner tells neighbours again, once soon and once when every loser has surely let go (vip.md 4.4). */
export const ANNOUNCE_AGAIN_MS: readonly number[] = [50, 2_000];
/** The second of a history speaks for it when the first did not for so long, the third after twice that. */
export const SPEAK_AFTER_MS = 2_000;
/** Members that say nothing in an exchange for so long are not waited for. */
export const EXCHANGE_MS = 8_000;
/** Missed heartbeats that make a node suspect. */
export const HEARTBEATS_MISSED = 5;
/** Between two resets of a member whose table differs from that of most. */
export const RESET_EVERY_MS = 10_000;
/** An order whose view ended before it was delivered is said once more in the next one, for so long. */
export const ORDER_MS = 10_000;
/** An observer that joined so lately may have to be told by the next leader. */
export const OBSERVER_NEW_MS = 10_000;
/** A round of balance that something else came before is proposed again. */
export const BALANCE_AGAIN_MS = 100;
