/**
 * What a move would do, as the tables say it: who could have the address and why others cannot, what it does to the
 * load, which commands go out. Pure; it predicts nothing that the rows do not say.
 */

import type { VipNodeRow, VipRow } from '../../../server/wire/duravip.ts';

export type VipNodes = Readonly<Record<string, VipNodeRow>>;
export type VipRows = Readonly<Record<string, VipRow>>;

export type MoveTarget = {
  readonly node: string;
  /** Why it cannot have the address; null for a candidate. */
  readonly obstacle: string | null;
  /** Addresses it owns now; null where nothing is known of it. */
  readonly load: number | null;
  readonly preferred: boolean;
};

export const NOT_CONFIGURED = 'it has no binding or listener with this address';

/** Every other node of the cluster: candidates first, the least loaded before; then those that cannot have it. */
export function moveTargets(row: VipRow, nodes: VipNodes): readonly MoveTarget[] {
  const known = new Map(row.participants.map(({ node, obstacle }) => [node, obstacle]));
  const names = new Set([...known.keys(), ...Object.keys(nodes).filter((name) => nodes[name]?.present)]);
  names.delete(row.owner ?? '');
  return [...names]
    .map((node) => ({
      node,
      obstacle: known.has(node) ? (known.get(node) ?? null) : NOT_CONFIGURED,
      load: nodes[node]?.owned ?? null,
      preferred: row.preference === node,
    }))
    .sort(byUse);
}

function byUse(a: MoveTarget, b: MoveTarget): number {
  const candidates = Number(a.obstacle !== null) - Number(b.obstacle !== null);
  if (candidates !== 0) return candidates;
  const load = (a.load ?? Number.POSITIVE_INFINITY) - (b.load ?? Number.POSITIVE_INFINITY);
  if (load !== 0 && !Number.isNaN(load)) return load;
  return a.node.localeCompare(b.node, 'en', { numeric: true });
}

/** The least loaded candidate; null where nobody else can have it. */
export function recommendedTarget(targets: readonly MoveTarget[]): MoveTarget | null {
  const [best] = targets;
  return best === undefined || best.obstacle !== null ? null : best;
}

/** Addresses that move together: this one and those that follow it. */
export function movedTogether(row: VipRow): number {
  return 1 + row.followers.length;
}

export function moveCommand(address: string, to: string): string {
  return `cluster duravip move ${address} to ${to}`;
}

/**
 * What takes a move back; empty where nobody had the address, because there is no way back to that. It stays pinned
 * there: unpinned, a balance would move it on at once.
 */
export function undoCommands(row: VipRow): readonly string[] {
  if (row.owner === null) return [];
  return [moveCommand(row.address, row.owner)];
}

export function unpinCommand(address: string): string {
  return `cluster duravip unpin ${address}`;
}

/** Why the address cannot be moved at all now; null when it can. */
export function moveObstacle(row: VipRow, nodes: VipNodes): string | null {
  if (row.phase === 'broken') return 'unmanaged: the names of its bindings differ between nodes';
  if (row.phase === 'unknown') return 'nobody knows yet who owns it';
  if (row.phase === 'moving') return `it is moving to ${row.next ?? 'another node'} now`;
  return recommendedTarget(moveTargets(row, nodes)) === null ? 'no other node can have it' : null;
}

/** The needed words for what is no longer as it was when the sheet opened; empty when nothing is. */
export function rowChanges(then: VipRow, now: VipRow | undefined): readonly string[] {
  if (now === undefined) return ['no node has this address any more'];
  if (now.version === then.version && now.owner === then.owner) return [];
  const changes = [
    ...(now.owner === then.owner ? [] : [`it was ${ownedBy(then.owner)}, now it is ${ownedBy(now.owner)}`]),
    ...(now.phase !== then.phase && now.phase === 'moving'
      ? [`somebody moves it to ${now.next ?? 'another node'} now`]
      : []),
    ...(now.phase !== then.phase && now.phase === 'broken' ? ['it is not managed any more'] : []),
    ...(now.pinned === then.pinned
      ? []
      : [now.pinned === null ? 'it is not pinned any more' : `it is pinned to ${now.pinned} now`]),
    ...candidateChanges(then, now),
    ...(now.claims.length > 0 && then.claims.length === 0
      ? [`${now.claims.join(', ')} claims it as well`]
      : []),
  ];
  return changes.length > 0 ? changes : ['its entry in the table of the cluster changed'];
}

