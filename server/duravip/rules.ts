/** What each message does to a synchronised table (vip.md 4.3). Pure: the same at every member. */

import type { IpAddress } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';
import { VIPS_MAX, type VipOffer } from './api.ts';
import { Election, give, keep, move, released, settle } from './election.ts';
import type { HappeningLog } from './happenings.ts';
import type { TableChange } from './messages.ts';
import { type NodeState, type Ownership, sameOffers, type VipState } from './ownership.ts';
import { fairText } from './pack.ts';

/** Drains that are remembered, also of nodes that are away. */
const DRAINS_MAX = 1_024;

export type Said = {
  readonly sender: PrivateName;
  /** The sender is the first participant of the view. */
  readonly leads: boolean;
  /** Epoch at delivery. */
  readonly n: number;
  readonly nowMs: number;
};

/** @returns whether anything changed. */
export function applyMessage(state: Ownership, log: HappeningLog, said: Said, message: TableChange): boolean {
  const sender = state.nodes.get(said.sender);
  if (sender === undefined) return false;
  switch (message.type) {
    case 'config':
      return applyConfig(state, log, { sender, nowMs: said.nowMs }, message);
    case 'mature':
      return said.leads && applyMature(state);
    case 'balance':
      return said.leads && message.n === said.n && applyBalance(state, message.moves);
    case 'released':
      return applyReleased(state, sender, message.items);
    case 'move':
      return applyMove(state, message);
    case 'unpin':
      return applyUnpin(state, message.addresses, message.by);
    case 'drain':
      return applyDrain(state, log, message);
    case 'leaving':
      if (sender.leaving) return false;
      sender.leaving = true;
      settle(state);
      return true;
    case 'hosted':
      return applyHosted(state, log, sender, message);
    case 'suspect': {
      const suspect = state.nodes.get(message.name);
      if (!said.leads || suspect === undefined || suspect.suspect) return false;
      suspect.suspect = true;
      // Nobody waits for it.
      for (const vip of state.vips.values())
        if (vip.shed.delete(suspect.name)) state.changed.add(vip.address);
      settle(state);
      return true;
    }
    case 'cleared':
      if (!sender.suspect) return false;
      sender.suspect = false;
      sender.mature = [...state.nodes.values()].some(({ mature }) => mature);
      settle(state);
      return true;
  }
}

function applyConfig(
  state: Ownership,
  log: HappeningLog,
  { sender, nowMs }: { readonly sender: NodeState; readonly nowMs: number },
  { setSize, dropsAlone, offers }: Extract<TableChange, { type: 'config' }>,
): boolean {
  const next = offerMap(offers);
  const before = sender.offers;
  const same = sameOffers(before, next);
  if (same && sender.setSize === setSize && sender.dropsAlone === dropsAlone) return false;
  sender.setSize = setSize;
  sender.dropsAlone = dropsAlone;
  if (!same) {
    sender.offers = next;
    log.add({ type: 'config', node: sender.node });
    const touched = new Set<IpAddress>();
    for (const address of new Set([...before.keys(), ...next.keys()])) {
      const [a, b] = [before.get(address), next.get(address)];
      if (
        a === undefined ||
        b === undefined ||
        !sameOffers(new Map([[address, a]]), new Map([[address, b]]))
      ) {
        touched.add(address);
        // What was changed may be tried again.
        if (state.vips.get(address)?.failed.delete(sender.name) === true) state.changed.add(address);
      }
    }
    state.deriveAll(touched, nowMs, 'config');
  }
  settle(state);
  return true;
}

export function offerMap(offers: readonly VipOffer[]): ReadonlyMap<IpAddress, VipOffer> {
  return new Map(offers.slice(0, VIPS_MAX).map((offer) => [offer.address, offer]));
}

/** Own offers as the others will read them: otherwise they would differ for ever. */
export function fairOffers(offers: readonly VipOffer[]): ReadonlyMap<IpAddress, VipOffer> {
  return offerMap(
    offers.map(({ address, names, services, preference, follows, refused }) => ({
      address,
      names: names.map(fairText),
      services: services.map(fairText),
      preference,
      follows,
      refused: refused === undefined ? undefined : fairText(refused) || undefined,
    })),
  );
}

function applyMature(state: Ownership): boolean {
  const immature = [...state.nodes.values()].filter(({ mature }) => !mature);
  for (const node of immature) node.mature = true;
  if (immature.length > 0) settle(state);
  return immature.length > 0;
}

