/**
 * The ECCluster_Listener (momentum.md 3.6), for traffic between two nodes that needs no order. Nothing is served on it
 * yet: it accepts, says so in one line, and closes.
 */

import { createServer, type Server } from 'node:net';
import { listenTcp } from '../adapters/socket-listen.ts';
import { ClusterError } from '../base/errors.ts';
import type { ListenPlan } from '../cluster/process-options.ts';

export const NO_SERVICE_LINE = 'service not available\r\n';
/** A peer that has not closed by then is cut off, whatever it sends. */
const LINGER_MS = 1_000;
const CONNECTIONS_MAX = 256;

export type ClusterListening = {
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

/** @throws ClusterError PORT_IN_USE, LISTEN_FAILED. */
export async function openClusterListener({ endpoint, backlog }: ListenPlan): Promise<ClusterListening> {
  if (endpoint.kind === 'unix') {
    const reason = 'ECCluster_Listener takes address:port';
    throw new ClusterError('LISTEN_FAILED', { address: endpoint.path, reason });
  }
  const server = refusingServer();
  const port = await listenTcp(server, { host: endpoint.host, port: endpoint.port, backlog });
  return {
    host: endpoint.host,
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusingServer(): Server {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
    socket.end(NO_SERVICE_LINE);
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}
