/** A whole manager as one core: bus server, bus client, manager and console, from its identity and options. */

import { unreachable } from '../base/assert.ts';
import type { DeadlineReached } from '../base/core.ts';
import type { Result } from '../base/result.ts';
import type { Generation } from '../conf/generation.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { CommandTree } from '../console/command-tree.ts';
import type { ResultsBuffer } from '../console/results.ts';
import type { NodeName } from '../model/names.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import { createBus, firstServer } from './bus-cores.ts';
import type { BusOptionsOf } from './bus-secrets.ts';
import { ClusterProcess } from './cluster-process.ts';
import { type ManagerCommandContext, managerCommandTree } from './command-trees.ts';
import { ConfigWatch } from './config-watch.ts';
import { type AggregationInput, type AggregationParts, ManagerAggregation } from './manager-aggregation.ts';
import { ManagerCore, type ManagerCoreEffect, type ManagerCoreInput } from './manager-core.ts';
import { NodeReplication } from './node-replication.ts';
import type { AppEffect, AppInput, ProcessApp } from './process-app.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { ProcessLogs } from './process-logs.ts';
import type { BusOptions, ClusterOptions } from './process-options.ts';
import { auditWindows, managerReplicationPlan } from './replication-plan.ts';
import { sharedAnswer } from './shared-query.ts';
import type { WallClock } from './wall-clock.ts';

export type ManagerOptions = Pick<ClusterOptions, 'clusterGroup' | 'controlGroup'>;

export type ManagerParts = {
  readonly name: NodeName;
  readonly version: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly config: LiveConfigurationApi;
  /** Of the first generation. */
  readonly bus: BusOptions;
  /** Of the first generation. */
  readonly cluster: ManagerOptions;
  /** What a generation means for this manager, flags of its command line included. */
  readonly busOptions: BusOptionsOf;
  readonly clusterOptions: (generation: Generation) => Result<ManagerOptions, string>;
  readonly facts: () => ProcessFacts;
  /** Absent where nothing is aggregated, as in a simulation of something else. */
  readonly aggregation?: Omit<AggregationParts, 'name' | 'bus' | 'seed'>;
  /** Absent where nobody writes logs, as in a simulation. */
  readonly logs?: ProcessLogs | undefined;
  readonly results: ResultsBuffer;
  readonly wall: WallClock;
  /** Any integer; seeds the jitter of waits. */
  readonly seed: number;
  readonly nowMs: number;
};

/** The manager behind its console. */
export class ManagerApp implements ProcessApp {
  readonly core: ManagerCore;
  /** What this manager hears of nodes; it counts nothing itself. */
  readonly shared: NodeReplication;
  readonly #parts: ManagerParts;
  readonly #serverStatus: (nowMs: number) => ServerStatus | undefined;
  readonly #tree: CommandTree<ManagerCommandContext> = managerCommandTree();
  readonly #watch: ConfigWatch;
  readonly #aggregation: ManagerAggregation | undefined;
  #server: string;
  #cluster: ManagerOptions;

  constructor(parts: ManagerParts, serverStatus: (nowMs: number) => ServerStatus | undefined) {
    this.#parts = parts;
    this.#serverStatus = serverStatus;
    this.#server = firstServer(parts.bus);
    this.#cluster = parts.cluster;
    this.#watch = new ConfigWatch(parts.config, () => this.#tree.list());
    this.core = new ManagerCore({
      ...parts,
      ...parts.cluster,
      serverStatus,
      answerQuery: (what, about, nowMs) =>
        what === 'shared' ? sharedAnswer(this.shared, about, nowMs) : this.#watch.answer(what),
      configStatus: () => this.#watch.status(),
    });
    this.shared = sharedOf(parts);
    const { aggregation } = parts;
    this.#aggregation = aggregation && new ManagerAggregation({ ...parts, ...aggregation });
  }

