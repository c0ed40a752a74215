/** A whole table in compact form: what a part of the cluster tells when parts meet, and what an observer starts with. */

import type { IpAddress } from '../model/ip.ts';
import { type NodeName, type PrivateName, parseNodeName, parsePrivateName } from '../model/names.ts';
import { type OwnerCause, VIPS_MAX, type VipOffer } from './api.ts';
import { freshVip, type NodeState, Ownership, sameList, type VipState } from './ownership.ts';
import type { Packer, Unpacker } from './pack.ts';

/** Participants of a view; more cannot be told. */
export const MEMBERS_MAX = 1_024;
/** Of one address: at most all bindings. */
const NAMES_MAX = VIPS_MAX;
const DRAINS_MAX = 1_024;
/** Nodes may offer different ones; their bytes are bounded anyway. */
const ALL_VIPS_MAX = 1_000_000;

/** Their positions travel: never reorder. */
const CAUSES: readonly OwnerCause[] = [
  'elected',
  'failure',
  'leave',
  'balance',
  'preference',
  'operator',
  'drain',
  'config',
  'plumbFailed',
  'merge',
  'suspect',
];
const STATES = ['unknown', 'coming', 'up'] as const;

export function packCause(to: Packer, cause: OwnerCause | undefined): void {
  to.count(cause === undefined ? 0 : CAUSES.indexOf(cause) + 1);
}

export function unpackCause(from: Unpacker): OwnerCause | undefined {
  const index = from.count(CAUSES.length);
  return index === 0 ? undefined : CAUSES[index - 1];
}

export function unpackNode(from: Unpacker): NodeName {
  const name = parseNodeName(from.text());
  if (!name.ok) from.fail();
  return name.ok ? name.value : ('' as NodeName);
}

export function unpackPrivate(from: Unpacker): PrivateName {
  const name = parsePrivateName(from.text());
  if (!name.ok) from.fail();
  return name.ok ? name.value : ('' as PrivateName);
}

export function packOffer(to: Packer, offer: VipOffer): void {
  to.list(offer.names, (name) => to.text(name));
  to.list(offer.services, (service) => to.text(service));
  to.maybe(offer.preference);
  to.flag(offer.follows !== undefined);
  if (offer.follows !== undefined) to.ip(offer.follows);
  to.maybe(offer.refused);
}

export function unpackOffer(from: Unpacker, address: IpAddress): VipOffer {
  const names = from.list(NAMES_MAX, () => from.text());
  const services = from.list(NAMES_MAX, () => from.text());
  const preference = from.maybe();
  const follows = from.flag() ? from.ip() : undefined;
  const refused = from.maybe();
  const parsed = preference === undefined ? undefined : parseNodeName(preference);
  if (parsed?.ok === false) from.fail();
  return { address, names, services, preference: parsed?.ok ? parsed.value : undefined, follows, refused };
}

export function packImage(to: Packer, state: Ownership): void {
  const names = state.members;
  to.count(state.clock);
  to.list(names, (name) => {
    const node = state.nodes.get(name);
    to.text(name).text(node?.node ?? '');
    to.flag(node?.mature === true)
      .flag(node?.leaving === true)
      .flag(node?.suspect === true);
    to.count(node?.setSize ?? 0).flag(node?.dropsAlone === true);
  });
  to.list([...state.drains], ([node, drain]) => {
    to.text(node).flag(drain.on).count(drain.at).text(drain.by);
  });
  const indexes = new Map(names.map((name, index) => [name, index]));
  to.list(state.sorted(), (vip) => packVip(to, vip, indexes));
}

