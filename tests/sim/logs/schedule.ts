/** One seeded schedule of durable logs: lines flow while everything dies, then all heals and must drain. */

import { must } from '../../../server/base/assert.ts';
import type { ScheduleResult } from '../registry.ts';
import { checkCheckpoints, checkFiles, undrained } from './checkers.ts';
import { drawLogsRecipe, type LogsDeed, type LogsRecipe } from './recipe.ts';
import type { SimManager } from './sim-manager.ts';
import type { SimNode } from './sim-node.ts';
import { LogsWorld } from './world.ts';

const DRAIN_STEP_MS = 400;
const DRAIN_MS = 60_000;
const QUIET_MS = 600;
const ROOM = Number.POSITIVE_INFINITY;

export function runLogsSchedule(seed: number): ScheduleResult {
  const recipe = drawLogsRecipe(seed);
  const run = new LogsRun(recipe);
  return run.result();
}

class LogsRun {
  readonly #recipe: LogsRecipe;
  readonly #world: LogsWorld;
  readonly #violations: string[] = [];
  #lines = 0;
  #rotated = 0;

  constructor(recipe: LogsRecipe) {
    this.#recipe = recipe;
    this.#world = new LogsWorld(recipe);
  }

  result(): ScheduleResult {
    const { clock, nodes, managers } = this.#world;
    for (const node of nodes) this.#world.startNode(node);
    for (const manager of managers) manager.start();
    for (const deed of this.#recipe.deeds) clock.at(deed.atMs, () => this.#do(deed));
    for (const node of nodes) for (const log of node.logs) this.#write(node, log, 0);
    clock.runUntil(this.#recipe.stormMs);
    this.#heal();
    const drainMs = this.#drain();
    clock.runFor(QUIET_MS);
    this.#violations.push(...checkCheckpoints(this.#world), ...checkFiles(this.#world));
    const { length: deeds } = this.#recipe.deeds;
    return {
      violations: [...new Set(this.#violations)],
      counts: { lines: this.#lines, deeds, drainMs, rotated: this.#rotated },
    };
  }

  #write(node: SimNode, log: SimNode['logs'][number], atMs: number): void {
    const { clock, prng } = this.#world;
    clock.at(atMs, () => {
      if (clock.nowMs() > this.#recipe.stormMs) return;
      const count = 1 + prng.below(this.#recipe.burstMax);
      this.#lines += count;
      node.write(log, count);
      this.#write(node, log, clock.nowMs() + prng.between(0, 2 * this.#recipe.everyMs));
    });
  }

  #do({ kind, which, forMs }: LogsDeed): void {
    const { clock, nodes, managers, network } = this.#world;
    const node = must(nodes[which % nodes.length], 'a node');
    const manager = must(managers[which % managers.length], 'a manager');
    const later = (undo: () => void): void => void clock.at(clock.nowMs() + forMs, undo);
    this.#violations.push(...checkCheckpoints(this.#world));
    switch (kind) {
      case 'killWriter':
        node.killWriter();
        return;
      case 'killService':
        node.killService();
        this.#world.meet();
        later(() => this.#world.startNode(node));
        return;
      case 'losePower':
        this.#world.powerLost = true;
        node.losePower();
        this.#world.meet();
        later(() => this.#world.startNode(node));
        return;
      case 'killManager':
        manager.crash();
        later(() => manager.start());
        return;
      case 'cut':
        manager.cut();
        return;
      case 'block':
        network.block(manager.name, node.name);
        later(() => network.unblock(manager.name, node.name));
        return;
      case 'fullManager':
        manager.disk.full = true;
        later(() => {
          manager.disk.full = false;
        });
        return;
      case 'readOnlyManager':
        manager.disk.readOnly = true;
        later(() => {
          manager.disk.readOnly = false;
        });
        return;
      case 'fullNode':
        node.disk.bytesFree = which * 10;
        later(() => {
          node.disk.bytesFree = ROOM;
        });
        return;
      case 'rotate':
        this.#rotate(manager);
        return;
    }
  }

  /** Between two commits: what was left behind in a file that has another name now stays there. */
  #rotate(manager: SimManager): void {
    const { clock } = this.#world;
    if (!manager.disk.idle) {
      clock.at(clock.nowMs() + 1, () => this.#rotate(manager));
      return;
    }
    const path = manager.disk.paths.find((one) => !one.includes('.old'));
    if (path === undefined || !manager.isClean(path)) return;
    this.#rotated += 1;
    manager.disk.rename(path, `${path}.old${this.#rotated}`);
  }

  #heal(): void {
    const { network, nodes, managers } = this.#world;
    network.heal();
    for (const node of nodes) {
      node.disk.bytesFree = ROOM;
      node.disk.killAfter(ROOM, 1);
      this.#world.startNode(node);
    }
    for (const manager of managers) {
      manager.disk.full = false;
      manager.disk.readOnly = false;
      manager.start();
    }
  }

  #drain(): number {
    const { clock } = this.#world;
    const fromMs = clock.nowMs();
    let left: readonly string[] = [];
    while (clock.nowMs() < fromMs + DRAIN_MS) {
      clock.runFor(DRAIN_STEP_MS);
      left = undrained(this.#world);
      if (left.length === 0) return clock.nowMs() - fromMs;
    }
    this.#violations.push(...left);
    return clock.nowMs() - fromMs;
  }
}
