/**
 * What a request about addresses comes to, decided on the rows that the person saw: the exact commands, what would
 * undo them, or why nothing is sent. Pure. The nodes decide again (vip.md 4.3).
 */

import { parseIp } from '../model/ip.ts';
import { parseNodeName } from '../model/names.ts';
import type { OperationItem, VipNodeRow, VipRow } from '../wire/duravip.ts';
import type { Inverse, PlannedItem } from './vip-operation.ts';

export type VipRows = {
  readonly vips: Readonly<Record<string, VipRow>>;
  readonly vipNodes: Readonly<Record<string, VipNodeRow>>;
};

export type WantedMove = {
  readonly address: string;
  readonly to: string;
  readonly expected: { readonly owner: string | null; readonly version: string };
};

export type Refusal = { readonly address: string; readonly reason: string };

/** Null for an address that is gone. */
export type PresentRows = { readonly address: string; readonly row: VipRow | null }[];

export type Plan =
  | { readonly type: 'send'; readonly items: readonly PlannedItem[]; readonly inverses: readonly Inverse[] }
  /** What was decided on is so no more; the rows as they are now, null for one that is gone. */
  | { readonly type: 'changed'; readonly rows: PresentRows }
  | { readonly type: 'refused'; readonly refusals: readonly Refusal[] };

const NO_ADDRESS = 'no such address';

export const COMMANDS = {
  move: (address: string, to: string) => `cluster duravip move ${address} to ${to}`,
  unpin: (address: string) => `cluster duravip unpin ${address}`,
  drain: (node: string) => `cluster duravip drain ${node}`,
  undrain: (node: string) => `cluster duravip undrain ${node}`,
  announce: () => 'cluster duravip announce view',
};

/** Refusals come before changes: what cannot be done at all need not be looked at again. */
export function planMoves(
  wanted: readonly WantedMove[],
  rows: VipRows,
  busy: (address: string) => boolean,
): Plan {
  const refusals: Refusal[] = [];
  const changed = new Set<string>();
  const items: PlannedItem[] = [];
  const inverses: Inverse[] = [];
  const twice = new Set<string>();
  for (const { address, to, expected } of wanted) {
    const key = canonical(address);
    const row = Object.hasOwn(rows.vips, key) ? rows.vips[key] : undefined;
    const target = parseNodeName(to);
    const reason = twice.has(key)
      ? 'it is asked for twice'
      : whyNot(row, target.ok ? target.value : to, rows.vipNodes);
    twice.add(key);
    if (row === undefined || reason !== undefined || !target.ok) {
      refusals.push({ address, reason: reason ?? NO_ADDRESS });
      continue;
    }
    if (row.owner !== expected.owner || row.version !== expected.version || busy(key)) changed.add(key);
    items.push({
      goal: 'owned',
      address: key,
      from: row.owner,
      to: target.value,
      command: COMMANDS.move(key, target.value),
    });
    inverses.push(...inverseOfMove(row, target.value));
  }
  if (refusals.length > 0) return { type: 'refused', refusals };
  if (changed.size > 0) return { type: 'changed', rows: presentRows([...changed], rows) };
  return { type: 'send', items, inverses };
}

/** Items of an operation that failed, from where their addresses are now; those that cannot be had stay failed. */
export function planRetry(failed: readonly OperationItem[], goal: PlannedItem['goal'], rows: VipRows): Plan {
  const refusals: Refusal[] = [];
  const items: PlannedItem[] = [];
  const inverses: Inverse[] = [];
  for (const { address, from, to, command } of failed) {
    const row = rows.vips[address];
    const reason = goal === 'away' ? notThere(row, from) : whyNot(row, to ?? '', rows.vipNodes);
    if (row === undefined || reason !== undefined) {
      refusals.push({ address, reason: reason ?? NO_ADDRESS });
      continue;
    }
    items.push({ goal, address, from: row.owner, to, command });
    if (goal === 'owned' && to !== null) inverses.push(...inverseOfMove(row, to));
  }
  return items.length === 0 ? { type: 'refused', refusals } : { type: 'send', items, inverses };
}

export function planUnpin(address: string, { vips }: VipRows): Plan {
  const key = canonical(address);
  const row = Object.hasOwn(vips, key) ? vips[key] : undefined;
  if (row === undefined) return { type: 'refused', refusals: [{ address, reason: NO_ADDRESS }] };
  const { pinned, owner } = row;
  if (pinned === null) return { type: 'refused', refusals: [{ address, reason: 'it is not pinned' }] };
  const command = COMMANDS.unpin(key);
  const back = {
    command: COMMANDS.move(key, pinned),
    address: key,
    to: pinned,
    holder: owner,
  };
  return {
    type: 'send',
    items: [{ goal: 'unpinned', address: key, from: owner, to: null, command }],
    inverses: pinned === owner ? [back] : [],
  };
}

