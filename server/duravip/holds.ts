/**
 * What the host of a member really has where histories meet. The table of a history says what its members should have; only
 * each of them knows what it keeps of that, and what it has still to take away.
 */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import { orphan } from './election.ts';
import type { OwnVips } from './own-vips.ts';
import type { Ownership, VipState } from './ownership.ts';
import type { Wants } from './wants.ts';

export type Holds = {
  /**
   * Its own in the table of its history, and not kept: after a pause, because its host gave it up, or because it stops.
   * Others may have it already.
   */
  readonly lacking: readonly IpAddress[];
  /** Not kept, and not gone from the host yet. */
  readonly beside: readonly IpAddress[];
};

/** @param believed false after a pause until the view is confirmed: then nothing is kept. */
export function holdsOf(own: OwnVips, wants: Wants, believed: boolean): Holds {
  const keeps = ({ address, moving }: VipState): boolean =>
    believed && (moving ? wants.held : wants.wanted).has(address);
  const lacking = [...own.owned.values()].flatMap((vip) => (keeps(vip) ? [] : [vip.address]));
  const beside = [...wants.held].filter((address) => {
    const vip = own.owned.get(address);
    return !wants.wanted.has(address) && (vip === undefined || !keeps(vip));
  });
  return { lacking, beside };
}

/** @returns the table as these members have it; the same object where it is so already. */
export function withHolds(
  table: Ownership,
  holds: Iterable<readonly [PrivateName, Holds | undefined]>,
): Ownership {
  let image = table;
  for (const [name, said] of holds) {
    if (said === undefined || said.lacking.length + said.beside.length === 0) continue;
    if (image === table) image = table.clone();
    for (const address of said.lacking) {
      const vip = image.vips.get(address);
      if (vip?.owner !== name) continue;
      orphan(image, vip, vip.cause ?? 'elected');
      vip.next ??= name;
    }
    for (const address of said.beside) {
      const vip = image.vips.get(address);
      if (vip !== undefined && vip.owner !== name) vip.shed.add(name);
    }
  }
  return image;
}
