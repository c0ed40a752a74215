/**
 * How a connection of the cluster listener begins, whatever its service (LGS-02 to LGS-05). Pure: keys and fresh nonces
 * come from outside.
 *
 *     dialler                                              acceptor
 *     HELLO version, service, from, to, nonce, key ids   →
 *                        ←  CHALLENGE key id, nonce, MAC("accept", HELLO, nonce)
 *     PROOF MAC("dial", HELLO, nonce, its MAC)           →
 *                        ←  WELCOME node, version
 *
 * Every MAC covers the whole HELLO and both nonces: what the dialler said of itself cannot be changed, and a recorded
 * handshake proves nothing. The roles differ and a node is called by its name, so that no end can be made to answer its
 * own challenge. The bytes after the handshake are neither encrypted nor protected.
 */

import { assert } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { FieldReader, FieldWriter } from './fields.ts';
import { frame, type RawFrame } from './frame.ts';
import type { ServiceKey, ServiceKeys } from './service-keys.ts';

/**
 * 1: the first one. A node answers another version by REFUSE and closes; only version and length of HELLO are fixed for
 * all versions.
 */
export const SERVICE_VERSION = 1;
export const LINK = { hello: 1, refuse: 2, challenge: 3, proof: 4, welcome: 5, ping: 6, pong: 7 } as const;

const KEYS_MAX = 8;
const KEY_ID_BYTES_MAX = 32;
const NONCE_BYTES_MIN = 16;
const NONCE_BYTES_MAX = 64;
const MAC_BYTES = 32;
const NAME_BYTES_MAX = 255;
const SERVICE_BYTES_MAX = 32;
const WORDS_BYTES_MAX = 1_024;

/** Why an acceptor says no. `full`: it has too many connections. */
export const REFUSALS = [
  'version',
  'service',
  'noKey',
  'wrongKey',
  'wrongNode',
  'badFrame',
  'full',
  'stopping',
] as const;
export type Refusal = (typeof REFUSALS)[number];

const WORDS: Readonly<Record<Refusal, string>> = {
  version: `this node speaks version ${SERVICE_VERSION} only`,
  service: 'this node has no such service',
  noKey: 'one end has keys of the bus (auth_key_file) and the other one has none',
  wrongKey: 'the two ends have no key of the bus in common',
  wrongNode: 'another node was called',
  badFrame: 'the handshake cannot be understood',
  full: 'this node has too many connections',
  stopping: 'this node is stopping',
};

export type Caller = {
  readonly service: string;
  /** Who calls, by its own name. */
  readonly from: string;
};

type Hello = Caller & {
  readonly to: string;
  /** Empty without keys. */
  readonly nonce: Buffer;
  readonly keyIds: readonly string[];
};

export function refuse(code: Refusal): Buffer {
  return frame(LINK.refuse, (w) => w.u8(REFUSALS.indexOf(code)).text(WORDS[code], WORDS_BYTES_MAX));
}

/** The side of who dialled. */
export class DialHandshake {
  /** The first frame, to be sent. */
  readonly hello: Buffer;
  readonly #keys: ServiceKeys | undefined;
  readonly #to: string;
  #proven = false;

  constructor(caller: Caller & { readonly to: string }, keys: ServiceKeys | undefined) {
    this.#keys = keys;
    this.#to = caller.to;
    const nonce = keys === undefined ? Buffer.alloc(0) : freshNonce(keys);
    const keyIds = keys?.keys.map(({ id }) => id) ?? [];
    assert(keys === undefined || (keyIds.length > 0 && keyIds.length <= KEYS_MAX), 'one to eight keys');
    this.hello = encodeHello({ ...caller, nonce, keyIds });
  }

