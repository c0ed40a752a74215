/**
 * Accepted connections that have not said, or not proven, who they are. A stranger costs one entry, one first frame
 * and two MACs at most, changes nothing, and hears nothing but CHALLENGE and why it is refused. Rules: SPEC.md BUS-02,
 * BUS-04, BUS-14, BUS-15, BUS-18.
 */

import type { NodeName } from '../model/names.ts';
import { AcceptHandshake, type BusSecrets } from './auth.ts';
import { CLIENT_FRAME, type ConnectFrame, decodeClientFrame } from './client-frames.ts';
import { Connection, type Outbox } from './connection.ts';
import { decodeServerFrame } from './decode-frames.ts';
import { encodeServerFrame } from './encode-frames.ts';
import type { RawFrame } from './frame-decoder.ts';
import type { HelloFrame } from './frames.ts';
import type { ServerEvent } from './server-api.ts';

/** One more ends the oldest of them. */
export const STRANGERS_MAX = 256;

export type Greeting = HelloFrame | ConnectFrame;

export type StrangersHost = {
  /**
   * The connection is no stranger's any more, and who it is was proven if there are keys.
   * @returns why it is refused after all; undefined when it was taken.
   */
  readonly greeted: (connection: Connection, greeting: Greeting, nowMs: number) => string | undefined;
  readonly refused: (connection: Connection, reason: string) => void;
  readonly count: (counter: string) => void;
};

type Stranger = {
  readonly connection: Connection;
  /** What it said, until it proves it. */
  claim: { readonly greeting: Greeting; readonly handshake: AcceptHandshake } | undefined;
};

export class Strangers {
  readonly #me: NodeName;
  readonly #outbox: Outbox<ServerEvent>;
  readonly #host: StrangersHost;
  #secrets: BusSecrets | undefined;
  /** By connection number, the oldest first. */
  readonly #all = new Map<number, Stranger>();

  constructor(parts: {
    readonly me: NodeName;
    readonly secrets: BusSecrets | undefined;
    readonly outbox: Outbox<ServerEvent>;
    readonly host: StrangersHost;
  }) {
    this.#me = parts.me;
    this.#secrets = parts.secrets;
    this.#outbox = parts.outbox;
    this.#host = parts.host;
  }

  /** Of whoever comes from now on. */
  configure(secrets: BusSecrets | undefined): void {
    this.#secrets = secrets;
  }

  accepted(conn: number, remote: string, nowMs: number): void {
    const [oldest] = this.#all.keys();
    if (oldest !== undefined && this.#all.size >= STRANGERS_MAX) {
      this.#host.count('closed_too_many_strangers');
      this.#all.delete(oldest);
      this.#outbox.destroy(oldest);
    }
    this.#all.set(conn, { connection: new Connection(conn, remote, nowMs), claim: undefined });
  }

  connectionOf(conn: number): Connection | undefined {
    return this.#all.get(conn)?.connection;
  }

  closed(conn: number): void {
    this.#all.delete(conn);
  }

  received(conn: number, raw: RawFrame, nowMs: number): void {
    const stranger = this.#all.get(conn);
    if (stranger === undefined) return;
    const { connection, claim } = stranger;
    const fault =
      claim === undefined
        ? this.#firstFrame(stranger, raw, nowMs)
        : this.#proof(connection, claim, raw, nowMs);
    if (fault !== undefined) this.refuse(connection, fault, nowMs);
  }

  refuse(connection: Connection, reason: string, nowMs: number): void {
    this.#all.delete(connection.conn);
    this.#host.refused(connection, reason);
    this.#outbox.write(connection, encodeServerFrame({ type: 'bye', reason }), 1, nowMs);
    this.#outbox.end(connection);
  }

  tick(handshakeMs: number, nowMs: number): void {
    for (const { connection, claim } of [...this.#all.values()]) {
      if (nowMs - connection.openedAtMs < handshakeMs) continue;
      this.refuse(connection, claim === undefined ? 'no first frame' : 'no proof', nowMs);
    }
  }

  leave(): void {
    for (const { connection } of this.#all.values()) this.#outbox.end(connection);
    this.#all.clear();
  }

  #firstFrame(stranger: Stranger, raw: RawFrame, nowMs: number): string | undefined {
    const greeting = raw.type === CLIENT_FRAME.connect ? decodeClientFrame(raw) : decodeServerFrame(raw);
    if (greeting?.type === 'otherVersion') return 'wrong version';
    if (greeting?.type !== 'hello' && greeting?.type !== 'connect') return 'bad first frame';
    const begun = AcceptHandshake.begin({
      secrets: this.#secrets,
      first: raw,
      offer: greeting.offer,
      to: greeting.type === 'hello' ? this.#me : '',
    });
    if (!begun.ok) return begun.error;
    const { connection } = stranger;
    if (begun.value === undefined) return this.#taken(connection, greeting, nowMs);
    stranger.claim = { greeting, handshake: begun.value };
    this.#outbox.write(connection, begun.value.challenge, 1, nowMs);
    return undefined;
  }

  #proof(
    connection: Connection,
    { greeting, handshake }: NonNullable<Stranger['claim']>,
    raw: RawFrame,
    nowMs: number,
  ): string | undefined {
    const frame = decodeServerFrame(raw);
    if (frame?.type !== 'proof') return 'no proof';
    if (!handshake.isProof(frame)) return 'wrong key';
    return this.#taken(connection, greeting, nowMs);
  }

  #taken(connection: Connection, greeting: Greeting, nowMs: number): string | undefined {
    this.#all.delete(connection.conn);
    return this.#host.greeted(connection, greeting, nowMs);
  }
}
