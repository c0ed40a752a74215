/**
 * What happens in a schedule of DuraVIP, drawn as data: processes that die, restart, stand still and
 * leave in order, networks that fall apart, machines whose addresses are slow, refused or touched by hand, reloads at
 * different moments, and what operators ask for.
 */

import type { Prng } from '../../../server/base/prng.ts';
import type { VipOrder, VipPolicy } from '../../../server/duravip/api.ts';
import { addressOf, nodeNamed } from './configurations.ts';
import { INTERFACES } from './machine.ts';

/** From one node to another, by number. */
export type Way = readonly [number, number];

type What =
  | { readonly kind: 'crash'; readonly who: number; readonly backMs: number }
  | { readonly kind: 'leave'; readonly who: number; readonly backMs: number }
  | { readonly kind: 'start'; readonly who: number }
  | { readonly kind: 'cut'; readonly ways: readonly Way[]; readonly forMs: number }
  /** The daemon is stopped by a signal: its clock runs on. */
  | { readonly kind: 'pause'; readonly who: number; readonly forMs: number }
  | { readonly kind: 'break'; readonly who: number; readonly connection: number }
  | { readonly kind: 'slow'; readonly who: number; readonly byMs: number; readonly forMs: number }
  /** Its clock jumps ahead. */
  | { readonly kind: 'jump'; readonly who: number; readonly byMs: number }
  | { readonly kind: 'slowHost'; readonly who: number; readonly byMs: number; readonly forMs: number }
  | {
      readonly kind: 'refuse';
      readonly who: number;
      readonly address: number | 'all';
      readonly forMs: number;
    }
  | { readonly kind: 'link'; readonly who: number; readonly interface: string; readonly forMs: number }
  | { readonly kind: 'removeByHand'; readonly who: number; readonly address: number }
  | { readonly kind: 'addByHand'; readonly who: number; readonly address: number }
  | { readonly kind: 'reload'; readonly who: number; readonly config: number }
  | { readonly kind: 'policy'; readonly who: number; readonly change: Partial<VipPolicy> }
  /** To all nodes as one broadcast, or to one. */
  | { readonly kind: 'order'; readonly order: VipOrder; readonly to: number | 'all' }
  | { readonly kind: 'observer'; readonly which: number; readonly backMs: number }
  /** A message of an earlier view comes again. */
  | { readonly kind: 'repeat'; readonly who: number; readonly message: number };

export type Deed = What & { readonly atMs: number };

type Drawing = {
  readonly size: number;
  readonly vips: number;
  readonly pace: number;
  readonly stormMs: number;
  /** How many configurations there are. */
  readonly configs: number;
};

const LONG_MS = 60_000;

export function drawDeeds(prng: Prng, drawing: Drawing): readonly Deed[] {
  const { size, stormMs, configs } = drawing;
  const deeds: Deed[] = [];
  const everyMs = prng.pick([60, 200, 500]);
  for (let atMs = prng.between(0, everyMs); atMs < stormMs; atMs += prng.between(0, 2 * everyMs)) {
    const what = prng.chance(0.5) ? drawFault(prng, drawing) : drawDeed(prng, drawing);
    deeds.push({ ...what, atMs });
  }
  for (let config = 1; config < configs; config += 1) {
    const atMs = prng.between(0, stormMs);
    const spreadMs = prng.pick([0, 20, 500]);
    for (let who = 0; who < size; who += 1) {
      deeds.push({ kind: 'reload', who, config, atMs: atMs + prng.between(0, spreadMs) });
    }
    if (prng.chance(0.6)) {
      deeds.push({ kind: 'order', order: { type: 'announceView' }, to: 'all', atMs: atMs + spreadMs });
    }
  }
  return deeds.sort((a, b) => a.atMs - b.atMs);
}

function drawFault(prng: Prng, { size, pace, stormMs }: Drawing): What {
  const who = prng.below(size);
  const stays = prng.chance(0.15);
  const forMs = stays ? LONG_MS : prng.chance(0.5) ? prng.between(5, 400) : prng.between(400, 1.2 * stormMs);
  const dice = prng.unit();
  if (dice < 0.25) return { kind: 'crash', who, backMs: forMs };
  if (dice < 0.37) return { kind: 'leave', who, backMs: forMs };
  if (dice < 0.6) return { kind: 'cut', ways: drawCut(prng, size), forMs };
  if (dice < 0.76) return { kind: 'pause', who, forMs: stays ? 2_000 : forMs };
  if (dice < 0.86) return { kind: 'break', who, connection: prng.below(1_000) };
  if (dice < 0.93) return { kind: 'slow', who, byMs: pace * prng.between(1, 150), forMs };
  return { kind: 'jump', who, byMs: prng.between(10, 3_000) };
}

