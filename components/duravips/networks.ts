/** The network that addresses are shown together by: /24 of IPv4, /64 of IPv6. Pure. */

import { parseIp } from '../ui/data-table/ip-order.ts';

const V6_GROUPS = 8;
const V6_NETWORK_GROUPS = 4;
const GROUP_BITS = 16n;

/** @returns `10.80.116.0/24`, `2001:db8:0:1::/64`; the text itself where it is no address. */
export function networkOf(address: string): string {
  const ip = parseIp(address);
  if (ip === undefined) return address;
  if (ip.family === 4) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const groups = Array.from({ length: V6_NETWORK_GROUPS }, (_, index) =>
    ((ip.bits >> (GROUP_BITS * BigInt(V6_GROUPS - 1 - index))) & 0xffffn).toString(16),
  );
  while (groups.at(-1) === '0') groups.pop();
  return `${groups.join(':')}::/64`;
}