function applyBalance(state: Ownership, moves: Extract<TableChange, { type: 'balance' }>['moves']): boolean {
  const election = new Election(state);
  const moved: VipState[] = [];
  for (const { address, to, cause } of moves) {
    const vip = state.vips.get(address);
    if (vip === undefined || vip.moving || vip.owner === undefined || vip.owner === to) continue;
    if (state.leadOf(vip) !== vip || !election.eligible(vip).includes(to)) continue;
    move(state, vip, to, cause, cause === 'operator' ? (vip.pin?.by ?? '') : '');
    moved.push(vip);
  }
  if (moved.length > 0) settle(state, moved);
  return moved.length > 0;
}

function applyReleased(
  state: Ownership,
  sender: NodeState,
  items: Extract<TableChange, { type: 'released' }>['items'],
): boolean {
  const gone: VipState[] = [];
  for (const { address, since } of items) {
    const vip = state.vips.get(address);
    if (vip?.shed.delete(sender.name)) {
      state.changed.add(address);
      gone.push(vip);
      continue;
    }
    if (vip?.owner !== sender.name || !vip.moving || vip.since !== since) continue;
    released(state, vip);
    gone.push(vip);
  }
  if (gone.length > 0) settle(state, gone);
  return gone.length > 0;
}

function applyMove(state: Ownership, { addresses, to, by }: Extract<TableChange, { type: 'move' }>): boolean {
  const election = new Election(state);
  const moved: VipState[] = [];
  for (const address of addresses) {
    const said = state.vips.get(address);
    const vip = said === undefined ? undefined : state.leadOf(said);
    const target =
      vip === undefined
        ? undefined
        : election.eligible(vip).find((name) => state.nodes.get(name)?.node === to);
    if (vip === undefined || target === undefined) continue;
    moved.push(vip);
    pin(state, vip.address, to, by);
    if (vip.owner === undefined) {
      give(state, vip, target, 'operator');
      vip.by = by;
    } else if (vip.owner !== target) move(state, vip, target, 'operator', by);
    else if (vip.moving) keep(state, vip);
  }
  if (moved.length > 0) settle(state, moved);
  return moved.length > 0;
}

function applyUnpin(state: Ownership, addresses: readonly IpAddress[], by: string): boolean {
  let any = false;
  for (const address of addresses) {
    const said = state.vips.get(address);
    const vip = said === undefined ? undefined : state.leadOf(said);
    if (vip?.pin?.to === undefined) continue;
    any = true;
    pin(state, vip.address, undefined, by);
  }
  return any;
}

function pin(state: Ownership, address: IpAddress, to: NodeName | undefined, by: string): void {
  const vip = state.vips.get(address);
  if (vip === undefined) return;
  state.clock += 1;
  vip.pin = { to, at: state.clock, by };
  for (const { address: of } of [vip, ...state.followersOf(address)]) state.changed.add(of);
}

function applyDrain(
  state: Ownership,
  log: HappeningLog,
  { node, on, by }: Extract<TableChange, { type: 'drain' }>,
): boolean {
  const before = state.drains.get(node);
  if ((before?.on ?? false) === on) return false;
  if (before === undefined && state.drains.size >= DRAINS_MAX) return false;
  state.clock += 1;
  state.drains.set(node, { on, at: state.clock, by });
  log.add({ type: on ? 'drain' : 'undrain', node, by: by === '' ? undefined : by });
  settle(state);
  return true;
}

function applyHosted(
  state: Ownership,
  log: HappeningLog,
  sender: NodeState,
  { up, coming, failed, well }: Extract<TableChange, { type: 'hosted' }>,
): boolean {
  let any = false;
  const say = (addresses: readonly IpAddress[], to: 'up' | 'coming'): void => {
    for (const address of addresses) {
      const vip = state.vips.get(address);
      if (vip?.owner !== sender.name || vip.state === to) continue;
      vip.state = to;
      state.changed.add(address);
      any = true;
    }
  };
  say(up, 'up');
  say(coming, 'coming');
  const candidates: VipState[] = [];
  for (const { address, text } of failed) {
    const vip = state.vips.get(address);
    if (vip === undefined || !sender.offers.has(address) || vip.failed.get(sender.name) === text) continue;
    vip.failed.set(sender.name, text);
    state.changed.add(address);
    log.add({ type: 'state', address, node: sender.node, state: 'failed', text });
    candidates.push(vip);
  }
  for (const address of well) {
    const vip = state.vips.get(address);
    if (vip?.failed.delete(sender.name) !== true) continue;
    state.changed.add(address);
    candidates.push(vip);
  }
  if (candidates.length > 0) settle(state, candidates);
  return any || candidates.length > 0;
}
