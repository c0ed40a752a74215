/**
 * The clients of one server: CONNECT and private names, operations taken fairly and only while the bus accepts them,
 * delivery with a bound, liveness. Knows groups only as a number to limit. Rules: SPEC.md BUS-50 to BUS-58.
 */

import { type NodeName, parsePrivateName, privateName } from '../model/names.ts';
import type { LossCause } from './client-api.ts';
import {
  type ClientRequest,
  type ConnectFrame,
  decodeClientFrame,
  encodeClientFrame,
  requestBytes,
} from './client-frames.ts';
import type { Connection, Outbox } from './connection.ts';
import type { RawFrame } from './frame-decoder.ts';
import { SESSION_BYTES_MAX } from './ids.ts';
import type { Op } from './ops.ts';
import { batchShare, type MsgcServerOptions } from './options.ts';
import type { Order } from './order.ts';
import type { ServerEvent } from './server-api.ts';
import { Turns, type Waiting } from './turns.ts';

/** Connections of clients at one server. */
export const CLIENTS_MAX = 1_024;
/** Group names and capabilities of all mailboxes of one server; INSTALL carries them for all servers of a mesh. */
export const MEMBERSHIP_BYTES_MAX = 4 * 1024 * 1024;
const MEMBERSHIP_OVERHEAD_BYTES = 64;
/**
 * Clients that are gone while their last requests wait for the bus, and bytes that wait for it without a client that
 * could be made to wait; beyond either nobody new is taken, so that connecting and closing in a loop fills nothing.
 */
export const LEAVING_MAX = 1_024;
export const LEAVING_BYTES_MAX = 64 * 1024 * 1024;
/** A mailbox name is taken over from another client that said nothing for so many keepalive intervals. */
const TAKEOVER_INTERVALS = 2;

type Mailbox = { readonly cid: number; readonly session: string };

class Client implements Waiting {
  readonly connection: Connection;
  readonly instance: number;
  readonly mailboxes: readonly Mailbox[];
  readonly memberships = new Map<string, number>();
  waiting: ClientRequest[] = [];
  credit = 0;
  paused = false;
  gone: { readonly cause: LossCause; readonly detail: string } | undefined = undefined;
  /** Its mailboxes were disconnected: nothing of it may follow. */
  ended = false;

  constructor(connection: Connection, instance: number, mailboxes: readonly Mailbox[]) {
    this.connection = connection;
    this.instance = instance;
    this.mailboxes = mailboxes;
  }

  get title(): string {
    return this.mailboxes.map(({ session }) => session).join(',');
  }
}

export type ClientsHost = {
  readonly order: Pick<Order, 'accepting' | 'queuedBytes'>;
  readonly submit: (op: Op) => void;
  readonly count: (counter: string) => void;
};

export class Clients {
  readonly #me: NodeName;
  readonly #cluster: string;
  readonly #outbox: Outbox<ServerEvent>;
  readonly #host: ClientsHost;
  #options: MsgcServerOptions;
  readonly #byConn = new Map<number, Client>();
  /** Clients whose connection is gone but whose last requests were not taken yet. */
  #leaving: Client[] = [];
  readonly #byCid = new Map<number, { readonly client: Client; readonly mailbox: number }>();
  readonly #bySession = new Map<string, number>();
  readonly #condemned: { readonly client: Client; readonly detail: string }[] = [];
  #membershipBytes = 0;
  #nextCid = 1;
  readonly #turns = new Turns<Client>();
  #nowMs = 0;

  constructor(parts: {
    readonly me: NodeName;
    readonly cluster: string;
    readonly options: MsgcServerOptions;
    readonly outbox: Outbox<ServerEvent>;
    readonly host: ClientsHost;
  }) {
    this.#me = parts.me;
    this.#cluster = parts.cluster;
    this.#options = parts.options;
    this.#outbox = parts.outbox;
    this.#host = parts.host;
  }

