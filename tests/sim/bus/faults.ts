/** What goes wrong in a schedule: crashes, restarts, partitions, one-way cuts, broken connections, pauses, slowness. */

import type { Prng } from '../../../server/base/prng.ts';
import type { NodeName } from '../../../server/model/names.ts';
import type { BusWorld } from './world.ts';

export function injectFault(world: BusWorld, prng: Prng): void {
  const node = prng.pick(world.nodes);
  const dice = prng.unit();
  if (dice < 0.2) crash(world, prng, node);
  else if (dice < 0.4) partition(world, prng);
  else if (dice < 0.5) oneWay(world, prng, node);
  else if (dice < 0.7) breakOne(world, prng, node);
  else if (dice < 0.85) pause(world, prng, node);
  else if (dice < 0.92) slow(world, prng, node);
  else if (!world.servers.has(node)) world.start(node);
}

function crash(world: BusWorld, prng: Prng, node: NodeName): void {
  world.crash(node);
  const backMs = prng.chance(0.5) ? prng.between(1, 200) : prng.between(200, 3_000);
  later(world, backMs, () => {
    if (!world.servers.has(node)) world.start(node);
  });
}

/** Cuts the nodes into two or three parts for a while. */
function partition(world: BusWorld, prng: Prng): void {
  const parts = 2 + prng.below(2);
  const partOf = new Map(world.nodes.map((node) => [node, prng.below(parts)]));
  const cut = pairs(world.nodes).filter(([a, b]) => partOf.get(a) !== partOf.get(b));
  blockFor(world, cut, spanMs(prng));
}

function oneWay(world: BusWorld, prng: Prng, node: NodeName): void {
  const other = prng.pick(world.nodes);
  if (other !== node) blockFor(world, [[node, other]], spanMs(prng));
}

function blockFor(world: BusWorld, cut: readonly (readonly [NodeName, NodeName])[], forMs: number): void {
  for (const [from, to] of cut) world.network.block(from, to);
  later(world, forMs, () => {
    for (const [from, to] of cut) world.network.unblock(from, to);
  });
}

function breakOne(world: BusWorld, prng: Prng, node: NodeName): void {
  const endpoint = world.servers.get(node)?.process.endpoint;
  if (endpoint === undefined || endpoint.ends.size === 0) return;
  world.network.breakConnection(endpoint, prng.pick([...endpoint.ends.keys()]));
}

function pause(world: BusWorld, prng: Prng, node: NodeName): void {
  const process = prng.chance(0.8) ? world.servers.get(node)?.process : world.clients[0]?.process;
  if (process === undefined || process.paused) return;
  process.pause();
  later(world, prng.chance(0.5) ? prng.between(25, 400) : prng.between(400, 3_000), () => process.proceed());
}

function slow(world: BusWorld, prng: Prng, node: NodeName): void {
  world.network.slowDown(node, prng.between(1, 150));
  later(world, spanMs(prng), () => world.network.slowDown(node, 0));
}

function spanMs(prng: Prng): number {
  return prng.chance(0.4) ? prng.between(10, 600) : prng.between(600, 2_500);
}

function later(world: BusWorld, afterMs: number, callback: () => void): void {
  world.clock.at(world.clock.nowMs() + afterMs, callback);
}

function pairs(nodes: readonly NodeName[]): (readonly [NodeName, NodeName])[] {
  return nodes.flatMap((a) => nodes.filter((b) => b !== a).map((b) => [a, b] as const));
}
