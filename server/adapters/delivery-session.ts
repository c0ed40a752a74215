/**
 * One connection on which messages leave: the SMTP library on an open socket, one message after the other. It says of
 * every recipient what the host answered, and of the connection once that it ended.
 */

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import SMTPConnection, {
  type SMTPConnectionOptions,
  type SMTPEnvelope,
} from 'nodemailer/lib/smtp-connection';
import type { Envelope, RecipientResult, SendOutcome, SessionPolicy } from '../mail/api.ts';
import { STAGE } from '../mail/mail-lines.ts';
import { encodeTransferred } from './transfer-words.ts';

/** A peer that has not closed by then is cut off. */
const CLOSE_MS = 2_000;
/** Of one reply; a host has no reason to say more. */
const REPLY_BYTES_MAX = 64 * 1024;
/** A body that leaves more slowly than this does not leave. */
const BODY_BYTES_PER_MS_MIN = 1;
const TEXT_MAX = 1_024;

/** What the library reports, as far as it counts here. */
type LibraryError = Error & {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  readonly command?: string | undefined;
  readonly recipient?: string | undefined;
};
/** The library keeps book of recipients in the envelope that it was given. */
type Booked = SMTPEnvelope & { rejectedErrors?: LibraryError[] };

export type DeliverySessionParts = {
  readonly socket: Socket;
  readonly policy: SessionPolicy;
  /** A node takes messages together with what this one knows of them. */
  readonly toNode: boolean;
  readonly onSent: (outcome: SendOutcome) => void;
  /** Once. No `onSent` follows. */
  readonly onEnd: (reason: string, stage: number) => void;
};

