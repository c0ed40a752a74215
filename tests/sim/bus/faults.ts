/**
 * What goes wrong in a schedule, drawn as data and done to a world: crashes, restarts with and without memory,
 * partitions of every shape, broken and slow connections, deaf and suspended processes, clocks that jump, leaves.
 * A fault may wait for a certain frame of a view change, so that cuts fall between any two of them.
 */

import { unreachable } from '../../../server/base/assert.ts';
import type { Prng } from '../../../server/base/prng.ts';
import type { NodeName } from '../../../server/model/names.ts';
import type { BusWorld } from './world.ts';

/** From one server to another, by number. */
export type Way = readonly [number, number];
/** By number; `coordinator`: who proposed last, `sequencer`: who orders in the newest view. */
export type Who = number | 'coordinator' | 'sequencer';

type Deed =
  /** `memory`: whether the new incarnation is greater; without, the wall clock of the host went back meanwhile. */
  | { readonly kind: 'crash'; readonly who: Who; readonly backMs: number; readonly memory: boolean }
  | { readonly kind: 'leave'; readonly who: Who; readonly backMs: number }
  | { readonly kind: 'start'; readonly who: Who }
  | { readonly kind: 'cut'; readonly ways: readonly Way[]; readonly forMs: number }
  /** All ways from or to one server. */
  | {
      readonly kind: 'isolate';
      readonly who: Who;
      readonly side: 'in' | 'out' | 'both';
      readonly forMs: number;
    }
  /** The server of lowest rank no longer hears who orders in the newest view, but is still heard. */
  | { readonly kind: 'estrange'; readonly forMs: number }
  | { readonly kind: 'break'; readonly who: Who; readonly connection: number }
  | { readonly kind: 'pause'; readonly who: Who; readonly forMs: number; readonly clock: 'runs' | 'stands' }
  | { readonly kind: 'pauseClient'; readonly client: number; readonly forMs: number }
  | { readonly kind: 'jump'; readonly who: Who; readonly byMs: number }
  | { readonly kind: 'slow'; readonly who: Who; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'slowWay'; readonly way: Way; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'deaf'; readonly who: Who; readonly forMs: number };

export type Fault = Deed & {
  readonly atMs: number;
  /** Happens at this frame of view changes, counted from `atMs`, before it leaves; 0 for at once. */
  readonly flushFrame: number;
};

const FLUSH_FRAMES_MAX = 40;

type Storm = {
  readonly size: number;
  readonly pace: number;
  readonly stormMs: number;
  readonly faultMs: number;
  /** Of the faults: those that wait for a frame of a view change. */
  readonly inFlushShare: number;
  /** The server of lowest rank comes when the others have their view. */
  readonly lateFirst: boolean;
};

export function drawFaults(
  prng: Prng,
  { size, pace, stormMs, faultMs, lateFirst, inFlushShare }: Storm,
): readonly Fault[] {
  const faults: Fault[] = [];
  if (lateFirst) faults.push({ kind: 'start', who: 0, atMs: 0, flushFrame: 0 });
  for (let atMs = prng.between(0, faultMs); atMs < stormMs; ) {
    const inFlush = prng.chance(inFlushShare);
    const flushFrame = inFlush ? 1 + prng.below(prng.chance(0.5) ? 12 : FLUSH_FRAMES_MAX) : 0;
    faults.push({ ...drawDeed(prng, { size, pace, inFlush }), atMs, flushFrame });
    atMs += prng.chance(0.4) ? prng.between(0, 15) : prng.between(0, 2 * faultMs);
  }
  return faults;
}

type Drawing = { readonly size: number; readonly pace: number; readonly inFlush: boolean };

function drawDeed(prng: Prng, { size, pace, inFlush }: Drawing): Deed {
  const who = drawWho(prng, size, inFlush);
  const forMs = pace * (prng.chance(0.4) ? prng.between(10, 600) : prng.between(600, 2_500));
  const backMs = pace * (prng.chance(0.5) ? prng.between(1, 200) : prng.between(200, 3_000));
  const way: Way = drawWay(prng, size);
  const dice = prng.unit();
  if (dice < 0.18) return { kind: 'crash', who, backMs, memory: prng.chance(0.75) };
  if (dice < 0.23) return { kind: 'leave', who, backMs };
  if (dice < 0.37) return { kind: 'cut', ways: drawPartition(prng, size), forMs };
  if (dice < 0.44) return { kind: 'cut', ways: drawRifts(prng, size), forMs };
  if (dice < 0.46) return { kind: 'estrange', forMs: pace * prng.between(600, 2_500) };
  if (dice < 0.49) return { kind: 'isolate', who, side: prng.pick(['in', 'out', 'both']), forMs };
  if (dice < 0.66) return { kind: 'break', who, connection: prng.below(1_000) };
  if (dice < 0.76) {
    const longMs = prng.chance(0.5) ? prng.between(25, 400) : prng.between(400, 3_000);
    return { kind: 'pause', who, forMs: pace * longMs, clock: prng.chance(0.7) ? 'runs' : 'stands' };
  }
  if (dice < 0.79) return { kind: 'pauseClient', client: prng.below(1_000), forMs };
  if (dice < 0.82) return { kind: 'jump', who, byMs: pace * prng.between(10, 3_000) };
  if (dice < 0.87) return { kind: 'slow', who, byMs: pace * prng.between(1, 150), forMs };
  if (dice < 0.91) return { kind: 'slowWay', way, byMs: pace * prng.between(1, 500), forMs };
  if (dice < 0.96) return { kind: 'deaf', who, forMs };
  return { kind: 'start', who };
}

