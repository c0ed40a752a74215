/**
 * Whole processes on a network in memory, in virtual time: a manager and nodes, each one core over files of its own.
 * Commands are typed as on a control listener; time moves only when a test says so.
 */

import { busSecrets } from '../../server/adapters/bus-keys.ts';
import { type Driver, drive } from '../../server/base/core.ts';
import { Prng } from '../../server/base/prng.ts';
import { err, ok, type Result } from '../../server/base/result.ts';
import { withKeys } from '../../server/cluster/bus-secrets.ts';
import {
  BUS_CLUSTER_NAME,
  type ClusterProcess,
  type ProcessEffect,
  type ProcessInput,
} from '../../server/cluster/cluster-process.ts';
import { createDedicated } from '../../server/cluster/dedicated.ts';
import { vipPlan } from '../../server/cluster/duravip-plan.ts';
import { nodeMailPlan } from '../../server/cluster/mail-plan.ts';
import { createManager } from '../../server/cluster/manager.ts';
import { createNode, NodeApp, type NodeParts } from '../../server/cluster/node.ts';
import { ClusterObserver } from '../../server/cluster/observer.ts';
import type { ObserverEvent } from '../../server/cluster/observer-api.ts';
import { dashboardSession, ObserverCore, type ObserverInput } from '../../server/cluster/observer-core.ts';
import type { ProcessApp } from '../../server/cluster/process-app.ts';
import { busOptions, clusterOptions } from '../../server/cluster/process-options.ts';
import { WallClock } from '../../server/cluster/wall-clock.ts';
import type { Generation } from '../../server/conf/generation.ts';
import type { LiveConfiguration } from '../../server/conf/live-configuration.ts';
import type { CommandReply } from '../../server/console/api.ts';
import { ResultsBuffer } from '../../server/console/results.ts';
import type { Envelope, MessageId } from '../../server/mail/api.ts';
import type { MemoryEndpoint } from '../../server/memory/memory-endpoint.ts';
import type { MemoryFiles } from '../../server/memory/memory-files.ts';
import { MemoryNetwork } from '../../server/memory/memory-network.ts';
import { VirtualClock } from '../../server/memory/virtual-clock.ts';
import { GROUPS, type NodeName } from '../../server/model/names.ts';
import type { BusSecrets } from '../../server/msgc/auth.ts';
import { MsgcClient, type MsgcClientInput } from '../../server/msgc/client.ts';
import type { BusEvent, BusRequest } from '../../server/msgc/client-api.ts';
import { clientOptions } from '../../server/msgc/options.ts';
import { liveConfiguration } from './live-configurations.ts';
import { FACTS } from './machine-facts.ts';
import { MailMachine, MailSink } from './mail-machine.ts';
import { MemoryAddresses } from './memory-addresses.ts';

export const BUS_PORT = 4809;
export const PROCESS_NAMES = ['manager', 'node1', 'node2', 'node3'] as const;
/** `hub1` is a dedicated server: among the peers only where a test says so. */
export type SimulatedName = (typeof PROCESS_NAMES)[number] | 'hub1';

/** What stands in the file of a process when it starts: peers, its own server, heartbeats after one second. */
export function configurationOf(name: string, more = ''): string {
  const peers = PROCESS_NAMES.map((peer) => `    ${peer} = "${peer}:${BUS_PORT}"`).join('\n');
  return [
    `msgc_server {\n  port = ${BUS_PORT}\n  peers = [\n${peers}\n  ]\n}`,
    `msgcserver_listener { Listen ":${BUS_PORT}" {} }`,
    `msgc_client { server = ( "${name}:${BUS_PORT}" ) }`,
    name.startsWith('node') ? 'cluster { heartbeat_start_delay = 1 }' : '',
    more,
  ].join('\n');
}

export class SimulatedProcess {
  readonly core: ClusterProcess<ProcessApp>;
  readonly config: LiveConfiguration;
  readonly files: MemoryFiles;
  readonly effects: ProcessEffect[] = [];
  readonly addresses: MemoryAddresses;
  /** Undefined in a world without mail, and for what is no node. */
  readonly mail: MailMachine | undefined;
  readonly #driver: Driver<ProcessInput>;
  readonly #streams: Readonly<Record<'server' | 'client', MemoryEndpoint>>;
  readonly #world: ProcessWorld;
  #tickets = 0;

