/** What the overview needs of all addresses: how many are served, and those that ask for somebody. Pure. */

import type { LiveModel, Row } from '../../server/wire/live.ts';
import { type VipCounts, vipCounts } from './vip-counts.ts';
import { type Flag, type Problem, problemsOf, type Vip } from './vip-words.ts';

/** Problems that are told one by one while they are few. */
export const TROUBLES = ['twoOwners', 'unowned', 'failed', 'disagree'] as const satisfies readonly Problem[];
export type Trouble = (typeof TROUBLES)[number];

export type VipPicture = {
  /** Undefined until any node has said anything of its addresses. */
  readonly duravip: Row<'duravip'> | undefined;
  readonly counts: VipCounts;
  readonly troubles: Readonly<Record<Trouble, readonly Vip[]>>;
  readonly flags: Readonly<Record<Flag, number>>;
};

export function vipPictureOf(model: Pick<LiveModel, 'vips' | 'duravip'>): VipPicture {
  const vips = Object.values(model.vips);
  const troubles: Record<Trouble, Vip[]> = { twoOwners: [], unowned: [], failed: [], disagree: [] };
  const flags: Record<Flag, number> = { unsafe: 0, conflict: 0, broken: 0 };
  for (const vip of vips) {
    for (const flag of vip.flags) flags[flag] += 1;
    const problems = problemsOf(vip);
    for (const trouble of TROUBLES) if (problems.includes(trouble)) troubles[trouble].push(vip);
  }
  return { duravip: model.duravip['duravip'], counts: vipCounts(vips), troubles, flags };
}
