/**
 * What the two ends of a new connection say about their keys: the offer in HELLO and CONNECT, CHALLENGE and PROOF. The
 * same on connections of servers and of clients. Rules: SPEC.md BUS-14, BUS-15, BUS-18.
 */

import type { ByteReader, ByteWriter } from './bytes.ts';

/** Keys that one process may hold at the same time: the one in use, and others while keys are changed. */
export const KEYS_MAX = 8;
export const KEY_ID_BYTES_MAX = 32;
export const MAC_BYTES = 32;
export const NONCE_BYTES_MIN = 16;
export const NONCE_BYTES_MAX = 64;

/** In the first frame of a dialler that has keys. */
export type AuthOffer = {
  /** Never used before. */
  readonly nonce: Buffer;
  readonly keyIds: readonly string[];
  /** The server that is called by its name; empty in CONNECT: clients take any server of the cluster. */
  readonly to: string;
};

/** The acceptor proves that it knows one of the offered keys, and asks for the same. */
export type ChallengeFrame = {
  readonly type: 'challenge';
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly proof: Buffer;
};

export type ProofFrame = { readonly type: 'proof'; readonly proof: Buffer };

/** Nothing is written without an offer: an end without keys says what it always said. */
export function putOffer(w: ByteWriter, offer: AuthOffer | undefined): void {
  if (offer === undefined) return;
  w.blob(offer.nonce).list(offer.keyIds, (id) => w.text(id));
  w.text(offer.to);
}

/** What is left of a first frame. Undefined when it does not offer anything. */
export function readOffer(r: ByteReader): AuthOffer | undefined {
  if (r.left === 0) return undefined;
  const nonce = readNonce(r);
  const keyIds = r.list(() => r.text(KEY_ID_BYTES_MAX));
  if (keyIds.length === 0 || keyIds.length > KEYS_MAX) r.fail();
  return { nonce, keyIds, to: r.text() };
}

export function putChallenge(w: ByteWriter, frame: ChallengeFrame): void {
  w.text(frame.keyId).blob(frame.nonce).raw(frame.proof);
}

export function readChallenge(r: ByteReader): ChallengeFrame {
  return {
    type: 'challenge',
    keyId: r.text(KEY_ID_BYTES_MAX),
    nonce: readNonce(r),
    proof: r.raw(MAC_BYTES),
  };
}

export function readProof(r: ByteReader): ProofFrame {
  return { type: 'proof', proof: r.raw(MAC_BYTES) };
}

function readNonce(r: ByteReader): Buffer {
  const nonce = r.blob();
  if (nonce.length < NONCE_BYTES_MIN || nonce.length > NONCE_BYTES_MAX) r.fail();
  return nonce;
}
