/**
 * Receives mail: the SMTP library on connections that listeners accepted, into the spool. What is accepted the core
 * decides; here are the bounds that no client gets past, whatever it sends or leaves out. A client hears that its message is
 * accepted when the message is on the disk and the core knows of it.
 */

import type { Socket } from 'node:net';
import { domainToASCII } from 'node:url';
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server';
import type { Clock } from '../base/ports.ts';
import {
  type Client,
  type ConnectionId,
  INBOUND_CONNECTIONS_MAX,
  LINE_BYTES_MAX,
  type MailFact,
  MESSAGE_BYTES_MAX,
  RECIPIENTS_MAX,
  type Reception,
  type Verdict,
} from '../mail/api.ts';
import { type IpAddress, parseIp } from '../model/ip.ts';
import { BodyWatch } from './body-watch.ts';
import type { MailSpool } from './mail-spool.ts';
import { ReceptionSession } from './reception-session.ts';
import type { Trace } from './spool-format.ts';
import { plainAddress } from './stream-endpoint.ts';
import { decodeTransferred } from './transfer-words.ts';

export type ReceptionLimits = {
  /** A client that owes something and says nothing. */
  readonly idleMs: number;
  /** One message, from 354 to its last byte. */
  readonly dataMs: number;
  /** A whole session. */
  readonly sessionMs: number;
  /** Commands of a session. */
  readonly commandsMax: number;
  /** Refused commands, and commands that lead to nothing, since the last message that was accepted. */
  readonly errorsMax: number;
  readonly idleCommandsMax: number;
  /** One line of a command. */
  readonly commandBytesMax: number;
  /** One line of a message. */
  readonly lineBytesMax: number;
  readonly messageBytesMax: number;
  readonly connectionsMax: number;
};

export const RECEPTION_LIMITS: ReceptionLimits = {
  idleMs: 60_000,
  dataMs: 600_000,
  sessionMs: 3_600_000,
  commandsMax: 20_000,
  errorsMax: 20,
  idleCommandsMax: 100,
  commandBytesMax: 4_096,
  lineBytesMax: LINE_BYTES_MAX,
  messageBytesMax: MESSAGE_BYTES_MAX,
  connectionsMax: INBOUND_CONNECTIONS_MAX,
};

export type ReceptionParts = {
  readonly hostname: string;
  /** Decides; asked and told with `nowMs` of the clock. */
  readonly desk: Reception;
  /** Of the core as well: `asked` after each question, what became of messages, who is gone. */
  readonly give: (fact: MailFact) => void;
  /** Undefined while there is none that can be used. */
  readonly spool: () => MailSpool | undefined;
  readonly clock: Clock;
  readonly limits?: Partial<ReceptionLimits>;
};

const NO_SPOOL: Verdict = { code: 451, text: '4.3.0 the mail spool cannot be used now' };
const NOT_SPOOLED: Verdict = { code: 452, text: '4.3.1 the message cannot be stored now' };
const TOO_LARGE: Verdict = { code: 552, text: '5.3.4 the message is too large' };
const LINE_TOO_LONG: Verdict = { code: 500, text: '5.6.0 a line of the message is too long' };
const BAD_TRANSFER: Verdict = { code: 501, text: '5.5.4 a message that moves says who it is in ENVID' };

/** @property ofCore the core knows of it. */
type Outcome = { readonly verdict: Verdict; readonly ofCore: boolean };

