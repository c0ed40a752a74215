/**
 * Improvements that only the leader proposes, a few at a time (vip.md 4.4, D8): addresses go to the node they are pinned
 * to or prefer, and from full nodes to empty ones. Pure; receivers take the moves as they are and compute nothing.
 */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import { Election } from './election.ts';
import type { BalanceMove } from './messages.ts';
import type { Ownership, VipState } from './ownership.ts';

export type BalanceLimits = {
  /** `duravip_balance_set_size`: moves in one round. */
  readonly setSize: number;
  /** Atoms moved by load in this view already; none moves twice. */
  readonly moved: ReadonlySet<IpAddress>;
};

/** Empty when nothing can be better, or while anything moves. */
export function planBalance(state: Ownership, { setSize, moved }: BalanceLimits): readonly BalanceMove[] {
  const leads = state.sorted().filter((vip) => state.leadOf(vip) === vip);
  if (state.sorted().some(({ moving }) => moving)) return [];
  const election = new Election(state);
  const moves: BalanceMove[] = [];
  const movable: VipState[] = [];
  for (const vip of leads) {
    if (vip.owner === undefined) continue;
    const home = homeOf(state, election, vip);
    if (home === undefined) {
      if (!moved.has(vip.address)) movable.push(vip);
    } else if (home.to !== vip.owner && moves.length < setSize) {
      moves.push({ address: vip.address, ...home });
      election.count(vip.owner, -1);
      election.count(home.to, 1);
    }
  }
  return moves.length < setSize ? [...moves, ...evenOut(election, movable, setSize - moves.length)] : moves;
}

/** Where it belongs whatever the load is. */
function homeOf(
  state: Ownership,
  election: Election,
  vip: VipState,
): { readonly to: PrivateName; readonly cause: 'operator' | 'preference' } | undefined {
  const pinned = vip.pin?.to;
  const { preference } = vip.derived;
  if (pinned === undefined && preference === undefined) return undefined;
  const eligible = election.eligible(vip);
  const at = (node: string | undefined): PrivateName | undefined =>
    eligible.find((name) => state.nodes.get(name)?.node === node);
  const pin = pinned === undefined ? undefined : at(pinned);
  if (pin !== undefined) return { to: pin, cause: 'operator' };
  const preferred = preference === undefined ? undefined : at(preference);
  return preferred === undefined ? undefined : { to: preferred, cause: 'preference' };
}

/** One by one from the fullest to the emptiest node that can have one of its atoms, while that lowers the sum of squares. */
function evenOut(election: Election, movable: readonly VipState[], limit: number): readonly BalanceMove[] {
  const ofOwner = new Map<PrivateName, VipState[]>();
  for (const vip of movable) {
    if (vip.owner === undefined) continue;
    const list = ofOwner.get(vip.owner);
    if (list === undefined) ofOwner.set(vip.owner, [vip]);
    else list.push(vip);
  }
  const moves: BalanceMove[] = [];
  while (moves.length < limit) {
    const best = steepest(election, ofOwner);
    if (best === undefined) break;
    moves.push({ address: best.vip.address, to: best.to, cause: 'balance' });
    const list = ofOwner.get(best.from);
    list?.splice(list.indexOf(best.vip), 1);
    election.count(best.from, -1);
    election.count(best.to, 1);
  }
  return moves;
}

type Step = { readonly vip: VipState; readonly from: PrivateName; readonly to: PrivateName };

/** First in order of members, then of addresses, among the steps with the largest difference of loads, 2 or more. */
function steepest(
  election: Election,
  ofOwner: ReadonlyMap<PrivateName, readonly VipState[]>,
): Step | undefined {
  let best: Step | undefined;
  let bestFall = 1;
  const lowest = Math.min(...election.loads.values());
  for (const [from, load] of election.loads) {
    if (load - lowest <= bestFall) continue;
    for (const vip of ofOwner.get(from) ?? []) {
      for (const to of election.eligible(vip)) {
        const fall = load - (election.loads.get(to) ?? load);
        if (fall > bestFall) [best, bestFall] = [{ vip, from, to }, fall];
      }
      if (load - lowest <= bestFall) break;
    }
  }
  return best;
}
