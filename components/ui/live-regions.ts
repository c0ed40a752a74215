/**
 * Ids of the three live regions. In a module of its own: the static page takes them as plain values, which those of a
 * client module are not.
 */

export const LIVE_REGIONS = { status: 'live-status', alert: 'live-alert', log: 'live-log' } as const;
