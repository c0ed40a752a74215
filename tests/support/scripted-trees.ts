/**
 * What scripted objects hold, computed when it is asked for: a tree of 1,048,576 addresses whose sums are products, an IPv6
 * tree, names with counts, and a cache. Nothing is kept, so a million prefixes cost nothing.
 */

import { BlockList } from 'node:net';

export type ScriptedRow = {
  readonly key: string;
  readonly value: number;
  readonly children: boolean;
  readonly text?: string;
  readonly expiresInMs?: number;
};

/** Whose share: of one node, by its place among the nodes. Undefined: the sum of all. */
export type Share = { readonly place: number; readonly of: number } | undefined;

export type ScriptedTree = {
  /** All rows below a key, or the topmost; undefined key for the top. */
  readonly rows: (under: string | undefined, share: Share) => readonly ScriptedRow[];
  readonly covering: (address: string, share: Share) => readonly ScriptedRow[];
  readonly total: number;
  readonly entries: number;
};

/** Last byte of the addresses, modulo 16. */
const HOST = 7;
const WEIGHT_16 = sum(range(16).map(weight));
const WEIGHT_256 = sum(range(256).map(weight));

/** 10.0.0.0/8 with 256 × 256 netblocks of 16 addresses; what a node counted itself are every n-th of the /16. */
export const millionPrefixes: ScriptedTree = {
  rows: (under, share) => {
    if (under === undefined) return top4(share);
    const [address = '', bits] = under.split('/');
    const [, k = 0, j = 0] = address.split('.').map(Number);
    if (bits === '8') return range(256).flatMap((at) => at16(at, share));
    if (share !== undefined && k % share.of !== share.place) return [];
    if (bits === '16') return range(256).map((at) => row(`10.${k}.${at}.0/24`, ofBlock(k, at), true));
    return bits === '24' ? range(16).map((at) => leaf(k, j, at)) : [];
  },
  covering: (address, share) => {
    const [first, k = -1, j = -1, host = -1] = address.split('/')[0]?.split('.').map(Number) ?? [];
    if (first !== 10 || k < 0 || k > 255) return [];
    if (share !== undefined && k % share.of !== share.place) return top4(share);
    const block = row(`10.${k}.${j}.0/24`, ofBlock(k, j), true);
    const own = host % 16 === HOST ? [leaf(k, j, (host - HOST) / 16)] : [];
    return [...top4(share), ...at16(k, share), block, ...own];
  },
  total: sum(range(256).map(of16)),
  entries: 256 * 256 * 16,
};

const V6_TOP = '2001:db8::/32';

/** 2001:db8::/32 with four /48 of four /64 of four addresses each. */
export const ipv6Prefixes: ScriptedTree = {
  rows: (under, share) => {
    const part = share === undefined ? 1 : 1 / share.of;
    const of = (key: string, value: number, children = true) => row(key, value * part, children);
    if (under === undefined) return [of(V6_TOP, 640)];
    if (under === V6_TOP) return range(4).map((k) => of(`2001:db8:${k + 1}::/48`, 160));
    const [prefix = '', bits] = under.split('::/');
    if (bits === '48') return range(4).map((j) => of(`${prefix}:${j + 1}::/64`, 40));
    return bits === '64' ? range(4).map((i) => of(`${prefix}::${(i + 1).toString(16)}/128`, 10, false)) : [];
  },
  covering: (address, share) => {
    const found: ScriptedRow[] = [];
    let under: string | undefined;
    for (let depth = 0; depth < 4; depth += 1) {
      const next = ipv6Prefixes.rows(under, share).find(({ key }) => covers(key, address));
      if (next === undefined) break;
      found.push(next);
      under = next.key;
    }
    return found;
  },
  total: 640,
  entries: 64,
};

/** So many names, the first ones with the largest counts. */
export function namesTree(names: readonly string[], scale: number): ScriptedTree {
  const all = names.map((key, at) => row(key, Math.ceil((scale * names.length) / (at + 1)), false));
  const share = (of: Share) => (of === undefined ? all : all.filter((_, at) => at % of.of === of.place));
  return {
    rows: (under, of) => share(of).filter(({ key }) => key.startsWith(under ?? '')),
    covering: (text, of) => share(of).filter(({ key }) => key.includes(text)),
    total: sum(all.map(({ value }) => value)),
    entries: all.length,
  };
}

export function cacheTree(entries: number): ScriptedTree {
  const all = range(entries).map((at): ScriptedRow => {
    const key = `session-${String(at).padStart(5, '0')}`;
    const text = `{"user":"${key}","quota":${(at * 7) % 100}}`;
    return { ...row(key, text.length, false), text, expiresInMs: 60_000 + at * 100 };
  });
  return {
    rows: (under) => all.filter(({ key }) => key.startsWith(under ?? '')),
    covering: (text) => all.filter(({ key }) => key.includes(text)),
    total: sum(all.map(({ value }) => value)),
    entries,
  };
}

function leaf(k: number, j: number, i: number): ScriptedRow {
  return row(`10.${k}.${j}.${i * 16 + HOST}/32`, weight(i) * weight(j) * weight(k), false);
}

function ofBlock(k: number, j: number): number {
  return weight(k) * weight(j) * WEIGHT_16;
}

function of16(k: number): number {
  return weight(k) * WEIGHT_256 * WEIGHT_16;
}

function at16(k: number, share: Share): readonly ScriptedRow[] {
  return share !== undefined && k % share.of !== share.place ? [] : [row(`10.${k}.0.0/16`, of16(k), true)];
}

function top4(share: Share): readonly ScriptedRow[] {
  const own = range(256).filter((k) => share === undefined || k % share.of === share.place);
  return [row('10.0.0.0/8', sum(own.map(of16)), true)];
}

function weight(at: number): number {
  return 1 + ((at * 5) % 3);
}

function row(key: string, value: number, children: boolean): ScriptedRow {
  return { key, value, children };
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function covers(netblock: string, address: string): boolean {
  const [prefix = '', bits = '128'] = netblock.split('/');
  const list = new BlockList();
  list.addSubnet(prefix, Number(bits), 'ipv6');
  try {
    return list.check(address.split('/')[0] ?? '', 'ipv6');
  } catch {
    return false; // no address: nothing covers it
  }
}