function ownedBy(owner: string | null): string {
  return owner === null ? 'owned by nobody' : `owned by ${owner}`;
}

function candidateChanges(then: VipRow, now: VipRow): readonly string[] {
  const before = new Map(then.participants.map(({ node, obstacle }) => [node, obstacle]));
  const after = new Map(now.participants.map(({ node, obstacle }) => [node, obstacle]));
  const lost = [...before].filter(([node, obstacle]) => obstacle === null && after.get(node) !== null);
  const won = [...after].filter(([node, obstacle]) => obstacle === null && before.get(node) !== null);
  return [
    ...lost.map(
      ([node]) => `${node} cannot have it any more: ${after.get(node) ?? 'it is not configured there'}`,
    ),
    ...won.map(([node]) => `${node} can have it now`),
  ];
}

/** One address of a bulk move, or why it is not moved. */
export type BulkPlan = {
  readonly moves: readonly { readonly row: VipRow; readonly to: string }[];
  readonly left: readonly { readonly address: string; readonly why: string }[];
  /** Addresses each node would own then, with those of before. */
  readonly loads: readonly { readonly node: string; readonly before: number; readonly after: number }[];
};

/**
 * @param to a node for all, or null to spread: each address goes to the node that then has the fewest, and stays
 * where it is if that is its owner's. Addresses that follow another of the selection go with it, once.
 */
export function bulkPlan(rows: readonly VipRow[], nodes: VipNodes, to: string | null): BulkPlan {
  const loads = new Map(Object.values(nodes).map(({ node, owned }) => [node, owned]));
  const moves: { row: VipRow; to: string }[] = [];
  const left: { address: string; why: string }[] = [];
  const chosen = new Set(rows.flatMap(({ followers }) => followers));
  for (const row of rows) {
    const target = chosen.has(row.address) ? null : bulkTarget(row, nodes, loads, to);
    if (target === null) left.push({ address: row.address, why: 'it moves with the address it follows' });
    else if (target.why !== null) left.push({ address: row.address, why: target.why });
    else {
      moves.push({ row, to: target.node });
      shift(loads, row, target.node);
    }
  }
  const changed = [...loads]
    .map(([node, after]) => ({ node, before: nodes[node]?.owned ?? 0, after }))
    .filter(({ before, after }) => before !== after)
    .sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  return { moves, left, loads: changed };
}

type BulkTarget = { readonly node: string; readonly why: string | null };

function bulkTarget(
  row: VipRow,
  nodes: VipNodes,
  loads: ReadonlyMap<string, number>,
  to: string | null,
): BulkTarget {
  if (to !== null && row.owner === to) return { node: to, why: `${to} has it already` };
  const obstacle = moveObstacle(row, nodes);
  if (obstacle !== null) return { node: '', why: obstacle };
  const targets = moveTargets(row, nodes);
  if (to !== null) {
    const target = targets.find(({ node }) => node === to);
    return { node: to, why: target === undefined ? NOT_CONFIGURED : target.obstacle };
  }
  return spreadTarget(row, targets, loads);
}

function spreadTarget(
  row: VipRow,
  targets: readonly MoveTarget[],
  loads: ReadonlyMap<string, number>,
): BulkTarget {
  const load = (node: string): number => loads.get(node) ?? 0;
  const best = targets
    .filter(({ obstacle }) => obstacle === null)
    .reduce((least, each) => (load(each.node) < load(least.node) ? each : least));
  const stays = row.owner !== null && load(best.node) + movedTogether(row) > load(row.owner);
  return { node: best.node, why: stays ? `${row.owner} has no more than the others` : null };
}

function shift(loads: Map<string, number>, row: VipRow, to: string): void {
  const count = movedTogether(row);
  loads.set(to, (loads.get(to) ?? 0) + count);
  if (row.owner !== null) loads.set(row.owner, (loads.get(row.owner) ?? 0) - count);
}
