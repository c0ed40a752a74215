/** Addresses against nodes: rows by network, folded where there are many, and what each cell says. Pure. */

import { compareNames } from '../members/member-words.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { networkOf } from './networks.ts';
import { dissentersOf, ownerFact, sayingWords, type Vip } from './vip-words.ts';

/** Up to so many addresses every network is unfolded at first. */
export const UNFOLDED_MAX = 100;

export type MatrixGroup = {
  readonly kind: 'group';
  readonly id: string;
  readonly network: string;
  readonly open: boolean;
  readonly addresses: number;
  /** Addresses that each node owns, by node. */
  readonly owned: ReadonlyMap<string, number>;
  /** Of its addresses: nobody has it, or not all say the same. */
  readonly troubled: number;
};
export type MatrixLine = { readonly kind: 'vip'; readonly id: string; readonly vip: Vip };
export type MatrixRow = MatrixGroup | MatrixLine;

/** @param turned networks that a reader folded or unfolded. */
export function matrixRows(vips: readonly Vip[], turned: ReadonlySet<string>): readonly MatrixRow[] {
  const networks = new Map<string, Vip[]>();
  for (const vip of vips) {
    const network = networkOf(vip.address);
    const known = networks.get(network);
    if (known === undefined) networks.set(network, [vip]);
    else known.push(vip);
  }
  const unfolded = vips.length <= UNFOLDED_MAX;
  const rows: MatrixRow[] = [];
  for (const [network, inside] of networks) {
    const open = unfolded !== turned.has(network);
    rows.push(groupOf(network, inside, open));
    if (open) for (const vip of inside) rows.push({ kind: 'vip', id: vip.address, vip });
  }
  return rows;
}

function groupOf(network: string, inside: readonly Vip[], open: boolean): MatrixGroup {
  const owned = new Map<string, number>();
  let troubled = 0;
  for (const vip of inside) {
    if (vip.owner !== null) owned.set(vip.owner, (owned.get(vip.owner) ?? 0) + 1);
    if (differs(vip) || vip.phase === 'unowned') troubled += 1;
  }
  return { kind: 'group', id: `net ${network}`, network, open, addresses: inside.length, owned, troubled };
}

/** The nodes do not all say the same of it; while it moves they need not. */
export function differs(vip: Vip): boolean {
  return vip.claims.length > 0 || (vip.phase !== 'moving' && vip.disagree.length > 0);
}

export function differenceWords(vip: Vip): string {
  return dissentersOf(vip).map(sayingWords).join('; ');
}

/** All nodes that any row names, by name. */
export function matrixNodes(nodes: readonly string[], vips: readonly Vip[]): readonly string[] {
  const names = new Set(nodes);
  for (const { participants } of vips) for (const { node } of participants) names.add(node);
  return [...names].sort(compareNames);
}

/**
 * `leaving` and `coming`: a move goes on, and neither is a fact yet. `claim`: it says the address is its own, and the
 * table says another. `obstacle`: it has the address configured and cannot have it.
 */
export const CELLS = ['owner', 'leaving', 'coming', 'claim', 'candidate', 'obstacle', 'none'] as const;
export type CellKind = (typeof CELLS)[number];

export type MatrixCell = {
  readonly kind: CellKind;
  readonly preferred: boolean;
  readonly pinned: boolean;
  /** What it is, for people. */
  readonly words: string;
  /** It names another owner than the table. */
  readonly dissent: string | null;
};

export const CELL_WORDS: Readonly<Record<CellKind, string>> = {
  owner: 'owner',
  leaving: 'lets it go',
  coming: 'takes it',
  claim: 'says it is its own',
  candidate: 'candidate',
  obstacle: 'cannot have it',
  none: 'not configured there',
};

export function matrixCell(vip: Vip, node: string): MatrixCell {
  const participant = vip.participants.find((each) => each.node === node);
  const kind = kindOf(vip, node, participant);
  const preferred = vip.preference === node;
  const pinned = vip.pinned === node;
  const other = kind === 'claim' ? undefined : dissentersOf(vip).find((each) => each.node === node);
  const dissent = other === undefined || vip.phase === 'moving' ? null : sayingWords(other);
  const obstacle = kind === 'obstacle' ? `: ${inertText(participant?.obstacle ?? '')}` : '';
  const words = [
    `${inertName(node)} ${CELL_WORDS[kind]}${obstacle}`,
    ...(preferred ? ['preferred'] : []),
    ...(pinned ? ['pinned to it'] : []),
    ...(dissent === null ? [] : [dissent]),
  ].join(', ');
  return { kind, preferred, pinned, words, dissent };
}

function kindOf(vip: Vip, node: string, participant: Vip['participants'][number] | undefined): CellKind {
  if (vip.claims.includes(node)) return 'claim';
  const moving = ownerFact(vip) === 'moving';
  if (vip.owner === node) return moving ? 'leaving' : 'owner';
  if (moving && vip.next === node) return 'coming';
  if (participant === undefined) return 'none';
  return participant.obstacle === null ? 'candidate' : 'obstacle';
}
