/**
 * What the nodes of a simulated cluster say they host, as data: a first configuration and what reloads make of it.
 * Most are equal at all nodes; some differ in services, names, preferences, or in which addresses there are at all.
 */

import type { Prng } from '../../../server/base/prng.ts';
import type { LocalVip } from '../../../server/duravip/api.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import { isIpv6 } from '../../../server/model/ip.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { INTERFACES } from './machine.ts';

/** Of all nodes of a world, by number. */
export type ClusterConfig = readonly (readonly LocalVip[])[];

export function addressOf(number: number): IpAddress {
  return (number % 7 === 6 ? `fd00::${(number + 1).toString(16)}` : `10.0.0.${number + 1}`) as IpAddress;
}

export function nodeNamed(number: number): NodeName {
  return `n${number}` as NodeName;
}

/** @param oddities how often something differs between the nodes. */
export function drawConfig(prng: Prng, size: number, vips: number, oddities: number): ClusterConfig {
  const rows = Array.from({ length: vips }, (_, number) => drawVip(prng, size, number));
  for (const [number, follower] of rows.entries()) {
    const leader = rows[prng.below(vips)];
    if (number === 0 || leader === undefined || leader === follower || !prng.chance(0.08)) continue;
    if (leader.follows !== undefined || rows.some(({ follows }) => follows === follower.address)) continue;
    rows[number] = {
      ...follower,
      names: [],
      services: ['ESMTP_Listener'],
      preference: undefined,
      follows: leader.address,
    };
  }
  const config = Array.from({ length: size }, () => rows);
  let odd: ClusterConfig = config;
  for (let number = 0; number < vips; number += 1) if (prng.chance(oddities)) odd = oddOne(prng, odd, number);
  return odd;
}

/** What a reload changes: one thing at all nodes, or at one. */
export function changedConfig(prng: Prng, before: ClusterConfig, vips: number): ClusterConfig {
  const number = prng.below(vips + 2);
  const address = addressOf(number);
  const size = before.length;
  const dice = prng.unit();
  if (dice < 0.2) {
    const added = drawVip(prng, size, number);
    return before.map((list) => [...list.filter((one) => one.address !== address), added]);
  }
  if (dice < 0.4) return before.map((list) => list.filter((one) => one.address !== address));
  if (dice < 0.55) {
    // The binding gets another address: the old one is no more.
    const other = addressOf(vips + 2 + prng.below(2));
    return before.map((list) =>
      list
        .filter((one) => one.address !== other)
        .map((one) => (one.address === address ? { ...one, address: other, prefix: bitsOf(other) } : one)),
    );
  }
  if (dice < 0.75) {
    const preference = prng.chance(0.7) ? nodeNamed(prng.below(size)) : undefined;
    return edited(before, (one) => (one.address === address && !one.follows ? { ...one, preference } : one));
  }
  return oddOne(prng, before, number);
}

function drawVip(prng: Prng, size: number, number: number): LocalVip {
  const address = addressOf(number);
  return {
    address,
    names: prng.chance(0.1) ? [`b${number}`, `B${number}`] : [`b${number}`],
    services: prng.chance(0.2) ? ['multivip', 'ESMTP_Listener'] : ['multivip'],
    preference: prng.chance(0.25) ? nodeNamed(prng.below(size)) : undefined,
    follows: undefined,
    refused: undefined,
    interface: prng.pick(INTERFACES),
    prefix: bitsOf(address),
  };
}

/** One address differs at one node. */
function oddOne(prng: Prng, config: ClusterConfig, number: number): ClusterConfig {
  const who = prng.below(config.length);
  const address = addressOf(number);
  const dice = prng.unit();
  return config.map((list, node) => {
    if (node !== who) return list;
    if (dice < 0.3) return list.filter((one) => one.address !== address);
    return list.map((one) => (one.address === address ? oddly(one, dice, config.length) : one));
  });
}

function oddly(one: LocalVip, dice: number, size: number): LocalVip {
  if (dice < 0.5) return { ...one, services: [...one.services, 'ECCluster_Listener'] };
  if (dice < 0.65) return { ...one, names: [...one.names, 'other'] };
  if (dice < 0.85 && one.follows === undefined)
    return { ...one, preference: nodeNamed(Math.floor(dice * 97) % size) };
  return { ...one, interface: undefined, refused: 'no Topology holds it' };
}

function edited(config: ClusterConfig, edit: (one: LocalVip) => LocalVip): ClusterConfig {
  return config.map((list) => list.map(edit));
}

function bitsOf(address: IpAddress): number {
  return isIpv6(address) ? 128 : 32;
}
