/** One SMTP session after another from one address, for traffic that is made. */

import SMTPConnection from 'nodemailer/lib/smtp-connection';

export type MailTarget = { readonly address: string; readonly port: number };

export type MadeMessage = {
  readonly from: string;
  readonly to: string;
  /** With its head; lines end in CR LF. */
  readonly text: string;
};

/**
 * `accepted`: 250, the other side answers for it; `deferred`: 4xx; `refused`: 5xx; `unreached`: nothing of it was sent;
 * `unknown`: the session broke before the answer, it may have been taken.
 */
export type SendOutcome = 'accepted' | 'deferred' | 'refused' | 'unreached' | 'unknown';

/** Of connecting, greeting and every answer. */
const ANSWER_LIMIT_MS = 10_000;
const CLOSE_MS = 200;

export class MailClient {
  readonly #name: string;
  readonly #from: string;
  #connection: SMTPConnection | undefined;
  #target: MailTarget | undefined;
  #fail: (outcome: SendOutcome) => void = () => undefined;

  /**
   * @param parts.name in EHLO
   * @param parts.from local address
   */
  constructor(parts: { readonly name: string; readonly from: string }) {
    this.#name = parts.name;
    this.#from = parts.from;
  }

  /** Where the open session goes; undefined without one. */
  get target(): MailTarget | undefined {
    return this.#connection === undefined ? undefined : this.#target;
  }

  /** Opens a session; an open one is ended first. @returns whether it is ready for a message. */
  open(target: MailTarget): Promise<boolean> {
    this.quit();
    return new Promise((resolve) => {
      const connection = new SMTPConnection({
        host: target.address,
        port: target.port,
        localAddress: this.#from,
        name: this.#name,
        ignoreTLS: true,
        allowInternalNetworkInterfaces: true,
        connectionTimeout: ANSWER_LIMIT_MS,
        greetingTimeout: ANSWER_LIMIT_MS,
        socketTimeout: ANSWER_LIMIT_MS,
        socketCloseTimeout: CLOSE_MS,
      });
      const gone = (error?: { readonly responseCode?: number | undefined }): void => {
        if (this.#connection === connection) this.#connection = undefined;
        connection.close();
        resolve(false);
        this.#fail(outcomeOf(error?.responseCode));
      };
      connection.once('end', () => gone());
      connection.on('error', gone);
      this.#target = target;
      this.#connection = connection;
      connection.connect((error) => (error === undefined ? resolve(true) : gone(error)));
    });
  }

  /** One message at a time, over the open session. */
  send({ from, to, text }: MadeMessage): Promise<SendOutcome> {
    const connection = this.#connection;
    if (connection === undefined) return Promise.resolve('unreached');
    return new Promise((resolve) => {
      this.#fail = resolve;
      connection.send({ from, to }, text, (error) => {
        const outcome = error === null ? 'accepted' : outcomeOf(error.responseCode);
        // After a refusal the session starts over, so that the next message is not taken for a part of this one.
        if (outcome === 'deferred' || outcome === 'refused') connection.reset(() => resolve(outcome));
        else resolve(outcome);
      });
    });
  }

  quit(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.quit();
  }

  /** At once, in the midst of whatever is under way. */
  close(): void {
    this.#connection?.close();
  }
}

function outcomeOf(code: number | undefined): SendOutcome {
  if (code === undefined) return 'unknown';
  return code >= 500 ? 'refused' : 'deferred';
}
