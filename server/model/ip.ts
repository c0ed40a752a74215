/** IP addresses and networks in one canonical text, so that equal ones are equal strings, with a numeric order. */

import { err, ok, type Result } from '../base/result.ts';
import type { Brand } from './brand.ts';

/** Dotted IPv4, or IPv6 as RFC 5952 writes it (lower case, longest run of zeros as `::`). */
export type IpAddress = Brand<string, 'IpAddress'>;

export type Network = {
  readonly address: IpAddress;
  readonly bits: number;
};

const V4_BYTES = 4;
const V6_BYTES = 16;
const DOT = 46;
const ZERO = 48;

/** @returns the error in words for a person who wrote the text. */
export function parseIp(text: string): Result<IpAddress, string> {
  const bytes = bytesOfText(text.trim());
  return bytes === undefined ? err(`'${text}' is not an IP address`) : ok(textOf(bytes));
}

/** `address/bits`; an address alone is a network of one. Bits beyond the mask are cleared. */
export function parseNetwork(text: string): Result<Network, string> {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim());
  const bytes = bytesOfText(match?.[1] ?? '');
  if (bytes === undefined) return err(`'${text}' is not a network: write address/bits, such as 10.1.1.0/24`);
  const widest = bytes.length * 8;
  const bits = match?.[2] === undefined ? widest : Number(match[2]);
  if (bits > widest) return err(`'${text}' is not a network: at most ${widest} bits`);
  return ok({ address: textOf(masked(bytes, bits)), bits });
}

export function isIpv6(address: IpAddress): boolean {
  return address.includes(':');
}

/** IPv4 before IPv6, then by number. */
export function compareIps(a: IpAddress, b: IpAddress): number {
  const family = Number(isIpv6(a)) - Number(isIpv6(b));
  return family === 0 ? Buffer.compare(bytesOf(a), bytesOf(b)) : family;
}

export function networkHolds(network: Network, address: IpAddress): boolean {
  if (isIpv6(network.address) !== isIpv6(address)) return false;
  return textOf(masked(bytesOf(address), network.bits)) === network.address;
}

/** Finds the longest of many networks around an address, by one lookup for each length of networks there is. */
export class NetworkTable<T> {
  /** Longest first. */
  readonly #lengths: readonly { readonly bits: number; readonly byAddress: ReadonlyMap<string, T> }[];

  /** @param entries of equal networks the first counts. */
  constructor(entries: readonly (readonly [Network, T])[]) {
    const lengths = new Map<number, Map<string, T>>();
    for (const [{ address, bits }, value] of entries) {
      const byAddress = lengths.get(bits) ?? new Map<string, T>();
      if (!byAddress.has(address)) byAddress.set(address, value);
      lengths.set(bits, byAddress);
    }
    this.#lengths = [...lengths]
      .map(([bits, byAddress]) => ({ bits, byAddress }))
      .sort((a, b) => b.bits - a.bits);
  }

  find(address: IpAddress): T | undefined {
    const bytes = bytesOf(address);
    for (const { bits, byAddress } of this.#lengths) {
      if (bits > bytes.length * 8) continue;
      const found = byAddress.get(textOf(masked(bytes, bits)));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The network of so many bits around an address; undefined where its family has fewer bits. */
export function networkOf(address: IpAddress, bits: number): Network | undefined {
  const bytes = bytesOf(address);
  return bits > bytes.length * 8 ? undefined : { address: textOf(masked(bytes, bits)), bits };
}

/** 4 or 16 bytes. */
export function bytesOf(address: IpAddress): Uint8Array {
  return bytesOfText(address) ?? new Uint8Array();
}

/** Undefined unless there are 4 or 16 bytes. */
export function ipOfBytes(bytes: Uint8Array): IpAddress | undefined {
  return bytes.length === V4_BYTES || bytes.length === V6_BYTES ? textOf(bytes) : undefined;
}

function bytesOfText(text: string): Uint8Array | undefined {
  return text.includes(':') ? bytesOfV6(text) : bytesOfV4(text);
}

/** Without a leading zero, which would be octal to some programs and decimal to others. */
function bytesOfV4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(V4_BYTES);
  let [part, value, digits] = [0, 0, 0];
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || part === V4_BYTES) return undefined;
      bytes[part] = value;
      part += 1;
      [value, digits] = [0, 0];
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
      value = value * 10 + digit;
      digits += 1;
      if (value > 255) return undefined;
    }
  }
  return part === V4_BYTES ? bytes : undefined;
}

function bytesOfV6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(bytesOfGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const length = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? length !== V6_BYTES : length >= V6_BYTES) return undefined;
  const bytes = new Uint8Array(V6_BYTES);
  bytes.set(head);
  if (tail !== undefined) bytes.set(tail, V6_BYTES - tail.length);
  return bytes;
}

function bytesOfGroups(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.includes('.') && index === groups.length - 1) {
      const embedded = bytesOfV4(group);
      if (embedded === undefined) return undefined;
      bytes.push(...embedded);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return undefined;
  }
  return bytes;
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.max(0, Math.min(8, bits - index * 8));
    return byte & (255 << (8 - kept)) & 255;
  });
}

function textOf(bytes: Uint8Array): IpAddress {
  if (bytes.length === V4_BYTES) return bytes.join('.') as IpAddress;
  const groups: number[] = [];
  for (let at = 0; at < V6_BYTES; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const { at, length } = longestZeros(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(':') as IpAddress;
  return `${words.slice(0, at).join(':')}::${words.slice(at + length).join(':')}` as IpAddress;
}

/** The first of the longest runs. */
function longestZeros(groups: readonly number[]): { readonly at: number; readonly length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  return best;
}
