/** Whether a change of the configuration touches what DuraVIP manages (VIP-16). */

import { duravipUses, namesOf, preferenceOf, servicesOf } from './duravip-uses.ts';
import type { Generation } from './generation.ts';

/** What the manual advises after each such reload, at the prompt of the manager (momentum.md 5.6). */
export const ANNOUNCE_NOTE =
  "DuraVIP bindings changed. When all nodes have reloaded, 'broadcast cluster duravip announce view' in eccmgr lets them agree who owns them.";

/** Addresses with names, services, preference or whom they follow. Where they belong on a host is no matter of all. */
export function touchesDuravip(before: Generation, after: Generation): boolean {
  return managed(before) !== managed(after);
}

function managed(generation: Generation): string {
  const vips = [...duravipUses(generation).vips.values()].map((vip) => [
    vip.address,
    namesOf(vip),
    servicesOf(vip),
    preferenceOf(vip)?.node,
    vip.follows,
  ]);
  return JSON.stringify(vips);
}
