/** Consoles of nodes and managers on the in-memory bus: commands are typed, effects are performed. */

import { managerCommandTree, nodeCommandTree } from '../../../server/cluster/command-trees.ts';
import { LogBoard } from '../../../server/cluster/log-board.ts';
import type {
  ManagerCore,
  ManagerCoreEffect,
  ManagerCoreOptions,
} from '../../../server/cluster/manager-core.ts';
import type { NodeCore, NodeCoreOptions } from '../../../server/cluster/node-core.ts';
import type { JobConsole } from '../../../server/cluster/node-job-commands.ts';
import { NodeReplication } from '../../../server/cluster/node-replication.ts';
import type { VipConsole } from '../../../server/cluster/node-vip-commands.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import type { CommandReply, CommandSource } from '../../../server/console/api.ts';
import { liveConfiguration } from '../../support/live-configurations.ts';
import { FACTS } from '../../support/machine-facts.ts';
import { vipTable } from '../../support/vip-tables.ts';
import { addManager, addNode, EPOCH_MS, serverStatus } from './cluster-world.ts';
import type { Client, FakeBus } from './fake-bus.ts';

const LOCAL: CommandSource = { user: 'local', via: 'unix', session: 'local', roles: [] };

/** A node in whose table there is nothing. */
const NO_VIPS: VipConsole = {
  table: vipTable([], []),
  neighbours: () => [],
  order: () => ({ ok: false, text: 'nothing is configured' }),
  whatIf: () => undefined,
  setDebug: () => undefined,
};

const NO_JOBS: JobConsole = { jobs: () => [], abort: () => false };

/** A node that publishes nothing. */
const NO_LOGS = new LogBoard(
  {
    session: 'ec0-00001',
    places: undefined,
    panics: undefined,
    jobs: () => [],
    wall: new WallClock({ wallMs: EPOCH_MS, nowMs: 0 }),
  },
  { logs: new Map(), logGroup: undefined },
);

/** A node that shares nothing. */
const NOTHING_SHARED = new NodeReplication({
  node: 'node1' as never,
  session: 'ec0-00001',
  sharedSession: 'ec1-00001',
  clusterGroup: 'ec_cluster' as never,
  plan: { objects: [], problems: [] },
  windows: [],
  wall: new WallClock({ wallMs: EPOCH_MS, nowMs: 0 }),
  nowMs: 0,
});

export type Typed<C> = {
  readonly client: Client;
  readonly core: C;
  readonly type: (command: string) => CommandReply;
};

export function nodeConsole(
  bus: FakeBus,
  name: string,
  options: Partial<NodeCoreOptions> & { readonly pid: number },
): Typed<NodeCore> {
  const tree = nodeCommandTree();
  const { config } = liveConfiguration('cluster { heartbeat_start_delay = 7 }');
  const execute = (command: string, source: CommandSource): CommandReply =>
    tree.dispatch(command, source, {
      node: added.core,
      vips: NO_VIPS,
      logService: NO_JOBS,
      logBoard: NO_LOGS,
      shared: NOTHING_SHARED,
      mail: undefined,
      serverStatus: options.serverStatus ?? (() => serverStatus(name)),
      nowMs: bus.nowMs,
      wallMs: EPOCH_MS + bus.nowMs,
      program: 'ecelerity',
      version: '0.1.0',
      nodeName: name,
      address: '10.80.116.201:4802',
      daemon: '127.0.0.1:4809',
      clusterGroup: 'ec_cluster',
      controlGroup: 'ec_console',
      logGroup: undefined,
      pid: options.pid,
      config,
      generation: config.generation,
      facts: () => FACTS,
      logs: undefined,
    });
  const added = addNode(bus, name, { address: '10.80.116.201:4802', execute, ...options });
  return { ...added, type: (command) => execute(command, LOCAL) };
}

export function managerConsole(
  bus: FakeBus,
  name: string,
  options: Partial<ManagerCoreOptions> = {},
): Typed<ManagerCore> {
  const tree = managerCommandTree();
  const { config } = liveConfiguration('Logs { max_open = 5 }');
  const { client, core } = addManager(bus, name, options);
  const type = (command: string): CommandReply => {
    const effects: ManagerCoreEffect[] = [];
    const reply = tree.dispatch(command, LOCAL, {
      manager: core,
      serverStatus: options.serverStatus ?? (() => serverStatus(name)),
      nowMs: bus.nowMs,
      wallMs: EPOCH_MS + bus.nowMs,
      program: 'eccmgr',
      version: '0.1.0',
      daemon: '127.0.0.1:4809',
      clusterGroup: 'ec_cluster',
      controlGroup: 'ec_console',
      pid: 500,
      config,
      generation: config.generation,
      facts: () => FACTS,
      logs: undefined,
      effects,
    });
    for (const effect of effects) {
      if (effect.type === 'bus') bus.request(client, effect.request);
      else client.effects.push(effect);
    }
    return reply;
  };
  return { client, core, type };
}
