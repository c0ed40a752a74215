/** What a client says on a new connection until a server takes it, with a proof of its key. Rules: SPEC.md BUS-14, BUS-50. */

import { type BusSecrets, DialHandshake } from './auth.ts';
import { type ClientFrame, type ConnectFrame, encodeClientFrame } from './client-frames.ts';
import type { OtherVersion } from './frames.ts';

export type AcceptFrame = Extract<ClientFrame, { readonly type: 'accept' }>;

export class ClientGreeting {
  /** The first frame, to be sent. */
  readonly connect: Buffer;
  readonly #handshake: DialHandshake;
  readonly #mailboxes: number;

  constructor(
    secrets: BusSecrets | undefined,
    said: Pick<ConnectFrame, 'cluster' | 'instance' | 'sessions'>,
  ) {
    this.#handshake = new DialHandshake(secrets, '');
    this.#mailboxes = said.sessions.length;
    const { offer } = this.#handshake;
    this.connect = this.#handshake.sent(encodeClientFrame({ type: 'connect', ...said, offer }));
  }

  /** The next bytes to send, the ACCEPT that ends the greeting, or why this server is not taken. */
  heard(frame: ClientFrame | OtherVersion): Buffer | AcceptFrame | string {
    if (frame.type === 'challenge') {
      const proof = this.#handshake.answer(frame);
      return proof.ok ? proof.value : proof.error;
    }
    if (frame.type !== 'accept' || frame.names.length !== this.#mailboxes) return 'bad answer to CONNECT';
    return this.#handshake.proven ? frame : 'no key';
  }
}
