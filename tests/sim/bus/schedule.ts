/** One seeded schedule: a workload and faults for a while, then healing, then all invariants are checked. */

import { Prng } from '../../../server/base/prng.ts';
import type { ScheduleResult } from '../registry.ts';
import { checkGroupViews } from './checkers/group-views.ts';
import { checkGroups } from './checkers/groups.ts';
import { checkLiveness } from './checkers/liveness.ts';
import { checkMessages } from './checkers/messages.ts';
import { checkOneOrder } from './checkers/one-order.ts';
import { checkOrder } from './checkers/order.ts';
import { checkRecipients } from './checkers/recipients.ts';
import { Resources } from './checkers/resources.ts';
import { checkSafe } from './checkers/safe.ts';
import { checkViews } from './checkers/views.ts';
import { VIOLATIONS_MAX, type Violation } from './checkers/violation.ts';
import { drawRecipe, type Recipe } from './recipe.ts';
import { act, newClient } from './workload.ts';
import { BusWorld } from './world.ts';

/** Long enough for suspicion, the longest wait before a dial, skips of mute servers, and several failed attempts. */
const SETTLE_MS = 8_000;
const SETTLE_STEP_MS = 100;
/** A change of links leads to a change of views within so long, or to none. */
const CHANGE_DUE_MS = 150;
/** With nothing under way and every link alive, no view may be installed for so long, at pace 1. */
const QUIET_MS = 500;
/** The last part of a standing cut, in which nobody may change views any more. */
const STANDING_QUIET_SHARE = 0.3;
const RESOURCES_EVERY = 8;

/** No fault is left out. */
const NOTHING: ReadonlySet<number> = new Set();

export function runBusSchedule(seed: number): ScheduleResult {
  return runRecipe(drawRecipe(seed));
}

/** @param leftOut numbers of faults that do not happen. */
export function runRecipe(recipe: Recipe, leftOut = NOTHING): ScheduleResult {
  const prng = new Prng(recipe.seed ^ 0x5eed);
  const world = new BusWorld(prng.fork(), recipe);
  const resources = new Resources(world);
  world.nodes.forEach((node, index) => {
    if (recipe.startsAtOnce[index] === true) world.start(node);
  });
  world.nodes.forEach((node, index) => {
    for (let made = recipe.clientsOf[index] ?? 0; made > 0; made -= 1) newClient(world, prng, node);
  });
  world.clock.runFor(recipe.calmMs);
  recipe.faults.forEach((fault, index) => {
    if (!leftOut.has(index)) world.schedule(fault);
  });
  work(world, prng, resources);
  const framesBefore = world.flushFrames;
  world.clock.runFor(recipe.stormMs);
  const flushFramesOfStorm = world.flushFrames - framesBefore;
  world.heal();
  const unrest = recipe.standing === undefined ? [] : stand(world, recipe.standing);
  // A frame that takes longer than silence_timeout is a loss of its own, whose view change is no oscillation.
  const oscillation = recipe.delay === 'tail' ? [] : unrest;
  const healedAtMs = world.clock.nowMs();
  settle(world, healedAtMs);
  const settledAtMs = world.clock.nowMs();
  world.clock.runFor(QUIET_MS * recipe.pace);
  resources.sample();
  const { history } = world;
  const oneOrder = checkOneOrder(history);
  const found: readonly Violation[] = [
    ...checkMessages(history),
    ...checkOrder(history),
    ...oneOrder.violations,
    ...checkViews(history),
    ...checkSafe(history),
    ...checkGroups(history),
    ...checkRecipients(history),
    ...checkGroupViews(history),
    ...oscillation,
    ...checkLiveness(world.end(healedAtMs, settledAtMs)),
    ...resources.violations,
  ];
  return {
    traceHash: history.hash,
    violations: found.slice(0, VIOLATIONS_MAX).map(({ invariant, what }) => `${invariant}: ${what}`),
    counts: {
      servers: recipe.size,
      faults: recipe.faults.length - leftOut.size,
      views: history.views.size,
      batches: history.sent.size,
      flushFramesOfStorm,
      o4Allowed: oneOrder.allowed,
      settledMs: settledAtMs - healedAtMs,
    },
  };
}

function work(world: BusWorld, prng: Prng, resources: Resources): void {
  const { stormMs, workMs } = world.recipe;
  const endMs = world.clock.nowMs() + stormMs;
  let acts = 0;
  const again = (): void => {
    if (world.clock.nowMs() >= endMs) return;
    act(world, prng);
    acts += 1;
    if (acts % RESOURCES_EVERY === 0) resources.sample();
    world.later(prng.between(0, 2 * workMs), again);
  };
  again();
}

/** L3: a cut that stays and that only some notice must come to rest. */
function stand(world: BusWorld, { ways, forMs }: NonNullable<Recipe['standing']>): readonly Violation[] {
  for (const [from, to] of ways) world.network.block(world.nodeOf(from), world.nodeOf(to));
  world.clock.runFor(forMs * (1 - STANDING_QUIET_SHARE));
  const quietFromMs = world.clock.nowMs();
  world.clock.runFor(forMs * STANDING_QUIET_SHARE);
  world.network.heal();
  return world.history.servers.flatMap(({ key, crashed, stays }) =>
    stays
      .filter(({ atMs }) => !crashed && atMs > quietFromMs)
      .map(({ id }) => ({ invariant: 'L3', what: `${key} installed ${id} while a cut stood still` })),
  );
}

/** Until all is well and nothing of the storm is under way, or the bound is reached. */
function settle(world: BusWorld, healedAtMs: number): void {
  const { network, clock } = world;
  const stormEndsMs = network.lastArrivalMs;
  let handled = 0;
  while (clock.nowMs() < healedAtMs + SETTLE_MS) {
    clock.runFor(SETTLE_STEP_MS);
    // What came late is acknowledged and forgotten one heartbeat later, so rest begins a step after it.
    const before = handled;
    handled = deliveries(world);
    if (handled !== before) continue;
    const changeMayBeDue = clock.nowMs() < world.linksAtMs + CHANGE_DUE_MS;
    if (clock.nowMs() <= stormEndsMs || changeMayBeDue || network.unsettled || !commonView(world)) continue;
    if (checkLiveness(world.end(healedAtMs, clock.nowMs())).length === 0) return;
  }
}

function deliveries({ history }: BusWorld): number {
  let count = 0;
  for (const { stays } of history.servers) for (const { delivered } of stays) count += delivered.length;
  return count;
}

function commonView(world: BusWorld): boolean {
  const ids = new Set([...world.servers.values()].map(({ trace }) => trace.stays.at(-1)?.id));
  return ids.size <= 1;
}