/** Why a node is not drained, or let back; undefined if it can be. */
export function whyNotDrain(node: string, undrain: boolean, { vipNodes }: VipRows): string | undefined {
  const unknown = whyNotNode(node, vipNodes);
  const draining = Object.hasOwn(vipNodes, node) && vipNodes[node]?.draining === true;
  // A drain outlives its node, and can be ended while the node is away.
  if (unknown !== undefined && !(undrain && draining)) return unknown;
  if (draining === undrain) return undefined;
  return undrain ? `${node} is not drained` : `${node} is drained already`;
}

function notThere(row: VipRow | undefined, node: string | null): string | undefined {
  return row !== undefined && row.owner !== node
    ? `${node ?? 'nobody'} does not have it any more`
    : undefined;
}

/** As the table spells it. */
export function canonical(address: string): string {
  const parsed = parseIp(address);
  return parsed.ok ? parsed.value : address;
}

export function presentRows(addresses: readonly string[], { vips }: VipRows): PresentRows {
  return addresses.map((address) => ({ address, row: vips[address] ?? null }));
}

/** Undefined if the node is known; else the reason in words. */
export function whyNotNode(node: string, nodes: VipRows['vipNodes']): string | undefined {
  if (Object.hasOwn(nodes, node)) {
    return nodes[node]?.present === true ? undefined : `${node} is not here: it departed`;
  }
  const short = node.split('.')[0] ?? '';
  if (node.includes('.')) {
    const hint = Object.hasOwn(nodes, short) ? `; did you mean ${short}?` : '';
    return `${node} is a host name, not the name of a node on the bus${hint}`;
  }
  return `no node is named ${node}`;
}

function whyNot(row: VipRow | undefined, to: string, nodes: VipRows['vipNodes']): string | undefined {
  if (row === undefined) return NO_ADDRESS;
  if (row.phase === 'broken') return 'it is broken: binding names differ between nodes, nobody may have it';
  if (row.phase === 'unknown') return 'no synchronised view was seen yet';
  const unknown = whyNotNode(to, nodes);
  if (unknown !== undefined) return unknown;
  const participant = row.participants.find(({ node }) => node === to);
  if (participant === undefined) return `${to} does not have it configured`;
  if (participant.obstacle !== null) return `${to} cannot have it: ${participant.obstacle}`;
  const there = row.owner === to && row.pinned === to && row.phase === 'owned';
  if (there && row.state !== 'failed') return `${to} has it already`;
  return undefined;
}

/**
 * Nobody can be given back what nobody had. A move pins (vip.md 4.3), and so does
 * the one that takes it back: unpinned, a balance would move it on at once.
 */
function inverseOfMove(row: VipRow, to: string): readonly Inverse[] {
  const { address, owner, pinned } = row;
  if (owner === to && pinned === null) {
    return [{ command: COMMANDS.unpin(address), address, to: null, holder: to }];
  }
  if (owner === null) return [];
  return [{ command: COMMANDS.move(address, owner), address, to: owner, holder: to }];
}

/** @param predicted who would take what, by the nodes' own election; addresses without a taker stay where they are. */
export function planDrain(
  node: string,
  rows: VipRows,
  predicted: readonly { readonly address: string; readonly to: string | undefined }[],
): readonly PlannedItem[] {
  const takers = new Map(predicted.map(({ address, to }) => [address, to]));
  return Object.values(rows.vips)
    .filter(({ owner, phase }) => owner === node && phase !== 'broken')
    .map(({ address }) => ({
      goal: 'away',
      address,
      from: node,
      to: takers.get(address) ?? null,
      command: COMMANDS.drain(node),
    }));
}

/** The parts of an undo that are still good, as items of a new operation. */
export function planUndo(inverses: readonly Inverse[], rows: VipRows): readonly PlannedItem[] {
  return inverses.flatMap(({ command, address, to, holder }) => {
    const row = address === null ? undefined : rows.vips[address];
    if (address === null || row === undefined) return [];
    const still = row.owner === holder || (row.phase === 'moving' && row.next === holder);
    const goal = to === null ? 'unpinned' : 'owned';
    return still ? [{ goal, address, from: row.owner, to, command }] : [];
  });
}
