/**
 * What a configuration generation means for one process: options of its cores and the endpoints it listens on. The
 * generation was checked before; what only becomes wrong by who the process is comes back as lines for people.
 */

import { err, ok, type Result } from '../base/result.ts';
import { type Endpoint, type ListenEndpoint, parseEndpoint, parseListen } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import { GROUPS, type GroupName, parseGroupName, parseNodeName } from '../model/names.ts';
import {
  type ConnectionOptions,
  clientOptions,
  detectionTiming,
  type MsgcClientOptions,
  type MsgcServerOptions,
  type PeerAddress,
  SILENCE_DEFAULT_MS,
  serverOptions,
} from '../msgc/options.ts';
import { withSources } from './bus-addresses.ts';

export type ListenPlan = {
  /** Instance of the Listen scope, as configured. */
  readonly instance: string;
  readonly endpoint: ListenEndpoint;
  /** Permissions of a Unix socket. */
  readonly fileMode: number;
  readonly backlog: number;
};

export type BusOptions = { readonly server: MsgcServerOptions; readonly client: MsgcClientOptions };

export type ClusterOptions = {
  readonly clusterGroup: GroupName;
  readonly controlGroup: GroupName;
  readonly logGroup: GroupName | undefined;
  readonly heartbeatStartDelayMs: number;
  readonly heartbeatIntervalMs: number | undefined;
  readonly byzantineAction: 'flag' | 'exclude';
  readonly nodeAddress: string | undefined;
  readonly allowLoopback: boolean;
};

/** Default of ECCluster_Listener (CLU-12). */
export const CLUSTER_LISTEN_DEFAULT = '*:4802';
/** Default of Control_Listener (CON-01). */
export const CONTROL_LISTEN_DEFAULT = '/tmp/2025';
export const MSGC_LISTEN_DEFAULT = ':4809';

const CLUSTER = ['cluster'];

export function clusterOptions(generation: Generation): Result<ClusterOptions, string> {
  const clusterGroup = parseGroupName(generation.getString(CLUSTER, 'cluster_group') ?? GROUPS.cluster);
  const controlGroup = parseGroupName(generation.getString(CLUSTER, 'control_group') ?? GROUPS.control);
  if (!clusterGroup.ok) return err(`cluster_group: ${clusterGroup.error}`);
  if (!controlGroup.ok) return err(`control_group: ${controlGroup.error}`);
  const logGroup = mapLogGroup(generation.getString(CLUSTER, 'log_group'));
  if (!logGroup.ok) return err(`log_group: ${logGroup.error}`);
  const perSecond = generation.getNumber(CLUSTER, 'heartbeats_per_sec') ?? 1;
  return ok({
    clusterGroup: clusterGroup.value,
    controlGroup: controlGroup.value,
    logGroup: logGroup.value,
    heartbeatStartDelayMs: seconds(generation, CLUSTER, 'heartbeat_start_delay', 15),
    heartbeatIntervalMs: perSecond > 0 ? 1_000 / perSecond : undefined,
    byzantineAction:
      generation.getString(CLUSTER, 'byzantine_action')?.toLowerCase() === 'exclude' ? 'exclude' : 'flag',
    nodeAddress: generation.getString(CLUSTER, 'nodeaddr'),
    allowLoopback: generation.getBoolean(CLUSTER, 'allow_loopback_nodeaddr') ?? false,
  });
}

function mapLogGroup(text: string | undefined): Result<GroupName | undefined, string> {
  return text === undefined || text === '' ? ok(undefined) : parseGroupName(text);
}

export function busOptions(generation: Generation): Result<BusOptions, readonly string[]> {
  const port = generation.getInteger(['msgc_server'], 'port') ?? 4809;
  const problems: string[] = [];
  const peers = collect(
    [...(generation.getDictionary(['msgc_server'], 'peers') ?? [])].map(([name, address]) =>
      peerAddress(name, address, port),
    ),
    problems,
  );
  const servers = collect(
    generation.getStrings(['msgc_client'], 'server').map((text) => {
      const endpoint = parseEndpoint(text);
      return endpoint.ok ? endpoint : err(`msgc_client.server: ${endpoint.error}`);
    }),
    problems,
  );
  if (problems.length > 0) return err(problems);
  return ok({
    server: serverOptions({
      ...connectionOptions(generation, 'msgc_server'),
      timing: detectionTiming(silenceMs(generation)),
      peers: withSources(peers, busEndpoints(generation)),
    }),
    client: clientOptions({
      ...connectionOptions(generation, 'msgc_client'),
      servers,
      bindAddress: generation.getString(['msgc_client'], 'bind_address'),
    }),
  });
}

