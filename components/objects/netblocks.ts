/** Netblocks as keys of a tree: order of address, parents before children; what was typed as one. Pure. */

import { parseIp, parseNetwork } from '../ui/data-table/ip-order.ts';

/** `10.0.0.0/8` before `10.0.0.0/24` before `10.0.0.103/32`; what is no netblock comes last. */
export function netblockKey(text: string): string {
  const [address = '', bits = ''] = text.split('/');
  const ip = parseIp(address);
  return ip === undefined ? `9${text}` : `${ip.sortKey}/${bits.padStart(3, '0')}`;
}

export function compareNetblocks(a: string, b: string): number {
  const [left, right] = [netblockKey(a), netblockKey(b)];
  return left < right ? -1 : Number(left > right);
}

export type Wanted =
  /** Everything of the object. */
  | { readonly kind: 'all' }
  /** What is in this netblock. */
  | { readonly kind: 'under'; readonly netblock: string }
  /** What covers this address; names and keys that contain this text. */
  | { readonly kind: 'search'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };

/** What somebody looks for in a tree. */
export function wantedNetblock(typed: string): Wanted {
  const text = typed.trim();
  if (text === '') return { kind: 'all' };
  if (parseNetwork(text) !== undefined) return { kind: 'under', netblock: text };
  return parseIp(text)?.port === null ? { kind: 'search', text } : { kind: 'wrong', text };
}

export function wantedName(typed: string): Wanted {
  const text = typed.trim();
  return text === '' ? { kind: 'all' } : { kind: 'search', text };
}
