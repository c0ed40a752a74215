/** A whole node as one core: bus server, bus client, cluster module and console, from its identity and options. */

import { unreachable } from '../base/assert.ts';
import type { DeadlineReached } from '../base/core.ts';
import type { Generation } from '../conf/generation.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { CommandTree } from '../console/command-tree.ts';
import { TIMING_DEFAULT } from '../duravip/timing.ts';
import { LogService } from '../logs/service.ts';
import type { LogServiceEffect } from '../logs/service-api.ts';
import { type MailCluster, MOVE_SERVICE } from '../mail/api.ts';
import type { NodeName } from '../model/names.ts';
import type { ServerStatus } from '../msgc/server-api.ts';
import type { NodeTableReply } from '../wire/duravip.ts';
import { createBus, firstServer } from './bus-cores.ts';
import type { BusOptionsOf } from './bus-secrets.ts';
import { ClusterProcess } from './cluster-process.ts';
import { type NodeCommandContext, nodeCommandTree } from './command-trees.ts';
import { ConfigWatch } from './config-watch.ts';
import type { VipPlan } from './duravip-plan.ts';
import { LogBoard } from './log-board.ts';
import { publishedLogs } from './logger-plan.ts';
import type { NodeMailPlan } from './mail-plan.ts';
import { MailSharing } from './mail-sharing.ts';
import { NodeCore, nodeSession } from './node-core.ts';
import { logServiceOptions } from './node-logs.ts';
import { NodeMail } from './node-mail.ts';
import { NodeReplication } from './node-replication.ts';
import { NodeVips } from './node-vips.ts';
import type { AppEffect, AppInput, ProcessApp } from './process-app.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { ProcessLogs } from './process-logs.ts';
import { asked } from './process-member.ts';
import { type BusOptions, type ClusterOptions, clusterOptions, silenceMs } from './process-options.ts';
import { auditWindows, replicationPlan } from './replication-plan.ts';
import { SharedDesk } from './shared-desk.ts';
import { sharedAnswer } from './shared-query.ts';
import { nodeTable } from './vip-node-table.ts';
import type { WallClock } from './wall-clock.ts';
import type { LogPlaces } from './watched-logs.ts';

export type NodeParts = {
  readonly nodeName: NodeName;
  readonly subcluster: string;
  readonly version: string;
  /** Address of the ECCluster_Listener, `10.79.0.20:4802`. */
  readonly address: string;
  readonly pid: number;
  readonly startedWallMs: number;
  readonly config: LiveConfigurationApi;
  /** Of the first generation. */
  readonly bus: BusOptions;
  /** Of the first generation. */
  readonly cluster: ClusterOptions;
  /** What a generation means for the bus of this node. */
  readonly busOptions: BusOptionsOf;
  /** What a generation means for the addresses of this node. */
  readonly vipPlan: (generation: Generation) => VipPlan;
  /** What a generation means for mail, and what runs it; absent where nobody speaks SMTP. */
  readonly mail?: { readonly plan: (generation: Generation) => NodeMailPlan } | undefined;
  readonly facts: () => ProcessFacts;
  /** Absent where nobody writes logs, as in a simulation. */
  readonly logs?: ProcessLogs | undefined;
  /** Where published logs are; absent as `logs` is. */
  readonly logPlaces?: LogPlaces | undefined;
  readonly wall: WallClock;
  /** Any integer; seeds the jitter of waits. */
  readonly seed: number;
  readonly nowMs: number;
};

/** The cluster module behind the console of its node. */
export class NodeApp implements ProcessApp {
  readonly core: NodeCore;
  readonly vips: NodeVips;
  readonly logService: LogService;
  readonly logBoard: LogBoard;
  /** What this node counts, throttles and caches in the cluster. */
  readonly shared: NodeReplication;
  /** Absent where nobody speaks SMTP. */
  readonly mail: NodeMail | undefined;
  readonly #parts: NodeParts;
  readonly #desk: SharedDesk;
  readonly #serverStatus: (nowMs: number) => ServerStatus | undefined;
  readonly #tree: CommandTree<NodeCommandContext> = nodeCommandTree();
  readonly #watch: ConfigWatch;
  #server: string;
  #cluster: ClusterOptions;
  #address: string;
  /** The last that the bus could use. */
  #bus: BusOptions;
  /** What the plan of addresses says that will not work. */
  #doubts: readonly string[];
  /** Changes of the membership so far. */
  #members = 0;

