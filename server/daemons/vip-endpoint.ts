/**
 * One endpoint on a floating address: listens while its node has the address, hands connections to the service of its
 * listener, and ends all of them when the address goes. What cannot be opened is tried again, so many times and no more.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { listenTcp } from '../adapters/socket-listen.ts';
import { ClusterError } from '../base/errors.ts';

/** Waits before further attempts, for an hour in all; after the last one the endpoint stays closed. */
export const RETRY_WAITS_MS: readonly number[] = [100, 300, 1_000, 3_000, ...Array<number>(360).fill(10_000)];
/** Connections of one endpoint at a time. */
const CONNECTIONS_MAX = 256;

export type VipEndpointPlan = {
  /** Of the scope Listen, as configured. */
  readonly instance: string;
  /** `ESMTP_Listener`. */
  readonly service: string;
  /** `*` for every one. */
  readonly address: string;
  readonly port: number;
  readonly backlog: number;
};

/** Serves the connections of one kind of listener. */
export interface VipService {
  /** @param socket is ended by whoever accepted it, at the latest when the address goes; its errors are dealt with. */
  accept(socket: Socket): void;
}

type EndpointCaller = {
  /** One line for people; `given up` for the last one. */
  readonly failed: (problem: string) => void;
  readonly retryWaitsMs: readonly number[];
};

export class VipEndpoint {
  readonly plan: VipEndpointPlan;
  readonly #service: VipService;
  readonly #caller: EndpointCaller;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(plan: VipEndpointPlan, service: VipService, caller: EndpointCaller) {
    this.plan = plan;
    this.#service = service;
    this.#caller = caller;
  }

  /** Resolves after the first attempt with what went wrong; undefined when it listens or was closed meanwhile. */
  async open(attempt = 0): Promise<string | undefined> {
    const server = createServer((socket) => this.#accept(socket));
    server.maxConnections = CONNECTIONS_MAX;
    const { address: host, port, backlog } = this.plan;
    this.#server = server;
    const problem = await listenTcp(server, { host, port, backlog }).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof ClusterError) return error.message;
        throw error;
      },
    );
    if (this.#closed) {
      if (problem === undefined) server.close();
      return undefined;
    }
    if (problem !== undefined) this.#failed(problem, attempt);
    return problem;
  }

  /** Nobody is listened to, and no connection is left, when this returns. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#server?.listening === true) this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #failed(problem: string, attempt: number): void {
    const waitMs = this.#caller.retryWaitsMs[attempt];
    // What is tried again in a moment is told once.
    if (waitMs === undefined) this.#caller.failed(`${problem}; given up`);
    else {
      if (attempt === 0) this.#caller.failed(problem);
      this.#timer = setTimeout(() => void this.open(attempt + 1), waitMs);
    }
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#service.accept(socket);
  }
}