/** `address`, or `address:port` where the port of a peer is not the common one (ours, for one-address demos). */
export function peerAddress(name: string, address: string, defaultPort: number): Result<PeerAddress, string> {
  const node = parseNodeName(name);
  if (!node.ok) return err(`msgc_server.peers: ${node.error}`);
  const text = address.trim();
  const bareIpv6 = text.split(':').length > 2 && !text.startsWith('[');
  if (text === '') return err(`msgc_server.peers: ${name} has no address`);
  const host = bareIpv6 ? `[${text}]` : text;
  const whole = bareIpv6 || !text.includes(':') ? `${host}:${defaultPort}` : text;
  const endpoint = parseEndpoint(whole);
  if (!endpoint.ok) return err(`msgc_server.peers: ${name}: ${endpoint.error}`);
  return ok({ node: node.value, ...endpoint.value });
}

/** Where the own server of the bus accepts, as configured. */
export function busEndpoints(generation: Generation): readonly Endpoint[] {
  return listenPlans(generation, 'msgcserver_listener', MSGC_LISTEN_DEFAULT).flatMap(({ endpoint }) =>
    endpoint.kind === 'tcp' ? [{ host: endpoint.host, port: endpoint.port }] : [],
  );
}

/** What a listener scope listens on; `standard` where it has no Listen at all. Disabled ones are left out. */
export function listenPlans(
  generation: Generation,
  listener: string,
  standard: string,
): readonly ListenPlan[] {
  const instances = generation.instances([listener], 'Listen');
  const given = instances.length > 0 ? instances : [standard];
  return given.flatMap((instance) => {
    const path = [listener, { name: 'Listen', instance }];
    const endpoint = parseListen(instance);
    if (!endpoint.ok || generation.getBoolean(path, 'Enable') === false) return [];
    return [
      {
        instance,
        endpoint: endpoint.value,
        fileMode: generation.getPermissions(path, 'File_Mode') ?? 0o660,
        backlog: generation.getInteger(path, 'Listen_Backlog') ?? 500,
      },
    ];
  });
}

/** Size of a buffer of one bus connection. */
export function tcpBufferBytes(generation: Generation, scope: 'msgc_server' | 'msgc_client'): number {
  return generation.getInteger([scope], 'tcpbuf_size') ?? 131_072;
}

/** Idle limit of control connections. */
export function controlIdleMs(generation: Generation): number {
  return seconds(generation, ['Control_Listener'], 'Timeout', 60);
}

/** Modules whose `debug_level` is DEBUG: they say more in the log. The other levels take nothing from it. */
export function debuggedModules(generation: Generation): ReadonlySet<string> {
  return new Set(
    ['cluster', 'msgc_client', 'msgc_server'].filter(
      (module) => generation.getString([module], 'debug_level')?.toUpperCase() === 'DEBUG',
    ),
  );
}

/** File of the manager's results buffer (ECC-17). */
export function controlCachePath(generation: Generation): string {
  return generation.getString(['Logs'], 'control_cache') ?? '/var/log/eccluster/control.cache';
}

function connectionOptions(
  generation: Generation,
  scope: 'msgc_server' | 'msgc_client',
): Omit<ConnectionOptions, 'retryFirstMs'> {
  const path = [scope];
  return {
    connectTimeoutMs: seconds(generation, path, 'connect_timeout', 60),
    idleTimeoutMs: seconds(generation, path, 'idle_timeout', 30),
    keepaliveIntervalMs: seconds(generation, path, 'keepalive_interval', 5),
    maxBacklog: generation.getInteger(path, 'max_backlog') ?? 5_000,
    messagesPerIter: generation.getInteger(path, 'messages_per_iter') ?? 20,
    reconnectIntervalMs: seconds(generation, path, 'reconnect_interval', 5),
  };
}

/** How long a server may be silent before it counts as gone; `idle_timeout` is the documented bound of what is ours. */
export function silenceMs(generation: Generation): number {
  const ours = generation.getInteger(['msgc_server'], 'silence_timeout') ?? SILENCE_DEFAULT_MS;
  return Math.min(ours, seconds(generation, ['msgc_server'], 'idle_timeout', 30));
}

function seconds(generation: Generation, path: readonly string[], option: string, standard: number): number {
  return (generation.getInteger(path, option) ?? standard) * 1_000;
}

function collect<T>(results: readonly Result<T, string>[], problems: string[]): readonly T[] {
  return results.flatMap((result) => {
    if (result.ok) return [result.value];
    problems.push(result.error);
    return [];
  });
}
