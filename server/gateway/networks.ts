/** Lists of networks, and whether an address is in one. Pure; no name is ever resolved. */

import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { err, ok, type Result } from '../base/result.ts';

export class Networks {
  readonly #list = new BlockList();
  readonly isEmpty: boolean;

  private constructor(networks: readonly Network[]) {
    this.isEmpty = networks.length === 0;
    for (const { address, bits, family } of networks) this.#list.addSubnet(address, bits, family);
  }

  /** @param texts `10.0.0.0/8`, `2001:db8::/32`, or single addresses. The error is the index of the first bad one. */
  static parse(texts: readonly string[]): Result<Networks, number> {
    const networks = texts.map(networkOf);
    const bad = networks.indexOf(undefined);
    if (bad >= 0) return err(bad);
    return ok(new Networks(networks.filter((network) => network !== undefined)));
  }

  includes(address: string): boolean {
    const plain = plainAddress(address);
    if (isIPv4(plain)) return this.#list.check(plain, 'ipv4');
    return isIPv6(plain) && this.#list.check(plain, 'ipv6');
  }
}

type Network = { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' };

function networkOf(text: string): Network | undefined {
  const found = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim());
  const address = found?.[1] ?? '';
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  if (family === undefined || address.includes('%')) return undefined;
  const widest = family === 'ipv4' ? 32 : 128;
  const bits = found?.[2] === undefined ? widest : Number(found[2]);
  return bits <= widest ? { address, bits, family } : undefined;
}

/** An IPv4 address that came over an IPv6 socket is an IPv4 address; an interface name is no part of an address. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/**
 * What failures of one source are counted by. An IPv6 host has 2^64 addresses to come from: its network counts.
 * @returns the address itself for IPv4, the first 64 bits for IPv6.
 */
export function sourceKey(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const { hostname } = new URL(`http://[${plain}]/`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const front = head.split(':').filter((part) => part !== '');
  const back = (tail ?? '').split(':').filter((part) => part !== '');
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`;
}

/**
 * Who really asked, behind reverse proxies: the last address in X-Forwarded-For that no trusted proxy has.
 * @param remote address of the connection itself.
 */
export function sourceBehind(trusted: Networks, remote: string, forwardedFor: string | undefined): string {
  let source = remote;
  for (const hop of (forwardedFor ?? '').split(',').reverse()) {
    const address = hop.trim();
    if (!trusted.includes(source) || address === '') break;
    source = address;
  }
  return plainAddress(source);
}