export class SmtpReception {
  readonly #parts: ReceptionParts;
  readonly #limits: ReceptionLimits;
  /** For clients, and for nodes that hand over messages. */
  readonly #clients: SMTPServer;
  readonly #nodes: SMTPServer;
  readonly #sessions = new Map<string, ReceptionSession>();

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    this.#limits = { ...RECEPTION_LIMITS, ...parts.limits };
    this.#clients = this.#server({ transfers: false });
    this.#nodes = this.#server({ transfers: true });
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** For sessions that begin from now on; the time that a client may be idle also for others. */
  configure({ hostname, idleMs }: { readonly hostname: string; readonly idleMs: number }): void {
    for (const { options } of [this.#clients, this.#nodes]) {
      options.name = hostname;
      options.socketTimeout = idleMs;
    }
  }

  /**
   * Serves a connection until it ends. Its errors are dealt with.
   * @param node who hands over messages; undefined for a client of a mail listener.
   */
  accept(socket: Socket, node?: string): void {
    const ends = endsOf(socket);
    if (ends === undefined) {
      socket.destroy();
      return;
    }
    const { desk, clock } = this.#parts;
    if (this.#sessions.size >= this.#limits.connectionsMax) {
      turnAway(socket, { code: 421, text: '4.3.2 too many connections' });
      return;
    }
    const { verdict, connection } = desk.clientConnected(
      { ...ends, transfer: node !== undefined },
      clock.nowMs(),
    );
    this.#parts.give({ type: 'asked' });
    if (!isGood(verdict)) {
      turnAway(socket, verdict);
      return;
    }
    this.#serve(socket, connection, { peer: ends.address, node });
  }

  /** Ends all sessions; a message that is complete is still stored. */
  stop(verdict: Verdict): void {
    for (const session of this.#sessions.values()) session.end(verdict);
  }

  /** Everything that was received is stored or refused, and every session is gone, when this resolves. */
  async close(): Promise<void> {
    const gone = [...this.#sessions.values()].map((session) => session.destroy());
    await Promise.all(gone);
  }

  #serve(
    socket: Socket,
    connection: ConnectionId,
    { peer, node }: { readonly peer: IpAddress; readonly node: string | undefined },
  ): void {
    const server = node === undefined ? this.#clients : this.#nodes;
    const id = String(connection);
    server.connect(socket, { id });
    const smtp = [...server.connections].findLast((one) => one.id === id);
    if (smtp === undefined) {
      this.#parts.give({ type: 'clientClosed', connection });
      return;
    }
    const session = new ReceptionSession({
      socket,
      smtp,
      connection,
      node,
      peer,
      limits: this.#limits,
      dataBegin: () => this.#ask(() => this.#parts.desk.dataBegin(connection, this.#nowMs)),
      greeted: (name) => this.#parts.desk.greeted(connection, name),
      reset: () => this.#parts.desk.reset(connection),
      refused: (verdict) => this.#ask(() => this.#parts.desk.refused(connection, verdict, this.#nowMs)),
      closed: () => {
        this.#sessions.delete(id);
        this.#parts.give({ type: 'clientClosed', connection });
      },
    });
    this.#sessions.set(id, session);
  }

  #server({ transfers }: { readonly transfers: boolean }): SMTPServer {
    const { idleMs, commandBytesMax, messageBytesMax } = this.#limits;
    const server = new SMTPServer({
      name: this.#parts.hostname,
      // What this plane does not do is neither offered nor understood.
      disabledCommands: ['AUTH', 'STARTTLS', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'],
      hideSTARTTLS: true,
      hideDSN: !transfers,
      disableReverseLookup: true,
      authOptional: true,
      logger: false,
      size: messageBytesMax,
      rejectOversized: true,
      maxRecipients: RECIPIENTS_MAX,
      maxCommandLength: transfers ? commandBytesMax * 2 : commandBytesMax,
      socketTimeout: idleMs,
      // Later: the library loses what a client sent ahead where everything is answered within one call.
      onMailFrom: (address, session, done) => {
        const error = this.#mailFrom(address, session);
        queueMicrotask(() => done(error));
      },
      onRcptTo: (address, session, done) => {
        const error = this.#rcptTo(address, session);
        queueMicrotask(() => done(error));
      },
      onData: (stream, session, done) => void this.#data(stream, session, done),
    });
    // Errors of connections; each of them has ended its connection already.
    server.on('error', () => undefined);
    return server;
  }

  #mailFrom({ address, args }: SMTPServerAddress, { id }: SMTPServerSession): Error | null {
    const session = this.#sessions.get(id);
    if (session === undefined) return refusal(NO_SPOOL);
    session.transferred =
      session.node === undefined || args === false ? undefined : decodeTransferred(args['ENVID']);
    if (session.node !== undefined && session.transferred === undefined) return session.answer(BAD_TRANSFER);
    const size = args === false ? Number.NaN : Number(args['SIZE']);
    const sizeBytes = Number.isFinite(size) ? size : undefined;
    const { connection } = session;
    const from = asciiDomain(address);
    return session.answer(
      this.#ask(() => this.#parts.desk.mailFrom(connection, from, sizeBytes, this.#nowMs)),
    );
  }

  #rcptTo({ address }: SMTPServerAddress, { id }: SMTPServerSession): Error | null {
    const session = this.#sessions.get(id);
    if (session === undefined) return refusal(NO_SPOOL);
    const to = asciiDomain(address);
    return session.answer(this.#ask(() => this.#parts.desk.rcptTo(session.connection, to, this.#nowMs)));
  }

  async #data(
    stream: SMTPServerDataStream,
    smtp: SMTPServerSession,
    done: (error: Error | null, text?: string) => void,
  ): Promise<void> {
    const session = this.#sessions.get(smtp.id);
    const trace = traceOf(smtp, this.#clients.options.name ?? '', this.#parts.clock.wallMs());
    if (session === undefined) {
      stream.resume();
      done(refusal(NO_SPOOL));
      return;
    }
    const outcome = await session.during(() => this.#receive(stream, session, trace));
    if (outcome === undefined) return;
    const { verdict, ofCore } = outcome;
    if (isGood(verdict)) session.accepted();
    done(ofCore ? session.answer(verdict) : refusal(verdict), verdict.text);
  }

  /** Undefined when the client went away before its message was complete. */
  async #receive(
    stream: SMTPServerDataStream,
    session: ReceptionSession,
    trace: Trace,
  ): Promise<Outcome | undefined> {
    const { spool: current, desk } = this.#parts;
    const { lineBytesMax, messageBytesMax } = this.#limits;
    const spool = current();
    const writer = spool?.begin();
    const watch = new BodyWatch(lineBytesMax);
    const drop = async (): Promise<undefined> => {
      if (writer !== undefined) await spool?.abandon(writer);
    };
    const refuse = async (verdict: Verdict): Promise<Outcome> => {
      await drop();
      // The library begins anew behind every DATA.
      desk.reset(session.connection);
      return { verdict, ofCore: false };
    };
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        watch.pass(chunk);
        // It still has to be read to its end; a client that goes on and on is cut off.
        if (watch.bytes > 2 * messageBytesMax) session.end(TOO_LARGE);
        if (watch.lineTooLong || watch.bytes > messageBytesMax) continue;
        await writer?.write(chunk);
      }
    } catch {
      return drop();
    }
    if (watch.bytes > messageBytesMax) return refuse(TOO_LARGE);
    if (watch.lineTooLong) return refuse(LINE_TOO_LONG);
    if (spool === undefined || writer === undefined) return refuse(NO_SPOOL);
    const { bytes, hops } = watch;
    const { connection, transferred } = session;
    const { verdict, envelopes } = this.#ask(() =>
      desk.dataEnd(connection, { bytes, hops, transferred }, this.#nowMs),
    );
    if (!isGood(verdict) || envelopes.length === 0) {
      await drop();
      return { verdict, ofCore: true };
    }
    const problem = await spool.commit(writer, { trace, envelopes });
    for (const envelope of envelopes) {
      if (problem === undefined) this.#parts.give({ type: 'spooled', connection, envelope });
      else this.#parts.give({ type: 'notSpooled', id: envelope.id, reason: problem });
    }
    return { verdict: problem === undefined ? verdict : NOT_SPOOLED, ofCore: true };
  }

  #ask<Answer>(question: () => Answer): Answer {
    const answer = question();
    this.#parts.give({ type: 'asked' });
    return answer;
  }

  get #nowMs(): number {
    return this.#parts.clock.nowMs();
  }
}

