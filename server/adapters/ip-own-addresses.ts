/** Which addresses belong to the host itself: never a VIP, never touched (VIP-33). */

import { type IpAddress, isIpv6 } from '../model/ip.ts';
import type { FoundAddress, FoundRoute } from './ip-read.ts';

/**
 * An IPv4 address is the host's own when a route sends from it: the kernel makes one for the first address of a network,
 * administrators for the others. An IPv6 address is the host's own when it stands for a network and does not end by
 * itself. Loopback and link-local ones always are.
 */
export function ownAmong(
  found: readonly FoundAddress[],
  routes: readonly FoundRoute[],
): ReadonlySet<IpAddress> {
  const sources = new Set(routes.flatMap(({ source }) => (source === undefined ? [] : [source])));
  const own = found.filter(({ address, prefix, isPermanent, isLinkLocal, interface: name }) => {
    if (name === 'lo' ? prefix < (isIpv6(address) ? 128 : 32) || address === '::1' : isLinkLocal) return true;
    return isIpv6(address) ? prefix < 128 && isPermanent : sources.has(address);
  });
  return new Set(own.map(({ address }) => address));
}