function packVip(to: Packer, vip: VipState, indexes: ReadonlyMap<PrivateName, number>): void {
  const index = (name: PrivateName | undefined): number =>
    name === undefined ? 0 : (indexes.get(name) ?? -1) + 1;
  to.ip(vip.address);
  const groups: { readonly offer: VipOffer; readonly nodes: number[] }[] = [];
  for (const host of vip.derived.hosts) {
    const offer = host.offers.get(vip.address);
    if (offer === undefined) continue;
    const group = groups.find((known) => equalOffer(known.offer, offer));
    if (group === undefined) groups.push({ offer, nodes: [index(host.name)] });
    else group.nodes.push(index(host.name));
  }
  to.list(groups, ({ offer, nodes }) => {
    packOffer(to, offer);
    to.list(nodes, (at) => to.count(at));
  });
  to.count(index(vip.owner)).count(index(vip.next)).flag(vip.moving).count(vip.since).count(vip.version);
  packCause(to, vip.cause);
  packCause(to, vip.nextCause);
  to.text(vip.by).count(STATES.indexOf(vip.state));
  to.flag(vip.pin !== undefined);
  if (vip.pin !== undefined) to.maybe(vip.pin.to).count(vip.pin.at).text(vip.pin.by);
  to.list([...vip.failed], ([name, text]) => to.count(index(name)).text(text));
  to.list([...vip.shed], (name) => to.count(index(name)));
}

function equalOffer(a: VipOffer, b: VipOffer): boolean {
  if (a === b) return true;
  const same = a.preference === b.preference && a.follows === b.follows && a.refused === b.refused;
  return same && sameList(a.names, b.names) && sameList(a.services, b.services);
}

/** The moments of the table are `nowMs`. Failure shows in `from`. */
export function unpackImage(from: Unpacker, nowMs: number): Ownership {
  const state = new Ownership();
  state.clock = from.count();
  const offers: Map<IpAddress, VipOffer>[] = [];
  const nodes = from.list(MEMBERS_MAX, (): NodeState => {
    const own = new Map<IpAddress, VipOffer>();
    offers.push(own);
    return {
      name: unpackPrivate(from),
      node: unpackNode(from),
      mature: from.flag(),
      leaving: from.flag(),
      suspect: from.flag(),
      setSize: from.count(),
      dropsAlone: from.flag(),
      offers: own,
    };
  });
  state.members = nodes.map(({ name }) => name);
  for (const node of nodes) state.nodes.set(node.name, node);
  if (state.nodes.size !== nodes.length) from.fail();
  from.list(DRAINS_MAX, () => {
    state.drains.set(unpackNode(from), { on: from.flag(), at: from.count(), by: from.text() });
  });
  from.list(ALL_VIPS_MAX, () => unpackVip(from, state, offers, nowMs));
  if (from.failed) return new Ownership();
  state.deriveAll(state.vips.keys(), nowMs, 'config');
  return state;
}

function unpackVip(
  from: Unpacker,
  state: Ownership,
  offers: readonly Map<IpAddress, VipOffer>[],
  nowMs: number,
): void {
  const names = state.members;
  const name = (): PrivateName | undefined => {
    const index = from.count(names.length);
    return index === 0 ? undefined : names[index - 1];
  };
  const address = from.ip();
  from.list(names.length, () => {
    const offer = unpackOffer(from, address);
    from.list(names.length, () => {
      offers[from.count(names.length) - 1]?.set(address, offer);
    });
  });
  const vip = freshVip(address, nowMs);
  vip.owner = name();
  vip.next = name();
  vip.moving = from.flag();
  vip.since = from.count();
  vip.version = from.count();
  vip.cause = unpackCause(from);
  vip.nextCause = unpackCause(from);
  vip.by = from.text();
  vip.state = STATES[from.count(STATES.length - 1)] ?? 'unknown';
  if (from.flag()) {
    const to = from.maybe();
    const parsed = to === undefined ? undefined : parseNodeName(to);
    if (parsed?.ok === false) from.fail();
    vip.pin = { to: parsed?.ok ? parsed.value : undefined, at: from.count(), by: from.text() };
  }
  from.list(names.length, () => {
    const failed = name();
    const text = from.text();
    if (failed !== undefined) vip.failed.set(failed, text);
  });
  from.list(names.length, () => {
    const shed = name();
    if (shed !== undefined) vip.shed.add(shed);
  });
  state.vips.set(address, vip);
}
