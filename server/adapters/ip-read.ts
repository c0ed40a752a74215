/** What `ip -j` says of this host: addresses, interfaces, routes, neighbours. Whatever is not understood is left out. */

import { execFile } from 'node:child_process';
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import type { Neighbour, PlacedAddress } from '../duravip/api.ts';
import { type IpAddress, isIpv6, type Network, parseIp, parseNetwork } from '../model/ip.ts';
import { textOf } from './ip-batch.ts';

/** 10,240 addresses are about 3 MB. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const LIMIT_MS = 10_000;
const FOREVER = 0xffff_ffff;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

const Link = z.object({
  ifname: z.string(),
  flags: z.array(z.string()),
  addr_info: z.array(z.unknown()).optional(),
});
const Address = z.object({
  family: z.string(),
  local: z.string(),
  prefixlen: z.number(),
  scope: z.string().optional(),
  valid_life_time: z.number().optional(),
});
const Route = z.object({
  dst: z.string(),
  dev: z.string(),
  gateway: z.string().optional(),
  prefsrc: z.string().optional(),
});
const Neigh = z.object({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().optional(),
  confirmed: z.number().optional(),
  state: z.array(z.string()),
});

export type FoundAddress = PlacedAddress & {
  /** It does not end by itself. */
  readonly isPermanent: boolean;
  readonly isLinkLocal: boolean;
};
export type FoundInterface = {
  readonly name: string;
  readonly up: boolean;
  readonly networks: readonly Network[];
};
export type FoundRoute = {
  readonly interface: string;
  /** Undefined for one without, and for every other route than the default. */
  readonly gateway: IpAddress | undefined;
  readonly source: IpAddress | undefined;
};
export type FoundNeighbour = Neighbour & {
  readonly interface: string;
  /** Written by a person: never touched. */
  readonly isPermanent: boolean;
};

/** @returns the words of the system when it cannot be said. */
export function runIp(args: readonly string[]): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const options = {
      maxBuffer: OUTPUT_BYTES_MAX,
      timeout: LIMIT_MS,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    } as const;
    execFile('ip', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(ok(stdout));
      else if (typeof error.code === 'string') resolve(err(textOf(error)));
      else resolve(err(stderr.trim() === '' ? error.message : stderr.trim()));
    });
  });
}

export async function readLinks(): Promise<
  Result<
    { readonly addresses: readonly FoundAddress[]; readonly interfaces: readonly FoundInterface[] },
    string
  >
> {
  const said = await runIp(['-j', 'addr', 'show']);
  return said.ok ? ok(linksOf(said.value)) : said;
}

export function linksOf(text: string): {
  readonly addresses: readonly FoundAddress[];
  readonly interfaces: readonly FoundInterface[];
} {
  const links = listOf(text, Link);
  const addresses = links.flatMap((link) => addressesOf(link.ifname, link.addr_info ?? []));
  const interfaces = links.map(({ ifname, flags }) => ({
    name: ifname,
    up: flags.includes('UP') && flags.includes('LOWER_UP') && !flags.includes('NO-CARRIER'),
    networks: addresses.filter((one) => one.interface === ifname).flatMap(networkOf),
  }));
  return { addresses, interfaces };
}

/** Of the main table: routes of IPv4, default routes of IPv6. */
export async function readRoutes(): Promise<readonly FoundRoute[]> {
  const said = await Promise.all([
    runIp(['-j', '-4', 'route', 'show', 'table', 'main']),
    runIp(['-j', '-6', 'route', 'show', 'default']),
  ]);
  return said.flatMap((one) => (one.ok ? routesOf(one.value) : []));
}

export function routesOf(text: string): readonly FoundRoute[] {
  return listOf(text, Route).map(({ dst, dev, gateway, prefsrc }) => ({
    interface: dev,
    gateway: dst === 'default' ? addressOf(gateway) : undefined,
    source: addressOf(prefsrc),
  }));
}

export async function readNeighbours(): Promise<Result<readonly FoundNeighbour[], string>> {
  const said = await runIp(['-j', '-s', 'neigh', 'show']);
  return said.ok ? ok(neighboursOf(said.value)) : said;
}

export function neighboursOf(text: string): readonly FoundNeighbour[] {
  return listOf(text, Neigh).flatMap(({ dst, dev, lladdr, confirmed, state }) => {
    const address = addressOf(dst);
    const isPermanent = state.includes('PERMANENT') || state.includes('NOARP');
    if (address === undefined || lladdr === undefined || !MAC.test(lladdr)) return [];
    if (state.includes('FAILED') || state.includes('INCOMPLETE')) return [];
    return [{ address, mac: lladdr, ageSeconds: confirmed ?? 0, interface: dev, isPermanent }];
  });
}

function addressesOf(name: string, infos: readonly unknown[]): readonly FoundAddress[] {
  return infos.flatMap((info) => {
    const parsed = Address.safeParse(info);
    const address = parsed.success ? addressOf(parsed.data.local) : undefined;
    if (!parsed.success || address === undefined) return [];
    const { prefixlen: prefix, scope, valid_life_time: validSeconds = FOREVER } = parsed.data;
    const isPermanent = validSeconds === FOREVER;
    return [{ address, prefix, interface: name, isPermanent, isLinkLocal: scope === 'link' }];
  });
}

/** An address with all its bits reaches nobody. */
function networkOf({ address, prefix }: FoundAddress): readonly Network[] {
  if (prefix >= (isIpv6(address) ? 128 : 32)) return [];
  const network = parseNetwork(`${address}/${prefix}`);
  return network.ok ? [network.value] : [];
}

function addressOf(text: string | undefined): IpAddress | undefined {
  const parsed = parseIp(text ?? '');
  return parsed.ok ? parsed.value : undefined;
}

/** Items of a JSON list that have the shape; `ip` prints `{}` for some it was told to leave out. */
function listOf<T>(text: string, shape: z.ZodType<T>): readonly T[] {
  let items: unknown;
  try {
    items = JSON.parse(text.trim() === '' ? '[]' : text);
  } catch {
    // Cut off or of another program: nothing can be said.
    return [];
  }
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => {
    const parsed = shape.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
}
