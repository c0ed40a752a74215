/**
 * A whole dedicated msgc_server as one core: the bus server, and a bus client to itself. The client is there for one
 * reason: what happens on a server is told on the bus like everything else, so a server that nobody else is a
 * client of must be its own. The cluster module is not part of it.
 */

import type { DeadlineReached } from '../base/core.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { CommandTree } from '../console/command-tree.ts';
import type { NodeName } from '../model/names.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import { createBus } from './bus-cores.ts';
import type { BusOptionsOf } from './bus-secrets.ts';
import { ClusterProcess } from './cluster-process.ts';
import { type DedicatedCommandContext, dedicatedCommandTree } from './command-trees.ts';
import { ConfigWatch } from './config-watch.ts';
import { DedicatedCore, dedicatedSession } from './dedicated-core.ts';
import type { AppEffect, AppInput, ProcessApp } from './process-app.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { ProcessLogs } from './process-logs.ts';
import { type BusOptions, type ClusterOptions, clusterOptions } from './process-options.ts';
import type { WallClock } from './wall-clock.ts';

export type DedicatedParts = {
  readonly name: NodeName;
  readonly version: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly config: LiveConfigurationApi;
  /** Of the first generation. */
  readonly bus: BusOptions;
  /** What a generation means for the bus of this process. */
  readonly busOptions: BusOptionsOf;
  /** Of the first generation. */
  readonly cluster: Pick<ClusterOptions, 'clusterGroup'>;
  readonly facts: () => ProcessFacts;
  /** Absent where nobody writes logs, as in a simulation. */
  readonly logs?: ProcessLogs | undefined;
  readonly wall: WallClock;
  /** Any integer; seeds the jitter of waits. */
  readonly seed: number;
  readonly nowMs: number;
};

/** The dedicated server behind its console. */
export class DedicatedApp implements ProcessApp {
  readonly core: DedicatedCore;
  readonly #parts: DedicatedParts;
  readonly #serverStatus: (nowMs: number) => ServerStatus | undefined;
  readonly #tree: CommandTree<DedicatedCommandContext> = dedicatedCommandTree();
  readonly #watch: ConfigWatch;

  constructor(parts: DedicatedParts, serverStatus: (nowMs: number) => ServerStatus | undefined) {
    this.#parts = parts;
    this.#serverStatus = serverStatus;
    this.#watch = new ConfigWatch(parts.config, () => this.#tree.list());
    this.core = new DedicatedCore({
      ...parts,
      ...parts.cluster,
      serverStatus,
      answerQuery: (what) => this.#watch.answer(what),
      configStatus: () => this.#watch.status(),
    });
  }

  get deadlineMs(): number | undefined {
    return this.core.deadlineMs;
  }

  step(input: AppInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    switch (input.type) {
      case 'optionsChanged': {
        const options = clusterOptions(input.change.generation);
        this.#watch.noteOptions([...input.problems, ...(options.ok ? [] : [options.error])]);
        if (!options.ok) return [{ type: 'optionsRefused', problems: [options.error] }];
        const { clusterGroup } = options.value;
        return this.core.step({ type: 'optionsChanged', clusterGroup }, nowMs);
      }
      case 'sessionEnded':
        this.#watch.endSession(input.session);
        return [];
      case 'listenersChanged':
        this.#watch.noteListeners(input.problems);
        return [];
      case 'hostFact': // addresses, published logs and mail belong to nodes
      case 'clusterStream':
      case 'logsFact':
      case 'logDisk':
      case 'mailFact':
      case 'sharedAsk':
        return [];
      default:
        return this.core.step(input, nowMs);
    }
  }

  command(
    text: string,
    source: CommandSource,
    nowMs: number,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] } {
    const { version, pid, config, facts, logs, wall } = this.#parts;
    const reply = this.#tree.dispatch(text, source, {
      serverStatus: this.#serverStatus,
      nowMs,
      wallMs: wall.at(nowMs),
      program: 'msgcd',
      version,
      pid,
      config,
      generation: config.generation,
      facts,
      logs,
    });
    return { reply, effects: this.#watch.take() };
  }
}

export function createDedicated(parts: DedicatedParts): ClusterProcess<DedicatedApp> {
  const sessions = [dedicatedSession(parts.pid)];
  const { server, client } = createBus({ ...parts, node: parts.name, sessions });
  const app = new DedicatedApp(parts, (statusMs) => server.status(statusMs));
  return new ClusterProcess({
    server,
    client,
    app,
    wall: parts.wall,
    generation: parts.config.generation,
    busOptions: parts.busOptions,
  });
}
