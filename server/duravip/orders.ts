/**
 * What an operator asks, checked against the table: refused with the reason and without a message, or said in words
 * together with the one message that this member has to send (VIP-17, VIP-18, VIP-19).
 */

import { type IpAddress, parseIp } from '../model/ip.ts';
import { type NodeName, type PrivateName, parseNodeName } from '../model/names.ts';
import type { VipAnswer, VipAsker, VipOrder } from './api.ts';
import { Election, obstacleOf } from './election.ts';
import type { TableMessage } from './messages.ts';
import type { Ownership, VipState } from './ownership.ts';

export type OrderContext = {
  readonly state: Ownership;
  readonly synced: boolean;
  readonly me: PrivateName;
  readonly node: NodeName;
  /** Nodes that were here and are gone. */
  readonly departed: ReadonlySet<NodeName>;
};

export type OrderResult = { readonly answer: VipAnswer; readonly message: TableMessage | undefined };

const refuse = (text: string): OrderResult => ({ answer: { ok: false, text }, message: undefined });
const accept = (text: string, message?: TableMessage): OrderResult => ({
  answer: { ok: true, text },
  message,
});

export function decideOrder(context: OrderContext, order: VipOrder, asker: VipAsker): OrderResult {
  if (!context.synced) {
    return refuse(
      `${context.node} has no agreed view of the cluster at the moment: nothing was done, ask again`,
    );
  }
  switch (order.type) {
    case 'move':
      return decideMove(context, order.what, order.to, asker);
    case 'unpin':
      return decideUnpin(context, order.what, asker);
    case 'drain':
    case 'undrain':
      return decideDrain(context, order.node, order.type === 'drain', asker);
    case 'announceView':
      return accept(`${context.node} announces its view`, { type: 'announce', all: false });
  }
}

function decideMove(
  { state, me, node, departed }: OrderContext,
  what: string,
  to: string,
  asker: VipAsker,
): OrderResult {
  const vips = vipsOf(state, what);
  if (typeof vips === 'string') return refuse(vips);
  const target = targetOf(state, departed, to);
  if (typeof target === 'string') return refuse(target);
  const { node: toNode } = target;
  const election = new Election(state);
  const reasons = vips.flatMap((vip) => {
    const lead = state.leadOf(vip);
    return election.eligible(lead).includes(target.name) ? [] : [whyNot(state, lead, target.name, toNode)];
  });
  if (reasons.length > 0) return refuse([...new Set(reasons)].join('\n'));
  const leads = [...new Set(vips.map((vip) => state.leadOf(vip)))];
  const first = state.members[0];
  const mine = leads.filter((vip) => !asker.broadcast || (vip.owner ?? first) === me);
  const lines = vips.map((vip) => moveLine(state, vip, toNode, first));
  if (mine.length === 0) return accept(lines.join('\n'));
  const addresses = mine.map(({ address }) => address);
  const warning = asker.broadcast
    ? []
    : [`warning: asked of ${node} only; broadcast it from the manager, so that all nodes are asked at once`];
  const message: TableMessage = { type: 'move', addresses, to: toNode, by: asker.user };
  return accept([...lines, ...warning].join('\n'), message);
}

function moveLine(state: Ownership, vip: VipState, to: NodeName, first: PrivateName | undefined): string {
  const owner = state.nodeNameOf(vip.owner);
  if (owner === undefined) {
    return `${vip.address} has no owner; ${state.nodeNameOf(first) ?? 'the leader'} gives it to ${to}`;
  }
  if (owner === to && !vip.moving) return `${vip.address} is at ${to} already and stays there`;
  return `${vip.address} moves from ${owner} to ${to}`;
}

function whyNot(state: Ownership, vip: VipState, name: PrivateName, node: NodeName): string {
  if (vip.derived.broken) {
    return `${vip.address} is BROKEN: its binding names differ between nodes, so nobody can have it`;
  }
  const host = state.nodes.get(name);
  const obstacle = host === undefined ? 'not there' : obstacleOf(state, vip, host);
  if (obstacle === 'not configured') {
    return `${node} cannot have ${vip.address}: it has no DuraVIP binding or listener with that address`;
  }
  return `${node} cannot have ${vip.address}: ${obstacle ?? 'an address that follows it cannot be there'}`;
}