function drawWho(prng: Prng, size: number, inFlush: boolean): Who {
  if (prng.chance(inFlush ? 0.4 : 0.05)) return 'coordinator';
  if (prng.chance(0.15)) return 'sequencer';
  return prng.below(size);
}

function drawWay(prng: Prng, size: number): Way {
  const from = prng.below(size);
  return [from, (from + 1 + prng.below(Math.max(1, size - 1))) % size];
}

/** Two or three parts; now and then only one way between them. */
function drawPartition(prng: Prng, size: number): readonly Way[] {
  const parts = 2 + prng.below(2);
  const partOf = Array.from({ length: size }, () => prng.below(parts));
  const oneWay = prng.chance(0.2);
  return allWays(size).filter(([from, to]) => {
    const [a = 0, b = 0] = [partOf[from], partOf[to]];
    return oneWay ? a < b : a !== b;
  });
}

/** A few pairs that lose each other while all others still see both: several coordinators at once. */
function drawRifts(prng: Prng, size: number): readonly Way[] {
  const ways: Way[] = [];
  for (let pairs = 1 + prng.below(3); pairs > 0; pairs -= 1) {
    const [from, to] = prng.chance(0.4) && size > 1 ? ([0, 1] as const) : drawWay(prng, size);
    if (from === to) continue;
    ways.push([from, to]);
    if (prng.chance(0.6)) ways.push([to, from]);
  }
  return ways;
}

function allWays(size: number): readonly Way[] {
  const all = Array.from({ length: size }, (_, index) => index);
  return all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const));
}

/** Does it to the world now. */
export function inflict(world: BusWorld, fault: Fault): void {
  switch (fault.kind) {
    case 'cut':
      cut(world, fault.ways, fault.forMs);
      return;
    case 'estrange': {
      const sequencer = world.nodeOf('sequencer');
      const lowest = world.nodes.find((node) => node !== sequencer && world.servers.has(node));
      if (lowest === undefined) return;
      world.network.block(sequencer, lowest);
      world.later(fault.forMs, () => world.network.unblock(sequencer, lowest));
      return;
    }
    case 'pauseClient': {
      const process = world.clients[fault.client % Math.max(1, world.clients.length)]?.process;
      if (process === undefined || process.paused) return;
      process.pause();
      world.later(fault.forMs, () => process.proceed());
      return;
    }
    case 'slowWay': {
      const [from, to] = nodesOf(world, fault.way);
      world.network.slowWay(from, to, fault.byMs);
      world.later(fault.forMs, () => world.network.slowWay(from, to, 0));
      return;
    }
    default:
      inflictOn(world, world.nodeOf(fault.who), fault);
  }
}

type OnOne = Exclude<Fault, { readonly kind: 'cut' | 'estrange' | 'pauseClient' | 'slowWay' }>;

function inflictOn(world: BusWorld, node: NodeName, fault: OnOne): void {
  const server = world.servers.get(node);
  switch (fault.kind) {
    case 'crash':
      world.crash(node);
      world.later(fault.backMs, () => world.start(node, fault.memory));
      return;
    case 'leave':
      world.leave(node);
      world.later(fault.backMs, () => world.start(node));
      return;
    case 'start':
      world.start(node);
      return;
    case 'isolate': {
      const me = world.nodes.indexOf(node);
      const ways = allWays(world.nodes.length).filter(
        ([from, to]) => (fault.side !== 'out' && to === me) || (fault.side !== 'in' && from === me),
      );
      cut(world, ways, fault.forMs);
      return;
    }
    case 'break': {
      const endpoint = server?.process.endpoint;
      const conns = [...(endpoint?.ends.keys() ?? [])];
      const conn = conns[fault.connection % Math.max(1, conns.length)];
      if (endpoint !== undefined && conn !== undefined) world.network.breakConnection(endpoint, conn);
      return;
    }
    case 'pause':
      if (server === undefined || server.process.paused) return;
      server.process.pause(fault.clock);
      world.later(fault.forMs, () => server.process.proceed());
      return;
    case 'jump':
      server?.process.jump(fault.byMs);
      return;
    case 'slow':
      world.network.slowDown(node, fault.byMs);
      world.later(fault.forMs, () => world.network.slowDown(node, 0));
      return;
    case 'deaf': {
      if (server === undefined) return;
      const { endpoint } = server.process;
      world.network.deafen(endpoint, true);
      world.later(fault.forMs, () => world.network.deafen(endpoint, false));
      return;
    }
    default:
      unreachable(fault);
  }
}

function nodesOf(world: BusWorld, [from, to]: Way): readonly [NodeName, NodeName] {
  return [world.nodeOf(from), world.nodeOf(to)];
}

function cut(world: BusWorld, ways: readonly Way[], forMs: number): void {
  const nodes = ways.map((way) => nodesOf(world, way));
  for (const [from, to] of nodes) world.network.block(from, to);
  world.later(forMs, () => {
    for (const [from, to] of nodes) world.network.unblock(from, to);
  });
}

/** One line for people. */
export function faultText({ atMs, flushFrame, ...deed }: Fault): string {
  const when = flushFrame === 0 ? '' : ` at frame ${flushFrame} of view changes`;
  return `${atMs.toFixed(1)} ms${when}: ${JSON.stringify(deed)}`;
}
