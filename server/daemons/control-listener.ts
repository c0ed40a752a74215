/**
 * Control listeners of one process: Unix sockets and TCP addresses behind one callback that answers commands. Each
 * connection is a ControlSession; this file only owns sockets, and counts why connections were closed.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { listenTcp, listenUnix } from '../adapters/socket-listen.ts';
import { formatEndpoint } from '../adapters/stream-endpoint.ts';
import { unreachable } from '../base/assert.ts';
import { type Driver, drive } from '../base/core.ts';
import type { Clock } from '../base/ports.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { ControlEndpoint } from '../console/control-endpoint.ts';
import {
  type ControlCloseReason,
  ControlSession,
  type ControlSessionEffect,
  type ControlSessionInput,
} from '../console/control-session.ts';

/** Connections of all listeners of one process together. */
export const CONTROL_CONNECTIONS_MAX = 256;
/** How long a closed connection may take to read what was sent to it. */
const CLOSE_LINGER_MS = 5_000;
/** The same when the whole process stops. */
const STOP_LINGER_MS = 200;

export type ControlCounter = ControlCloseReason | 'accepted' | 'commands' | 'dropped' | 'reset';
export type ControlAnswer = (command: string, source: CommandSource) => CommandReply | Promise<CommandReply>;

export type ControlListenOptions = {
  readonly clock: Clock;
  readonly idleMs: number;
  readonly connectionsMax?: number;
  readonly answer: ControlAnswer;
  /** After a reply with `afterwards` is with the operating system of the client. */
  readonly afterReply: (what: NonNullable<CommandReply['afterwards']>) => void;
};

export type ControlListenEndpoint = {
  readonly endpoint: ControlEndpoint;
  /** Permissions of a Unix socket. Source: `file_mode`, 0660. */
  readonly fileMode: number;
  /** Source: `listen_backlog`, 500. */
  readonly backlog: number;
};

export class ControlListener {
  readonly #options: ControlListenOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #counts = new Map<ControlCounter, number>();
  #sessions = 0;

  constructor(options: ControlListenOptions) {
    this.#options = options;
  }

  /** How often what happened; absent means never. */
  get counts(): ReadonlyMap<ControlCounter, number> {
    return this.#counts;
  }

  /**
   * Opens one more endpoint.
   * @returns the endpoint as text, with the port that the system chose for port 0.
   * @throws ClusterError PORT_IN_USE, CONTROL_SOCKET_IN_USE, SOCKET_DIRECTORY_DENIED, LISTEN_FAILED.
   */
  async listen({ endpoint, fileMode, backlog }: ControlListenEndpoint): Promise<string> {
    // A client may send its last command and then FIN; it still gets the answer.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accepted(socket, endpoint.kind),
    );
    if (endpoint.kind === 'unix') {
      await listenUnix(server, { path: endpoint.path, fileMode, backlog });
      this.#servers.push(server);
      return endpoint.path;
    }
    const { host, port } = endpoint;
    const boundPort = await listenTcp(server, { host, port, backlog });
    this.#servers.push(server);
    return formatEndpoint(host === '' ? '*' : host, boundPort);
  }

  /** Stops accepting, removes the socket files and ends all connections. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) finish(socket, STOP_LINGER_MS);
    await Promise.all(closed);
  }

  #accepted(socket: Socket, via: 'unix' | 'tcp'): void {
    if (this.#sockets.size >= (this.#options.connectionsMax ?? CONTROL_CONNECTIONS_MAX)) {
      this.#count('dropped');
      socket.destroy();
      return;
    }
    this.#count('accepted');
    this.#sockets.add(socket);
    // The peer of a Unix socket cannot be asked for by this runtime: who may open the socket file is local.
    const user = via === 'unix' ? 'local' : formatEndpoint(socket.remoteAddress, socket.remotePort);
    const { clock, idleMs } = this.#options;
    const session = new ControlSession({ idleMs, nowMs: clock.nowMs() });
    const driver: Driver<ControlSessionInput> = drive(session, clock, (effect) =>
      this.#perform(effect, {
        socket,
        source: { user, via, session: `${via} ${++this.#sessions}`, roles: [] },
        give: (input) => driver.give(input),
      }),
    );
    socket.on('data', (bytes: Buffer) => driver.give({ type: 'received', bytes }));
    socket.on('end', () => driver.give({ type: 'ended' }));
    socket.on('error', () => this.#count('reset'));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      driver.stop();
    });
  }

  #perform(effect: ControlSessionEffect, { socket, source, give }: Connection): void {
    switch (effect.type) {
      case 'run':
        this.#count('commands');
        void Promise.resolve(this.#options.answer(effect.command, source)).then((reply) =>
          give({ type: 'answered', reply }),
        );
        break;
      case 'write': {
        const { afterwards } = effect.reply;
        socket.write(effect.bytes, (error) => {
          if (error === undefined || error === null) give({ type: 'written' });
          if (afterwards !== undefined) this.#options.afterReply(afterwards);
        });
        break;
      }
      case 'pause':
        socket.pause();
        break;
      case 'resume':
        socket.resume();
        break;
      case 'close':
        this.#count(effect.reason);
        finish(socket, CLOSE_LINGER_MS);
        break;
      default:
        unreachable(effect);
    }
  }

  #count(counter: ControlCounter): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + 1);
  }
}

type Connection = {
  readonly socket: Socket;
  readonly source: CommandSource;
  readonly give: (input: ControlSessionInput) => void;
};

function finish(socket: Socket, lingerMs: number): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroySoon());
}
