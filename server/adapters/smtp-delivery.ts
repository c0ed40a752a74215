/**
 * Delivers mail: opens connections from the address of a binding to one of the hosts that the core names, and keeps one
 * session on each. Every connection that was asked for ends with `disconnected`, whatever happened.
 */

import { type Socket, connect as tcpConnect } from 'node:net';
import { unreachable } from '../base/assert.ts';
import type { ConnectionId, Envelope, MailCommand, MailFact, MailHost, SessionPolicy } from '../mail/api.ts';
import { STAGE } from '../mail/mail-lines.ts';
import { isIpv6, parseIp } from '../model/ip.ts';
import { DeliverySession } from './delivery-session.ts';
import type { MailSpool } from './mail-spool.ts';
import { socketErrorText } from './stream-endpoint.ts';

/** Addresses that are tried for one connection. */
const ADDRESSES_MAX = 8;

export type DeliveryParts = {
  readonly give: (fact: MailFact) => void;
  readonly spool: () => MailSpool | undefined;
  /** Addresses of a host; empty when there are none. Never rejects. */
  readonly addressesOf: (host: string) => Promise<readonly string[]>;
  /** Opens a connection to the cluster listener of a node, proven and ready for SMTP. Rejects with an Error for people. */
  readonly connectNode: (command: ConnectNode) => Promise<Socket>;
  /** How sessions with nodes are led. */
  readonly nodeSession: () => SessionPolicy;
};

type Connect = Extract<MailCommand, { type: 'connect' }>;
export type ConnectNode = Extract<MailCommand, { type: 'connectNode' }>;
export type DeliveryCommand = Extract<
  MailCommand,
  { type: 'connect' | 'connectNode' | 'send' | 'disconnect' }
>;

type Connection = {
  /** Undefined while it is being opened. */
  session: DeliverySession | undefined;
  /** Nobody wants it any more. */
  over: boolean;
  /** What is being opened. */
  socket: Socket | undefined;
};

export class SmtpDelivery {
  readonly #parts: DeliveryParts;
  readonly #connections = new Map<ConnectionId, Connection>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  get connections(): number {
    return this.#connections.size;
  }

  perform(command: DeliveryCommand): void {
    switch (command.type) {
      case 'connect':
        this.#open(command.connection, (connection) => this.#connect(command, connection));
        break;
      case 'connectNode':
        this.#open(command.connection, (connection) => this.#connectNode(command, connection));
        break;
      case 'send':
        this.#send(command.connection, command.envelope);
        break;
      case 'disconnect':
        this.#disconnect(command.connection);
        break;
      default:
        unreachable(command);
    }
  }

  /** Ends all connections at once. */
  close(): void {
    for (const connection of this.#connections.values()) {
      connection.over = true;
      connection.socket?.destroy();
      connection.session?.destroy('this process stops');
    }
  }

  #open(id: ConnectionId, dial: (connection: Connection) => Promise<string>): void {
    const connection: Connection = { session: undefined, over: false, socket: undefined };
    this.#connections.set(id, connection);
    void dial(connection).then((reason) => {
      if (reason !== '') this.#gone(id, reason, STAGE.notConnected);
    });
  }

  /** @returns why there is no connection; empty when there is one. */
  async #connect(command: Connect, connection: Connection): Promise<string> {
    const { hosts, from, port, session: policy } = command;
    let reason = 'no address of any host is known';
    let tried = 0;
    for (const host of hosts) {
      for (const address of await this.#addressesOf(host)) {
        if (connection.over) return 'not wanted any more';
        const ip = parseIp(address);
        if (!ip.ok || tried >= ADDRESSES_MAX) continue;
        // An address of one family reaches no address of the other one.
        if (from !== undefined && isIpv6(from) !== isIpv6(ip.value)) continue;
        tried += 1;
        try {
          connection.socket = await dial(
            { host: address, port, localAddress: from },
            policy.connectMs,
            connection,
          );
        } catch (error) {
          reason = `${host.host} (${address}): ${socketErrorText(error)}`;
          continue;
        }
        const refused = await this.#greet(command.connection, connection, { policy, toNode: false });
        if (refused === undefined) {
          this.#parts.give({
            type: 'connected',
            connection: command.connection,
            host: host.host,
            address: ip.value,
          });
          return '';
        }
        reason = `${host.host} (${address}): ${refused}`;
      }
    }
    return reason;
  }

  async #connectNode(command: ConnectNode, connection: Connection): Promise<string> {
    try {
      connection.socket = await this.#parts.connectNode(command);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (connection.over) {
      connection.socket.destroy();
      return 'not wanted any more';
    }
    const { remoteAddress } = connection.socket;
    const ip = parseIp(remoteAddress ?? '');
    const policy = this.#parts.nodeSession();
    const refused = await this.#greet(command.connection, connection, { policy, toNode: true });
    if (refused !== undefined) return `${command.node} (${command.listener}): ${refused}`;
    this.#parts.give({
      type: 'connected',
      connection: command.connection,
      host: command.node,
      address: ip.ok ? ip.value : undefined,
    });
    return '';
  }

  async #addressesOf({ host, addresses }: MailHost): Promise<readonly string[]> {
    return addresses.length > 0 ? addresses : this.#parts.addressesOf(host);
  }

  /** @returns why there is no session. */
  async #greet(
    id: ConnectionId,
    connection: Connection,
    { policy, toNode }: { readonly policy: SessionPolicy; readonly toNode: boolean },
  ): Promise<string | undefined> {
    const { socket } = connection;
    if (socket === undefined) return 'not connected';
    const session = new DeliverySession({
      socket,
      policy,
      toNode,
      onSent: (outcome) => this.#parts.give({ type: 'sent', connection: id, outcome }),
      onEnd: (reason, stage) => this.#gone(id, reason, stage),
    });
    const refused = await session.greet();
    if (refused !== undefined) return refused;
    if (connection.over) {
      session.destroy('not wanted any more');
      return 'not wanted any more';
    }
    connection.session = session;
    return undefined;
  }

  #send(id: ConnectionId, envelope: Envelope): void {
    const session = this.#connections.get(id)?.session;
    if (session === undefined) return;
    const body = this.#parts.spool()?.body(envelope.id);
    if (body === undefined) session.destroy('the message is not in the spool');
    else session.send(envelope, body);
  }

  #disconnect(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    connection.over = true;
    if (connection.session === undefined) connection.socket?.destroy();
    else connection.session.quit();
  }

  #gone(connection: ConnectionId, reason: string, stage: number): void {
    if (this.#connections.delete(connection)) {
      this.#parts.give({ type: 'disconnected', connection, reason, stage });
    }
  }
}

/** Rejects with what the system says. */
async function dial(
  place: { readonly host: string; readonly port: number; readonly localAddress: string | undefined },
  connectMs: number,
  connection: Connection,
): Promise<Socket> {
  const { host, port, localAddress } = place;
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    connection.socket = socket;
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection within ${connectMs} ms`)),
      connectMs,
    );
    const closed = (): void => reject(new Error('not wanted any more'));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('close', closed);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('close', closed);
    socket.once('close', () => clearTimeout(timer));
  });
}