  constructor(parts: NodeParts, serverStatus: (nowMs: number) => ServerStatus | undefined) {
    this.#parts = parts;
    this.#serverStatus = serverStatus;
    this.#server = firstServer(parts.bus);
    this.#cluster = parts.cluster;
    this.#address = parts.address;
    this.#bus = parts.bus;
    this.#watch = new ConfigWatch(parts.config, () => this.#tree.list());
    const plan = parts.vipPlan(parts.config.generation);
    this.shared = sharedOf(parts);
    this.#desk = new SharedDesk(this.shared, () => parts.config.generation);
    this.#doubts = [
      ...plan.problems,
      ...replicationPlan(parts.config.generation).problems,
      ...(parts.mail?.plan(parts.config.generation).problems ?? []),
    ];
    this.#watch.noteOptions(this.#doubts);
    this.vips = new NodeVips(
      {
        node: parts.nodeName,
        session: nodeSession(0, parts.pid),
        clusterGroup: parts.cluster.clusterGroup,
        plan,
        timing: {
          ...TIMING_DEFAULT,
          heartbeatMs: parts.cluster.heartbeatIntervalMs ?? 0,
          heartbeatStartMs: parts.cluster.heartbeatStartDelayMs,
        },
        silenceMs: silenceMs(parts.config.generation),
      },
      parts.nowMs,
    );
    this.logService = new LogService(
      { node: parts.nodeName, version: parts.version },
      logServiceOptions(parts.config.generation, parts.bus),
      parts.mail === undefined ? [] : [MOVE_SERVICE],
    );
    this.logBoard = new LogBoard(
      {
        session: nodeSession(0, parts.pid),
        places: parts.logPlaces,
        panics: parts.logs?.panics,
        jobs: (nowMs) => this.logService.jobs(nowMs),
        wall: parts.wall,
      },
      { logs: publishedLogs(parts.config.generation), logGroup: parts.cluster.logGroup },
    );
    this.mail = mailOf(parts, new MailSharing(this.shared));
    this.core = new NodeCore({
      ...parts,
      ...parts.cluster,
      serverStatus,
      execute: (command, source, nowMs) => this.#execute(command, source, nowMs),
      answerQuery: (what, about, nowMs) => {
        if (what === 'logReview' || what === 'logTail') return this.logBoard.answer(what, about, nowMs);
        if (what === 'shared') return sharedAnswer(this.shared, about, nowMs);
        return what === 'duravip' ? JSON.stringify(this.#ownTable(nowMs)) : this.#watch.answer(what);
      },
      configStatus: () => this.#watch.status(),
      mailStatus: (nowMs) => this.mail?.status(nowMs),
      counters: () => ({
        messages_duravip_refused: this.vips.refused,
        messages_replication_refused: this.shared.refused,
      }),
    });
  }

