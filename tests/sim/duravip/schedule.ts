/** One seeded schedule of DuraVIP: storms and calms, then healing, then all must be well, and stay so. */

import { must } from '../../../server/base/assert.ts';
import { Prng } from '../../../server/base/prng.ts';
import type { ScheduleResult } from '../registry.ts';
import { checkEnd } from './checkers/end.ts';
import { MovesChecker } from './checkers/moves.ts';
import { OverlapChecker } from './checkers/overlap.ts';
import { checkReplay } from './checkers/replay.ts';
import { RulesChecker } from './checkers/rules.ts';
import { checkComponent, componentsOf } from './checkers/settled.ts';
import { TrafficChecker } from './checkers/traffic.ts';
import { perform } from './perform.ts';
import { drawRecipe, type Recipe } from './recipe.ts';
import { settle } from './settle.ts';
import { snapshotOf } from './watcher.ts';
import { VipWorld } from './world.ts';

/** Beside the two seconds of vip.md 5: a move that nobody answers takes three. */
const SETTLED_MS = 4_000;
const QUIET_MS = 800;
const ANNOUNCED_MS = 300;
/** A message is with all by then, where nothing is slow. */
const TALK_MS = 20;
const TALK_STEPS = 50;
const NOTHING: ReadonlySet<number> = new Set();

export function runVipSchedule(seed: number): ScheduleResult {
  return runRecipe(drawRecipe(seed));
}

/** @param leftOut numbers of deeds that do not happen, counted over all rounds. */
export function runRecipe(recipe: Recipe, leftOut = NOTHING): ScheduleResult {
  const prng = new Prng(recipe.seed ^ 0x5eed);
  const world = new VipWorld(prng.fork(), recipe);
  const { watcher, clock } = world;
  const moves = new MovesChecker(world, {
    clocksRun: !hasAny(recipe, ['jump']),
    unpins: hasOrder(recipe, 'unpin'),
    undrains: hasOrder(recipe, 'undrain'),
  });
  const rules = new RulesChecker(watcher);
  const traffic = new TrafficChecker(watcher, !hasAny(recipe, UNSTEADY));
  watcher.use([rules, new OverlapChecker(world), moves, traffic]);
  const deeds = storm(world, rules, leftOut);
  world.heal();
  const healedAtMs = clock.nowMs();
  const settledMs = settle(world) - healedAtMs;
  moves.quietFromMs = clock.nowMs();
  clock.runFor(QUIET_MS);
  finishTalk(world);
  checkCalm(world, rules, 'all');
  const owners = ownersText(world);
  world.order({ type: 'announceView' }, 'all');
  clock.runFor(ANNOUNCED_MS);
  finishTalk(world);
  checkCalm(world, rules, 'all');
  if (ownersText(world) !== owners) watcher.report('D15', 'announcing views moves addresses');
  traffic.end();
  const replayed = must(watcher.traces[prng.below(watcher.traces.length)], 'somebody was started');
  checkReplay(watcher, replayed);
  return {
    traceHash: watcher.hash,
    violations: watcher.violations.map(({ invariant, what }) => `${invariant}: ${what}`),
    counts: {
      nodes: recipe.size,
      vips: recipe.vips,
      deeds,
      lives: watcher.traces.length,
      ...traffic.counts,
      settledMs,
    },
  };
}

const UNSTEADY = ['pause', 'jump', 'slow', 'cut'];

function hasAny({ rounds }: Recipe, kinds: readonly string[]): boolean {
  return rounds.some(({ deeds }) => deeds.some(({ kind }) => kinds.includes(kind)));
}

function hasOrder({ rounds }: Recipe, type: string): boolean {
  return rounds.some(({ deeds }) => deeds.some((deed) => deed.kind === 'order' && deed.order.type === type));
}

/** @returns how much was done. */
function storm(world: VipWorld, rules: RulesChecker, leftOut: ReadonlySet<number>): number {
  const { recipe, clock } = world;
  recipe.startsAtOnce.forEach((starts, number) => {
    if (starts) world.start(number);
  });
  world.startObserver(0);
  let number = 0;
  let done = 0;
  for (const { stormMs, calmMs, deeds } of recipe.rounds) {
    for (const deed of deeds) {
      if (!leftOut.has(number)) {
        world.later(deed.atMs, () => perform(world, deed));
        done += 1;
      }
      number += 1;
    }
    clock.runFor(stormMs + calmMs);
    if (world.calmForMs > SETTLED_MS) checkCalm(world, rules, 'parts');
  }
  return done;
}

/** What was said just now is still on its way to some: members of unequal epochs know different tables. */
function finishTalk({ clock, watcher }: VipWorld): void {
  for (let steps = 0; steps < TALK_STEPS && clock.nowMs() - watcher.saidAtMs < TALK_MS; steps += 1) {
    clock.runFor(TALK_MS);
  }
}

/** @param what `parts`: each part of the cluster for itself, but for balance, which may still be under way. */
function checkCalm(world: VipWorld, rules: RulesChecker, what: 'all' | 'parts'): void {
  const { watcher } = world;
  const problems = what === 'all' ? [...checkEnd(world)] : [];
  for (const component of componentsOf(world)) problems.push(...checkComponent(world, component));
  for (const [invariant, text] of problems) {
    if (what === 'all' || invariant !== 'D8') watcher.report(invariant, text);
  }
  for (const dashboard of world.dashboards) {
    if (dashboard !== undefined) rules.agrees(snapshotOf(dashboard.core.observer.table), dashboard.name);
  }
}

/** Who owns what, as the first of them knows it. */
function ownersText(world: VipWorld): string {
  const [all] = componentsOf(world);
  const rows = [...(all?.traces[0]?.snapshot.rows.values() ?? [])];
  return rows.map(({ address, owner }) => `${address} ${owner}`).join('; ');
}
