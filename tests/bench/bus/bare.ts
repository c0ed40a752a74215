/**
 * The denominator: the same processes and the same hops as the bus, but whole messages are passed on unread. Nothing
 * is ordered, grouped, acknowledged or kept.
 */

import { connect, createServer, type Socket } from 'node:net';
import type { ClientParts } from './bus-ends.ts';
import type { BenchClient } from './child.ts';
import type { ChildOrder, Endpoint } from './orders.ts';

/** First byte of a connection. */
const FROM_SERVER = 1;
const FROM_CLIENT = 2;
/** u32 length, u32 that tells the sender's server. */
const HEAD_BYTES = 8;
const DIAL_AGAIN_MS = 50;

export function bareServer(
  { me, peers }: Extract<ChildOrder, { do: 'serve' }>,
  ready: (members: number) => void,
): void {
  const others = new Set<Socket>();
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.once('data', (first) => {
      const fromClient = first[0] === FROM_CLIENT;
      if (fromClient) clients.add(socket);
      const pass = (bytes: Buffer): void => {
        if (fromClient) for (const other of others) writeCorked(other, bytes);
        for (const client of clients) writeCorked(client, bytes);
      };
      const whole = new WholeMessages(pass);
      whole.take(first.subarray(1));
      socket.on('data', (bytes: Buffer) => whole.take(bytes));
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(me.port, me.host);
  for (const peer of peers) {
    if (peer.node === me.node) continue;
    dial(peer, FROM_SERVER, (socket) => {
      others.add(socket);
      if (others.size === peers.length - 1) ready(peers.length);
    });
  }
}

export function bareClient(
  { server }: Extract<ChildOrder, { do: 'connect' }>,
  { meter, ready }: ClientParts,
): BenchClient {
  const mine = addressNumber(server);
  let socket: Socket | undefined;
  let rest: Buffer = Buffer.alloc(0);
  dial(server, FROM_CLIENT, (open) => {
    socket = open;
    open.on('data', (bytes: Buffer) => {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let at = 0;
      while (all.length - at >= HEAD_BYTES) {
        const endAt = at + HEAD_BYTES + all.readUInt32LE(at);
        if (endAt > all.length) break;
        meter.heard(all.readUInt32LE(at + 4) === mine, all.subarray(at + HEAD_BYTES, endAt));
        at = endAt;
      }
      rest = all.subarray(at);
    });
    ready(1);
  });
  return {
    publish: (payload) => {
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      head.writeUInt32LE(payload.length, 0);
      head.writeUInt32LE(mine, 4);
      if (socket === undefined) return;
      writeCorked(socket, head);
      writeCorked(socket, payload);
    },
  };
}

function addressNumber({ host }: Endpoint): number {
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Gives on what came, up to the end of a message, so that those of several senders do not mix. */
class WholeMessages {
  readonly #give: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(give: (bytes: Buffer) => void) {
    this.#give = give;
  }

  take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const endAt = at + HEAD_BYTES + all.readUInt32LE(at);
      if (endAt > all.length) break;
      at = endAt;
    }
    if (at > 0) this.#give(all.subarray(0, at));
    this.#rest = all.subarray(at);
  }
}

/** What is written in one turn leaves in one system call, as on the bus. */
function writeCorked(socket: Socket, bytes: Buffer): void {
  if (socket.writableCorked === 0) {
    socket.cork();
    setImmediate(() => socket.uncork());
  }
  socket.write(bytes);
}

function dial(peer: Endpoint, first: number, opened: (socket: Socket) => void): void {
  const socket = connect({ host: peer.host, port: peer.port, noDelay: true });
  socket.once('connect', () => {
    socket.write(Buffer.from([first]));
    opened(socket);
  });
  socket.once('error', () => setTimeout(() => dial(peer, first, opened), DIAL_AGAIN_MS));
}
