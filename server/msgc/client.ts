/**
 * The msgc_client: one TCP connection to the first server of a list that answers, several mailboxes on it. Remembers
 * the groups it is in and joins them again after a reconnect (MSG-30). Queues nothing while there is no connection.
 * Rules: SPEC.md BUS-60 to BUS-66.
 */

import { assert, must, unreachable } from '../base/assert.ts';
import type { Core, DeadlineReached } from '../base/core.ts';
import { Prng } from '../base/prng.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import { type GroupName, sessionOfPrivateName } from '../model/names.ts';
import type { BusEvent, BusRequest } from './client-api.ts';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeClientFrame,
  encodeMessagesHead,
  MAILBOXES_MAX,
  PAYLOAD_BYTES_MAX,
  requestFits,
} from './client-frames.ts';
import { type AcceptFrame, ClientGreeting } from './client-greeting.ts';
import { ClientJoins, type Joined } from './client-joins.ts';
import { ClientServers } from './client-servers.ts';
import { Connection, Outbox } from './connection.ts';
import type { OtherVersion } from './frames.ts';
import type { MsgcClientOptions } from './options.ts';
import { OpenPacket, readMessages } from './packet.ts';

export type MsgcClientInput =
  | StreamInput
  | { readonly type: 'request'; readonly request: BusRequest }
  | { readonly type: 'optionsChanged'; readonly options: MsgcClientOptions }
  /** Drops the connection and dials again; remembered groups are joined again (`cluster reset`). */
  | { readonly type: 'reconnect' }
  /** Graceful stop: says BYE and closes. */
  | { readonly type: 'leave' };

export type MsgcClientEffect = StreamEffect | { readonly type: 'event'; readonly event: BusEvent };

/** Age at which a connection counts as stable and its retries start over. */
const STABLE_MS = 5_000;

export type MsgcClientParts = {
  /** Session names of the mailboxes, such as `ec0-20768`; unique on the server. At least one. */
  readonly sessions: readonly string[];
  readonly cluster: string;
  /** Random or grown number that tells this client from another one with the same session names. */
  readonly instance: number;
  readonly options: MsgcClientOptions;
  readonly seed: number;
  readonly nowMs: number;
};

/** Feed it every fact of its own dials and the requests of its process through `drive`; it dials odd numbers from 1. */
export class MsgcClient implements Core<MsgcClientInput | DeadlineReached, MsgcClientEffect> {
  readonly #sessions: readonly string[];
  readonly #cluster: string;
  readonly #instance: number;
  readonly #outbox = new Outbox<BusEvent>();
  readonly #servers: ClientServers;
  readonly #joins = new ClientJoins();
  /** Messages of this turn to the same groups. */
  readonly #packet = new OpenPacket();
  #packetAtMs = 0;
  #options: MsgcClientOptions;
  #state: 'waiting' | 'dialing' | 'greeting' | 'up' | 'left' = 'waiting';
  #connection: Connection | undefined = undefined;
  #greeting: ClientGreeting | undefined = undefined;
  #conn = -1;
  #sinceMs: number;
  #lastStepMs: number;

  constructor(parts: MsgcClientParts) {
    assert(
      parts.sessions.length > 0 && parts.sessions.length <= MAILBOXES_MAX,
      'a client has one to sixteen mailboxes',
    );
    this.#sessions = parts.sessions;
    this.#cluster = parts.cluster;
    this.#instance = parts.instance;
    this.#options = parts.options;
    this.#servers = new ClientServers(parts.options, new Prng(parts.seed), parts.nowMs);
    this.#sinceMs = parts.nowMs;
    this.#lastStepMs = parts.nowMs;
  }

  /** True between `busConnected` and `busLost`. */
  get isConnected(): boolean {
    return this.#state === 'up';
  }

  /** Groups that are joined, or will be after a reconnect, by mailbox. */
  get joined(): readonly { readonly session: string; readonly group: GroupName }[] {
    return this.#joins.all.map(({ session, group }) => ({ session, group }));
  }

