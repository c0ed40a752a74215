/** The bus of one process: its msgc_server and its msgc_client, as both a node and a manager run them. */

import type { NodeName } from '../model/names.ts';
import { MsgcClient } from '../msgc/client.ts';
import { MsgcServer } from '../msgc/server.ts';
import { BUS_CLUSTER_NAME } from './cluster-process.ts';
import type { BusOptions } from './process-options.ts';

/** @param parts.sessions one mailbox each. @param parts.seed any integer; seeds the jitter of waits. */
export function createBus(parts: {
  readonly node: NodeName;
  readonly sessions: readonly string[];
  readonly bus: BusOptions;
  readonly startedWallMs: number;
  readonly seed: number;
  readonly nowMs: number;
}): { readonly server: MsgcServer; readonly client: MsgcClient } {
  const { node, sessions, bus, seed, nowMs } = parts;
  const incarnation = Math.round(parts.startedWallMs * 1_000);
  const cluster = BUS_CLUSTER_NAME;
  return {
    server: new MsgcServer({ node, incarnation, cluster, options: bus.server, seed, nowMs }),
    client: new MsgcClient({
      sessions,
      cluster,
      instance: incarnation,
      options: bus.client,
      seed: seed + 1,
      nowMs,
    }),
  };
}

/** The server that the client tries first, as `cluster info` names it before the first connection. */
export function firstServer({ client }: BusOptions): string {
  const [first] = client.servers;
  return first === undefined ? 'none' : `${first.host}:${first.port}`;
}
