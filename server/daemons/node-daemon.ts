/** The program ecnode: one cluster node, from its configuration file to its last byte. Composition only. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { monotonicClock } from '../adapters/monotonic-clock.ts';
import { formatEndpoint } from '../adapters/stream-endpoint.ts';
import { ClusterError } from '../base/errors.ts';
import type { Logger } from '../base/ports.ts';
import { VERSION } from '../base/version.ts';
import { resolveNodeAddress, resolveNodeName, resolveSubcluster } from '../cluster/identity.ts';
import { createNode } from '../cluster/node.ts';
import {
  busOptions,
  CLUSTER_LISTEN_DEFAULT,
  type ClusterOptions,
  CONTROL_LISTEN_DEFAULT,
  clusterOptions,
  listenPlans,
  MSGC_LISTEN_DEFAULT,
} from '../cluster/process-options.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import type { Generation } from '../conf/generation.ts';
import type { NodeName } from '../model/names.ts';
import { openClusterListener } from './cluster-listener.ts';
import type { DaemonEnvironment } from './daemon-environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { hostProcess } from './process-host.ts';
import { orRefused, warnWithoutSelf } from './refusals.ts';

/** @throws ClusterError with one line for people when something needed cannot be had. */
export async function startNode(
  lifecycle: Lifecycle,
  parts: {
    readonly generation: Generation;
    readonly environment: DaemonEnvironment;
    readonly logger: Logger;
  },
): Promise<void> {
  const { generation, environment, logger } = parts;
  const cluster = orRefused('OPTIONS_REFUSED', clusterOptions(generation));
  const bus = orRefused('OPTIONS_REFUSED', busOptions(generation));
  const nodeName = orRefused(
    'IDENTITY_REFUSED',
    resolveNodeName(generation.getString(['cluster'], 'nodename'), environment),
  );
  const nodeAddress = await findAddress(nodeName, cluster);
  warnWithoutSelf(bus, nodeName, logger);
  const port = await openListeners(lifecycle, generation);
  const clock = monotonicClock();
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const address = formatEndpoint(nodeAddress, port);
  const process = createNode({
    nodeName,
    subcluster: resolveSubcluster(environment),
    version: VERSION,
    address,
    pid: environment.pid,
    startedWallMs,
    generation,
    bus,
    cluster,
    wall: new WallClock({ wallMs: startedWallMs, nowMs }),
    seed: environment.seed,
    nowMs,
  });
  const control = await hostProcess(lifecycle, {
    clock,
    logger,
    process,
    busListens: listenPlans(generation, 'msgcserver_listener', MSGC_LISTEN_DEFAULT),
    controlListens: listenPlans(generation, 'Control_Listener', CONTROL_LISTEN_DEFAULT),
    generation: () => generation,
    persistResults: () => undefined,
  });
  logger.info('ready', { node: nodeName, address, control, version: VERSION });
}

async function findAddress(nodeName: NodeName, cluster: ClusterOptions): Promise<string> {
  const resolved = cluster.nodeAddress === undefined ? await addressesOf(nodeName) : [];
  return orRefused(
    'IDENTITY_REFUSED',
    resolveNodeAddress({
      nodeName,
      option: cluster.nodeAddress,
      resolved,
      allowLoopback: cluster.allowLoopback,
    }),
  );
}

async function addressesOf(name: string): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return []; // no address is an answer; whoever needs one says so
  }
}

/** Opens the cluster listener. @returns its first port. */
async function openListeners(lifecycle: Lifecycle, generation: Generation): Promise<number> {
  const ports: number[] = [];
  for (const plan of listenPlans(generation, 'ECCluster_Listener', CLUSTER_LISTEN_DEFAULT)) {
    const listening = await openClusterListener(plan);
    lifecycle.add('cluster listener', () => listening.close());
    ports.push(listening.port);
  }
  const [port] = ports;
  if (port === undefined) {
    throw new ClusterError('OPTIONS_REFUSED', { reason: 'ECCluster_Listener listens nowhere' });
  }
  return port;
}