export class DeliverySession {
  readonly #parts: DeliverySessionParts;
  readonly #smtp: SMTPConnection;
  #stage: number = STAGE.banner;
  #reason: string | undefined;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: DeliverySessionParts) {
    this.#parts = parts;
    const { policy, socket } = parts;
    const options: SMTPConnectionOptions = {
      connection: socket,
      host: socket.remoteAddress ?? 'localhost',
      port: socket.remotePort ?? 25,
      secure: false,
      // This plane has no TLS of its own.
      ignoreTLS: true,
      name: policy.ehlo,
      connectionTimeout: policy.ehloMs,
      greetingTimeout: policy.ehloMs,
      socketTimeout: policy.bodyMs,
      socketCloseTimeout: CLOSE_MS,
      maxResponseSize: REPLY_BYTES_MAX,
      logger: false,
    };
    this.#smtp = new SMTPConnection(options);
    this.#smtp.on('error', (error: LibraryError) => {
      this.#reason ??= textOf(error);
    });
  }

  /** Resolves when greetings are exchanged; with the reason when they are not, and then `onEnd` is not called. */
  async greet(): Promise<string | undefined> {
    const { policy } = this.#parts;
    return new Promise((resolve) => {
      const timer = setTimeout(() => failed('the host does not answer EHLO'), policy.ehloMs);
      const failed = (reason: string): void => {
        clearTimeout(timer);
        this.#ended = true;
        this.#smtp.close();
        // The next address is tried at once, and a host counts until its connection is closed.
        this.#parts.socket.destroy();
        resolve(this.#reason ?? reason);
      };
      this.#smtp.once('end', () => failed('closed by the host'));
      this.#smtp.connect((error) => {
        if (error !== undefined) {
          failed(textOf(error));
          return;
        }
        clearTimeout(timer);
        this.#stage = STAGE.idle;
        this.#smtp.removeAllListeners('end');
        this.#smtp.on('end', () => this.#end(this.#reason ?? 'closed by the host'));
        resolve(undefined);
      });
    });
  }

  /** One message at a time. `onSent` follows, or `onEnd` alone when nobody knows what became of the message. */
  send(envelope: Envelope, body: { readonly stream: Readable; readonly bytes: number }): void {
    const { policy, toNode } = this.#parts;
    const booked: Booked = {
      from: envelope.from === '' ? false : envelope.from,
      to: envelope.recipients.map(({ address }) => address),
      size: body.bytes,
      use8BitMime: true,
      ...(toNode ? { dsn: { envid: encodeTransferred(envelope) } } : {}),
    };
    const patienceMs =
      policy.mailFromMs + policy.rcptToMs + policy.bodyMs + body.bytes / BODY_BYTES_PER_MS_MIN;
    this.#stage = STAGE.mailFrom;
    body.stream.once('resume', () => {
      this.#stage = STAGE.body;
    });
    body.stream.once('end', () => {
      this.#stage = STAGE.confirmation;
    });
    this.#timer = setTimeout(() => this.#abort('the host takes too long'), patienceMs);
    this.#smtp.send(booked, body.stream, (error, info) => {
      clearTimeout(this.#timer);
      if (error === null || error === undefined) {
        this.#sent(envelope, booked, { code: codeOf(info?.response), text: info?.response ?? '' });
        return;
      }
      this.#failed(envelope, booked, error);
    });
  }

  /** Says goodbye; `onEnd` follows. */
  quit(): void {
    if (this.#ended) return;
    this.#reason ??= 'done';
    this.#stage = STAGE.idle;
    this.#timer = setTimeout(() => this.#abort('done'), CLOSE_MS);
    this.#smtp.quit();
  }

  /** At once; `onEnd` follows. */
  destroy(reason: string): void {
    this.#abort(reason);
  }

  #failed(envelope: Envelope, booked: Booked, error: LibraryError): void {
    if (error.responseCode === undefined) {
      // Larger than the host says it takes: it did not have to be asked.
      if (error.code === 'EMESSAGE' && error.command === 'MAIL FROM') {
        this.#sent(envelope, booked, { code: 552, text: '552 5.3.4 larger than the host takes' });
        return;
      }
      // Nobody answered: the connection is over, or has to be, and what became of the message is not known.
      this.#abort(textOf(error));
      return;
    }
    const answer = { code: error.responseCode, text: error.response ?? error.message };
    this.#stage = stageOf(error);
    if (this.#ended || error.responseCode === 421) {
      this.#sent(envelope, booked, answer);
      return;
    }
    // Its transaction has to be ended before the next message.
    this.#timer = setTimeout(() => this.#abort('the host does not answer RSET'), this.#parts.policy.rsetMs);
    this.#smtp.reset((failed) => {
      clearTimeout(this.#timer);
      this.#sent(envelope, booked, answer);
      if (failed !== null) this.#abort(textOf(failed));
    });
  }

  /** @param answer for all recipients that the host did not refuse one by one. */
  #sent(envelope: Envelope, booked: Booked, answer: { readonly code: number; readonly text: string }): void {
    const refused = new Map(booked.rejectedErrors?.map((error) => [error.recipient, error]));
    const good = answer.code >= 200 && answer.code < 300;
    const stage = good ? STAGE.confirmation : this.#stage;
    const results = envelope.recipients.map(({ address }): RecipientResult => {
      const own = refused.get(address);
      if (own?.responseCode === undefined) return { ...answer, text: oneLine(answer.text), stage };
      return { code: own.responseCode, text: oneLine(own.response ?? own.message), stage: STAGE.rcptTo };
    });
    if (good) this.#stage = STAGE.idle;
    this.#parts.onSent({ message: envelope.id, results });
  }

  #abort(reason: string): void {
    this.#reason ??= reason;
    this.#smtp.close();
    this.#parts.socket.destroy();
    this.#end(reason);
  }

  /** A host counts a connection until it is closed on both sides; so do the limits that `onEnd` frees a place in. */
  #end(reason: string): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#ended = true;
    const { socket, onEnd } = this.#parts;
    const stage = this.#stage;
    const patience = setTimeout(() => socket.destroy(), CLOSE_MS);
    const tell = (): void => {
      clearTimeout(patience);
      onEnd(oneLine(reason), stage);
    };
    if (socket.closed) tell();
    else socket.once('close', tell);
  }
}

function stageOf({ command, code }: LibraryError): number {
  if (command === 'MAIL FROM') return STAGE.mailFrom;
  if (command === 'RCPT TO') return STAGE.rcptTo;
  return code === 'EMESSAGE' ? STAGE.confirmation : STAGE.data;
}

function codeOf(response: string | undefined): number {
  const code = Number.parseInt(response ?? '', 10);
  return Number.isNaN(code) ? 250 : code;
}

function textOf({ message }: Error): string {
  return oneLine(message);
}

/** Hosts say whatever they like. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX);
}
