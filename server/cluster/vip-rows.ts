/** Rows of the live model from entries of the replicated table of DuraVIP. Pure; what others think comes from outside. */

import type { VipEntry, VipNode, VipTable } from '../duravip/api.ts';
import type { NodeName } from '../model/names.ts';
import type { DuravipRow, VipNodeRow, VipRow } from '../wire/duravip.ts';

/** What is known of an address beside its entry. */
export type VipExtras = {
  /** False until a synchronised view was seen: then nobody knows who has it. */
  readonly known: boolean;
  readonly followers: readonly string[];
  readonly disagree: VipRow['disagree'];
  readonly claims: readonly string[];
  /** Of how many of its participants the table is known. */
  readonly tablesKnown: number;
  /** Wall-clock moments; null where it began before anybody looked. */
  readonly ownerSinceMs: number | null;
  readonly viewSinceMs: number | null;
  readonly configSinceMs: number | null;
};

export function vipRowOf(entry: VipEntry, extras: VipExtras): VipRow {
  const { known } = extras;
  return {
    address: entry.address,
    names: [...entry.names],
    services: [...entry.services],
    phase: known ? entry.phase : 'unknown',
    owner: known ? (entry.owner ?? null) : null,
    next: known ? (entry.next ?? null) : null,
    state: known ? entry.state : 'unknown',
    text: entry.text,
    claims: [...extras.claims],
    pinned: entry.pinned ?? null,
    preference: entry.preference ?? null,
    follows: entry.follows ?? null,
    followers: [...extras.followers],
    flags: flagsOf(entry),
    participants: entry.participants.map(({ node, services, obstacle }) => ({
      node,
      services: [...services],
      obstacle: obstacle ?? null,
    })),
    disagree: [...extras.disagree],
    known: extras.tablesKnown,
    version: entry.version,
    ownerSinceMs: extras.ownerSinceMs,
    viewSinceMs: extras.viewSinceMs,
    configSinceMs: extras.configSinceMs,
    cause: entry.cause ?? null,
  };
}

function flagsOf({ flags, phase }: VipEntry): VipRow['flags'] {
  const set: VipRow['flags'] = [];
  if (flags.unsafe) set.push('unsafe');
  if (flags.conflict) set.push('conflict');
  if (phase === 'broken') set.push('broken');
  return set;
}

/** How many addresses a node has and could have. */
export type NodeLoad = { owned: number; candidate: number; up: number; failed: number };

export function vipNodeRowOf(
  node: VipNode,
  load: NodeLoad,
  told: { readonly agrees: boolean | null; readonly toldMs: number | null },
): VipNodeRow {
  return {
    node: node.node,
    present: true,
    mature: node.mature,
    draining: node.draining,
    suspect: node.suspect,
    ...load,
    balanceSetSize: node.balanceSetSize,
    ...told,
  };
}

/** Of a node that is not in the view any more: it has nothing that this side knows of. */
export function goneNodeRow(row: VipNodeRow): VipNodeRow {
  return { ...row, present: false, suspect: false, owned: 0, candidate: 0, up: 0, failed: 0, agrees: null };
}

export function duravipRowOf(table: VipTable, more: Pick<DuravipRow, 'sinceMs' | 'announceDue'>): DuravipRow {
  return {
    viewId: table.viewId ?? null,
    epoch: table.epoch,
    synced: table.synced,
    leader: table.leader ?? null,
    sinceMs: more.sinceMs,
    setSizesDiffer: differingSizes(table.nodes(), table.leader),
    announceDue: more.announceDue,
  };
}

function differingSizes(
  nodes: readonly VipNode[],
  leader: NodeName | undefined,
): DuravipRow['setSizesDiffer'] {
  const size = nodes.find(({ node }) => node === leader)?.balanceSetSize;
  if (size === undefined) return [];
  return nodes
    .filter(({ balanceSetSize }) => balanceSetSize !== size)
    .map(({ node, balanceSetSize }) => ({ node, size: balanceSetSize }));
}
