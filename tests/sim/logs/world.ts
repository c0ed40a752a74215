/** Writers, nodes and managers on one virtual clock and one network in memory. */

import { Prng } from '../../../server/base/prng.ts';
import { MemoryNetwork } from '../../../server/memory/memory-network.ts';
import { VirtualClock } from '../../../server/memory/virtual-clock.ts';
import { WrittenLines } from './lines.ts';
import type { LogsRecipe } from './recipe.ts';
import { SimManager } from './sim-manager.ts';
import { SimNode } from './sim-node.ts';

export class LogsWorld {
  readonly clock = new VirtualClock();
  readonly lines = new WrittenLines();
  readonly network: MemoryNetwork;
  readonly nodes: readonly SimNode[];
  readonly managers: readonly SimManager[];
  readonly prng: Prng;
  /** A node lost power. */
  powerLost = false;
  readonly #lives = new Map<string, number>();

  constructor(recipe: LogsRecipe) {
    this.prng = new Prng(recipe.seed ^ 0x1065);
    this.network = new MemoryNetwork(this.clock, this.prng.fork());
    this.nodes = Array.from(
      { length: recipe.nodes },
      (_, index) => new SimNode(this, `node${index + 1}`, recipe, this.prng.fork()),
    );
    this.managers = recipe.managers.map((name) => new SimManager(this, name, recipe, this.prng.fork()));
  }

  /** How often the service of a node was started. */
  livesOf(node: string): number {
    return this.#lives.get(node) ?? 0;
  }

  startNode(node: SimNode): void {
    if (!node.serves) this.#lives.set(node.name, this.livesOf(node.name) + 1);
    node.start();
    this.meet();
  }

  /** Managers hear of nodes that came or went. */
  meet(): void {
    for (const manager of this.managers) manager.meet();
  }
}