  get size(): number {
    return this.#byConn.size;
  }

  configure(options: MsgcServerOptions): void {
    this.#options = options;
    for (const client of this.#byConn.values()) this.#judgeBacklog(client);
  }

  connectionOf(conn: number): Connection | undefined {
    return this.#byConn.get(conn)?.connection;
  }

  mailboxOf(cid: number): number | undefined {
    return this.#byCid.get(cid)?.mailbox;
  }

  cidOf(session: string): number | undefined {
    return this.#bySession.get(session);
  }

  /** A CONNECT on an accepted connection. Undefined when it became a client, else why it is refused. */
  greeted(connection: Connection, frame: ConnectFrame, nowMs: number): string | undefined {
    this.#nowMs = nowMs;
    if (frame.cluster !== this.#cluster) return 'wrong cluster';
    if (this.#byConn.size >= CLIENTS_MAX) return 'too many clients';
    if (this.#leaving.length >= LEAVING_MAX || this.#leavingBytes() >= LEAVING_BYTES_MAX) {
      return 'too many clients leaving';
    }
    if (new Set(frame.sessions).size !== frame.sessions.length) return 'bad session name';
    for (const session of frame.sessions) {
      if (!validSession(session, this.#me)) return 'bad session name';
      const owner = this.#ownerOf(session);
      if (owner !== undefined && !this.#mayTakeOver(owner, frame, nowMs)) return 'session in use';
    }
    for (const session of frame.sessions) this.#release(session);
    connection.decoder.handshakeDone();
    const mailboxes = frame.sessions.map((session) => ({ cid: this.#nextCid++, session }));
    const client = new Client(connection, frame.instance, mailboxes);
    this.#byConn.set(connection.conn, client);
    mailboxes.forEach(({ cid, session }, mailbox) => {
      this.#byCid.set(cid, { client, mailbox });
      this.#bySession.set(session, cid);
    });
    const names = frame.sessions.map((session) => privateName(session, this.#me));
    this.#write(client, encodeClientFrame({ type: 'accept', node: this.#me, names }));
    this.#outbox.event({ type: 'clientUp', client: client.title, detail: connection.remote });
    return undefined;
  }

  /** Undefined when the frame was good, else why the connection is closed. */
  received(conn: number, raw: RawFrame, nowMs: number): string | undefined {
    this.#nowMs = nowMs;
    const client = this.#byConn.get(conn);
    if (client === undefined) return undefined;
    const frame = decodeClientFrame(raw);
    switch (frame?.type) {
      case 'join':
      case 'part':
      case 'multicast':
      case 'private':
        if (client.mailboxes[frame.mailbox] === undefined) return 'bad frame';
        client.waiting.push(frame);
        return undefined;
      case 'ping':
        this.#write(client, encodeClientFrame({ type: 'pong', sentAtMs: frame.sentAtMs }));
        return undefined;
      case 'pong':
        return undefined;
      case 'bye':
        this.#outbox.end(client.connection);
        this.#gone(client, 'leave', frame.reason);
        return undefined;
      default:
        return 'bad frame';
    }
  }

  closed(conn: number, cause: LossCause, detail: string): void {
    const client = this.#byConn.get(conn);
    if (client !== undefined) this.#gone(client, cause, detail);
  }

  /** Closes the connection of a client that broke the protocol. */
  refuse(conn: number, reason: string): void {
    const client = this.#byConn.get(conn);
    if (client === undefined) return;
    this.#write(client, encodeClientFrame({ type: 'bye', reason }));
    this.#outbox.end(client.connection);
    this.#gone(client, 'closed', reason);
  }

  /** @param count messages in the frame. @param body see Outbox.write. */
  deliver(cid: number, frame: Buffer, count: number, body?: Buffer): void {
    const client = this.#byCid.get(cid)?.client;
    if (client === undefined || client.gone !== undefined) return;
    const { maxBacklog } = this.#options;
    // As on links: no frame alone is more than a connection takes.
    const counted = Math.min(count, batchShare(maxBacklog));
    this.#outbox.write(client.connection, frame, counted, this.#nowMs, body);
    this.#judgeBacklog(client);
  }

  #judgeBacklog(client: Client): void {
    if (client.connection.stuck(this.#options.maxBacklog)) {
      this.#condemned.push({ client, detail: 'max_backlog reached' });
    }
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    const { idleTimeoutMs, keepaliveIntervalMs } = this.#options;
    for (const client of [...this.#byConn.values()]) {
      const { connection, paused } = client;
      if (!paused && nowMs - connection.heardAtMs > idleTimeoutMs) {
        this.#outbox.destroy(connection.conn);
        this.#gone(client, 'silence', `silent for ${idleTimeoutMs} ms`);
      } else if (nowMs - connection.sentAtMs >= keepaliveIntervalMs) {
        this.#write(client, encodeClientFrame({ type: 'ping', sentAtMs: nowMs }));
      }
    }
  }

  forgivePause(gapMs: number): void {
    for (const { connection } of this.#byConn.values()) connection.heardAtMs += gapMs;
  }

  /**
   * At the end of each step: takes waiting requests, `messages_per_iter` of each client in turn, while the bus
   * accepts them; stops reading from clients that have to wait.
   */
  settle(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const { client, detail } of this.#condemned.splice(0)) {
      if (client.gone !== undefined) continue;
      this.#outbox.destroy(client.connection.conn);
      this.#gone(client, 'backlog', detail);
    }
    this.#takeTurns();
    this.#leaving = this.#leaving.filter((client) => client.waiting.length > 0);
    for (const client of this.#byConn.values()) {
      const wait = client.waiting.length > 0;
      if (wait === client.paused) continue;
      client.paused = wait;
      if (!wait) client.connection.heardAtMs = nowMs;
      this.#outbox.push({ type: wait ? 'pause' : 'resume', conn: client.connection.conn });
    }
  }

  leave(): void {
    for (const client of this.#byConn.values()) {
      this.#write(client, encodeClientFrame({ type: 'bye', reason: 'server stopping' }));
      this.#outbox.end(client.connection);
    }
  }

  #takeTurns(): void {
    const clients = [...this.#byConn.values(), ...this.#leaving].filter(({ waiting }) => waiting.length > 0);
    this.#turns.takeFrom(clients, {
      messagesPerIter: this.#options.messagesPerIter,
      accepting: () => this.#host.order.accepting,
      take: (client, request) => {
        if (!client.ended) this.#take(client, request);
      },
      emptied: (client) => {
        if (client.gone !== undefined) this.#disconnected(client);
      },
    });
  }

  #take(client: Client, request: ClientRequest): void {
    const mailbox = client.mailboxes[request.mailbox];
    if (mailbox === undefined) return;
    const { cid, session } = mailbox;
    switch (request.type) {
      case 'join': {
        const { group, capabilities } = request;
        if (this.#mayJoin(client, `${cid} ${group}`, group.length + capabilities.length)) {
          this.#host.submit({ type: 'join', cid, session, group, capabilities });
        }
        return;
      }
      case 'part':
        this.#forgetMembership(client, `${cid} ${request.group}`);
        this.#host.submit({ type: 'leave', cid, group: request.group });
        return;
      case 'multicast': {
        const { service, groups, count, messages } = request;
        this.#host.submit({ type: 'multicast', session, service, groups, count, messages });
        return;
      }
      case 'private':
        this.#takePrivate(session, request);
        return;
    }
  }

  #takePrivate(session: string, request: Extract<ClientRequest, { type: 'private' }>): void {
    const parts = /^#([^#]+)#([^#]+)$/.exec(request.to);
    const [, toSession, toNode] = parts ?? [];
    if (toSession === undefined || toNode === undefined) {
      this.#host.count('private_bad_name');
      return;
    }
    const { kind, payload } = request;
    this.#host.submit({ type: 'private', session, toSession, toNode: toNode as NodeName, kind, payload });
  }

  #mayJoin(client: Client, key: string, bytes: number): boolean {
    if (client.memberships.has(key)) return true;
    const cost = bytes + MEMBERSHIP_OVERHEAD_BYTES;
    if (this.#membershipBytes + cost > MEMBERSHIP_BYTES_MAX) {
      this.#host.count('joins_refused');
      this.refuse(client.connection.conn, 'too many groups');
      return false;
    }
    this.#membershipBytes += cost;
    client.memberships.set(key, cost);
    return true;
  }

  #forgetMembership(client: Client, key: string): void {
    this.#membershipBytes -= client.memberships.get(key) ?? 0;
    client.memberships.delete(key);
  }

  #gone(client: Client, cause: LossCause, detail: string): void {
    if (client.gone !== undefined) return;
    client.gone = { cause, detail };
    this.#byConn.delete(client.connection.conn);
    for (const { cid, session } of client.mailboxes) {
      this.#byCid.delete(cid);
      if (this.#bySession.get(session) === cid) this.#bySession.delete(session);
    }
    this.#host.count(`client_down_${cause}`);
    this.#outbox.event({ type: 'clientDown', client: client.title, detail: `${cause}: ${detail}` });
    if (client.waiting.length > 0) this.#leaving.push(client);
    else this.#disconnected(client);
  }

  #leavingBytes(): number {
    const requests = this.#leaving.flatMap(({ waiting }) => waiting);
    return requests.reduce((sum, request) => sum + requestBytes(request), this.#host.order.queuedBytes);
  }

  /**
   * Ordered after everything the client had sent, and even while the bus takes nothing else. Nobody needs to hear of
   * the end of a mailbox that is in no group.
   */
  #disconnected(client: Client): void {
    if (client.ended) return;
    client.ended = true;
    const keys = [...client.memberships.keys()];
    for (const key of keys) this.#forgetMembership(client, key);
    const cause = client.gone?.cause ?? 'closed';
    for (const { cid } of client.mailboxes) {
      if (keys.some((key) => key.startsWith(`${cid} `)))
        this.#host.submit({ type: 'disconnect', cid, cause });
    }
  }

  #ownerOf(session: string): Client | undefined {
    const cid = this.#bySession.get(session);
    return cid === undefined ? undefined : this.#byCid.get(cid)?.client;
  }

  /** The same client that comes back replaces itself; another one only takes the name of a client fallen silent. */
  #mayTakeOver(owner: Client, frame: ConnectFrame, nowMs: number): boolean {
    if (owner.instance === frame.instance) return true;
    const silentMs = nowMs - owner.connection.heardAtMs;
    return !owner.paused && silentMs > this.#options.keepaliveIntervalMs * TAKEOVER_INTERVALS;
  }

  /** Ends who holds the name, with its last requests, so that the new holder's operations come after its end. */
  #release(session: string): void {
    const owner = this.#ownerOf(session);
    if (owner !== undefined) {
      this.#outbox.destroy(owner.connection.conn);
      this.#gone(owner, 'closed', 'replaced by a newer connection');
    }
    for (const client of this.#leaving) {
      if (client.waiting.length === 0 || !client.mailboxes.some((one) => one.session === session)) continue;
      for (const request of client.waiting.splice(0)) this.#take(client, request);
      this.#disconnected(client);
    }
  }

  #write(client: Client, frame: Buffer): void {
    this.#outbox.write(client.connection, frame, 1, this.#nowMs);
  }
}

function validSession(session: string, node: NodeName): boolean {
  if (Buffer.byteLength(session) > SESSION_BYTES_MAX || /\s/.test(session)) return false;
  return parsePrivateName(privateName(session, node)).ok;
}