  get deadlineMs(): number | undefined {
    const parts = [this.core, this.vips, this.logService, this.logBoard, this.shared, this.mail, this.#desk];
    const due = parts.map((part) => part?.deadlineMs).filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get handingOver(): boolean {
    return this.vips.handingOver || this.mail?.ending === true;
  }

  step(input: AppInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    const effects = this.#take(input, nowMs);
    let members = false;
    for (const effect of effects) {
      if (effect.type === 'changed') members = true;
      // Transactions of somebody who commands over the bus end when that member is gone.
      if (effect.type === 'happened' && effect.what === 'departed') this.#watch.endSession(effect.name);
    }
    if (members) this.#members += 1;
    return [
      ...this.#watch.take(),
      ...this.vips.take(),
      ...this.#takeLogs(),
      ...effects,
      ...this.#followOwners(nowMs),
      ...this.#answerClaims(nowMs),
    ];
  }

  command(
    text: string,
    source: CommandSource,
    nowMs: number,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] } {
    const reply = this.#execute(text, source, nowMs);
    const own = [...this.#watch.take(), ...this.vips.take(), ...this.#takeLogs()];
    return { reply, effects: [...own, ...(this.mail?.take() ?? [])] };
  }

  #take(input: AppInput | DeadlineReached, nowMs: number): readonly AppEffect[] {
    switch (input.type) {
      case 'optionsChanged':
        return this.#reconfigure(input, nowMs);
      case 'sessionEnded':
        this.#watch.endSession(input.session);
        return [];
      case 'listenersChanged':
        this.#watch.noteListeners(input.problems);
        if (input.clusterAddress === undefined) return [];
        this.#address = input.clusterAddress;
        return this.core.step({ type: 'addressChanged', address: input.clusterAddress }, nowMs);
      case 'hostFact':
        return this.vips.step(input, nowMs);
      case 'bus':
        if (input.event.type === 'busConnected') this.#server = input.event.server;
        // Membership first: what addresses do is told of members that are known.
        return [
          ...this.core.step(input, nowMs),
          ...this.vips.step(input, nowMs),
          ...this.shared.step(input, nowMs),
          ...asked(this.logBoard.step(input, nowMs)),
        ];
      case 'clusterStream':
        return ofLogs(this.logService.step({ type: 'stream', input: input.input }, nowMs));
      case 'logDisk': // files of an aggregator belong to managers
        return [];
      case 'logsFact':
        return ofLogs(this.logService.step(input, nowMs));
      case 'mailFact':
        return this.mail?.step(input, nowMs) ?? [];
      case 'sharedAsk':
        return this.#desk.step(input, nowMs);
      case 'start':
      case 'stop':
      case 'deadlineReached':
        return [
          ...this.core.step(input, nowMs),
          ...this.vips.step(input, nowMs),
          ...ofLogs(this.logService.step(input, nowMs)),
          ...asked(this.logBoard.step(input, nowMs)),
          ...(this.mail?.step(input, nowMs) ?? []),
          // Until the bus is left: mail under way still counts.
          ...(input.type === 'stop' ? [] : this.shared.step(input, nowMs)),
          ...(input.type === 'deadlineReached' ? this.#desk.step(input, nowMs) : []),
        ];
      case 'serverChanged':
        return this.core.step(input, nowMs);
      default:
        return unreachable(input);
    }
  }

  #reconfigure(
    { change, bus, problems }: Extract<AppInput, { type: 'optionsChanged' }>,
    nowMs: number,
  ): readonly AppEffect[] {
    const { generation } = change;
    const options = clusterOptions(generation);
    const refused = options.ok ? [] : [options.error];
    const plan = this.#parts.vipPlan(generation);
    const mailPlan = this.#parts.mail?.plan(generation);
    const sharing = { plan: replicationPlan(generation), windows: auditWindows(generation) };
    const doubts = [...plan.problems, ...sharing.plan.problems, ...(mailPlan?.problems ?? [])];
    this.#watch.noteOptions([...problems, ...refused, ...doubts]);
    if (options.ok) this.#cluster = options.value;
    if (bus !== undefined) this.#bus = bus;
    const logs = logServiceOptions(generation, this.#bus);
    const { clusterGroup, logGroup } = this.#cluster;
    this.logBoard.configure({ logs: publishedLogs(generation), logGroup }, nowMs);
    // Whoever made them live hears of them; what stood in the way before is not told again.
    const fresh = [...refused, ...doubts.filter((one) => !this.#doubts.includes(one))];
    this.#doubts = doubts;
    return [
      ...(options.ok ? this.core.step({ type: 'optionsChanged', options: options.value }, nowMs) : []),
      ...(fresh.length === 0 ? [] : [{ type: 'optionsRefused' as const, problems: fresh }]),
      ...this.vips.step({ type: 'configured', clusterGroup, plan, silenceMs: silenceMs(generation) }, nowMs),
      ...ofLogs(this.logService.step({ type: 'optionsChanged', options: logs }, nowMs)),
      ...this.shared.step({ type: 'configured', clusterGroup, ...sharing }, nowMs),
      ...(mailPlan === undefined
        ? []
        : (this.mail?.step({ type: 'configured', plan: mailPlan }, nowMs) ?? [])),
    ];
  }

  /** Mail hears where bindings are once everything else of this moment is known. */
  #followOwners(nowMs: number): readonly AppEffect[] {
    const listenerOf = (node: NodeName): string | undefined => {
      const record = this.core.membership.records().find(({ facts }) => facts?.nodeName === node);
      return record?.state === 'departed' ? undefined : (record?.facts?.address ?? undefined);
    };
    return this.mail?.follow(this.vips.table, listenerOf, this.#members, nowMs) ?? [];
  }

  /** Claims of connections; what comes of them may be claimed again in a later step. */
  #answerClaims(nowMs: number): readonly AppEffect[] {
    return this.shared
      .takeClaimed()
      .flatMap((claim) => this.mail?.step({ type: 'claimed', ...claim }, nowMs) ?? []);
  }

  /** What commands made of the log file service. */
  #takeLogs(): readonly AppEffect[] {
    return ofLogs(this.logService.take());
  }

  #ownTable(nowMs: number): NodeTableReply {
    const { vips } = this;
    return nodeTable(
      vips.table,
      { placed: (address) => vips.placed(address), neighbours: vips.neighbours(nowMs).length },
      { node: this.#parts.nodeName, wallMs: this.#parts.wall.at(nowMs) },
    );
  }

  #execute(text: string, source: CommandSource, nowMs: number): CommandReply {
    const { version, nodeName, pid, config, facts, logs, wall } = this.#parts;
    const { clusterGroup, controlGroup, logGroup } = this.#cluster;
    return this.#tree.dispatch(text, source, {
      node: this.core,
      vips: this.vips,
      logService: this.logService,
      logBoard: this.logBoard,
      shared: this.shared,
      mail: this.mail,
      nowMs,
      serverStatus: this.#serverStatus,
      wallMs: wall.at(nowMs),
      program: 'ecelerity',
      version,
      nodeName,
      address: this.#address,
      daemon: this.#server,
      clusterGroup,
      controlGroup,
      logGroup,
      pid,
      config,
      generation: config.generation,
      facts,
      logs,
    });
  }
}

