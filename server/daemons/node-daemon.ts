/** The program ecnode: one cluster node, from its configuration file to its last byte. Composition only. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { DiskStore } from '../adapters/file-store.ts';
import { monotonicClock } from '../adapters/monotonic-clock.ts';
import { PublishedLogs } from '../adapters/published-logs.ts';
import { must } from '../base/assert.ts';
import type { Logger } from '../base/ports.ts';
import { VERSION } from '../base/version.ts';
import { type VipPlan, vipPlan } from '../cluster/duravip-plan.ts';
import { resolveNodeAddress, resolveNodeName, resolveSubcluster } from '../cluster/identity.ts';
import { type NodeMailPlan, nodeMailPlan } from '../cluster/mail-plan.ts';
import { createNode, type NodeApp } from '../cluster/node.ts';
import { patienceMs } from '../cluster/node-vips.ts';
import { type ClusterOptions, clusterOptions, silenceMs } from '../cluster/process-options.ts';
import { WallClock } from '../cluster/wall-clock.ts';
import type { Generation } from '../conf/generation.ts';
import type { LiveConfigurationApi } from '../conf/live-api.ts';
import { openLog } from '../jlog/log.ts';
import type { ServiceKeys } from '../logs/service-keys.ts';
import { type IpAddress, parseIp } from '../model/ip.ts';
import type { NodeName } from '../model/names.ts';
import { busWithKeys } from './bus-with-keys.ts';
import type { DaemonEnvironment } from './daemon-environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { logPlaces } from './log-places.ts';
import { processFacts } from './machine-facts.ts';
import { hostNetworks, nodeAddresses } from './node-addresses.ts';
import { NodeMailHost } from './node-mail-host.ts';
import { hostProcess } from './process-host.ts';
import { addressOf, openClusterListeners } from './process-listeners.ts';
import { openLoggers } from './process-loggers.ts';
import { doubtsOf, orRefused } from './refusals.ts';
import { SharedSockets } from './shared-sockets.ts';

/** @throws ClusterError with one line for people when something needed cannot be had. */
export async function startNode(
  lifecycle: Lifecycle,
  parts: {
    readonly config: LiveConfigurationApi;
    readonly environment: DaemonEnvironment;
    readonly logger: Logger;
  },
): Promise<void> {
  const { config, environment } = parts;
  const { generation } = config;
  const cluster = orRefused('OPTIONS_REFUSED', clusterOptions(generation));
  const bus = orRefused('OPTIONS_REFUSED', busWithKeys(generation));
  const nodeName = ownName(generation, environment);
  const nodeAddress = await findAddress(nodeName, cluster);
  const clock = monotonicClock();
  const loggers = openLoggers(lifecycle, { clock, logger: parts.logger, generation });
  const { logger } = loggers;
  const listeners = await openClusterListeners(nodeAddress, generation);
  lifecycle.add('cluster listener', () => listeners.set.close());
  const nowMs = clock.nowMs();
  const startedWallMs = clock.wallMs();
  const address = must(addressOf(listeners), 'a cluster listener that was opened');
  const hostAddresses = await ownAddresses();
  const plan = (next: Generation): VipPlan =>
    vipPlan(next, { nodeName, nodeAddress, hostAddresses, networks: hostNetworks() });
  const first = plan(generation);
  for (const problem of first.problems) logger.warn('vip.doubt', { problem });
  const mailPlan = (next: Generation): NodeMailPlan => nodeMailPlan(next, { nodeName, hostName: hostname() });
  for (const problem of mailPlan(generation).problems) logger.warn('mail.doubt', { problem });
  const mail = new NodeMailHost({
    nodeName,
    clock,
    logger,
    plan: mailPlan,
    generation,
    reception: () => process.app.mail?.core?.reception,
    keys: () => serviceKeys(config.generation),
    nodeAddress,
    isNode: (name, from) => isPresent(process.app, name, from),
  });
  const process = createNode({
    nodeName,
    subcluster: resolveSubcluster(environment),
    version: VERSION,
    address,
    pid: environment.pid,
    startedWallMs,
    config,
    bus,
    cluster,
    busOptions: busWithKeys,
    vipPlan: plan,
    mail: { plan: mailPlan },
    facts: processFacts,
    logs: loggers,
    logPlaces: logPlaces(loggers),
    wall: new WallClock({ wallMs: startedWallMs, nowMs }),
    seed: environment.seed,
    nowMs,
  });
  const control = await hostProcess(lifecycle, {
    clock,
    logger,
    loggers,
    process,
    config,
    doubts: doubtsOf(nodeName, busWithKeys),
    cluster: listeners,
    addresses: nodeAddresses({
      kind: first.host,
      generation,
      patienceMs: patienceMs(silenceMs(generation)),
      logger,
      mail,
    }),
    mail: (give) => mail.attach(give),
    sockets: (ask) => new SharedSockets({ clock, logger, ask }),
    publishedLogs: (give) => new PublishedLogs({ store: new DiskStore(), openLog, give }),
    persistResults: () => undefined,
  });
  logger.info('ready', { node: nodeName, address, control, version: VERSION });
}

function ownName(generation: Generation, environment: DaemonEnvironment): NodeName {
  const configured = generation.getString(['cluster'], 'nodename');
  return orRefused('IDENTITY_REFUSED', resolveNodeName(configured, environment));
}

/** What the bus proves with, nodes prove with as well. A file that cannot be read was told when it was to go live. */
function serviceKeys(generation: Generation): ServiceKeys | undefined {
  const bus = busWithKeys(generation);
  return bus.ok ? bus.value.server.secrets : undefined;
}

/** A member of that name is present, and its cluster listener is at that address. */
function isPresent({ core }: NodeApp, name: string, address: string): boolean {
  return core.membership.records().some(({ facts, state }) => {
    if (state === 'departed' || facts?.nodeName !== name) return false;
    const host = /^\[?(.*?)\]?:\d+$/.exec(facts.address ?? '')?.[1];
    return host === address;
  });
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

/** Of this machine, by its name. */
async function ownAddresses(): Promise<readonly IpAddress[]> {
  return (await addressesOf(hostname())).flatMap((text) => {
    const ip = parseIp(text);
    return ip.ok ? [ip.value] : [];
  });
}

async function addressesOf(name: string): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return []; // no address is an answer; whoever needs one says so
  }
}