  get deadlineMs(): number | undefined {
    const { idleTimeoutMs, keepaliveIntervalMs } = this.#options;
    switch (this.#state) {
      case 'left':
      case 'dialing':
        return undefined;
      case 'waiting':
        return this.#servers.retryAtMs;
      case 'greeting':
        return this.#sinceMs + this.#servers.acceptWaitMs;
      case 'up': {
        if (this.#packet.count > 0) return this.#packetAtMs;
        const { heardAtMs, sentAtMs } = must(this.#connection, 'the connection that is up');
        return Math.min(heardAtMs + idleTimeoutMs, sentAtMs + keepaliveIntervalMs);
      }
      default:
        return unreachable(this.#state);
    }
  }

  step(input: MsgcClientInput | DeadlineReached, nowMs: number): readonly MsgcClientEffect[] {
    this.#forgivePause(nowMs);
    if (this.#state !== 'left') {
      this.#take(input, nowMs);
      this.#tick(input.type === 'deadlineReached', nowMs);
    }
    return this.#outbox.take();
  }

  #take(input: MsgcClientInput | DeadlineReached, nowMs: number): void {
    switch (input.type) {
      case 'connected':
        if (input.conn === this.#conn) this.#connected(input.remote, nowMs);
        return;
      case 'received':
        if (input.conn === this.#conn) this.#received(input.bytes, nowMs);
        return;
      case 'drained':
        if (input.conn === this.#conn) this.#connection?.drained(input.pendingBytes);
        return;
      case 'closed':
        if (input.conn !== this.#conn) return;
        this.#lost(`${input.reason}${input.detail === '' ? '' : `: ${input.detail}`}`, nowMs);
        return;
      case 'request':
        this.#requested(input.request, nowMs);
        return;
      case 'optionsChanged':
        this.#reconfigure(input.options, nowMs);
        return;
      case 'reconnect':
        this.#part('reconnect requested', nowMs);
        return;
      case 'leave':
        this.#leave(nowMs);
        return;
      case 'accepted':
      case 'deadlineReached':
        return;
      default:
        unreachable(input);
    }
  }

  /** A connection that the new options still want stays as it is (BUS-63). */
  #reconfigure(options: MsgcClientOptions, nowMs: number): void {
    const otherSource = this.#options.bindAddress !== options.bindAddress;
    const otherServers = JSON.stringify(this.#options.servers) !== JSON.stringify(options.servers);
    this.#options = options;
    const kept = this.#servers.reconfigure(options, nowMs);
    if (otherSource) this.#part('another bind_address', nowMs);
    else if (this.#state === 'waiting' && otherServers) this.#servers.startOver(nowMs);
    else if (this.#state !== 'waiting' && !kept) this.#part('no longer a configured server', nowMs);
  }

  /** Leaves all groups and the server, says so, and dials the first server of the list. */
  #part(reason: string, nowMs: number): void {
    if (this.#connection !== undefined) {
      const joined = this.#state === 'up' ? this.joined : [];
      for (const { session, group } of joined)
        this.#write({ type: 'part', mailbox: this.#sessions.indexOf(session), group }, nowMs);
      this.#write({ type: 'bye', reason }, nowMs);
      this.#outbox.end(this.#connection);
    } else if (this.#state === 'dialing') {
      this.#outbox.destroy(this.#conn);
    }
    this.#lost(reason, nowMs);
    this.#servers.startOver(nowMs);
  }

  #tick(turnEnds: boolean, nowMs: number): void {
    if (turnEnds) this.#closePacket(nowMs);
    const connection = this.#connection;
    if (this.#state === 'waiting' && nowMs >= this.#servers.retryAtMs) this.#dial(nowMs);
    if (this.#state === 'greeting' && nowMs >= this.#sinceMs + this.#servers.acceptWaitMs)
      this.#drop('no ACCEPT', nowMs);
    if (this.#state !== 'up' || connection === undefined) return;
    if (nowMs >= connection.heardAtMs + this.#options.idleTimeoutMs) {
      this.#drop(`server silent for ${this.#options.idleTimeoutMs} ms`, nowMs);
    } else if (nowMs >= connection.sentAtMs + this.#options.keepaliveIntervalMs) {
      this.#write({ type: 'ping', sentAtMs: nowMs }, nowMs);
    }
    if (nowMs - this.#sinceMs >= STABLE_MS) this.#servers.stable();
  }

  /** A process that was not scheduled does not blame its server. */
  #forgivePause(nowMs: number): void {
    const gapMs = nowMs - this.#lastStepMs;
    this.#lastStepMs = nowMs;
    const allowedMs = this.#options.keepaliveIntervalMs + 1_000;
    if (gapMs > allowedMs && this.#connection !== undefined) this.#connection.heardAtMs += gapMs - allowedMs;
  }

  #dial(nowMs: number): void {
    const { bindAddress, connectTimeoutMs, reconnectIntervalMs } = this.#options;
    const server = this.#servers.dial(nowMs);
    if (server === undefined) return;
    this.#conn += 2;
    this.#state = 'dialing';
    const timeoutMs = Math.min(connectTimeoutMs, reconnectIntervalMs);
    this.#outbox.push({ type: 'dial', conn: this.#conn, ...server, bindAddress, timeoutMs });
  }

  #connected(remote: string, nowMs: number): void {
    this.#connection = new Connection(this.#conn, remote, nowMs);
    this.#state = 'greeting';
    this.#sinceMs = nowMs;
    const [cluster, instance, sessions] = [this.#cluster, this.#instance, this.#sessions];
    this.#greeting = new ClientGreeting(this.#options.secrets, { cluster, instance, sessions });
    this.#outbox.write(this.#connection, this.#greeting.connect, 1, nowMs);
  }

  #received(bytes: Buffer, nowMs: number): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.received(bytes, nowMs);
    while (this.#connection === connection) {
      const raw = connection.decoder.next();
      if (raw === undefined) return;
      const frame = typeof raw === 'string' ? undefined : decodeClientFrame(raw);
      if (frame === undefined) this.#drop(typeof raw === 'string' ? raw : 'bad frame', nowMs);
      else this.#frame(connection, frame, nowMs);
    }
  }

  #frame(connection: Connection, frame: ClientFrame | OtherVersion, nowMs: number): void {
    if (frame.type === 'bye') {
      this.#drop(`refused: ${frame.reason}`, nowMs);
      return;
    }
    if (this.#state === 'greeting') {
      const answer = must(this.#greeting, 'the greeting of this connection').heard(frame);
      if (typeof answer === 'string') this.#drop(answer, nowMs);
      else if (Buffer.isBuffer(answer)) this.#outbox.write(connection, answer, 1, nowMs);
      else this.#accepted(answer, nowMs);
      return;
    }
    if ('mailbox' in frame && this.#sessions[frame.mailbox] === undefined) {
      this.#drop('bad mailbox', nowMs);
      return;
    }
    switch (frame.type) {
      case 'ping':
        this.#write({ type: 'pong', sentAtMs: frame.sentAtMs }, nowMs);
        return;
      case 'pong':
        return;
      case 'deliver': {
        const group = frame.group === '' ? undefined : (frame.group as GroupName);
        const session = this.#sessionAt(frame.mailbox);
        const messages = readMessages(frame.messages, PAYLOAD_BYTES_MAX);
        if (messages === undefined) this.#drop('bad frame', nowMs);
        const { sender } = frame;
        for (const { kind, payload } of messages ?? []) {
          this.#event({ type: 'message', session, group, sender, kind, payload });
        }
        return;
      }
      case 'view':
        this.#event({ type: 'view', session: this.#sessionAt(frame.mailbox), view: frame.view });
        return;
      case 'transition':
        this.#event({ type: 'transition', session: this.#sessionAt(frame.mailbox), group: frame.group });
        return;
      default:
        this.#drop('bad frame', nowMs);
    }
  }

  #accepted(frame: AcceptFrame, nowMs: number): void {
    this.#state = 'up';
    this.#sinceMs = nowMs;
    this.#connection?.decoder.handshakeDone();
    for (const joined of this.#joins.all) this.#sendJoin(joined, nowMs);
    this.#event({
      type: 'busConnected',
      server: this.#servers.title,
      serverNode: frame.node,
      privateNames: new Map(frame.names.map((name) => [sessionOfPrivateName(name), name])),
    });
  }

  #requested(request: BusRequest, nowMs: number): void {
    const mailbox = this.#sessions.indexOf(request.session);
    assert(mailbox >= 0, 'a request names a mailbox of this client');
    if (!requestFits(request)) {
      this.#event({ type: 'requestRefused', request, reason: 'tooLarge' });
      return;
    }
    const { session } = request;
    if (request.type === 'join') {
      const { group, capabilities } = request;
      const isNew = this.#joins.remember({ session, group, capabilities });
      if (this.#state === 'up' && isNew) this.#sendJoin({ session, group, capabilities }, nowMs);
      return;
    }
    if (request.type === 'leave') {
      const known = this.#joins.forget(request);
      if (this.#state === 'up' && known) this.#write({ type: 'part', mailbox, group: request.group }, nowMs);
      return;
    }
    if (this.#state !== 'up') {
      this.#event({ type: 'requestRefused', request, reason: 'busDown' });
      return;
    }
    if ((this.#connection?.backlog ?? 0) + this.#packet.count >= this.#options.maxBacklog) {
      this.#event({ type: 'requestRefused', request, reason: 'backlog' });
      return;
    }
    const { kind, payload } = request;
    if (request.type === 'publish') {
      const { service, groups } = request;
      if (!this.#packet.add({ mailbox, service, groups }, request)) {
        this.#closePacket(nowMs);
        this.#packet.add({ mailbox, service, groups }, request);
      }
      this.#packetAtMs = nowMs;
      if (this.#packet.full) this.#closePacket(nowMs);
    } else {
      this.#write({ type: 'private', mailbox, to: request.to, kind, payload }, nowMs);
    }
  }

  #sendJoin({ session, group, capabilities }: Joined, nowMs: number): void {
    this.#write({ type: 'join', mailbox: this.#sessions.indexOf(session), group, capabilities }, nowMs);
  }

  /** Gives the connection up from this side. */
  #drop(reason: string, nowMs: number): void {
    if (this.#state === 'waiting' || this.#state === 'left') return;
    this.#outbox.destroy(this.#conn);
    if (this.#state === 'greeting') this.#event({ type: 'busRefused', server: this.#servers.title, reason });
    this.#lost(reason, nowMs);
  }

  #lost(reason: string, nowMs: number): void {
    if (this.#state === 'waiting' || this.#state === 'left') return;
    const wasUp = this.#state === 'up';
    this.#state = 'waiting';
    this.#connection = undefined;
    this.#packet.take();
    // What still arrives for the old number is nobody's.
    this.#conn += 2;
    this.#servers.lost(wasUp, nowMs);
    if (wasUp) this.#event({ type: 'busLost', reason });
  }

  #leave(nowMs: number): void {
    if (this.#connection !== undefined) {
      this.#write({ type: 'bye', reason: 'stopping' }, nowMs);
      this.#outbox.end(this.#connection);
    } else if (this.#state === 'dialing') {
      this.#outbox.destroy(this.#conn);
    }
    const wasUp = this.#state === 'up';
    this.#state = 'left';
    if (wasUp) this.#event({ type: 'busLost', reason: 'stopping' });
  }

  #sessionAt(mailbox: number): string {
    return must(this.#sessions[mailbox], 'a mailbox of this client');
  }

  /** Requests stay in order: whatever follows an open packet is sent after it. */
  #write(frame: ClientFrame, nowMs: number): void {
    if (this.#connection === undefined) return;
    this.#closePacket(nowMs);
    this.#outbox.write(this.#connection, encodeClientFrame(frame), 1, nowMs);
  }

  #closePacket(nowMs: number): void {
    const packet = this.#packet.take();
    if (packet === undefined || this.#connection === undefined) return;
    const head = encodeMessagesHead({ type: 'multicast', ...packet });
    this.#outbox.write(this.#connection, head, packet.count, nowMs, packet.messages);
  }

  #event(event: BusEvent): void {
    this.#outbox.event(event);
  }
}