  constructor(
    world: ProcessWorld,
    name: SimulatedName,
    made: {
      readonly core: ClusterProcess<ProcessApp>;
      readonly config: LiveConfiguration;
      readonly files: MemoryFiles;
    },
  ) {
    this.core = made.core;
    this.config = made.config;
    this.files = made.files;
    this.#world = world;
    this.addresses = new MemoryAddresses(world.clock, (fact) => this.give({ type: 'hostFact', fact }));
    this.mail = world.mail?.machine(name, this, world.clock);
    this.#driver = drive(made.core, world.clock, (effect) => {
      if (effect.type === 'server' || effect.type === 'client')
        this.#streams[effect.type].perform(effect.effect);
      else if (effect.type === 'host') this.addresses.perform(effect.command);
      else if (effect.type === 'mail') this.mail?.perform(effect.command);
      else this.effects.push(effect);
    });
    const { network } = world;
    const give = (type: 'server' | 'client') => (input: Extract<ProcessInput, { input: unknown }>['input']) =>
      this.#driver.give({ type, input });
    this.#streams = {
      server: network.endpoint({ host: name, port: BUS_PORT, give: give('server') }),
      client: network.endpoint({ host: name, give: give('client') }),
    };
    this.#driver.give({ type: 'start' });
    this.mail?.start();
  }

  give(input: ProcessInput): void {
    this.#driver.give(input);
  }

  /** Types a command on a control connection and gives the reply, which comes in the same step. */
  ask(command: string, session = 'local'): CommandReply {
    this.#tickets += 1;
    const ticket = this.#tickets;
    const source = { user: 'local', via: 'unix', session, roles: [] } as const;
    this.give({ type: 'console', ticket, command, source });
    const at = this.effects.findIndex((effect) => effect.type === 'consoleReply' && effect.ticket === ticket);
    const [reply] = at < 0 ? [] : this.effects.splice(at, 1);
    if (reply?.type !== 'consoleReply') throw new Error(`no reply to ${command}`);
    return reply.reply;
  }

  type(command: string, session = 'local'): string {
    return this.ask(command, session).text;
  }

  logged(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'log' && effect.event === event ? [effect.fields] : [],
    );
  }

  /** The process is gone without a word; the kernel closes its sockets, and the guard of its addresses sees that. */
  kill(): void {
    this.#driver.stop();
    void this.addresses.close();
    this.mail?.kill();
    for (const endpoint of Object.values(this.#streams)) this.#world.network.crash(endpoint);
  }
}

/** A dashboard's observer on the bus of this world. */
export type Watcher = {
  readonly observer: ClusterObserver;
  readonly events: ObserverEvent[];
  /** What it said on the bus. */
  readonly requests: BusRequest[];
};

/** Mail of a world: spools that outlive processes, and where all of it ends. */
export class WorldMail {
  readonly sink = new MailSink();
  readonly spools = new Map<string, Map<MessageId, Envelope>>();
  readonly #machines = new Map<string, MailMachine>();

  machine(name: string, process: SimulatedProcess, clock: VirtualClock): MailMachine | undefined {
    const { app } = process.core;
    if (!(app instanceof NodeApp)) return undefined;
    const spool = this.spools.get(name) ?? new Map<MessageId, Envelope>();
    this.spools.set(name, spool);
    const machine = new MailMachine({
      node: name,
      clock,
      give: (fact) => process.give({ type: 'mailFact', fact }),
      reception: () => app.mail?.core?.reception,
      peerAt: (listener) => this.#machines.get(listener.replace(/:\d+$/, '')),
      sink: this.sink,
      spool,
    });
    this.#machines.set(name, machine);
    return machine;
  }
}

export class ProcessWorld {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock, new Prng(5));
  readonly mail: WorldMail | undefined;
  /** Key files of all machines by their path; a file without keys cannot be read. */
  readonly keyFiles = new Map<string, readonly string[]>();
  #pids = 100;

  constructor(mail?: WorldMail) {
    this.mail = mail;
  }

  /** @param more added to the configuration of the process. */
  start(name: SimulatedName, more = ''): SimulatedProcess {
    this.#pids += 1;
    const nowMs = this.clock.nowMs();
    const startedWallMs = this.clock.wallMs();
    const { config, files } = liveConfiguration(configurationOf(name, more), startedWallMs);
    const busOf = withKeys(busOptions, (path) => this.#keysIn(path));
    const bus = busOf(config.generation);
    const cluster = clusterOptions(config.generation);
    if (!bus.ok || !cluster.ok) throw new Error('the configuration of the test');
    const common = {
      version: '0.1.0',
      pid: this.#pids,
      startedWallMs,
      config,
      bus: bus.value,
      cluster: cluster.value,
      busOptions: busOf,
      vipPlan: (generation: Generation) =>
        vipPlan(generation, {
          nodeName: name as string as NodeName,
          nodeAddress: name,
          hostAddresses: [],
          networks: [],
        }),
      ...(this.mail === undefined ? {} : { mail: this.#mailParts(name) }),
      facts: () => FACTS,
      wall: new WallClock({ wallMs: startedWallMs, nowMs }),
      seed: this.#pids,
      nowMs,
    };
    const core = createProcess(name, common);
    return new SimulatedProcess(this, name, { core, config, files });
  }

  /** Watches through the bus server of a process, which must run. @param heard what it hears of an event instead */
  watch(name: SimulatedName, heard: (event: BusEvent) => BusEvent = (event) => event): Watcher {
    const { clock, network } = this;
    const [nowMs, startedWallMs] = [clock.nowMs(), clock.wallMs()];
    const core = new ObserverCore(
      {
        pid: 77,
        version: '0.1.0',
        startedWallMs,
        clusterGroup: GROUPS.cluster,
        controlGroup: GROUPS.control,
        cluster: {
          name: 'sim',
          environment: { name: 'test', pattern: 'solid', colour: '#888888' },
          build: '0.1.0',
        },
        wall: new WallClock({ wallMs: startedWallMs, nowMs }),
      },
      nowMs,
    );
    const client = new MsgcClient({
      sessions: [dashboardSession(77)],
      cluster: BUS_CLUSTER_NAME,
      instance: 77,
      options: clientOptions({ servers: [{ host: name, port: BUS_PORT }] }),
      seed: 77,
      nowMs,
    });
    const events: ObserverEvent[] = [];
    const requests: BusRequest[] = [];
    const clientDriver: Driver<MsgcClientInput> = drive(client, clock, (effect) => {
      if (effect.type === 'event') coreDriver.give({ type: 'bus', event: heard(effect.event) });
      else endpoint.perform(effect);
    });
    const observer = new ClusterObserver({ core, clock, give: (input) => coreDriver.give(input) });
    const coreDriver: Driver<ObserverInput> = drive(core, clock, (effect) => {
      if (effect.type === 'bus') {
        requests.push(effect.request);
        clientDriver.give({ type: 'request', request: effect.request });
        return;
      }
      events.push(effect.event);
      observer.tell(effect.event);
    });
    const endpoint = network.endpoint({ host: name, give: (input) => clientDriver.give(input) });
    coreDriver.give({ type: 'start' });
    return { observer, events, requests };
  }

  #mailParts(name: string): NonNullable<NodeParts['mail']> {
    const facts = { nodeName: name as NodeName, hostName: `${name}.test` };
    return { plan: (generation) => nodeMailPlan(generation, facts) };
  }

  #keysIn(path: string): Result<BusSecrets, string> {
    const keys = this.keyFiles.get(path) ?? [];
    return keys.length === 0 ? err(`${path}: no such file`) : ok(busSecrets(keys));
  }

  startAll(): Readonly<Record<(typeof PROCESS_NAMES)[number], SimulatedProcess>> {
    const [manager, node1, node2, node3] = PROCESS_NAMES.map((name) => this.start(name));
    if (!manager || !node1 || !node2 || !node3) throw new Error('four processes');
    this.clock.runFor(3_000);
    return { manager, node1, node2, node3 };
  }
}

type CommonParts = Omit<NodeParts, 'nodeName' | 'subcluster' | 'address'>;

function createProcess(name: SimulatedName, common: CommonParts): ClusterProcess<ProcessApp> {
  const own = name as string as NodeName;
  switch (name) {
    case 'manager':
      return createManager({
        ...common,
        name: own,
        clusterOptions,
        results: new ResultsBuffer(),
      });
    case 'hub1':
      return createDedicated({ ...common, name: own });
    default:
      return createNode({ ...common, nodeName: own, subcluster: 'default', address: `${name}:4802` });
  }
}
