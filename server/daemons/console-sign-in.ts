/**
 * Asks a control listener that wants to know who asks: signs in with DIGEST-MD5 when an answer says so, and asks again.
 * The password comes from EC_CONSOLE_PASSWORD or from the terminal, stays in memory, and serves later connections.
 */

import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { formatEndpoint } from '../adapters/stream-endpoint.ts';
import { ClusterError } from '../base/errors.ts';
import { AUTHORIZATION_REQUIRED, AUTHORIZED } from '../console/control-access.ts';
import type { ControlEndpoint } from '../console/control-endpoint.ts';
import { answerChallenge } from '../console/digest-md5.ts';
import { printableLine } from '../console/printable.ts';
import { isFailureText } from '../console/replies.ts';
import type { ConsoleClient } from './console-client.ts';

/** Passwords typed for one command; a listener ends the connection after as many. */
export const SIGN_IN_ATTEMPTS_MAX = 3;
/** Name of the environment variable that holds a password where no terminal can be asked. */
export const PASSWORD_VARIABLE = 'EC_CONSOLE_PASSWORD';
const CNONCE_BYTES = 16;

export type SignInOptions = {
  readonly client: ConsoleClient;
  readonly endpoint: ControlEndpoint;
  /** As the person wrote it; for messages. */
  readonly address: string;
  /** Where the endpoint names nobody. */
  readonly userName: string;
  /** Of PASSWORD_VARIABLE. */
  readonly password: string | undefined;
  /** Undefined where there is no terminal; resolves with undefined when the person gives up. */
  readonly askPassword: (() => Promise<string | undefined>) | undefined;
};

export class SignedInClient {
  readonly #options: SignInOptions;
  #password: string | undefined;
  #askPassword: SignInOptions['askPassword'];

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#password = options.password;
    this.#askPassword = options.askPassword;
  }

  /** From now on the terminal belongs to the session, and nobody is asked for a password. */
  keepTerminal(): void {
    this.#askPassword = undefined;
  }

  /**
   * @returns the whole reply text.
   * @throws ClusterError CONSOLE_UNREACHABLE, CONSOLE_LOST, CONSOLE_PROTOCOL, CONSOLE_NOT_SIGNED_IN.
   */
  async ask(command: string): Promise<string> {
    const { client } = this.#options;
    let text = await client.ask(command);
    for (let attempt = 1; text.startsWith(AUTHORIZATION_REQUIRED); attempt += 1) {
      if (attempt > SIGN_IN_ATTEMPTS_MAX) throw this.#failure('the password is not accepted');
      if (!(await this.#signIn())) continue;
      text = await client.ask(command);
    }
    return text;
  }

  async #signIn(): Promise<boolean> {
    const { client, endpoint, userName } = this.#options;
    if (endpoint.kind === 'unix') throw this.#failure('this socket is denied to everybody');
    const password = this.#password ?? (await this.#promptPassword());
    const challenge = await client.ask('auth DIGEST-MD5');
    if (isFailureText(challenge)) throw this.#failure(printableLine(challenge));
    const answer = answerChallenge(challenge, {
      user: endpoint.user ?? userName,
      password,
      address: formatEndpoint(endpoint.host === '' ? 'localhost' : endpoint.host, endpoint.port),
      cnonce: randomBytes(CNONCE_BYTES).toString('hex'),
    });
    if (!answer.ok) throw this.#failure(`its challenge cannot be used: ${answer.error}`);
    const outcome = await client.ask(`auth response ${answer.value}`);
    const signedIn = !isFailureText(outcome) && outcome.includes(AUTHORIZED);
    // A wrong one from the environment stays wrong.
    if (!signedIn && this.#askPassword === undefined) throw this.#failure(printableLine(outcome));
    this.#password = signedIn ? password : undefined;
    return signedIn;
  }

  async #promptPassword(): Promise<string> {
    if (this.#askPassword === undefined) {
      throw this.#failure(`it asks for a password: set ${PASSWORD_VARIABLE}, or start again on a terminal`);
    }
    const password = await this.#askPassword();
    if (password === undefined) throw this.#failure('no password was given');
    return password;
  }

  #failure(reason: string): ClusterError {
    return new ClusterError('CONSOLE_NOT_SIGNED_IN', { address: this.#options.address, reason });
  }
}

/** Shows the documented prompt and reads one line without echo; undefined for Ctrl-C, Ctrl-D and the end of input. */
export function passwordPrompt(input: Readable, output: Writable): () => Promise<string | undefined> {
  let isFirst = true;
  return async () => {
    output.write(`${isFirst ? `${AUTHORIZATION_REQUIRED}\n` : ''}Password: `);
    isFirst = false;
    const nowhere = new Writable({ write: (_bytes, _encoding, done) => done() });
    const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
    const password = await new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => resolve(undefined));
      lines.once('close', () => resolve(undefined));
    });
    lines.close();
    output.write('\n');
    return password;
  };
}
