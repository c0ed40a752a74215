/** A whole node as one core: bus server, bus client, cluster module and console, from its identity and options. */

import type { DeadlineReached } from '../base/core.ts';
import type { Generation } from '../conf/generation.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { CommandTree } from '../console/command-tree.ts';
import type { NodeName } from '../model/names.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import { createBus, firstServer } from './bus-cores.ts';
import { ClusterProcess } from './cluster-process.ts';
import { type NodeCommandContext, nodeCommandTree } from './command-trees.ts';
import { NodeCore, nodeSession } from './node-core.ts';
import type { AppEffect, AppInput, ProcessApp } from './process-app.ts';
import type { BusOptions, ClusterOptions } from './process-options.ts';
import type { WallClock } from './wall-clock.ts';

export type NodeParts = {
  readonly nodeName: NodeName;
  readonly subcluster: string;
  readonly version: string;
  /** Address of the ECCluster_Listener, `10.79.0.20:4802`. */
  readonly address: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly generation: Generation;
  readonly bus: BusOptions;
  readonly cluster: ClusterOptions;
  readonly wall: WallClock;
  /** Any integer; seeds the jitter of waits. */
  readonly seed: number;
  readonly nowMs: number;
};

/** The cluster module behind the console of its node. */
export class NodeApp implements ProcessApp {
  readonly core: NodeCore;
  readonly #parts: NodeParts;
  readonly #tree: CommandTree<NodeCommandContext> = nodeCommandTree();
  #server: string;

  constructor(parts: NodeParts, serverStatus: (nowMs: number) => ServerStatus | undefined) {
    this.#parts = parts;
    this.#server = firstServer(parts.bus);
    this.core = new NodeCore({
      ...parts,
      ...parts.cluster,
      serverStatus,
      execute: (command, source) => this.#execute(command, source),
    });
  }

  get deadlineMs(): number | undefined {
    return this.core.deadlineMs;
  }

  step(input: AppInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    if (input.type === 'bus' && input.event.type === 'busConnected') this.#server = input.event.server;
    return this.core.step(input, nowMs);
  }

  command(
    text: string,
    source: CommandSource,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] } {
    return { reply: this.#execute(text, source), effects: [] };
  }

  #execute(text: string, source: CommandSource): CommandReply {
    const { version, nodeName, address, cluster, pid, generation } = this.#parts;
    return this.#tree.dispatch(text, source, {
      node: this.core,
      version,
      nodeName,
      address,
      daemon: this.#server,
      clusterGroup: cluster.clusterGroup,
      controlGroup: cluster.controlGroup,
      logGroup: cluster.logGroup,
      pid,
      generation,
    });
  }
}

export function createNode(parts: NodeParts): ClusterProcess<NodeApp> {
  const { nodeName, pid } = parts;
  const { server, client } = createBus({
    ...parts,
    node: nodeName,
    sessions: [nodeSession(0, pid), nodeSession(1, pid)],
  });
  const app = new NodeApp(parts, (statusMs) => server.status(statusMs));
  return new ClusterProcess({ server, client, app, wall: parts.wall });
}
