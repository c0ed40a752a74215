/** A whole manager as one core: bus server, bus client, manager and console, from its identity and options. */

import type { DeadlineReached } from '../base/core.ts';
import type { Generation } from '../conf/generation.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { CommandTree } from '../console/command-tree.ts';
import type { ResultsBuffer } from '../console/results.ts';
import type { NodeName } from '../model/names.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import { createBus, firstServer } from './bus-cores.ts';
import { ClusterProcess } from './cluster-process.ts';
import { type ManagerCommandContext, managerCommandTree } from './command-trees.ts';
import { ManagerCore, type ManagerCoreEffect } from './manager-core.ts';
import type { AppEffect, AppInput, ProcessApp } from './process-app.ts';
import type { BusOptions, ClusterOptions } from './process-options.ts';
import type { WallClock } from './wall-clock.ts';

export type ManagerParts = {
  readonly name: NodeName;
  readonly version: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly generation: Generation;
  readonly bus: BusOptions;
  readonly cluster: Pick<ClusterOptions, 'clusterGroup' | 'controlGroup'>;
  readonly results: ResultsBuffer;
  readonly wall: WallClock;
  /** Any integer; seeds the jitter of waits. */
  readonly seed: number;
  readonly nowMs: number;
};

/** The manager behind its console. */
export class ManagerApp implements ProcessApp {
  readonly core: ManagerCore;
  readonly #parts: ManagerParts;
  readonly #tree: CommandTree<ManagerCommandContext> = managerCommandTree();
  #server: string;

  constructor(parts: ManagerParts, serverStatus: (nowMs: number) => ServerStatus | undefined) {
    this.#parts = parts;
    this.#server = firstServer(parts.bus);
    this.core = new ManagerCore({ ...parts, ...parts.cluster, serverStatus });
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
    nowMs: number,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] } {
    const { version, cluster, pid, generation, wall } = this.#parts;
    const effects: ManagerCoreEffect[] = [];
    const reply = this.#tree.dispatch(text, source, {
      manager: this.core,
      nowMs,
      wallMs: wall.at(nowMs),
      version,
      daemon: this.#server,
      clusterGroup: cluster.clusterGroup,
      controlGroup: cluster.controlGroup,
      pid,
      generation,
      effects,
    });
    return { reply, effects };
  }
}

export function createManager(parts: ManagerParts): ClusterProcess<ManagerApp> {
  const { server, client } = createBus({ ...parts, node: parts.name, sessions: [parts.name] });
  const app = new ManagerApp(parts, (statusMs) => server.status(statusMs));
  return new ClusterProcess({ server, client, app, wall: parts.wall });
}