/** What the library sends a client as the answer to its command. */
function refusal({ code, text }: Verdict): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

function isGood({ code }: Verdict): boolean {
  return code >= 200 && code < 300;
}

/** A client that has not gone by then is cut off. */
const TURN_AWAY_MS = 1_000;

/** For a client that is not served: it hears why. */
export function turnAway(socket: Socket, { code, text }: Verdict): void {
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), TURN_AWAY_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end(`${code} ${text}\r\n`);
}

function endsOf(socket: Socket): Omit<Client, 'transfer'> | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  const remote = parseIp(plainAddress(remoteAddress ?? ''));
  const local = parseIp(plainAddress(localAddress ?? ''));
  if (!remote.ok || !local.ok || remotePort === undefined || localPort === undefined) return undefined;
  return { address: remote.value, port: remotePort, localAddress: local.value, localPort };
}

/** The library gives domains as people write them; everything behind it works with names of DNS. */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || domain.startsWith('[')) return address;
  const ascii = domainToASCII(domain);
  return ascii === '' ? address : `${address.slice(0, at)}@${ascii}`;
}

/** What a client calls itself is shown, without anything that could be taken for more than a name. */
const NOT_OF_A_NAME = /[^\w.:[\]-]/g;

function traceOf(smtp: SMTPServerSession, hostname: string, wallMs: number): Trace {
  const name = smtp.hostNameAppearsAs.replace(NOT_OF_A_NAME, '?').slice(0, 255);
  const { remoteAddress } = smtp;
  const literal = remoteAddress.includes(':') ? `IPv6:${remoteAddress}` : remoteAddress;
  return { from: `${name} ([${literal}])`, by: hostname, protocol: smtp.transmissionType, wallMs };
}
