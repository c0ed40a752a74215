/**
 * All listeners of one running process, following its configuration: those of the bus, of the console and, on a node,
 * of the cluster. One change is worked off after the other, in the order in which they came.
 */

import { formatEndpoint } from '../adapters/stream-endpoint.ts';
import type { TcpStreams } from '../adapters/tcp-streams.ts';
import { ClusterError } from '../base/errors.ts';
import type { ListenersChanged } from '../cluster/process-app.ts';
import {
  CLUSTER_LISTEN_DEFAULT,
  CONTROL_LISTEN_DEFAULT,
  listenPlans,
  MSGC_LISTEN_DEFAULT,
} from '../cluster/process-options.ts';
import type { Generation } from '../conf/generation.ts';
import { ClusterStreams } from './cluster-listener.ts';
import type { ControlHost } from './control-host.ts';
import { ListenerSet } from './listener-set.ts';

/** The listener of a node for traffic that needs no order, and the address under which others reach it. */
export type ClusterListeners = {
  readonly host: string;
  readonly set: ListenerSet;
  readonly streams: ClusterStreams;
};

export class ProcessListeners {
  readonly #bus: ListenerSet;
  readonly #control: ControlHost;
  readonly #cluster: ClusterListeners | undefined;
  #working: Promise<unknown> = Promise.resolve();

  constructor(sets: {
    readonly bus: ListenerSet;
    readonly control: ControlHost;
    readonly cluster: ClusterListeners | undefined;
  }) {
    this.#bus = sets.bus;
    this.#control = sets.control;
    this.#cluster = sets.cluster;
  }

  /** Resolves when the listeners are as the generation wants them, as far as that is possible. */
  follow(generation: Generation): Promise<ListenersChanged> {
    const done = this.#working.then(() => this.#follow(generation));
    this.#working = done.catch(() => undefined);
    return done;
  }

  async #follow(generation: Generation): Promise<ListenersChanged> {
    const problems = [
      ...(await this.#bus.follow(busPlans(generation))),
      ...(await this.#control.endpoints.follow(controlPlans(generation))),
    ];
    this.#control.optionsChanged();
    const cluster = this.#cluster;
    if (cluster === undefined) return { type: 'listenersChanged', clusterAddress: undefined, problems };
    problems.push(...(await cluster.set.follow(clusterPlans(generation))));
    const clusterAddress = addressOf(cluster);
    if (clusterAddress === undefined) problems.push(NOWHERE);
    return { type: 'listenersChanged', clusterAddress, problems };
  }
}

const NOWHERE = 'ECCluster_Listener listens nowhere';

export const busPlans = (generation: Generation) =>
  listenPlans(generation, 'msgcserver_listener', MSGC_LISTEN_DEFAULT);
export const controlPlans = (generation: Generation) =>
  listenPlans(generation, 'Control_Listener', CONTROL_LISTEN_DEFAULT);
const clusterPlans = (generation: Generation) =>
  listenPlans(generation, 'ECCluster_Listener', CLUSTER_LISTEN_DEFAULT);

/** @throws ClusterError when an endpoint cannot be opened. */
export async function openBusListeners(streams: TcpStreams, generation: Generation): Promise<ListenerSet> {
  const set = new ListenerSet('msgcserver_listener', async ({ endpoint, backlog }) => {
    if (endpoint.kind === 'unix') {
      const reason = 'msgcserver_listener takes address:port';
      throw new ClusterError('LISTEN_FAILED', { address: endpoint.path, reason });
    }
    const { host, port } = endpoint;
    const listening = await streams.listen({ host, port, backlog });
    return {
      place: formatEndpoint(host, listening.port),
      port: listening.port,
      close: () => void listening.close(),
    };
  });
  await set.start(busPlans(generation));
  return set;
}

/**
 * @param host address of the node for others.
 * @throws ClusterError when an endpoint cannot be opened, or when there is none at all.
 */
export async function openClusterListeners(host: string, generation: Generation): Promise<ClusterListeners> {
  const streams = new ClusterStreams();
  const set = new ListenerSet('ECCluster_Listener', async (plan) => {
    const listening = await streams.listen(plan);
    return {
      place: formatEndpoint(listening.host, listening.port),
      port: listening.port,
      close: () => void listening.close(),
    };
  });
  await set.start(clusterPlans(generation));
  if (set.open.length === 0) throw new ClusterError('OPTIONS_REFUSED', { reason: NOWHERE });
  return { host, set, streams };
}

/** As other members see it; undefined when nothing is open. */
export function addressOf({ host, set }: Pick<ClusterListeners, 'host' | 'set'>): string | undefined {
  const [first] = set.open;
  return first === undefined ? undefined : formatEndpoint(host, first.port);
}
