/**
 * Both ends of a new connection prove to each other that they know a shared key, before either believes anything. Pure:
 * keys and fresh nonces come from outside. Rules: SPEC.md BUS-14, BUS-15, BUS-18.
 *
 *     dialler                                              acceptor
 *     HELLO or CONNECT + nonce, key ids, whom it calls  →
 *                        ←  CHALLENGE key id, nonce, MAC("accept", first frame, nonce)
 *     PROOF MAC("dial", first frame, nonce, its MAC)    →
 *                        ←  HELLO or ACCEPT
 *
 * Every MAC covers the whole first frame and both nonces: what the dialler said of itself cannot be changed, and a
 * recorded handshake proves nothing. The roles differ and a server is called by its name, so that no end can be made
 * to answer its own challenge. The bytes after the handshake are neither encrypted nor protected.
 */

import { assert } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type AuthOffer,
  type ChallengeFrame,
  KEY_ID_BYTES_MAX,
  KEYS_MAX,
  MAC_BYTES,
  NONCE_BYTES_MAX,
  NONCE_BYTES_MIN,
  type ProofFrame,
} from './auth-frames.ts';
import { ByteWriter } from './bytes.ts';
import { encodeServerFrame } from './encode-frames.ts';
import { FRAME_HEADER_BYTES, type RawFrame } from './frame-decoder.ts';
import { PROTOCOL_VERSION } from './frames.ts';

export type BusKey = {
  /** Short, derived from the key: both ends name the same key alike. Safe to show. */
  readonly id: string;
  /** 32 bytes that nobody can make without the key, such as HMAC-SHA-256. */
  readonly mac: (data: Buffer) => Buffer;
};

export type BusSecrets = {
  /** One to eight. All are accepted; an acceptor uses its first one that the dialler has as well. */
  readonly keys: readonly BusKey[];
  /** Fresh random bytes, 16 to 64 of them. */
  readonly nonce: () => Buffer;
};

/** `no key`: one end has keys and the other one none; `wrong key`: no key in common, or a proof that is not one. */
export type AuthFault = 'no key' | 'wrong key';

const NOTHING = Buffer.alloc(0);
type Role = 'accept' | 'dial';

/** The side of who dialled, for one connection. Keys that change meanwhile do not touch it. */
export class DialHandshake {
  /** What the first frame has to carry; undefined without keys. */
  readonly offer: AuthOffer | undefined;
  readonly #keys: readonly BusKey[];
  #first = NOTHING;
  #proven: boolean;

  /** @param to name of the server that is called, empty when any will do. */
  constructor(secrets: BusSecrets | undefined, to: string) {
    this.#keys = secrets?.keys ?? [];
    this.#proven = secrets === undefined;
    if (secrets === undefined) return;
    assert(this.#keys.length > 0 && this.#keys.length <= KEYS_MAX, 'secrets hold one to eight keys');
    this.offer = { nonce: freshNonce(secrets), keyIds: this.#keys.map(({ id }) => id), to };
  }

  /** The acceptor may go on with its HELLO or ACCEPT. */
  get proven(): boolean {
    return this.#proven;
  }

  /** @param bytes of the first frame, as they left. */
  sent(bytes: Buffer): Buffer {
    this.#first = Buffer.concat([bytes.subarray(4, 6), bytes.subarray(FRAME_HEADER_BYTES)]);
    return bytes;
  }

  /** The PROOF to send, or why the acceptor is not believed. */
  answer({ keyId, nonce, proof }: ChallengeFrame): Result<Buffer, AuthFault | 'bad frame'> {
    if (this.offer === undefined) return err('no key');
    if (this.#proven) return err('bad frame');
    const key = this.#keys.find(({ id }) => id === keyId);
    if (key === undefined) return err('wrong key');
    if (!sameBytes(proof, macOf(key, 'accept', [this.#first, nonce]))) return err('wrong key');
    this.#proven = true;
    const own = macOf(key, 'dial', [this.#first, nonce, proof]);
    return ok(encodeServerFrame({ type: 'proof', proof: own }));
  }
}

/** The side of who accepted, once a first frame came whose offer it can answer. */
export class AcceptHandshake {
  /** CHALLENGE, to be sent. */
  readonly challenge: Buffer;
  readonly #expected: Buffer;

  private constructor(challenge: Buffer, expected: Buffer) {
    this.challenge = challenge;
    this.#expected = expected;
  }

  /**
   * @param to whom a dialler has to call.
   * @returns undefined when nothing needs to be proven, else the handshake, or why there will be none.
   */
  static begin(parts: {
    readonly secrets: BusSecrets | undefined;
    readonly first: RawFrame;
    readonly offer: AuthOffer | undefined;
    readonly to: string;
  }): Result<AcceptHandshake | undefined, AuthFault | 'unexpected name'> {
    const { secrets, first, offer, to } = parts;
    if (secrets === undefined && offer === undefined) return ok(undefined);
    if (secrets === undefined || offer === undefined) return err('no key');
    const key = secrets.keys.find(({ id }) => offer.keyIds.includes(id));
    if (key === undefined) return err('wrong key');
    // Before anything is proven: a server that answered a call for another one would answer its own.
    if (offer.to !== to) return err('unexpected name');
    const nonce = freshNonce(secrets);
    const said = Buffer.concat([Buffer.from([first.type, first.flags]), first.body]);
    const proof = macOf(key, 'accept', [said, nonce]);
    const challenge = encodeServerFrame({ type: 'challenge', keyId: key.id, nonce, proof });
    return ok(new AcceptHandshake(challenge, macOf(key, 'dial', [said, nonce, proof])));
  }

  /** The dialler knows the key and meant every byte of its first frame. */
  isProof({ proof }: ProofFrame): boolean {
    return sameBytes(proof, this.#expected);
  }
}

function freshNonce({ nonce }: BusSecrets): Buffer {
  const fresh = nonce();
  assert(fresh.length >= NONCE_BYTES_MIN && fresh.length <= NONCE_BYTES_MAX, 'a nonce has 16 to 64 bytes');
  return fresh;
}

function macOf(key: BusKey, role: Role, parts: readonly Buffer[]): Buffer {
  assert(Buffer.byteLength(key.id) <= KEY_ID_BYTES_MAX, 'the id of a key is short');
  const w = new ByteWriter(256);
  w.text(`msgc ${PROTOCOL_VERSION} ${role}`);
  for (const part of parts) w.blob(part);
  const mac = key.mac(w.finish());
  assert(mac.length === MAC_BYTES, 'a MAC has 32 bytes');
  return mac;
}

/** Takes as long for a proof that is nearly right as for any other one. */
function sameBytes(a: Buffer, b: Buffer): boolean {
  let different = a.length ^ b.length;
  for (let at = 0; at < b.length; at += 1) different |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return different === 0;
}
