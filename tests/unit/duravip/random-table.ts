/** Tables of any shape that elections, codecs and merges have to cope with. */

import type { Prng } from '../../../server/base/prng.ts';
import type { VipOffer } from '../../../server/duravip/api.ts';
import { settle } from '../../../server/duravip/election.ts';
import { type NodeState, Ownership } from '../../../server/duravip/ownership.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import { type NodeName, type PrivateName, privateName } from '../../../server/model/names.ts';
import { address, offer } from './vip-cluster.ts';

export type TableShape = {
  readonly nodes?: number;
  readonly vips?: number;
  /** Every node offers every address alike, and all are fit. */
  readonly plain?: boolean;
};

/** Settled: what can be owned is owned. */
export function randomTable(prng: Prng, shape: TableShape = {}): Ownership {
  const count = shape.nodes ?? 1 + prng.below(5);
  const vips = shape.vips ?? 1 + prng.below(30);
  const plain = shape.plain === true;
  const nodes = Array.from({ length: count }, (_, at) => `n${at}` as NodeName);
  const chosen = (chance: number): NodeName | undefined =>
    !plain && prng.chance(chance) ? prng.pick(nodes) : undefined;
  const base = Array.from({ length: vips }, (_, at): VipOffer => {
    const follows = !plain && at > 0 && prng.chance(0.1) ? address(0) : undefined;
    return offer(address(at), { preference: chosen(0.2), follows });
  });
  const states = nodes.map((node, at) => nodeState(prng, node, at, plain, offersOf(prng, base, plain)));
  if (states[0] !== undefined) states[0].mature = true;
  return tableOf(prng, states, plain);
}

function offersOf(prng: Prng, base: readonly VipOffer[], plain: boolean): ReadonlyMap<IpAddress, VipOffer> {
  const offers = new Map<IpAddress, VipOffer>();
  for (const one of base) {
    if (!plain && prng.chance(0.15)) continue;
    const refused = !plain && prng.chance(0.05) ? 'no Topology holds it' : undefined;
    const names = !plain && prng.chance(0.02) ? ['other'] : one.names;
    offers.set(one.address, { ...one, refused, names });
  }
  return offers;
}

function nodeState(
  prng: Prng,
  node: NodeName,
  at: number,
  plain: boolean,
  offers: ReadonlyMap<IpAddress, VipOffer>,
): NodeState {
  const name = privateName(`ec0-${String(at).padStart(5, '0')}`, node);
  const odd = (chance: number): boolean => !plain && prng.chance(chance);
  const mature = !odd(0.1);
  return {
    name,
    node,
    mature,
    leaving: odd(0.05),
    suspect: odd(0.05),
    setSize: 10,
    dropsAlone: odd(0.1),
    offers,
  };
}

function tableOf(prng: Prng, states: readonly NodeState[], plain: boolean): Ownership {
  const table = new Ownership();
  table.members = states.map(({ name }) => name);
  for (const state of states) table.nodes.set(state.name, state);
  for (const { offers } of states) table.deriveAll(offers.keys(), 0, 'config');
  for (const vip of table.vips.values()) {
    if (plain) continue;
    if (prng.chance(0.1)) vip.pin = { to: prng.pick(states).node, at: prng.below(9), by: 'admin' };
    if (prng.chance(0.05)) vip.failed.set(prng.pick(states).name, 'no such device');
  }
  if (!plain && prng.chance(0.2)) table.drains.set(prng.pick(states).node, { on: true, at: 1, by: 'admin' });
  settle(table);
  return table;
}

export function owners(table: Ownership): ReadonlyMap<IpAddress, PrivateName | undefined> {
  return new Map(table.sorted().map(({ address: of, owner }) => [of, owner]));
}