  get deadlineMs(): number | undefined {
    const parts = [this.core, this.shared, this.#aggregation];
    const due = parts.map((part) => part?.deadlineMs).filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  step(input: AppInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    switch (input.type) {
      case 'optionsChanged':
        return this.#change(input, nowMs);
      case 'sessionEnded':
        this.#watch.endSession(input.session);
        return [];
      case 'listenersChanged':
        this.#watch.noteListeners(input.problems);
        return [];
      case 'hostFact': // addresses, published logs, mail and sockets for other software belong to nodes
      case 'logsFact':
      case 'mailFact':
      case 'sharedAsk':
        return [];
      case 'clusterStream':
      case 'logDisk':
        return this.#aggregate(input, nowMs);
      case 'bus': {
        if (input.event.type === 'busConnected') this.#server = input.event.server;
        const { event } = input;
        return this.#both(
          input,
          { type: 'bus', event, members: () => this.core.membership.records() },
          nowMs,
        );
      }
      case 'serverChanged':
        return this.core.step(input, nowMs);
      case 'start':
      case 'stop':
      case 'deadlineReached':
        return this.#both(input, input, nowMs);
      default:
        return unreachable(input);
    }
  }

  /** The membership first: what is aggregated follows it. */
  #both(
    input: ManagerCoreInput | DeadlineReached,
    next: AggregationInput | DeadlineReached,
    nowMs: number,
  ): readonly AppEffect[] {
    const effects = this.core.step(input, nowMs);
    const heard = input.type === 'bus' || input.type === 'start' || input.type === 'deadlineReached';
    const shared = heard ? this.shared.step(input, nowMs) : [];
    return [...effects, ...shared, ...this.#aggregate(next, nowMs)];
  }

  #aggregate(input: AggregationInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    return this.#aggregation?.step(input, nowMs) ?? [];
  }

  #change(input: Extract<AppInput, { type: 'optionsChanged' }>, nowMs: number): readonly AppEffect[] {
    const { generation } = input.change;
    const options = this.#parts.clusterOptions(generation);
    const aggregation = this.#aggregation?.change(generation, input.bus, nowMs);
    const problems = [...(options.ok ? [] : [options.error]), ...(aggregation?.problems ?? [])];
    this.#watch.noteOptions([...input.problems, ...problems]);
    const effects: AppEffect[] = [...(aggregation?.effects ?? [])];
    const { clusterGroup } = options.ok ? options.value : this.#cluster;
    const sharing = { plan: managerReplicationPlan(generation), windows: auditWindows(generation) };
    effects.push(...this.shared.step({ type: 'configured', clusterGroup, ...sharing }, nowMs));
    if (problems.length > 0) effects.push({ type: 'optionsRefused', problems });
    if (!options.ok) return effects;
    this.#cluster = options.value;
    return [...effects, ...this.core.step({ type: 'optionsChanged', options: options.value }, nowMs)];
  }

  command(
    text: string,
    source: CommandSource,
    nowMs: number,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] } {
    const { version, pid, config, facts, logs, wall } = this.#parts;
    const { clusterGroup, controlGroup } = this.#cluster;
    const effects: ManagerCoreEffect[] = [];
    const reply = this.#tree.dispatch(text, source, {
      manager: this.core,
      nowMs,
      serverStatus: this.#serverStatus,
      wallMs: wall.at(nowMs),
      program: 'eccmgr',
      version,
      daemon: this.#server,
      clusterGroup,
      controlGroup,
      pid,
      config,
      generation: config.generation,
      facts,
      logs,
      effects,
    });
    return { reply, effects: [...this.#watch.take(), ...effects] };
  }
}

function sharedOf({ name, cluster, config, wall, nowMs }: ManagerParts): NodeReplication {
  return new NodeReplication({
    node: name,
    session: name,
    sharedSession: name,
    clusterGroup: cluster.clusterGroup,
    plan: managerReplicationPlan(config.generation),
    windows: auditWindows(config.generation),
    wall,
    nowMs,
  });
}

export function createManager(parts: ManagerParts): ClusterProcess<ManagerApp> {
  const { server, client } = createBus({ ...parts, node: parts.name, sessions: [parts.name] });
  const app = new ManagerApp(parts, (statusMs) => server.status(statusMs));
  return new ClusterProcess({
    server,
    client,
    app,
    wall: parts.wall,
    generation: parts.config.generation,
    busOptions: parts.busOptions,
  });
}
