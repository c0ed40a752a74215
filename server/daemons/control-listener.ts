/**
 * Control listeners of one process: Unix sockets and TCP addresses behind one callback that answers commands. Each
 * connection is a ControlSession behind an AccessSession, which says who it is and what it may do; this file only owns
 * sockets, and counts why connections were closed.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { listenTcp, listenUnix } from '../adapters/socket-listen.ts';
import { formatEndpoint, plainAddress } from '../adapters/stream-endpoint.ts';
import { unreachable } from '../base/assert.ts';
import { type Driver, drive } from '../base/core.ts';
import type { Clock } from '../base/ports.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import { type AccessSession, type ControlAccess, LOCAL_USER } from '../console/control-access.ts';
import type { ControlEndpoint } from '../console/control-endpoint.ts';
import {
  type ControlCloseReason,
  ControlSession,
  type ControlSessionEffect,
  type ControlSessionInput,
} from '../console/control-session.ts';

/** Connections of all listeners of one process together. */
export const CONTROL_CONNECTIONS_MAX = 256;
/** Of these, kept free for Unix sockets: nobody on the network can lock out who is on the machine. */
export const UNIX_CONNECTIONS_RESERVED = 32;
/** How long a closed connection may take to read what was sent to it. */
const CLOSE_LINGER_MS = 5_000;
/** The same when the whole process stops. */
const STOP_LINGER_MS = 200;

/** `refused`: answered without running a command. */
export type ControlCounter = ControlCloseReason | 'accepted' | 'commands' | 'refused' | 'dropped' | 'reset';
export type ControlAnswer = (command: string, source: CommandSource) => CommandReply | Promise<CommandReply>;

export type ControlListenOptions = {
  readonly clock: Clock;
  /** Asked when a connection is accepted, and by `optionsChanged`. */
  readonly idleMs: () => number;
  readonly connectionsMax?: number;
  /** Without it everybody may do everything. */
  readonly access?: ControlAccess;
  readonly answer: ControlAnswer;
  /** After a reply with `afterwards` is with the operating system of the client. */
  readonly afterReply: (what: NonNullable<CommandReply['afterwards']>) => void;
  /** The connection of this session is gone, and what belongs to it should go, too. */
  readonly onSessionEnd?: (session: string) => void;
  /** A line for the acctlog. */
  readonly onAccount?: (line: string) => void;
  /** What the operator must repair. Comes again with every command that it hinders. */
  readonly onProblem?: (text: string) => void;
};

export type ControlListenEndpoint = {
  readonly endpoint: ControlEndpoint;
  /** Instance of its Listen scope; the endpoint as text when absent. */
  readonly instance?: string;
  /** Permissions of a Unix socket. Source: `file_mode`, 0660. */
  readonly fileMode: number;
  /** Source: `listen_backlog`, 500. */
  readonly backlog: number;
};

