/** What a host knows of one of its addresses, and what follows from it at once. */

import type { IpAddress } from '../model/ip.ts';
import type { HostReport, LocalVip, PlacedAddress } from './api.ts';

export type Slot = {
  readonly address: IpAddress;
  /** Undefined once it is configured no more: it stays until it is gone from the host. */
  vip: LocalVip | undefined;
  wanted: boolean;
  /** Where it is believed to be. */
  at: PlacedAddress | undefined;
  flight: { readonly id: number; readonly what: 'add' | 'remove'; readonly place: PlacedAddress } | undefined;
  /** Number of the command after which the belief is sure; surveys that were asked before say nothing. */
  sureSince: number;
  /** Found, not added by us: goes, whatever is wanted. */
  leftover: boolean;
  serving: boolean;
  told: HostReport['state'];
  /** Somebody waits to hear that it is gone. */
  owesDown: boolean;
  tries: number;
  againAtMs: number;
  gaveUp: string | undefined;
  missing: { readonly sinceMs: number; over: boolean } | undefined;
  /** It waits for its hook before it goes. */
  hook: { readonly id: number; readonly untilMs: number } | undefined;
};

export function newSlot(vip: LocalVip): Slot {
  return {
    address: vip.address,
    vip,
    wanted: false,
    at: undefined,
    flight: undefined,
    sureSince: 0,
    leftover: false,
    serving: false,
    told: 'down',
    owesDown: false,
    tries: 0,
    againAtMs: 0,
    gaveUp: undefined,
    missing: undefined,
    hook: undefined,
  };
}

/** What this host cannot have is not ours to touch: it may be the host's own address (VIP-33). */
export function isOurs(slot: Slot | undefined): boolean {
  if (slot === undefined) return false;
  return slot.vip === undefined || placeOf(slot) !== undefined || slot.at !== undefined;
}

export function isDesired(slot: Slot): boolean {
  return slot.wanted && slot.gaveUp === undefined;
}

export function placeOf({ address, vip }: Slot): PlacedAddress | undefined {
  if (vip?.interface === undefined || vip.refused !== undefined) return undefined;
  return { address, interface: vip.interface, prefix: vip.prefix };
}

export function isSame(a: PlacedAddress | undefined, b: PlacedAddress | undefined): boolean {
  return a?.interface === b?.interface && a?.prefix === b?.prefix;
}

export function isIdle(slot: Slot): boolean {
  return slot.at === undefined && slot.flight === undefined && slot.hook === undefined && !slot.owesDown;
}

/** When something has to be done about it although nothing happens; infinite for never. */
export function dueOf(slot: Slot): number {
  if (slot.flight !== undefined) return Number.POSITIVE_INFINITY;
  if (slot.at !== undefined && slot.hook !== undefined) return slot.hook.untilMs;
  const stays = slot.at !== undefined && isDesired(slot) && !slot.leftover && isSame(slot.at, placeOf(slot));
  const waits = slot.at !== undefined ? !stays : isDesired(slot);
  if (!waits || slot.againAtMs === 0) return Number.POSITIVE_INFINITY;
  return slot.missing !== undefined && !slot.missing.over ? Number.POSITIVE_INFINITY : slot.againAtMs;
}
