/**
 * Who gets which address: the pure part that every member computes alike (vip.md 4.4, D4, D6). `settle` changes only
 * what cannot stay as it is: an address without owner gets one, one whose owner may not have it moves. It never improves
 * anything; that is `balance.ts`.
 */

import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import type { OwnerCause } from './api.ts';
import type { NodeState, Ownership, VipState } from './ownership.ts';

/** Why a node may host nothing new at all; undefined where it may. */
export function nodeObstacle(state: Ownership, node: NodeState): string | undefined {
  if (node.suspect) return 'suspect';
  if (node.leaving) return 'leaving';
  if (state.draining(node)) return 'draining';
  if (!node.mature) return 'not mature';
  if (node.dropsAlone && state.members.length === 1) return 'isolated';
  return undefined;
}

/** Why this node may not host this address; undefined for a candidate. */
export function obstacleOf(state: Ownership, vip: VipState, node: NodeState): string | undefined {
  const offer = node.offers.get(vip.address);
  if (offer === undefined) return 'not configured';
  const failed = vip.failed.get(node.name);
  return (
    offer.refused ??
    (failed === undefined ? undefined : `plumb failed: ${failed}`) ??
    nodeObstacle(state, node)
  );
}

/** One pass over a table: who is fit, and how many atoms each has. */
export class Election {
  readonly #state: Ownership;
  readonly #fitNodes: ReadonlySet<PrivateName>;
  #loads: Map<PrivateName, number> | undefined;

  constructor(state: Ownership) {
    this.#state = state;
    const fit = new Set<PrivateName>();
    for (const node of state.nodes.values()) {
      if (nodeObstacle(state, node) === undefined) fit.add(node.name);
    }
    this.#fitNodes = fit;
  }

  /** Atoms that each member has or is about to get, in order of members. */
  get loads(): ReadonlyMap<PrivateName, number> {
    if (this.#loads === undefined) {
      const state = this.#state;
      this.#loads = new Map(state.members.map((name) => [name, 0]));
      for (const vip of state.vips.values()) {
        if (state.leadOf(vip) === vip) this.count(holderToBe(vip), 1);
      }
    }
    return this.#loads;
  }

  /** An atom goes to, or away from, a member; before the loads were asked for, there is nothing to count. */
  count(name: PrivateName | undefined, by: number): void {
    const load = name === undefined ? undefined : this.#loads?.get(name);
    if (name !== undefined && load !== undefined) this.#loads?.set(name, load + by);
  }

