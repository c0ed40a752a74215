/** How old the live stream may be (ui.md 2.3). Apart from the schemas, because pages need these without them. */

/** A heartbeat is sent this often, also while nothing changes. */
export const HEARTBEAT_INTERVAL_MS = 1_000;
export const FRESHNESS = { laggingMs: 2_000, staleMs: 5_000, lostMs: 15_000, silentMemberMs: 3_000 } as const;
