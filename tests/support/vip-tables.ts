/** Tables of DuraVIP made by hand, for what shows or compares them. */

import type { VipEntry, VipNode, VipTable } from '../../server/duravip/api.ts';
import type { IpAddress } from '../../server/model/ip.ts';
import type { NodeName, PrivateName } from '../../server/model/names.ts';

export const ip = (text: string): IpAddress => text as IpAddress;
export const nodeNamed = (name: string): NodeName => name as NodeName;
/** The main mailbox of a node. */
export const mailboxOf = (name: string): PrivateName => `#ec0-00001#${name}` as PrivateName;

export function participantNamed(
  name: string,
  names: readonly string[],
  obstacle?: string,
): VipEntry['participants'][number] {
  return { name: mailboxOf(name), node: nodeNamed(name), names, services: ['multivip'], obstacle };
}

/** An address owned and up at the last of the nodes that have it configured. */
export function vipEntry(address: string, nodes: readonly string[], more: Partial<VipEntry> = {}): VipEntry {
  const names = more.names ?? [`vip-${address.split('.').at(-1)}`];
  return {
    address: ip(address),
    names,
    services: ['multivip'],
    phase: 'owned',
    owner: nodeNamed(nodes.at(-1) ?? ''),
    next: undefined,
    state: 'up',
    text: '',
    pinned: undefined,
    preference: undefined,
    follows: undefined,
    flags: { unsafe: false, conflict: false },
    participants: nodes.map((node) => participantNamed(node, names)),
    cause: 'elected',
    version: '1',
    viewSinceMs: 0,
    configSinceMs: 0,
    ...more,
  };
}

export function vipNode(name: string, more: Partial<VipNode> = {}): VipNode {
  return {
    node: nodeNamed(name),
    name: mailboxOf(name),
    mature: true,
    draining: false,
    suspect: false,
    balanceSetSize: 10,
    told: undefined,
    ...more,
  };
}

export function vipTable(
  entries: readonly VipEntry[],
  nodes: readonly VipNode[],
  more: Partial<Pick<VipTable, 'synced' | 'viewId' | 'epoch' | 'leader' | 'hash'>> = {},
): VipTable {
  return {
    synced: true,
    viewId: '7',
    epoch: '7.1',
    leader: nodes[0]?.node,
    hash: 'h1',
    entries: () => entries,
    entry: (address) => entries.find((one) => one.address === address),
    nodes: () => nodes,
    ...more,
  };
}
