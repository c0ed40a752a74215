/** The two programs of the bus as simulated processes: a server and a client of it. */

import type { StreamEffect } from '../../../server/base/stream-io.ts';
import { DriftingClock } from '../../../server/memory/drifting-clock.ts';
import type { MemoryNetwork } from '../../../server/memory/memory-network.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { MsgcClient, type MsgcClientEffect, type MsgcClientInput } from '../../../server/msgc/client.ts';
import type { BusEvent } from '../../../server/msgc/client-api.ts';
import {
  clientOptions,
  type MsgcClientOptions,
  type MsgcServerOptions,
  serverOptions,
} from '../../../server/msgc/options.ts';
import type { ServerProbe } from '../../../server/msgc/probe.ts';
import { MsgcServer, type MsgcServerEffect, type MsgcServerInput } from '../../../server/msgc/server.ts';
import type { ServerEvent } from '../../../server/msgc/server-api.ts';
import { SimProcess } from '../process.ts';

export const PORT = 4809;
export const CLUSTER = 'sim';

export type ServerProcess = {
  readonly core: MsgcServer;
  readonly process: SimProcess<MsgcServerInput, MsgcServerEffect>;
};
export type ClientProcess = {
  readonly core: MsgcClient;
  readonly process: SimProcess<MsgcClientInput, MsgcClientEffect>;
};

/** Node names are host names here. */
export function startServer(parts: {
  readonly network: MemoryNetwork;
  readonly node: NodeName;
  readonly nodes: readonly NodeName[];
  readonly incarnation: number;
  readonly seed: number;
  readonly options?: Partial<MsgcServerOptions>;
  readonly probe?: ServerProbe;
  /** Milliseconds of its clock in one of the world. */
  readonly clockRate?: number;
  readonly onEvent?: (event: ServerEvent) => void;
}): ServerProcess {
  const { network, node } = parts;
  const clock = new DriftingClock(network.clock, parts.clockRate ?? 1);
  const core = new MsgcServer({
    node,
    incarnation: parts.incarnation,
    cluster: CLUSTER,
    options: serverOptions({
      peers: parts.nodes.map((name) => ({ node: name, host: name, port: PORT })),
      ...parts.options,
    }),
    seed: parts.seed,
    nowMs: clock.nowMs(),
    ...(parts.probe === undefined ? {} : { probe: parts.probe }),
  });
  const process = new SimProcess<MsgcServerInput, MsgcServerEffect>({
    core,
    network,
    clock,
    host: node,
    port: PORT,
    perform: ({ event }) => parts.onEvent?.(event),
    isStream: (effect): effect is StreamEffect => effect.type !== 'event',
  });
  return { core, process };
}

export function startClient(parts: {
  readonly network: MemoryNetwork;
  readonly host: string;
  readonly servers: readonly string[];
  readonly sessions: readonly string[];
  readonly instance: number;
  readonly seed: number;
  readonly options?: Partial<MsgcClientOptions>;
  readonly clockRate?: number;
  readonly onEvent: (event: BusEvent) => void;
}): ClientProcess {
  const { network } = parts;
  const clock = new DriftingClock(network.clock, parts.clockRate ?? 1);
  const core = new MsgcClient({
    sessions: parts.sessions,
    cluster: CLUSTER,
    instance: parts.instance,
    options: clientOptions({
      servers: parts.servers.map((host) => ({ host, port: PORT })),
      ...parts.options,
    }),
    seed: parts.seed,
    nowMs: clock.nowMs(),
  });
  const process = new SimProcess<MsgcClientInput, MsgcClientEffect>({
    core,
    network,
    clock,
    host: parts.host,
    perform: ({ event }) => parts.onEvent(event),
    isStream: (effect): effect is StreamEffect => effect.type !== 'event',
  });
  return { core, process };
}
