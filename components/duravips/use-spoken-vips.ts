'use client';

/** Says to those who do not see the page what became of the addresses: a sentence of counts, never one for each. */

import { plural } from '../ui/format-time.ts';
import { useSpokenCounts } from '../ui/use-spoken-counts.ts';
import type { VipCounts } from './vip-counts.ts';

export function useSpokenVips(counts: VipCounts | null): void {
  useSpokenCounts(counts, spokenChange);
}

/** `1 address unowned, 2 disputed`; null where neither changed. */
export function spokenChange(then: VipCounts, now: VipCounts): string | null {
  if (then.unowned === now.unowned && then.disputed === now.disputed && then.failed === now.failed)
    return null;
  const parts = [
    ...(now.unowned > 0 ? [`${plural(now.unowned, 'address', 'addresses')} unowned`] : []),
    ...(now.disputed > 0 ? [`${now.disputed} disputed`] : []),
    ...(now.failed > 0 ? [`${now.failed} not on the host of the owner`] : []),
  ];
  return parts.length === 0 ? `All ${now.all} addresses have an owner again.` : `${parts.join(', ')}.`;
}
