/**
 * How many addresses are what. Pure. Each number is the number of rows behind its filter, so that a chip, a tile of the
 * overview and the table say the same.
 */

import { type Vip, vipStates } from './vip-words.ts';

/** Every address that is not served is one of these. */
const BY_STATE = ['unowned', 'disputed', 'failed', 'moving', 'coming', 'unmanaged', 'unknown'] as const;
export const COUNTED = [...BY_STATE, 'flagged', 'pinned'] as const;
export type Counted = (typeof COUNTED)[number];

/** The filter whose rows are counted. */
export const COUNT_FILTERS: Readonly<Record<Counted, string>> = {
  unowned: 'state:unowned',
  disputed: 'state:disputed',
  failed: 'state:failed',
  moving: 'state:moving',
  coming: 'state:coming',
  unmanaged: 'state:unmanaged',
  unknown: 'state:unknown',
  flagged: 'flag:any',
  pinned: 'pinned:any',
};

export type VipCounts = Readonly<Record<Counted, number>> & {
  readonly all: number;
  /** Owned by one node that has it on its host, as far as anybody says. */
  readonly served: number;
};

export function vipCounts(vips: readonly Vip[]): VipCounts {
  const counts = {
    all: vips.length,
    served: 0,
    unowned: 0,
    disputed: 0,
    failed: 0,
    moving: 0,
    coming: 0,
    unmanaged: 0,
    unknown: 0,
    flagged: 0,
    pinned: 0,
  };
  for (const vip of vips) {
    const states = vipStates(vip);
    for (const state of BY_STATE) {
      if (states.includes(state)) counts[state] += 1;
    }
    if (states[0] === 'owned' && vip.state === 'up') counts.served += 1;
    if (vip.flags.length > 0) counts.flagged += 1;
    if (vip.pinned !== null) counts.pinned += 1;
  }
  return counts;
}
