/**
 * The sockets of a node over which other software uses what the cluster shares (`Shared_Listener`, `Policy_Listener`),
 * as the configuration says it. Unix sockets and loopback only: nobody proves there who they are.
 */

import type { Server, Socket } from 'node:net';
import { listenTcp, listenUnix } from '../adapters/socket-listen.ts';
import { formatEndpoint } from '../adapters/stream-endpoint.ts';
import { ClusterError } from '../base/errors.ts';
import type { Clock, Logger } from '../base/ports.ts';
import { isLocal, POLICY_LISTENER, SHARED_LISTENER, socketPlans } from '../cluster/policy-desk.ts';
import type { PolicyAttributes } from '../cluster/policy-protocol.ts';
import type { ListenPlan } from '../cluster/process-options.ts';
import { errorBody, type HttpAnswer, type HttpAsk } from '../cluster/shared-api.ts';
import type { SharedAnswer, SharedAsk } from '../cluster/shared-desk.ts';
import { isLoopback } from '../conf/addresses.ts';
import type { Generation } from '../conf/generation.ts';
import { ListenerSet, type OpenListener } from './listener-set.ts';
import { policyServer } from './policy-listener.ts';
import type { HostSockets } from './process-host.ts';
import { sharedHttpServer } from './shared-http.ts';

/** The same problem is told again after this long. */
const PROBLEM_AGAIN_MS = 60_000;

export type SharedSocketParts = {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Answered by `answer` with the same ticket. */
  readonly ask: (ticket: number, ask: SharedAsk) => void;
};

export class SharedSockets implements HostSockets {
  readonly #parts: SharedSocketParts;
  readonly #waiting = new Map<number, (answer: SharedAnswer) => void>();
  readonly #open = new Set<Socket>();
  readonly #http: ListenerSet;
  readonly #policy: ListenerSet;
  #lastTicket = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SharedSocketParts) {
    this.#parts = parts;
    this.#http = new ListenerSet(SHARED_LISTENER, (plan) =>
      this.#listen(
        plan,
        sharedHttpServer((http) => this.#answerHttp(http)),
      ),
    );
    this.#policy = new ListenerSet(POLICY_LISTENER, (plan) =>
      this.#listen(
        plan,
        policyServer({
          answer: (attributes) => this.#answerPolicy(plan.instance, attributes),
          onProblem: (reason) => this.#tell(plan.instance, reason),
        }),
      ),
    );
  }

  /** Where is listened: HTTP first. */
  get places(): readonly string[] {
    return [...this.#http.open, ...this.#policy.open].map(({ place }) => place);
  }

  async follow(generation: Generation): Promise<readonly string[]> {
    return [
      ...(await this.#http.follow(socketPlans(generation, SHARED_LISTENER))),
      ...(await this.#policy.follow(socketPlans(generation, POLICY_LISTENER))),
    ];
  }

  answer(ticket: number, answer: SharedAnswer): void {
    this.#waiting.get(ticket)?.(answer);
    this.#waiting.delete(ticket);
  }

  /** Connections end as well: a mail server asks again elsewhere, or later. */
  close(): void {
    this.#http.close();
    this.#policy.close();
    for (const socket of this.#open) socket.destroy();
  }

  /** @throws ClusterError when it cannot be opened. */
  async #listen(plan: ListenPlan, server: Server): Promise<OpenListener> {
    const { endpoint, fileMode, backlog } = plan;
    if (!isLocal(endpoint, isLoopback)) {
      const address = endpoint.kind === 'tcp' ? formatEndpoint(endpoint.host, endpoint.port) : endpoint.path;
      throw new ClusterError('LISTEN_FAILED', {
        address,
        reason: 'nobody proves who they are here: a socket path or a loopback address is needed',
      });
    }
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    const close = (): void => void server.close();
    if (endpoint.kind === 'unix') {
      await listenUnix(server, { path: endpoint.path, fileMode, backlog });
      return { place: endpoint.path, port: 0, close };
    }
    const port = await listenTcp(server, { host: endpoint.host, port: endpoint.port, backlog });
    return { place: formatEndpoint(endpoint.host, port), port, close };
  }

  async #answerHttp(http: HttpAsk): Promise<HttpAnswer> {
    const answer = await this.#ask({ type: 'http', http });
    return answer.type === 'http'
      ? answer.http
      : { status: 500, body: errorBody('internal', 'there is no answer') };
  }

  async #answerPolicy(listener: string, attributes: PolicyAttributes): Promise<string> {
    const answer = await this.#ask({ type: 'policy', listener, attributes });
    return answer.type === 'policy' ? answer.action : 'DUNNO';
  }

  #ask(ask: SharedAsk): Promise<SharedAnswer> {
    return new Promise((resolve) => {
      this.#lastTicket += 1;
      this.#waiting.set(this.#lastTicket, resolve);
      this.#parts.ask(this.#lastTicket, ask);
    });
  }

  #tell(listener: string, problem: string): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - this.#toldAtMs < PROBLEM_AGAIN_MS) return;
    this.#toldAtMs = nowMs;
    this.#parts.logger.warn('policy.refused', { listener, problem });
  }
}