  /** What the acceptor's frame leads to: something to send, the end of the handshake, or why it failed. */
  take({
    type,
    body,
  }: RawFrame):
    | { readonly type: 'send'; readonly bytes: Buffer }
    | { readonly type: 'welcome'; readonly node: string; readonly version: string }
    | { readonly type: 'fault'; readonly code: Refusal; readonly text: string } {
    const r = new FieldReader(body);
    if (type === LINK.challenge) return this.#answer(r);
    if (type === LINK.refuse) {
      const code = REFUSALS[r.u8()];
      const text = r.text(WORDS_BYTES_MAX);
      return { type: 'fault', code: r.complete && code !== undefined ? code : 'badFrame', text };
    }
    if (type !== LINK.welcome) return fault('badFrame');
    const node = r.text(NAME_BYTES_MAX);
    const version = r.text(NAME_BYTES_MAX);
    if (!r.complete) return fault('badFrame');
    if (this.#keys !== undefined && !this.#proven) return fault('noKey');
    if (node !== this.#to) return { type: 'fault', code: 'wrongNode', text: `${node} answered` };
    return { type: 'welcome', node, version };
  }

  #answer(
    r: FieldReader,
  ):
    | { readonly type: 'send'; readonly bytes: Buffer }
    | { readonly type: 'fault'; readonly code: Refusal; readonly text: string } {
    const keyId = r.text(KEY_ID_BYTES_MAX);
    const nonce = readNonce(r);
    const mac = r.raw(MAC_BYTES);
    if (!r.complete || this.#proven) return fault('badFrame');
    if (this.#keys === undefined) return fault('noKey');
    const key = this.#keys.keys.find(({ id }) => id === keyId);
    if (key === undefined) return fault('wrongKey');
    if (!sameBytes(mac, macOf(key, 'accept', [this.hello, nonce]))) return fault('wrongKey');
    this.#proven = true;
    const own = macOf(key, 'dial', [this.hello, nonce, mac]);
    return { type: 'send', bytes: frame(LINK.proof, (w) => w.raw(own)) };
  }
}

/** The side of who accepted. */
export class AcceptHandshake {
  readonly #self: { readonly node: string; readonly version: string; readonly services: readonly string[] };
  readonly #keys: ServiceKeys | undefined;
  #caller: Caller | undefined;
  #expected: Buffer | undefined;

  constructor(
    self: { readonly node: string; readonly version: string; readonly services: readonly string[] },
    keys: ServiceKeys | undefined,
  ) {
    this.#self = self;
    this.#keys = keys;
  }

  /** Bytes to send, and who called once that is certain; or why the connection is refused. */
  take(raw: RawFrame): Result<{ readonly send: Buffer; readonly caller: Caller | undefined }, Refusal> {
    return this.#caller === undefined ? this.#hello(raw) : this.#proof(raw, this.#caller);
  }

  #hello(raw: RawFrame): Result<{ readonly send: Buffer; readonly caller: Caller | undefined }, Refusal> {
    if (raw.type !== LINK.hello) return err('badFrame');
    if (raw.body.length >= 2 && raw.body.readUInt16BE(0) !== SERVICE_VERSION) return err('version');
    const hello = decodeHello(raw.body);
    if (hello === undefined) return err('badFrame');
    if (!this.#self.services.includes(hello.service)) return err('service');
    const offers = hello.keyIds.length > 0;
    if (offers !== (this.#keys !== undefined)) return err('noKey');
    // Before anything is proven: a node that answered a call for another one would answer its own.
    if (hello.to !== this.#self.node) return err('wrongNode');
    this.#caller = { service: hello.service, from: hello.from };
    if (this.#keys === undefined) return ok({ send: this.#welcome(), caller: this.#caller });
    const key = this.#keys.keys.find(({ id }) => hello.keyIds.includes(id));
    if (key === undefined) return err('wrongKey');
    const nonce = freshNonce(this.#keys);
    const said = frame(LINK.hello, (w) => w.raw(raw.body), raw.body.length);
    const mac = macOf(key, 'accept', [said, nonce]);
    this.#expected = macOf(key, 'dial', [said, nonce, mac]);
    const send = frame(LINK.challenge, (w) => w.text(key.id).blob(nonce).raw(mac));
    return ok({ send, caller: undefined });
  }

  #proof(
    { type, body }: RawFrame,
    caller: Caller,
  ): Result<{ readonly send: Buffer; readonly caller: Caller | undefined }, Refusal> {
    if (type !== LINK.proof || this.#expected === undefined) return err('badFrame');
    if (!sameBytes(body, this.#expected)) return err('wrongKey');
    return ok({ send: this.#welcome(), caller });
  }

  #welcome(): Buffer {
    const { node, version } = this.#self;
    return frame(LINK.welcome, (w) => w.text(node, NAME_BYTES_MAX).text(version, NAME_BYTES_MAX));
  }
}

function encodeHello({ service, from, to, nonce, keyIds }: Hello): Buffer {
  return frame(LINK.hello, (w) => {
    w.u16(SERVICE_VERSION).text(service).text(from, NAME_BYTES_MAX).text(to, NAME_BYTES_MAX);
    w.blob(nonce).list(keyIds, (id) => w.text(id));
  });
}

/** Undefined when it is not one. */
function decodeHello(body: Buffer): Hello | undefined {
  const r = new FieldReader(body);
  r.u16();
  const service = r.text(SERVICE_BYTES_MAX);
  const from = r.text(NAME_BYTES_MAX);
  const to = r.text(NAME_BYTES_MAX);
  const nonce = r.blob(NONCE_BYTES_MAX);
  const keyIds = r.list(KEYS_MAX, () => r.text(KEY_ID_BYTES_MAX));
  if (keyIds.length > 0 ? nonce.length < NONCE_BYTES_MIN : nonce.length > 0) r.fail();
  return r.complete && from !== '' ? { service, from, to, nonce, keyIds } : undefined;
}

function fault(code: Refusal): { readonly type: 'fault'; readonly code: Refusal; readonly text: string } {
  return { type: 'fault', code, text: WORDS[code] };
}

function readNonce(r: FieldReader): Buffer {
  const nonce = r.blob(NONCE_BYTES_MAX);
  if (nonce.length < NONCE_BYTES_MIN) r.fail();
  return nonce;
}

function freshNonce({ nonce }: ServiceKeys): Buffer {
  const fresh = nonce();
  assert(fresh.length >= NONCE_BYTES_MIN && fresh.length <= NONCE_BYTES_MAX, 'a nonce has 16 to 64 bytes');
  return fresh;
}

function macOf(key: ServiceKey, role: 'accept' | 'dial', parts: readonly Buffer[]): Buffer {
  assert(Buffer.byteLength(key.id) <= KEY_ID_BYTES_MAX, 'the id of a key is short');
  const w = new FieldWriter(256).text(`ECCluster ${SERVICE_VERSION} ${role}`);
  for (const part of parts) w.u32(part.length).raw(part);
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
