/**
 * Where histories meet: one table from the tables of the parts (vip.md 4.4 `resolve`, D9). The same parts give the same
 * table at every member, whatever each held before.
 */

import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import { Election, keep, settle } from './election.ts';
import { type Holds, withHolds } from './holds.ts';
import { type Drain, freshVip, Ownership, type Pin, type VipState } from './ownership.ts';

/** A part of the cluster with one history. */
export type Part = { readonly members: readonly PrivateName[]; readonly table: Ownership };

export type Merged = {
  readonly table: Ownership;
  /**
   * Addresses that several parts had, or whose owner changed in one of them while they could not hear each other:
   * neighbours may have been told of two, so whoever has it now tells them again.
   */
  readonly contested: readonly IpAddress[];
};

/** What was said in an exchange. */
export type Exchange = {
  /** Of the view, in order. */
  readonly members: readonly PrivateName[];
  /** In order of their first member; together all members except for those of `excluded` whose history nobody told. */
  readonly parts: readonly Part[];
  readonly holds: ReadonlyMap<PrivateName, Holds | undefined>;
  /** Members that never spoke: they are suspect, and offer nothing where nobody else told it. */
  readonly excluded: ReadonlyMap<PrivateName, NodeName>;
};

export function mergeParts({ members, parts: told, holds, excluded }: Exchange, nowMs: number): Merged {
  const parts = told.map(({ members: of, table }) => ({
    members: of,
    table: withHolds(
      table,
      of.map((name) => [name, holds.get(name)]),
    ),
  }));
  const table = new Ownership();
  table.members = members;
  table.clock = Math.max(0, ...parts.map((part) => part.table.clock)) + 1;
  addNodes(table, parts, excluded);
  const addresses = new Set<IpAddress>();
  for (const part of parts) {
    for (const [node, drain] of part.table.drains) {
      table.drains.set(node, later(table.drains.get(node), drain));
    }
    for (const address of part.table.vips.keys()) addresses.add(address);
  }
  const mature = [...table.nodes.values()].some((node) => node.mature);
  if (mature) for (const node of table.nodes.values()) node.mature = true;
  table.deriveAll(addresses, nowMs, 'config');
  const election = new Election(table);
  const contested: IpAddress[] = [];
  for (const vip of table.sorted()) {
    if (mergeVip(table, election, vip, parts)) contested.push(vip.address);
  }
  settle(table);
  return { table, contested };
}

function addNodes(
  table: Ownership,
  parts: readonly Part[],
  excluded: ReadonlyMap<PrivateName, NodeName>,
): void {
  for (const name of table.members) {
    const part = parts.find((one) => one.members.includes(name));
    const node = part?.table.nodes.get(name);
    const silent = excluded.get(name);
    if (node !== undefined) table.nodes.set(name, { ...node, suspect: node.suspect || silent !== undefined });
    else {
      table.nodes.set(name, {
        name,
        node: silent ?? ('' as NodeName),
        mature: false,
        leaving: false,
        suspect: true,
        setSize: 0,
        dropsAlone: false,
        offers: new Map(),
      });
    }
  }
}

function later<T extends Drain | Pin>(a: T | undefined, b: T): T {
  return a === undefined || b.at > a.at ? b : a;
}

type Claim = { readonly part: Part; readonly vip: VipState; readonly owner: PrivateName };

/** @returns whether neighbours may have been told of several owners. */
function mergeVip(table: Ownership, election: Election, vip: VipState, parts: readonly Part[]): boolean {
  const claims: Claim[] = [];
  const known: VipState[] = [];
  /** Parts count alike: equal versions say nothing where owners differ. */
  const versions = new Set<string>();
  for (const part of parts) {
    const said = part.table.vips.get(vip.address);
    if (said === undefined) continue;
    known.push(said);
    // Who was never mature never had anything and never changed anything.
    if ([...part.table.nodes.values()].some(({ mature }) => mature))
      versions.add(`${said.version} ${said.owner ?? ''}`);
    if (said.pin !== undefined) vip.pin = later(vip.pin, said.pin);
    for (const [name, text] of said.failed) if (part.members.includes(name)) vip.failed.set(name, text);
    for (const name of said.shed) if (part.members.includes(name)) vip.shed.add(name);
    const { owner } = said;
    if (owner !== undefined && part.members.includes(owner)) claims.push({ part, vip: said, owner });
  }
  const winner = winnerOf(table, election, vip, claims);
  for (const { owner } of claims) vip.shed.add(owner);
  if (winner !== undefined) vip.shed.delete(winner.owner);
  vip.version = Math.max(0, ...known.map(({ version }) => version));
  if (winner === undefined) {
    const said =
      known.find(({ nextCause }) => nextCause !== undefined) ?? known[0] ?? freshVip(vip.address, 0);
    vip.nextCause = said.nextCause;
    vip.next = said.next !== undefined && table.nodes.has(said.next) ? said.next : undefined;
  } else take(table, vip, winner);
  callOff(table, election, vip);
  // Nobody waits for a suspect.
  for (const name of vip.shed) if (table.nodes.get(name)?.suspect === true) vip.shed.delete(name);
  if (claims.length > 1) vip.cause = 'merge';
  // Whoever saw another owner, or none, sees a version that it never saw.
  if (known.length > 1 || known.length < parts.length) vip.version = table.clock;
  return winner !== undefined && versions.size > 1;
}

function take(table: Ownership, vip: VipState, { vip: said, owner }: Claim): void {
  vip.owner = owner;
  vip.moving = said.moving;
  vip.next = said.next !== undefined && table.nodes.has(said.next) ? said.next : undefined;
  vip.since = said.since;
  vip.cause = said.cause;
  vip.by = said.by;
  vip.nextCause = said.nextCause;
  vip.state = said.state;
}

/** One part had it on its way when another pinned it to where it is. */
function callOff(table: Ownership, election: Election, vip: VipState): void {
  const { owner, pin, moving } = vip;
  if (owner === undefined || !moving || pin?.to === undefined) return;
  if (pin.to === table.nodeNameOf(owner) && election.fitsAddress(vip, owner)) keep(table, vip);
}

/**
 * Of those that may keep it, do not let it go and have it up, first by: pinned there, preferred there, of the larger
 * part, first in order of members.
 */
function winnerOf(
  table: Ownership,
  election: Election,
  vip: VipState,
  claims: readonly Claim[],
): Claim | undefined {
  const rank = ({ owner, part, vip: said }: Claim): readonly number[] => {
    const node = table.nodes.get(owner)?.node;
    return [
      election.fitsAddress(vip, owner) ? 0 : 1,
      // Whoever lets go may have it no more.
      said.moving ? 1 : 0,
      said.state === 'up' ? 0 : 1,
      vip.pin?.to !== undefined && vip.pin.to === node ? 0 : 1,
      vip.derived.preference !== undefined && vip.derived.preference === node ? 0 : 1,
      -part.members.length,
      table.members.indexOf(owner),
    ];
  };
  let best: { readonly claim: Claim; readonly rank: readonly number[] } | undefined;
  for (const claim of claims) {
    const ranked = rank(claim);
    if (best === undefined || before(ranked, best.rank)) best = { claim, rank: ranked };
  }
  return best?.claim;
}

function before(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
