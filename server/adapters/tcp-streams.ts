/**
 * TCP behind the stream facts and commands of base/stream-io.ts: one instance per core. It decides nothing
 * about any protocol; it only promises exactly one `closed` per connection and never calls back inside `perform`.
 */

import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { assert, unreachable } from '../base/assert.ts';
import type { StreamCloseReason, StreamEffect, StreamInput } from '../base/stream-io.ts';
import { listenTcp } from './socket-listen.ts';
import { formatEndpoint, socketErrorText } from './stream-endpoint.ts';
import { writeAtTurnEnd } from './turn-end.ts';

/** How long an ended connection may take to send its queue and see the peer's FIN before it is destroyed. */
export const END_LINGER_MS = 5_000;
/** Connections that one listener holds; more are closed by the operating system layer and counted. */
export const LISTENER_CONNECTIONS_MAX = 4_096;
/** Size of a buffer (`tcpbuf_size`), unless `setBufferBytes` says otherwise. */
export const BUFFER_BYTES_DEFAULT = 131_072;
/** So many buffers of a connection are with the operating system at once: one alone is taken slower than it is filled. */
export const BUFFERS_HANDED = 8;

export type TcpListenOptions = {
  /** `*` or empty for every address. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly connectionsMax?: number;
  readonly backlog?: number;
};

export type TcpListening = {
  /** The bound port. */
  readonly port: number;
  /** Connections refused because `connectionsMax` was reached. */
  readonly droppedCount: () => number;
  /** Stops accepting; accepted connections live on. */
  readonly close: () => Promise<void>;
};

type Connection = {
  readonly socket: Socket;
  readonly onData: (bytes: Buffer) => void;
  /** Not handed to the operating system yet. */
  readonly queue: Buffer[];
  queuedBytes: number;
  /** Handed over, and not taken yet. */
  handedBytes: number;
  open: boolean;
  ending: boolean;
  /** It will be looked at when this turn ends. */
  handDue: boolean;
  reason: StreamCloseReason;
  detail: string;
};

export class TcpStreams {
  readonly #give: (input: StreamInput) => void;
  readonly #connections = new Map<number, Connection>();
  #nextAccepted = 2;
  #bufferBytes = BUFFER_BYTES_DEFAULT;

  /** @param give takes facts; never called before the constructor or `perform` has returned. */
  constructor(give: (input: StreamInput) => void) {
    this.#give = give;
  }