/** Addresses that are meant by an address, a binding name (case-exact) or a node; else the reason why none is. */
function vipsOf(state: Ownership, what: string): readonly VipState[] | string {
  const ip = parseIp(what);
  if (ip.ok) {
    const vip = state.vips.get(ip.value as IpAddress);
    return vip === undefined ? `${ip.value} is not a DuraVIP of any node` : [vip];
  }
  const named = state.sorted().filter(({ derived }) => derived.names.includes(what));
  if (named.length > 0) return named;
  const node = parseNodeName(what);
  const member = node.ok ? [...state.nodes.values()].find((one) => one.node === node.value) : undefined;
  if (member === undefined) return `'${what}' is no DuraVIP address, binding or node`;
  const owned = state.sorted().filter(({ owner }) => owner === member.name);
  return owned.length === 0 ? `${member.node} owns no address` : owned;
}

function targetOf(
  state: Ownership,
  departed: ReadonlySet<NodeName>,
  to: string,
): { readonly name: PrivateName; readonly node: NodeName } | string {
  const parsed = parseNodeName(to);
  if (!parsed.ok) return `'${to}' is no node: ${parsed.error}`;
  const nodes = [...state.nodes.values()];
  const target = nodes.find(({ node }) => node === parsed.value);
  if (target !== undefined) return target;
  const short = parsed.value.split('.')[0];
  const meant = nodes.find(({ node }) => node === short || node.split('.')[0] === short);
  if (meant !== undefined) {
    return (
      `'${to}' is not what the bus calls this node: host name and node name differ, ` +
      `and a move knows node names only; write ${meant.node}`
    );
  }
  if (departed.has(parsed.value)) return `${parsed.value} left the cluster`;
  return `'${to}' is no node of this cluster; nodes are ${nodes.map(({ node }) => node).join(', ')}`;
}

function decideUnpin({ state, me }: OrderContext, what: string, asker: VipAsker): OrderResult {
  const vips = vipsOf(state, what);
  if (typeof vips === 'string') return refuse(vips);
  const leads = [...new Set(vips.map((vip) => state.leadOf(vip)))].filter(({ pin }) => pin?.to !== undefined);
  if (leads.length === 0) return refuse(`${what} is not pinned`);
  const first = state.members[0];
  const mine = leads.filter((vip) => !asker.broadcast || (vip.owner ?? first) === me);
  const text = leads.map(({ address, pin }) => `${address} is pinned to ${pin?.to} no more`).join('\n');
  if (mine.length === 0) return accept(text);
  return accept(text, { type: 'unpin', addresses: mine.map(({ address }) => address), by: asker.user });
}

function decideDrain(
  { state, me, departed }: OrderContext,
  what: string,
  on: boolean,
  asker: VipAsker,
): OrderResult {
  const parsed = parseNodeName(what);
  const known = parsed.ok ? state.drains.get(parsed.value) : undefined;
  // A drain outlives its node: it can be ended while the node is away.
  const away = !on && parsed.ok && known?.on === true ? parsed.value : undefined;
  const target = targetOf(state, departed, what);
  if (typeof target === 'string' && away === undefined) return refuse(target);
  const node = typeof target === 'string' ? away : target.node;
  if (node === undefined) return refuse(`'${what}' is no node of this cluster`);
  if ((state.drains.get(node)?.on ?? false) === on) {
    return refuse(on ? `${node} drains already` : `${node} does not drain`);
  }
  const sender = typeof target === 'string' ? state.members[0] : target.name;
  const text = on ? `${node} hands over its addresses` : `${node} may have addresses again`;
  if (asker.broadcast && sender !== me) return accept(text);
  return accept(text, { type: 'drain', node, on, by: asker.user });
}
