/**
 * The preview of a failure against the failure itself (VP-13): a dashboard says who would own what without some nodes, or
 * with some drained; then exactly that is done, and the owners are compared before anything is balanced.
 */

import { must } from '../../../server/base/assert.ts';
import { Prng } from '../../../server/base/prng.ts';
import type { VipEntry, WhatIf, WhatIfChange } from '../../../server/duravip/api.ts';
import type { NodeName } from '../../../server/model/names.ts';
import type { ScheduleResult } from '../registry.ts';
import { MovesChecker } from './checkers/moves.ts';
import { perform } from './perform.ts';
import { drawRecipe, type Recipe } from './recipe.ts';
import { settle } from './settle.ts';
import type { Trace } from './watcher.ts';
import { VipWorld } from './world.ts';

/** Only what operators do comes before: every node runs, and the network is whole. */
const CALM_DEEDS: ReadonlySet<string> = new Set(['order', 'reload']);
const FAILOVER_MS = 3_000;
const STEP_MS = 1;

/** `counts.compared` is 1 where the nodes were lost in one view, as it was asked. */
export function runWhatIf(seed: number): ScheduleResult {
  const recipe = drawRecipe(seed);
  const prng = new Prng(seed ^ 0x3a7);
  const world = prepared(prng, recipe);
  const { watcher, clock } = world;
  const change = drawWhatIf(prng, world);
  const dashboard = must(world.dashboards[0], 'a dashboard runs');
  const { observer } = dashboard.core;
  const told = observer.whatIf(change);
  const before = ownersOf(observer.table.entries());
  const survivor = must(
    watcher.alive.find(({ node }) => !change.without.includes(node)),
    'somebody survives',
  );
  const { viewId } = survivor.snapshot;
  if (told === undefined) watcher.report('VP-13', 'the dashboard of a settled cluster answers nothing');
  for (const node of change.without) world.crash(world.nodes.findIndex((one) => one.node === node));
  for (const node of change.drained) world.order({ type: 'drain', node }, 'all');
  const views: (string | undefined)[] = [];
  for (let passedMs = 0; passedMs < FAILOVER_MS && !isDone(survivor, change); passedMs += STEP_MS) {
    clock.runFor(STEP_MS);
    if (survivor.snapshot.viewId !== (views.at(-1) ?? viewId)) views.push(survivor.snapshot.viewId);
  }
  const compared = views.length <= 1;
  if (!isDone(survivor, change)) watcher.report('VP-13', `${survivor.node} does not see what was done`);
  else if (compared && told !== undefined) compare(world, told, before, survivor);
  return {
    traceHash: watcher.hash,
    violations: watcher.violations.map(({ invariant, what }) => `${invariant}: ${what}`),
    counts: { compared: compared ? 1 : 0, moves: told?.moves.length ?? 0 },
  };
}

function prepared(prng: Prng, recipe: Recipe): VipWorld {
  const world = new VipWorld(prng.fork(), recipe);
  world.watcher.use([new MovesChecker(world, { clocksRun: true, unpins: true, undrains: true })]);
  for (const { number } of world.nodes) world.start(number);
  world.startObserver(0);
  settle(world);
  for (const { deeds, stormMs } of recipe.rounds.slice(0, 1)) {
    for (const deed of deeds) {
      if (CALM_DEEDS.has(deed.kind)) world.later(deed.atMs, () => perform(world, deed));
    }
    world.clock.runFor(stormMs);
  }
  world.heal();
  settle(world);
  return world;
}

function drawWhatIf(prng: Prng, world: VipWorld): WhatIfChange {
  const names = [...world.nodeNames];
  const take = (): NodeName => must(names.splice(prng.below(names.length), 1)[0], 'a node is left');
  if (prng.chance(0.25)) return { without: [], drained: [take()] };
  const without = [take()];
  while (names.length > 1 && prng.chance(0.25)) without.push(take());
  return { without, drained: [] };
}

function isDone({ snapshot }: Trace, { without, drained }: WhatIfChange): boolean {
  const { nodes, rows, synced } = snapshot;
  if (!synced || without.some((node) => nodes.has(node))) return false;
  if (drained.some((node) => nodes.get(node)?.draining !== true)) return false;
  return [...rows.values()].every(({ phase }) => phase !== 'moving');
}

type Owners = ReadonlyMap<string, NodeName | undefined>;

function ownersOf(rows: Iterable<VipEntry>): Owners {
  return new Map([...rows].map(({ address, owner }) => [address, owner]));
}

function compare({ watcher }: VipWorld, told: WhatIf, before: Owners, survivor: Trace): void {
  const after = ownersOf(survivor.snapshot.rows.values());
  const expected = new Map(before);
  for (const { address, to } of told.moves) expected.set(address, to);
  for (const [address, owner] of expected) {
    // An address that nobody offers any more is in no table.
    const real = after.get(address);
    if (real !== owner) watcher.report('VP-13', `${address} was to go to ${owner} and is at ${real}`);
  }
  const loads = new Map<string, number>();
  for (const owner of after.values()) if (owner !== undefined) loads.set(owner, (loads.get(owner) ?? 0) + 1);
  for (const { node, after: load } of told.loads) {
    if ((loads.get(node) ?? 0) !== load)
      watcher.report('VP-13', `${node} was to have ${load} addresses and has ${loads.get(node) ?? 0}`);
  }
}
