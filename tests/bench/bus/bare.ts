/**
 * The denominator: the same processes and the same hops as the bus, and the same packing of messages, but packets are
 * passed on unread. Nothing is ordered, grouped, acknowledged or kept.
 */

import { connect, createServer, type Socket } from 'node:net';
import { PACKET_BYTES_MAX, PACKET_MESSAGES_MAX } from '../../../server/msgc/packet.ts';
import type { ClientParts } from './bus-ends.ts';
import type { ChildOrder, Endpoint } from './orders.ts';
import type { BenchClient } from './sending.ts';

/** First byte of a connection. */
const FROM_SERVER = 1;
const FROM_CLIENT = 2;
/** Of a packet: u32 length of what follows the head, u32 that tells the sender's server. */
const HEAD_BYTES = 8;
/** Of a message in it: u32 length. */
const LENGTH_BYTES = 4;
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
      const pass = (pieces: readonly Buffer[]): void => {
        if (fromClient) for (const other of others) writeCorked(other, pieces);
        for (const client of clients) writeCorked(client, pieces);
      };
      const whole = new WholePackets(pass);
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
  const whole = new WholePackets((pieces) => {
    const [first] = pieces;
    const packets = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
    for (let at = 0; at < packets.length; ) {
      const endAt = at + packetBytes(packets, at);
      const isMine = packets.readUInt32LE(at + 4) === mine;
      for (at += HEAD_BYTES; at < endAt; ) {
        const startAt = at + LENGTH_BYTES;
        at = startAt + packets.readUInt32LE(at);
        meter.heard(isMine, packets.subarray(startAt, at));
      }
    }
  });
  const packing = new Packing(mine);
  dial(server, FROM_CLIENT, (socket) => {
    packing.write = (packet) => void socket.write(packet);
    socket.on('data', (bytes: Buffer) => whole.take(bytes));
    ready(1);
  });
  return { publish: (payload) => packing.add(payload) };
}

function addressNumber({ host }: Endpoint): number {
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Gathers what a client sends in one turn of the event loop, within the bounds of a packet of the bus. */
class Packing {
  readonly #mine: number;
  #payloads: Buffer[] = [];
  #bytes = 0;
  write: (packet: Buffer) => void = () => undefined;

  constructor(mine: number) {
    this.#mine = mine;
  }

  add(payload: Buffer): void {
    if (this.#payloads.length === 0) setImmediate(() => this.#close());
    this.#payloads.push(payload);
    this.#bytes += LENGTH_BYTES + payload.length;
    if (this.#payloads.length >= PACKET_MESSAGES_MAX || this.#bytes >= PACKET_BYTES_MAX) this.#close();
  }

  #close(): void {
    if (this.#payloads.length === 0) return;
    const packet = Buffer.allocUnsafe(HEAD_BYTES + this.#bytes);
    packet.writeUInt32LE(this.#bytes, 0);
    packet.writeUInt32LE(this.#mine, 4);
    let at = HEAD_BYTES;
    for (const payload of this.#payloads) {
      packet.writeUInt32LE(payload.length, at);
      payload.copy(packet, at + LENGTH_BYTES);
      at += LENGTH_BYTES + payload.length;
    }
    this.#payloads = [];
    this.#bytes = 0;
    this.write(packet);
  }
}

/** Gives on what came, uncopied, up to the end of a packet, so that those of several senders do not mix. */
class WholePackets {
  readonly #give: (pieces: readonly Buffer[]) => void;
  /** The beginning of a packet. */
  #pieces: Buffer[] = [];
  #have = 0;

  constructor(give: (pieces: readonly Buffer[]) => void) {
    this.#give = give;
  }

  take(received: Buffer): void {
    const bytes = this.#have === 0 ? received : this.#completed(received);
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const endAt = at + packetBytes(bytes, at);
      if (endAt > bytes.length) break;
      at = endAt;
    }
    if (at > 0) this.#give([bytes.subarray(0, at)]);
    if (at < bytes.length) {
      this.#pieces.push(bytes.subarray(at));
      this.#have += bytes.length - at;
    }
  }

  /** Gives the packet that had begun if it is complete now. @returns what follows it. */
  #completed(received: Buffer): Buffer {
    const [first = received] = this.#pieces;
    if (first.length < HEAD_BYTES) {
      const bytes = Buffer.concat([...this.#pieces, received]);
      this.#pieces = [];
      this.#have = 0;
      return bytes;
    }
    const missing = packetBytes(first, 0) - this.#have;
    if (received.length < missing) {
      this.#pieces.push(received);
      this.#have += received.length;
      return received.subarray(received.length);
    }
    this.#give([...this.#pieces, received.subarray(0, missing)]);
    this.#pieces = [];
    this.#have = 0;
    return received.subarray(missing);
  }
}

function packetBytes(bytes: Buffer, at: number): number {
  return HEAD_BYTES + bytes.readUInt32LE(at);
}

/** What is written in one turn leaves in one system call, as on the bus. */
function writeCorked(socket: Socket, pieces: readonly Buffer[]): void {
  if (socket.writableCorked === 0) {
    socket.cork();
    setImmediate(() => socket.uncork());
  }
  for (const piece of pieces) socket.write(piece);
}

function dial(peer: Endpoint, first: number, opened: (socket: Socket) => void): void {
  const socket = connect({ host: peer.host, port: peer.port, noDelay: true });
  socket.once('connect', () => {
    socket.write(Buffer.from([first]));
    opened(socket);
  });
  socket.once('error', () => setTimeout(() => dial(peer, first, opened), DIAL_AGAIN_MS));
}