function drawDeed(prng: Prng, { size, vips, configs, stormMs }: Drawing): What {
  const who = prng.below(size);
  const address = prng.below(vips);
  const forMs = prng.between(50, stormMs);
  const dice = prng.unit();
  if (dice < 0.12)
    return { kind: 'slowHost', who, byMs: prng.between(5, prng.chance(0.4) ? 4_000 : 200), forMs };
  if (dice < 0.2) return { kind: 'refuse', who, address: prng.chance(0.4) ? 'all' : address, forMs };
  if (dice < 0.27) return { kind: 'link', who, interface: prng.pick(INTERFACES), forMs };
  if (dice < 0.33) return { kind: 'removeByHand', who, address };
  if (dice < 0.37) return { kind: 'addByHand', who, address };
  if (dice < 0.43) return { kind: 'reload', who, config: prng.below(configs) };
  if (dice < 0.48) return { kind: 'policy', who, change: drawChange(prng) };
  if (dice < 0.53) return { kind: 'observer', which: 0, backMs: prng.between(1, 800) };
  if (dice < 0.6) return { kind: 'repeat', who, message: prng.below(1_000) };
  return { kind: 'order', order: drawOrder(prng, size, address), to: prng.chance(0.8) ? 'all' : who };
}

function drawChange(prng: Prng): Partial<VipPolicy> {
  return prng.pick([
    { balanceSetSize: 2 + prng.below(6) },
    { viewMatureMs: prng.between(100, 1_000) },
    { viewBalanceMs: prng.between(100, 700) },
  ]);
}

function drawOrder(prng: Prng, size: number, address: number): VipOrder {
  const node = nodeNamed(prng.below(size));
  const what = prng.pick([
    addressOf(address),
    addressOf(address),
    `b${address}`,
    nodeNamed(prng.below(size)),
  ]);
  const dice = prng.unit();
  if (dice < 0.5) return { type: 'move', what, to: node };
  if (dice < 0.65) return { type: 'drain', node };
  if (dice < 0.78) return { type: 'undrain', node };
  if (dice < 0.9) return { type: 'unpin', what: prng.chance(0.9) ? what : 'nothing known' };
  return { type: 'announceView' };
}

/** Operators that change their minds within milliseconds, at one address and at different nodes. */
export function drawHaste(prng: Prng, { size, vips, stormMs }: Drawing): readonly Deed[] {
  const deeds: Deed[] = [];
  for (let bursts = 2 + prng.below(4); bursts > 0; bursts -= 1) {
    const what = addressOf(prng.below(vips));
    let atMs = prng.between(0, stormMs);
    for (let orders = 4 + prng.below(16); orders > 0; orders -= 1) {
      const to = prng.chance(0.3) ? 'all' : prng.below(size);
      const node = nodeNamed(prng.below(size));
      const order: VipOrder = prng.chance(0.8) ? { type: 'move', what, to: node } : { type: 'unpin', what };
      deeds.push({ kind: 'order', order, to, atMs });
      atMs += prng.between(0, 12);
    }
  }
  return deeds;
}

/** Two or three parts, now and then one way only, or one pair that loses each other. */
function drawCut(prng: Prng, size: number): readonly Way[] {
  const all = Array.from({ length: size }, (_, index) => index);
  const ways = all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const));
  if (prng.chance(0.15)) {
    const way = prng.pick(ways);
    return prng.chance(0.5) ? [way] : [way, [way[1], way[0]]];
  }
  const parts = 2 + prng.below(Math.min(2, size - 1));
  const partOf = all.map(() => prng.below(parts));
  const oneWay = prng.chance(0.2);
  return ways.filter(([from, to]) => {
    const [a = 0, b = 0] = [partOf[from], partOf[to]];
    return oneWay ? a < b : a !== b;
  });
}

/** One line for people. */
export function deedText({ atMs, ...what }: Deed): string {
  return `${atMs.toFixed(1)} ms: ${JSON.stringify(what)}`;
}
