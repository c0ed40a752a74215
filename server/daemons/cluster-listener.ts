/**
 * The ECCluster_Listener (momentum.md 3.6), for traffic between two processes that needs no order: its connections as
 * facts and commands. What is served on them is decided by the process; who comes before it runs is turned away.
 */

import type { Socket } from 'node:net';
import { TcpStreams } from '../adapters/tcp-streams.ts';
import { ClusterError } from '../base/errors.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { ListenPlan } from '../cluster/process-options.ts';

/** Of each Listen. */
const CONNECTIONS_MAX = 256;

export type ClusterListening = {
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

export class ClusterStreams {
  readonly #streams = new TcpStreams((input) => this.#take(input));
  #give: ((input: StreamInput) => void) | undefined;

  /** From now on facts go there. */
  attach(give: (input: StreamInput) => void): void {
    this.#give = give;
  }

  /** @throws ClusterError PORT_IN_USE, LISTEN_FAILED. */
  async listen({ endpoint, backlog }: ListenPlan): Promise<ClusterListening> {
    if (endpoint.kind === 'unix') {
      const reason = 'ECCluster_Listener takes address:port';
      throw new ClusterError('LISTEN_FAILED', { address: endpoint.path, reason });
    }
    const { host, port } = endpoint;
    const listening = await this.#streams.listen({ host, port, backlog, connectionsMax: CONNECTIONS_MAX });
    return { host, port: listening.port, close: listening.close };
  }

  perform(effect: StreamEffect): void {
    this.#streams.perform(effect);
  }

  /** The socket of a connection that goes on without this listener. */
  release(conn: number): Socket | undefined {
    return this.#streams.release(conn);
  }

  /** Destroys every connection. */
  stop(): void {
    this.#streams.stop();
  }

  #take(input: StreamInput): void {
    if (this.#give !== undefined) this.#give(input);
    else if (input.type === 'accepted') this.#streams.perform({ type: 'destroy', conn: input.conn });
  }
}
