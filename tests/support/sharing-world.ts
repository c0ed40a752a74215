/** Nodes that share objects, each a whole process in memory: counts go in by hand, as mail would give them. */

import { NodeApp } from '../../server/cluster/node.ts';
import type { NodeReplication } from '../../server/cluster/node-replication.ts';
import { ProcessWorld, type SimulatedName, type SimulatedProcess } from './process-world.ts';

/** The shipped default, a cache of each sort, throttles, metrics. */
export const OBJECTS = `
  cluster {
    Replicate "inbound_cidr" {}
    Replicate "outbound_cidr" {}
    Replicate "outbound_domains" {}
    Replicate "outbound_binding_domains" {}
    Replicate "shared_named_throttles" {}
    Replicate "mycache" { type = "cache" parameters = "snapshot" }
    Replicate "passing" { type = "cache" }
    Replicate "metrics" { parameters = "connect;reception;audit_series;gauge_cache" }
    Replicate "eccmgr_metrics" { parameters = "rejection;audit_series;gauge_cache" }
  }
  inbound_audit { monitors = ("300,6") }`;

type NodeLabel = Extract<SimulatedName, `node${number}`>;

export class SharingWorld {
  readonly world = new ProcessWorld();
  readonly #nodes = new Map<NodeLabel, SimulatedProcess>();

  start(...names: readonly NodeLabel[]): this {
    for (const name of names) this.#nodes.set(name, this.world.start(name, OBJECTS));
    this.pass(4_000);
    return this;
  }

  node(name: NodeLabel): SimulatedProcess {
    const found = this.#nodes.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  }

  shared(name: NodeLabel): NodeReplication {
    const { app } = this.node(name).core;
    if (!(app instanceof NodeApp)) throw new Error(`${name} is no node`);
    return app.shared;
  }

  get nowMs(): number {
    return this.world.clock.nowMs();
  }

  pass(ms: number): void {
    this.world.clock.runFor(ms);
  }

  count(name: NodeLabel, object: string, key: string, change: number): void {
    this.shared(name).data.count(object, key, change, this.nowMs);
    this.poke(name);
  }

  /** What was asked outside of a step has its effects in the next one. */
  poke(name: NodeLabel): void {
    this.node(name).type('pid');
  }

  /** What all of them print. */
  everywhere(command: string): readonly string[] {
    return [...this.#nodes.values()].map((node) => node.type(command));
  }

  kill(name: NodeLabel): void {
    this.node(name).kill();
    this.#nodes.delete(name);
  }
}