  /** @throws ClusterError PORT_IN_USE, LISTEN_FAILED. */
  async listen(options: TcpListenOptions): Promise<TcpListening> {
    let dropped = 0;
    const server = createServer({ noDelay: true }, (socket) => this.#accepted(socket));
    server.maxConnections = options.connectionsMax ?? LISTENER_CONNECTIONS_MAX;
    server.on('drop', () => {
      dropped += 1;
    });
    const { host, port, backlog } = options;
    const boundPort = await listenTcp(server, { host, port, backlog: backlog ?? 511 });
    return {
      port: boundPort,
      droppedCount: () => dropped,
      close: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }

  /**
   * Size of a buffer (`tcpbuf_size`), also for connections that are open: BUFFERS_HANDED of them are handed to the
   * operating system at once. The kernel's own buffers cannot be set from here. What is handed over counts as one: with
   * fewer bytes, `drained` tells sooner what has left.
   */
  setBufferBytes(bytes: number): void {
    assert(bytes > 0, 'a buffer holds something');
    this.#bufferBytes = bytes;
    for (const [conn, connection] of this.#connections) this.#hand(conn, connection);
  }

  /** Effects on a connection that is closed, or was never open, do nothing. */
  perform(effect: StreamEffect): void {
    if (effect.type === 'dial') {
      this.#dial(effect);
      return;
    }
    const connection = this.#connections.get(effect.conn);
    if (connection === undefined) return;
    switch (effect.type) {
      case 'write':
        this.#write(effect.conn, connection, effect.bytes);
        break;
      case 'pause':
        connection.socket.pause();
        break;
      case 'resume':
        connection.socket.resume();
        break;
      case 'end':
        connection.reason = 'local';
        finish(connection);
        break;
      case 'destroy':
        connection.reason = 'local';
        connection.socket.destroy();
        break;
      default:
        unreachable(effect);
    }
  }

  /** Gives the socket of a connection away, paused; what waits to be sent leaves. Nothing is told of it any more. */
  release(conn: number): Socket | undefined {
    const connection = this.#connections.get(conn);
    if (connection === undefined || connection.ending) return undefined;
    this.#connections.delete(conn);
    const { socket, queue, onData } = connection;
    for (const bytes of queue.splice(0)) socket.write(bytes);
    socket.pause();
    socket.removeListener('data', onData);
    return socket;
  }

  /** Destroys every connection. Their `closed` facts follow. */
  stop(): void {
    for (const conn of this.#connections.keys()) this.perform({ type: 'destroy', conn });
  }

  #accepted(socket: Socket): void {
    const conn = this.#nextAccepted;
    this.#nextAccepted += 2;
    const connection = this.#adopt(conn, socket);
    connection.open = true;
    this.#give({ type: 'accepted', conn, ...endpoints(socket) });
  }

  #dial(effect: Extract<StreamEffect, { type: 'dial' }>): void {
    const { conn, host, port, bindAddress, timeoutMs } = effect;
    assert(conn % 2 === 1 && !this.#connections.has(conn), 'a dialled connection has a new odd number');
    let socket: Socket;
    try {
      socket = tcpConnect({
        host,
        port,
        noDelay: true,
        ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
      });
    } catch (error) {
      // Node refuses impossible ports and addresses by throwing; for the core that is a dial that failed.
      const detail = socketErrorText(error);
      setImmediate(() => this.#give({ type: 'closed', conn, reason: 'refused', detail }));
      return;
    }
    const connection = this.#adopt(conn, socket);
    const timer = setTimeout(() => {
      connection.reason = 'timeout';
      connection.detail = `no connection within ${timeoutMs} ms`;
      socket.destroy();
    }, timeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      const ends = endpoints(socket);
      if (ends.local === ends.remote) {
        // A dial of a free local port can meet itself (TCP simultaneous open).
        connection.detail = 'connected to itself';
        socket.destroy();
        return;
      }
      connection.open = true;
      connection.reason = 'reset';
      this.#give({ type: 'connected', conn, ...ends });
    });
  }

  #adopt(conn: number, socket: Socket): Connection {
    const connection: Connection = {
      socket,
      onData: (bytes) => {
        if (this.#connections.has(conn)) this.#give({ type: 'received', conn, bytes });
      },
      queue: [],
      queuedBytes: 0,
      handedBytes: 0,
      open: false,
      ending: false,
      handDue: false,
      reason: socket.connecting ? 'refused' : 'reset',
      detail: '',
    };
    this.#connections.set(conn, connection);
    socket.on('data', connection.onData);
    socket.on('end', () => {
      if (connection.reason !== 'local') connection.reason = 'ended';
      finish(connection);
      this.#closed(conn, connection);
    });
    socket.on('error', (error) => {
      connection.detail = socketErrorText(error);
    });
    socket.on('close', () => this.#closed(conn, connection));
    return connection;
  }

  #write(conn: number, connection: Connection, bytes: Buffer): void {
    if (connection.ending) return;
    connection.queue.push(bytes);
    connection.queuedBytes += bytes.length;
    if (connection.handDue) return;
    // What is written in one turn of the event loop leaves in one system call.
    connection.handDue = true;
    writeAtTurnEnd(() => {
      connection.handDue = false;
      this.#hand(conn, connection);
    });
  }

  /** Hands over what fits beside what was not taken yet; no crumbs while there is more to come. */
  #hand(conn: number, connection: Connection): void {
    const { socket } = connection;
    const parts = this.#partsThatFit(connection);
    const last = parts.pop();
    if (last !== undefined) {
      const bytes = parts.reduce((sum, part) => sum + part.length, last.length);
      connection.queuedBytes -= bytes;
      connection.handedBytes += bytes;
      if (parts.length > 0) socket.cork();
      for (const part of parts) socket.write(part);
      socket.write(last, (error) => this.#taken(conn, connection, bytes, error));
      if (parts.length > 0) socket.uncork();
    }
    if (connection.ending && connection.queue.length === 0 && !socket.writableEnded) socket.end();
  }

  #partsThatFit(connection: Connection): Buffer[] {
    const { queue } = connection;
    const parts: Buffer[] = [];
    let whole = 0;
    const most = this.#bufferBytes * BUFFERS_HANDED;
    let room = most - connection.handedBytes;
    for (let bytes = queue[whole]; bytes !== undefined; bytes = queue[whole]) {
      if (room < bytes.length && room < most / 2) break;
      const part = bytes.length <= room ? bytes : bytes.subarray(0, room);
      parts.push(part);
      room -= part.length;
      if (part.length < bytes.length) queue[whole] = bytes.subarray(part.length);
      else whole += 1;
    }
    // At once: a buffer that is held on to after it left costs a long collection later.
    queue.splice(0, whole);
    return parts;
  }

  #taken(conn: number, connection: Connection, bytes: number, error: Error | null | undefined): void {
    connection.handedBytes -= bytes;
    if (error !== undefined && error !== null) return;
    if (connection.queue.length > 0 && !connection.handDue) this.#hand(conn, connection);
    if (!this.#connections.has(conn) || connection.socket.destroyed) return;
    this.#give({ type: 'drained', conn, pendingBytes: connection.queuedBytes + connection.handedBytes });
  }

  #closed(conn: number, { reason, detail }: Connection): void {
    if (!this.#connections.delete(conn)) return;
    this.#give({ type: 'closed', conn, reason, detail });
  }
}

/** Sends the queue, then FIN; a peer that neither reads nor closes is cut off after END_LINGER_MS. */
function finish(connection: Connection): void {
  const { socket } = connection;
  if (socket.destroyed || connection.ending) return;
  connection.ending = true;
  if (connection.queue.length === 0) socket.end();
  const timer = setTimeout(() => socket.destroy(), END_LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

function endpoints(socket: Socket): { readonly local: string; readonly remote: string } {
  return {
    local: formatEndpoint(socket.localAddress, socket.localPort),
    remote: formatEndpoint(socket.remoteAddress, socket.remotePort),
  };
}
