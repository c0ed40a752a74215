/** A mature cluster of three nodes with the same addresses, as most tests of members begin. */

import { expect } from 'vitest';
import type { IpAddress } from '../../../server/model/ip.ts';
import type { PrivateName } from '../../../server/model/names.ts';
import { offers, POLICY, VipCluster } from './vip-cluster.ts';

export type Three = {
  readonly cluster: VipCluster;
  readonly a: PrivateName;
  readonly b: PrivateName;
  readonly c: PrivateName;
};

export function three(count = 9): Three {
  const cluster = new VipCluster();
  const [a, b, c] = ['a', 'b', 'c'].map((node) => cluster.join(node, offers(count)));
  if (a === undefined || b === undefined || c === undefined) throw new Error('three joined');
  cluster.run(POLICY.viewMatureMs + 1);
  return { cluster, a, b, c };
}

export function firstOf(cluster: VipCluster, name: PrivateName): IpAddress {
  const [first] = cluster.place(name).have;
  if (first === undefined) throw new Error(`${name} has something`);
  return first;
}

export function agree(cluster: VipCluster): void {
  const tables = cluster.alive().map(({ name }) => cluster.table(name));
  expect(new Set(tables.map(({ epoch, hash, synced }) => `${epoch} ${hash} ${synced}`)).size).toBe(1);
}
