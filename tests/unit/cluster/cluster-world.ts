/** Builds nodes, managers and dashboards on the in-memory bus, with the same options as a small real cluster. */

import { ManagerCore, type ManagerCoreOptions } from '../../../server/cluster/manager-core.ts';
import { NodeCore, type NodeCoreOptions, nodeSession } from '../../../server/cluster/node-core.ts';
import { dashboardSession, ObserverCore } from '../../../server/cluster/observer-core.ts';
import { shutdownReply } from '../../../server/cluster/shutdown-reply.ts';
import { WallClock } from '../../../server/cluster/wall-clock.ts';
import { ResultsBuffer } from '../../../server/console/results.ts';
import type { ServerStatus } from '../../../server/msgc/server-api.ts';
import { type Client, type FakeBus, group, node } from './fake-bus.ts';

/** The wall clock of every machine at time 0. */
export const EPOCH_MS = 1_700_000_000_000;

export const CLUSTER_GROUP = group('ec_cluster');
export const CONTROL_GROUP = group('ec_console');

export function wallAt(nowMs: number): WallClock {
  return new WallClock({ wallMs: EPOCH_MS + nowMs, nowMs });
}

export function serverStatus(name: string, peers: readonly string[] = []): ServerStatus {
  return {
    node: node(name),
    state: 'operational',
    view: { viewId: '1', members: [name, ...peers].map(node), installedAtMs: 0 },
    links: peers.map((peer) => ({
      peer: node(peer),
      address: '10.0.0.1:4809',
      state: 'up',
      sinceMs: 0,
      heardAtMs: 0,
      roundTripMs: 0.5,
      backlog: 0,
      reconnects: 0,
      refused: 0,
      traffic: { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 },
      slow: undefined,
      detail: '',
    })),
    reach: [],
    clients: 1,
    incarnation: 1,
    startedAtMs: 0,
    authenticated: false,
    maxBacklog: 5_000,
    refusals: {},
    views: [],
    groups: [],
    pausedMs: 0,
    counters: {},
  };
}

export function addNode(
  bus: FakeBus,
  name: string,
  options: Partial<NodeCoreOptions> & { readonly pid: number },
): { readonly client: Client; readonly core: NodeCore; readonly executed: string[] } {
  const executed: string[] = [];
  const core = new NodeCore({
    nodeName: node(name),
    subcluster: 'default',
    version: '0.1.0',
    address: '10.0.0.1:4802',
    startedWallMs: EPOCH_MS + bus.nowMs,
    clusterGroup: CLUSTER_GROUP,
    controlGroup: CONTROL_GROUP,
    heartbeatStartDelayMs: 15_000,
    heartbeatIntervalMs: 1_000,
    byzantineAction: 'flag',
    wall: wallAt(bus.nowMs),
    serverStatus: () => serverStatus(name),
    answerQuery: (what) => JSON.stringify({ of: name, what }),
    configStatus: () => undefined,
    execute: (command) => {
      executed.push(command);
      if (command === 'shutdown') return shutdownReply();
      return { ok: true, text: `${name}: ${command}` };
    },
    ...options,
  });
  const sessions = [nodeSession(0, options.pid), nodeSession(1, options.pid)];
  return { client: bus.add({ node: name, sessions, core }), core, executed };
}

export function addManager(
  bus: FakeBus,
  name: string,
  options: Partial<ManagerCoreOptions> = {},
): { readonly client: Client; readonly core: ManagerCore } {
  const core = new ManagerCore({
    name: node(name),
    version: '0.1.0',
    pid: 500,
    startedWallMs: EPOCH_MS + bus.nowMs,
    clusterGroup: CLUSTER_GROUP,
    controlGroup: CONTROL_GROUP,
    wall: wallAt(bus.nowMs),
    serverStatus: () => serverStatus(name),
    answerQuery: (what) => JSON.stringify({ of: name, what }),
    configStatus: () => undefined,
    results: new ResultsBuffer(),
    ...options,
  });
  return { client: bus.add({ node: name, sessions: [name], core }), core };
}

export function addObserver(
  bus: FakeBus,
  serverNode: string,
): { readonly client: Client; readonly core: ObserverCore } {
  const core = new ObserverCore(
    {
      pid: 77,
      version: '0.1.0',
      startedWallMs: EPOCH_MS + bus.nowMs,
      clusterGroup: CLUSTER_GROUP,
      controlGroup: CONTROL_GROUP,
      cluster: {
        name: 'demo',
        environment: { name: 'test', pattern: 'solid', colour: '#888888' },
        build: '0.1.0',
      },
      wall: wallAt(bus.nowMs),
    },
    bus.nowMs,
  );
  return { client: bus.add({ node: serverNode, sessions: [dashboardSession(77)], core }), core };
}