export class ControlListener {
  readonly #options: ControlListenOptions;
  readonly #servers = new Map<string, Server>();
  readonly #sockets = new Map<Socket, Driver<ControlSessionInput>>();
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
  async listen({ endpoint, instance, fileMode, backlog }: ControlListenEndpoint): Promise<string> {
    const name = endpoint.kind === 'unix' ? endpoint.path : formatEndpoint(endpoint.host, endpoint.port);
    // A client may send its last command and then FIN; it still gets the answer.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accepted(socket, { via: endpoint.kind, listener: instance ?? name }),
    );
    if (endpoint.kind === 'unix') {
      await listenUnix(server, { path: endpoint.path, fileMode, backlog });
      this.#servers.set(endpoint.path, server);
      return endpoint.path;
    }
    const { host, port } = endpoint;
    const boundPort = await listenTcp(server, { host, port, backlog });
    const place = formatEndpoint(host === '' ? '*' : host, boundPort);
    this.#servers.set(place, server);
    return place;
  }

  /** Stops accepting at one endpoint, at once. Its connections live on. @param place as `listen` gave it. */
  unlisten(place: string): void {
    this.#servers.get(place)?.close();
    this.#servers.delete(place);
  }

  /** Connections that are open take over what changed. */
  optionsChanged(): void {
    const idleMs = this.#options.idleMs();
    for (const driver of this.#sockets.values()) driver.give({ type: 'idleLimit', idleMs });
  }

  /** Stops accepting, removes the socket files and ends all connections. */
  async close(): Promise<void> {
    const servers = [...this.#servers.values()];
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets.keys()) finish(socket, STOP_LINGER_MS);
    await Promise.all(closed);
  }

  #accepted(
    socket: Socket,
    { via, listener }: { readonly via: 'unix' | 'tcp'; readonly listener: string },
  ): void {
    const max = this.#options.connectionsMax ?? CONTROL_CONNECTIONS_MAX;
    const free = (via === 'unix' ? max : Math.max(1, max - UNIX_CONNECTIONS_RESERVED)) - this.#sockets.size;
    // Without an address the peer is gone already, and no rule for peers can be applied.
    if (free <= 0 || (via === 'tcp' && socket.remoteAddress === undefined)) {
      this.#count('dropped');
      socket.destroy();
      return;
    }
    this.#count('accepted');
    const { clock, idleMs, onSessionEnd } = this.#options;
    const peer = via === 'unix' ? '' : formatEndpoint(socket.remoteAddress, socket.remotePort);
    const session = `${via} ${++this.#sessions}`;
    const address = via === 'unix' ? undefined : plainAddress(socket.remoteAddress ?? '').replace(/%.*$/, '');
    const access = this.#options.access?.open({ via, listener, peer, address, session });
    const nowMs = clock.nowMs();
    this.#account(access?.opened({ nowMs, wallMs: clock.wallMs() }) ?? []);
    const source = { user: via === 'unix' ? LOCAL_USER : peer, via, session, roles: [] };
    const core = new ControlSession({ idleMs: idleMs(), nowMs });
    const driver: Driver<ControlSessionInput> = drive(core, clock, (effect) =>
      this.#perform(effect, { socket, source, access, give: (input) => driver.give(input) }),
    );
    this.#sockets.set(socket, driver);
    socket.on('data', (bytes: Buffer) => driver.give({ type: 'received', bytes }));
    socket.on('end', () => driver.give({ type: 'ended' }));
    socket.on('error', () => this.#count('reset'));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      driver.stop();
      onSessionEnd?.(session);
    });
  }

  #perform(effect: ControlSessionEffect, { socket, source, access, give }: Connection): void {
    switch (effect.type) {
      case 'run':
        this.#run(effect.command, { source, access, give });
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

  #run(command: string, { source, access, give }: Omit<Connection, 'socket'>): void {
    const { clock, answer, onProblem } = this.#options;
    this.#count('commands');
    const decision = access?.decide(command, { nowMs: clock.nowMs(), wallMs: clock.wallMs() });
    this.#account(decision?.accounts ?? []);
    for (const problem of decision?.problems ?? []) onProblem?.(problem);
    if (decision?.verdict.type === 'reply') {
      const { reply, notBeforeMs, close } = decision.verdict;
      if (!reply.ok) this.#count('refused');
      give({ type: 'answered', reply, notBeforeMs, close });
      return;
    }
    void Promise.resolve(answer(command, decision?.verdict.source ?? source)).then((reply) =>
      give({ type: 'answered', reply }),
    );
  }

  #account(lines: readonly string[]): void {
    for (const line of lines) this.#options.onAccount?.(line);
  }

  #count(counter: ControlCounter): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + 1);
  }
}

type Connection = {
  readonly socket: Socket;
  readonly source: CommandSource;
  readonly access: AccessSession | undefined;
  readonly give: (input: ControlSessionInput) => void;
};

function finish(socket: Socket, lingerMs: number): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroySoon());
}
