/**
 * IP addresses as numbers, with or without a port, so that tables sort 10.0.0.9 before 10.0.0.10 and filter by network.
 * Pure. What is no address stays text: it is the caller's to decide where that goes.
 */

export type IpValue = {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly port: number | null;
  /** Compares, as text, like the number: IPv4 first, then by port. */
  readonly sortKey: string;
};
export type Network = { readonly family: 4 | 6; readonly bits: bigint; readonly prefixBits: number };

const FAMILY_BITS = { 4: 32, 6: 128 } as const;
const PORT_MAX = 65_535;

/** Texts whose value is remembered: the same ones are compared again with each change of a large table. */
export const IPS_REMEMBERED_MAX = 32_768;
const remembered = new Map<string, IpValue | undefined>();

/** `10.1.2.3`, `10.1.2.3:4803`, `fe80::1`, `[fe80::1]:4803`. */
export function parseIp(text: string): IpValue | undefined {
  if (remembered.has(text)) return remembered.get(text);
  if (remembered.size >= IPS_REMEMBERED_MAX) remembered.clear();
  const ip = readIp(text);
  remembered.set(text, ip);
  return ip;
}

function readIp(text: string): IpValue | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return withPort(6, parseV6(bracketed[1] ?? ''), bracketed[2]);
  const v4 = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text);
  if (v4) return withPort(4, parseV4(v4[1] ?? ''), v4[2]);
  return withPort(6, parseV6(text), undefined);
}

function withPort(family: 4 | 6, bits: bigint | undefined, port: string | undefined): IpValue | undefined {
  if (bits === undefined || Number(port ?? 0) > PORT_MAX) return undefined;
  const digits = bits.toString(16).padStart(FAMILY_BITS[family] / 4, '0');
  const sortKey = `${family}${digits}:${(port ?? '').padStart(5, '0')}`;
  return { family, bits, port: port === undefined ? null : Number(port), sortKey };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (head === undefined) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = tail === undefined ? head : [...head, ...Array<string>(missing).fill('0'), ...tail];
  let bits = 0n;
  for (const group of groups) {
    if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
    bits = (bits << 16n) | BigInt(`0x${group}`);
  }
  return bits;
}

/** `10.80.116.0/24`. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, more] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || ip.port !== null || prefix === undefined || more !== undefined) return undefined;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > FAMILY_BITS[ip.family]) return undefined;
  return { family: ip.family, bits: ip.bits, prefixBits: Number(prefix) };
}

export function inNetwork(ip: IpValue, network: Network): boolean {
  if (ip.family !== network.family) return false;
  const rest = BigInt(FAMILY_BITS[network.family] - network.prefixBits);
  return ip.bits >> rest === network.bits >> rest;
}

/** What is no address comes after all that are. */
export function ipSortKey(text: string): string {
  return parseIp(text)?.sortKey ?? `9${text}`;
}