  fitsAddress(vip: VipState, name: PrivateName): boolean {
    if (!this.#fitNodes.has(name) || vip.failed.has(name) || vip.derived.broken) return false;
    const offer = this.#state.nodes.get(name)?.offers.get(vip.address);
    return offer !== undefined && offer.refused === undefined;
  }

  /**
   * Candidates for an atom, in order of members: those that can host all its addresses; if there are none, those that
   * can host the one that leads.
   */
  eligible(lead: VipState): readonly PrivateName[] {
    if (lead.derived.broken) return [];
    const fit: PrivateName[] = [];
    for (const { name } of lead.derived.hosts) if (this.fitsAddress(lead, name)) fit.push(name);
    const followers = this.#state.followersOf(lead.address);
    if (followers.length === 0) return fit;
    const whole = fit.filter((name) =>
      followers.every((vip) => vip.derived.broken || this.fitsAddress(vip, name)),
    );
    return whole.length > 0 ? whole : fit;
  }

  /** Pinned, else preferred, else whoever was to get it, else the least loaded, first in order of members on ties. */
  pick(lead: VipState, eligible: readonly PrivateName[]): PrivateName | undefined {
    const named = (node: NodeName | undefined): PrivateName | undefined =>
      node === undefined ? undefined : eligible.find((name) => this.#state.nodes.get(name)?.node === node);
    const chosen = named(lead.pin?.to) ?? named(lead.derived.preference);
    if (chosen !== undefined) return chosen;
    if (lead.next !== undefined && eligible.includes(lead.next)) return lead.next;
    let best: PrivateName | undefined;
    let bestLoad = Number.POSITIVE_INFINITY;
    const { loads } = this;
    for (const name of eligible) {
      const load = loads.get(name) ?? 0;
      if (load < bestLoad) [best, bestLoad] = [name, load];
    }
    return best;
  }
}

/** Who has it, or is about to. */
export function holderToBe(vip: VipState): PrivateName | undefined {
  return vip.moving ? vip.next : vip.owner;
}

/**
 * Every address without an owner that can have one gets it; every one whose owner may not have it moves.
 *
 * @param vips those that may need it; all by default.
 */
export function settle(state: Ownership, vips: readonly VipState[] = state.sorted()): void {
  const election = new Election(state);
  const leads = vips === state.sorted() ? vips : new Set(vips.map((vip) => state.leadOf(vip)));
  for (const vip of leads) {
    if (state.leadOf(vip) !== vip) continue;
    // Pure and cheap where nothing changes: loads are counted only once somebody has to be picked by load.
    const before = holderToBe(vip);
    settleLead(state, election, vip);
    const after = holderToBe(vip);
    if (before !== after) {
      election.count(before, -1);
      election.count(after, 1);
    }
    for (const follower of state.followersOf(vip.address)) settleFollower(state, election, vip, follower);
  }
  if (state.prune(vips)) settle(state);
}

function settleLead(state: Ownership, election: Election, vip: VipState): void {
  const { owner } = vip;
  const eligible = election.eligible(vip);
  if (owner === undefined) {
    const to = election.pick(vip, eligible);
    if (to !== undefined) give(state, vip, to, vip.nextCause ?? 'elected');
    return;
  }
  if (mustDrop(state, vip, owner)) {
    replace(state, vip, election.pick(vip, eligible), dropCause(state, owner));
    return;
  }
  if (eligible.includes(owner)) {
    if (!vip.moving || (vip.next !== undefined && eligible.includes(vip.next))) return;
    keep(state, vip);
    return;
  }
  if (vip.moving && vip.next !== undefined && eligible.includes(vip.next)) return;
  const to = election.pick(vip, eligible);
  if (to === undefined && mayKeep(state, election, vip, owner)) {
    if (vip.moving) keep(state, vip);
    return;
  }
  move(state, vip, to, moveCause(state, vip, owner), '');
}

/** Its place is where the address that leads is, or is about to be; if that node cannot host it, nowhere. */
function settleFollower(state: Ownership, election: Election, lead: VipState, vip: VipState): void {
  const place = holderToBe(lead);
  const to = place !== undefined && election.fitsAddress(vip, place) ? place : undefined;
  const { owner } = vip;
  const cause = (lead.moving ? lead.nextCause : lead.cause) ?? 'elected';
  if (owner === undefined) {
    if (to !== undefined) give(state, vip, to, vip.nextCause ?? cause);
    return;
  }
  if (mustDrop(state, vip, owner)) {
    replace(state, vip, to, dropCause(state, owner));
    return;
  }
  if (owner === to || (place === owner && to === undefined && mayKeep(state, election, vip, owner))) {
    if (vip.moving) keep(state, vip);
    return;
  }
  if (vip.moving && vip.next === to) return;
  // It had an owner before the other had one: since a configuration it follows.
  const follows = cause === 'elected' ? 'config' : cause;
  move(state, vip, to, place === owner ? moveCause(state, vip, owner) : follows, lead.by);
}

/** It holds it no more, or nobody waits for it to let go. */
function mustDrop(state: Ownership, vip: VipState, owner: PrivateName): boolean {
  const node = state.nodes.get(owner);
  return node === undefined || node.suspect || vip.failed.has(owner);
}

function dropCause(state: Ownership, owner: PrivateName): OwnerCause {
  return state.nodes.get(owner)?.suspect === true ? 'suspect' : 'plumbFailed';
}

/** A node that drains or stops serves on for as long as nobody can take over. */
function mayKeep(state: Ownership, election: Election, vip: VipState, owner: PrivateName): boolean {
  const node = state.nodes.get(owner);
  const offer = node?.offers.get(vip.address);
  if (node === undefined || offer === undefined || offer.refused !== undefined || vip.derived.broken)
    return false;
  const obstacle = nodeObstacle(state, node);
  return obstacle === 'draining' || obstacle === 'leaving' || election.fitsAddress(vip, owner);
}

function moveCause(state: Ownership, vip: VipState, owner: PrivateName): OwnerCause {
  const node = state.nodes.get(owner);
  const offer = node?.offers.get(vip.address);
  if (node === undefined || offer === undefined || offer.refused !== undefined || vip.derived.broken)
    return 'config';
  if (node.leaving) return 'leave';
  if (state.draining(node)) return 'drain';
  if (nodeObstacle(state, node) !== undefined) return 'config';
  const failed = [vip, ...state.followersOf(vip.address)].some((one) => one.failed.has(owner));
  return failed ? 'plumbFailed' : 'config';
}

/** Nobody has it up: the new owner takes it at once. */
export function give(state: Ownership, vip: VipState, to: PrivateName, cause: OwnerCause): void {
  touch(state, vip);
  vip.owner = to;
  vip.shed.delete(to);
  vip.next = undefined;
  vip.moving = false;
  vip.nextCause = undefined;
  vip.cause = cause;
  vip.state = 'coming';
}

/** Away from an owner that is not waited for. */
function replace(state: Ownership, vip: VipState, to: PrivateName | undefined, cause: OwnerCause): void {
  vip.by = '';
  orphan(state, vip, cause);
  if (to !== undefined) give(state, vip, to, cause);
}

export function orphan(state: Ownership, vip: VipState, cause: OwnerCause): void {
  touch(state, vip);
  vip.owner = undefined;
  if (!vip.moving) vip.next = undefined;
  vip.moving = false;
  vip.nextCause = cause;
  vip.state = 'unknown';
}

/** The owner lets go first. A move that is under way goes on to another node. */
export function move(
  state: Ownership,
  vip: VipState,
  to: PrivateName | undefined,
  cause: OwnerCause,
  by: string,
): void {
  if (vip.moving && vip.next === to) return;
  touch(state, vip);
  if (!vip.moving) vip.since = state.clock;
  vip.moving = true;
  vip.next = to;
  vip.nextCause = cause;
  vip.by = by;
}

/** A move is called off: the owner has it, whether it let go already or not. */
export function keep(state: Ownership, vip: VipState): void {
  touch(state, vip);
  vip.moving = false;
  vip.next = undefined;
  vip.nextCause = undefined;
  vip.state = 'coming';
}

/** The owner let go. */
export function released(state: Ownership, vip: VipState): void {
  const { next, nextCause } = vip;
  if (next === undefined) orphan(state, vip, nextCause ?? 'config');
  else give(state, vip, next, nextCause ?? 'balance');
}

function touch(state: Ownership, vip: VipState): void {
  state.clock += 1;
  vip.version = state.clock;
  state.changed.add(vip.address);
}

/** Those of `kept` remain, in that order; addresses of the others have no owner until `settle`. */
export function dropNodes(
  state: Ownership,
  kept: readonly PrivateName[],
  causeOf: (name: PrivateName) => OwnerCause,
  nowMs: number,
): void {
  const lost = [...state.nodes.values()].filter(({ name }) => !kept.includes(name));
  const offered = new Set<IpAddress>();
  for (const node of lost) {
    state.nodes.delete(node.name);
    for (const address of node.offers.keys()) offered.add(address);
  }
  state.members = kept;
  for (const vip of state.vips.values()) {
    for (const { name } of lost) {
      const [failed, shed] = [vip.failed.delete(name), vip.shed.delete(name)];
      if (failed || shed) state.changed.add(vip.address);
    }
    if (vip.owner !== undefined && !state.nodes.has(vip.owner)) orphan(state, vip, causeOf(vip.owner));
    if (!vip.moving && vip.next !== undefined && !state.nodes.has(vip.next)) {
      vip.next = undefined;
      state.changed.add(vip.address);
    }
  }
  // Without a loss the order of members may have changed, in which participants are told.
  state.deriveAll(lost.length > 0 ? offered : [...state.vips.keys()], nowMs, 'view');
}
