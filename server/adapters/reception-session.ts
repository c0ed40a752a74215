/**
 * One session of the reception beside the SMTP library: counts what the client does, ends it when it goes too far, and
 * asks before DATA is answered.
 */

import type { Socket } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import type { ConnectionId, Transferred, Verdict } from '../mail/api.ts';
import type { IpAddress } from '../model/ip.ts';
import type { ReceptionLimits } from './smtp-reception.ts';

type SmtpSession = SMTPServer['connections'] extends Set<infer Connection> ? Connection : never;

export type SessionParts = {
  readonly socket: Socket;
  readonly smtp: SmtpSession;
  readonly connection: ConnectionId;
  /** Who hands over messages; undefined for a client. */
  readonly node: string | undefined;
  readonly peer: IpAddress;
  readonly limits: ReceptionLimits;
  /** Before 354. */
  readonly dataBegin: () => Verdict;
  readonly greeted: (name: string) => void;
  readonly reset: () => void;
  /** The library, or a bound, refused something. */
  readonly refused: (verdict: Verdict) => void;
  /** It is gone, and nothing of it is under way. */
  readonly closed: () => void;
};

/** Commands that lead to a message. */
const USEFUL = new Set(['MAIL', 'RCPT', 'DATA', 'QUIT']);
/** Of an answer that is told to people. */
const TEXT_MAX = 512;

export class ReceptionSession {
  readonly connection: ConnectionId;
  readonly node: string | undefined;
  /** What the node said of the message that is coming. */
  transferred: Transferred | undefined;
  readonly #parts: SessionParts;
  readonly #timer: NodeJS.Timeout;
  #commands = 0;
  #idleCommands = 0;
  #errors = 0;
  #ended = false;
  /** The answer that the core gave, until the library sends it. */
  #answered: Verdict | undefined;
  #busy: Promise<unknown> = Promise.resolve();
  readonly #gone: Promise<void>;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.connection = parts.connection;
    this.node = parts.node;
    const { socket, limits } = parts;
    this.#timer = setTimeout(() => {
      this.end({ code: 421, text: '4.4.2 the session lasts too long' });
    }, limits.sessionMs);
    this.#gone = new Promise((resolve) => {
      socket.once('close', () => {
        clearTimeout(this.#timer);
        // A message that is complete is finished first, so that the core hears of it before it hears of the end.
        void this.#busy.finally(() => {
          parts.closed();
          resolve();
        });
      });
    });
    this.#watchCommands();
    this.#watchAnswers();
  }

  /** @returns what the library wants for it, so that the client hears the verdict. */
  answer(verdict: Verdict): Error | null {
    if (verdict.code >= 200 && verdict.code < 300) return null;
    this.#answered = verdict;
    return Object.assign(new Error(verdict.text), { responseCode: verdict.code });
  }

  /** A message of it was accepted. */
  accepted(): void {
    this.#errors = 0;
    this.#idleCommands = 0;
  }

  /** Receives one message, in time. */
  async during<Outcome>(receive: () => Promise<Outcome>): Promise<Outcome> {
    const timer = setTimeout(() => {
      this.end({ code: 421, text: '4.4.2 the message takes too long' });
      this.#parts.socket.destroySoon();
    }, this.#parts.limits.dataMs);
    const receiving = receive().finally(() => clearTimeout(timer));
    this.#busy = receiving.catch(() => undefined);
    return receiving;
  }

  /** The client hears why, and is gone soon. */
  end({ code, text }: Verdict): void {
    if (this.#ended) return;
    this.#ended = true;
    const { smtp } = this.#parts;
    smtp.send(code, text, false);
    smtp.close();
  }

  /** Resolves when it is gone and nothing of it is under way. */
  async destroy(): Promise<void> {
    this.#parts.socket.destroy();
    await this.#gone;
  }

  #watchCommands(): void {
    const { smtp, limits, dataBegin, greeted, reset } = this.#parts;
    const take = smtp._onCommand.bind(smtp);
    smtp._onCommand = (command, next) => {
      if (this.#ended) return;
      const [name = '', argument = ''] = command.toString('latin1', 0, 300).trim().split(/\s+/);
      const verb = name.toUpperCase();
      this.#commands += 1;
      if (!USEFUL.has(verb)) this.#idleCommands += 1;
      if (this.#commands > limits.commandsMax || this.#idleCommands > limits.idleCommandsMax) {
        this.end({ code: 421, text: '4.7.0 too many commands' });
        return;
      }
      if (verb === 'EHLO' || verb === 'HELO') greeted(argument);
      if (verb === 'EHLO' || verb === 'HELO' || verb === 'RSET') reset();
      // The library answers 354 to everything, and asks when the message has been sent.
      if (verb === 'DATA' && smtp.session.envelope?.rcptTo.length > 0) {
        const verdict = dataBegin();
        if (verdict.code >= 400) {
          this.#answered = verdict;
          smtp.send(verdict.code, verdict.text, false);
          next?.();
          return;
        }
      }
      take(command, next);
    };
  }

  #watchAnswers(): void {
    const { smtp, limits, refused } = this.#parts;
    const send = smtp.send.bind(smtp);
    smtp.send = (code, data, context) => {
      send(code, data, context);
      if (code < 400) return;
      const own = this.#answered;
      this.#answered = undefined;
      const text = (Array.isArray(data) ? data.join(' ') : (data ?? '')).slice(0, TEXT_MAX);
      if (own?.code !== code || own.text !== text) refused({ code, text });
      // RFC 5321, 3.8: who says 421 closes.
      if (code === 421 && !this.#ended) {
        this.#ended = true;
        smtp.close();
      }
      if (code < 500) return;
      this.#errors += 1;
      if (this.#errors > limits.errorsMax) this.end({ code: 421, text: '4.7.0 too many errors' });
    };
  }
}
