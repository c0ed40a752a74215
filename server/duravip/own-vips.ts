/** Of a large table, what concerns one member, kept up with what changes. */

import type { IpAddress } from '../model/ip.ts';
import type { PrivateName } from '../model/names.ts';
import type { Ownership, VipState } from './ownership.ts';

export class OwnVips {
  /** Those that this member owns, also while they move away. */
  readonly owned = new Map<IpAddress, VipState>();
  /** Those that it gave up. */
  readonly failed = new Map<IpAddress, VipState>();
  /** Those that it had when parts met, and that another keeps. */
  readonly shed = new Map<IpAddress, VipState>();
  /** Those that their owner cannot take before somebody else let go. */
  readonly doubled = new Map<IpAddress, VipState>();
  /** Those that move, whosever they are. */
  readonly moving = new Map<IpAddress, VipState>();

  /** @returns whether anything that concerns this member may have changed. */
  update(state: Ownership, me: PrivateName, touched: Iterable<IpAddress>): boolean {
    let concerns = false;
    for (const address of touched) {
      const vip = state.vips.get(address);
      const had = this.#concerns(address);
      place(this.owned, address, vip?.owner === me ? vip : undefined);
      place(this.failed, address, vip?.failed.has(me) === true ? vip : undefined);
      place(this.shed, address, vip?.shed.has(me) === true ? vip : undefined);
      place(this.doubled, address, vip !== undefined && vip.shed.size > 0 ? vip : undefined);
      place(this.moving, address, vip?.moving === true ? vip : undefined);
      concerns ||= had || this.#concerns(address);
    }
    return concerns;
  }

  #concerns(address: IpAddress): boolean {
    return this.owned.has(address) || this.failed.has(address) || this.shed.has(address);
  }

  clear(): void {
    this.shed.clear();
    this.doubled.clear();
    this.owned.clear();
    this.failed.clear();
    this.moving.clear();
  }
}

function place(map: Map<IpAddress, VipState>, address: IpAddress, vip: VipState | undefined): void {
  if (vip === undefined) map.delete(address);
  else map.set(address, vip);
}
