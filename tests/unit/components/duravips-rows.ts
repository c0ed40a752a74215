/** Rows of DuraVIP for tests of components: an address that all agree on, to be changed where a test needs it. */

import type { Row } from '../../../server/wire/live.ts';

export const VIP_NODES = ['labrat-1', 'labrat-2', 'labrat-3'] as const;

export function vipRowOf(address: string, change: Partial<Row<'vips'>> = {}): Row<'vips'> {
  return {
    address,
    names: [`relay-${address}`],
    services: ['smtp'],
    phase: 'owned',
    owner: 'labrat-1',
    next: null,
    state: 'up',
    text: '',
    claims: [],
    pinned: null,
    preference: null,
    follows: null,
    followers: [],
    flags: [],
    participants: VIP_NODES.map((node) => ({ node, services: ['smtp'], obstacle: null })),
    disagree: [],
    known: VIP_NODES.length,
    version: '1',
    ownerSinceMs: 1_000,
    viewSinceMs: 1_000,
    configSinceMs: 1_000,
    cause: 'elected',
    ...change,
  };
}

export function vipNodeRowOf(node: string, change: Partial<Row<'vipNodes'>> = {}): Row<'vipNodes'> {
  return {
    node,
    present: true,
    mature: true,
    draining: false,
    suspect: false,
    owned: 1,
    candidate: 3,
    up: 1,
    failed: 0,
    balanceSetSize: 10,
    agrees: true,
    toldMs: 1_000,
    ...change,
  };
}

export function duravipRowOf(change: Partial<Row<'duravip'>> = {}): Row<'duravip'> {
  return {
    viewId: '57.labrat-1',
    epoch: '57.3',
    synced: true,
    leader: 'labrat-1',
    sinceMs: 1_000,
    setSizesDiffer: [],
    announceDue: null,
    ...change,
  };
}

/** The collections that a page of addresses needs. */
export function vipModelOf(rows: readonly Row<'vips'>[], duravip: Partial<Row<'duravip'>> = {}) {
  return {
    vips: Object.fromEntries(rows.map((row) => [row.address, row])),
    vipNodes: Object.fromEntries(VIP_NODES.map((node) => [node, vipNodeRowOf(node)])),
    duravip: { duravip: duravipRowOf(duravip) },
  };
}