function sharedOf(parts: NodeParts): NodeReplication {
  const { nodeName, pid, cluster, config, wall, nowMs } = parts;
  return new NodeReplication({
    node: nodeName,
    session: nodeSession(0, pid),
    sharedSession: nodeSession(1, pid),
    clusterGroup: cluster.clusterGroup,
    plan: replicationPlan(config.generation),
    windows: auditWindows(config.generation),
    wall,
    nowMs,
  });
}

function mailOf(
  { mail, nodeName, pid, config, wall }: NodeParts,
  cluster: MailCluster,
): NodeMail | undefined {
  if (mail === undefined) return undefined;
  const { plan } = mail;
  return new NodeMail({ node: nodeName, pid, plan: plan(config.generation), cluster, wall });
}

function ofLogs(effects: readonly LogServiceEffect[]): readonly AppEffect[] {
  return effects.map((effect) => {
    if (effect.type === 'stream') return { type: 'clusterStream', effect: effect.effect };
    if (effect.type === 'handedOver') {
      const { conn, caller, rest } = effect;
      return { type: 'nodeConnection', conn, from: caller.from, rest };
    }
    return effect.type === 'logs' ? effect : { type: 'logService', what: effect.what };
  });
}

export function createNode(parts: NodeParts): ClusterProcess<NodeApp> {
  const { nodeName, pid } = parts;
  const { server, client } = createBus({
    ...parts,
    node: nodeName,
    sessions: [nodeSession(0, pid), nodeSession(1, pid)],
  });
  const app = new NodeApp(parts, (statusMs) => server.status(statusMs));
  return new ClusterProcess({
    server,
    client,
    app,
    wall: parts.wall,
    generation: parts.config.generation,
    busOptions: parts.busOptions,
  });
}
