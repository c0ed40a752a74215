/**
 * DIGEST-MD5 (RFC 2831) as the console speaks it (momentum.md 7.4): what a challenge and a response say, and the value
 * that proves a password. Both sides; only qop `auth`, no authorisation identity, first authentication only. Texts are
 * hashed as UTF-8. Knows no session: who may answer what, and when, is control-access.ts.
 */

// biome-ignore lint/correctness/noNodejsModules: a hash is a pure function
import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../base/result.ts';

/** The service part of every digest-uri. */
export const DIGEST_SERVICE = 'ec_console';
/** Largest response, decoded. Source: RFC 2831 2.1.2, below 4096 bytes. */
export const DIGEST_RESPONSE_BYTES_MAX = 4_095;
/** Largest challenge a client reads. Source: RFC 2831 2.1.1, below 2048 bytes. */
export const DIGEST_CHALLENGE_BYTES_MAX = 2_047;
const FIRST_NONCE_COUNT = '00000001';

export type DigestResponse = {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly digestUri: string;
  /** 32 hexadecimal digits, in lower case. */
  readonly response: string;
};

/** Base64 of what `auth DIGEST-MD5` is answered with. */
export function encodeChallenge({
  realm,
  nonce,
}: {
  readonly realm: string;
  readonly nonce: string;
}): string {
  const text = `realm=${quoted(realm)},nonce=${quoted(nonce)},qop="auth",charset=utf-8,algorithm=md5-sess`;
  return Buffer.from(text).toString('base64');
}

/** The error is one line that repeats nothing of the text. */
export function readResponse(base64: string): Result<DigestResponse, string> {
  const fields = readDirectives(base64, DIGEST_RESPONSE_BYTES_MAX);
  if (!fields.ok) return fields;
  const { username, realm = '', nonce, nc, cnonce, qop = 'auth', response } = fields.value;
  const digestUri = fields.value['digest-uri'];
  if (username === undefined || nonce === undefined || cnonce === undefined || digestUri === undefined) {
    return err('username, nonce, cnonce and digest-uri are needed');
  }
  if (nc !== FIRST_NONCE_COUNT) return err(`nc must be ${FIRST_NONCE_COUNT}`);
  if (qop !== 'auth') return err('qop must be auth');
  if (fields.value['authzid'] !== undefined) return err('an authzid is not supported');
  if (!digestUri.startsWith(`${DIGEST_SERVICE}/`))
    return err(`digest-uri must begin with ${DIGEST_SERVICE}/`);
  if (response === undefined || !/^[\da-f]{32}$/i.test(response)) {
    return err('response must have 32 hexadecimal digits');
  }
  return ok({ username, realm, nonce, cnonce, digestUri, response: response.toLowerCase() });
}

function md5(data: string | Buffer): string {
  return createHash('md5').update(data).digest('hex');
}

/** False where the runtime is told to refuse MD5 (FIPS): nobody can be authenticated with it there. */
export function md5Allowed(): boolean {
  try {
    return md5('') !== '';
  } catch {
    return false;
  }
}

/** `H(user:realm:password)` in hexadecimal: the third field of a password file. */
export function passwordHash(user: string, realm: string, password: string): string {
  return md5(`${user}:${realm}:${password}`);
}

/** @param hash of `passwordHash`. */
export function digestValue(
  { nonce, cnonce, digestUri }: Pick<DigestResponse, 'nonce' | 'cnonce' | 'digestUri'>,
  hash: string,
): string {
  const a1 = Buffer.concat([Buffer.from(hash, 'hex'), Buffer.from(`:${nonce}:${cnonce}`)]);
  const ha1 = md5(a1);
  const ha2 = md5(`AUTHENTICATE:${digestUri}`);
  return md5(`${ha1}:${nonce}:${FIRST_NONCE_COUNT}:${cnonce}:auth:${ha2}`);
}

/** Takes the same time wherever the texts differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  let different = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) different |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return different === 0;
}

export type DigestCredentials = {
  readonly user: string;
  readonly password: string;
  /** `host:port` as the client knows the server. */
  readonly address: string;
  /** Random, never used twice. */
  readonly cnonce: string;
};

/** Base64 of what `auth response` takes, for a challenge as the server sent it. */
export function answerChallenge(
  challenge: string,
  { user, password, address, cnonce }: DigestCredentials,
): Result<string, string> {
  const fields = readDirectives(challenge, DIGEST_CHALLENGE_BYTES_MAX);
  if (!fields.ok) return fields;
  const { realm = '', nonce, qop = 'auth' } = fields.value;
  if (nonce === undefined) return err('the challenge has no nonce');
  if (!qop.split(',').some((word) => word.trim() === 'auth'))
    return err('the challenge does not offer qop auth');
  const digestUri = `${DIGEST_SERVICE}/${address}`;
  const response = digestValue({ nonce, cnonce, digestUri }, passwordHash(user, realm, password));
  const text = [
    'charset=utf-8',
    `username=${quoted(user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `nc=${FIRST_NONCE_COUNT}`,
    `cnonce=${quoted(cnonce)}`,
    `digest-uri=${quoted(digestUri)}`,
    `response=${response}`,
    'qop=auth',
  ].join(',');
  return ok(Buffer.from(text).toString('base64'));
}

const DIRECTIVE = /[\s,]*([A-Za-z-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?=,|$)/sy;

/** Names in lower case; a name that comes twice is an error. */
function readDirectives(
  base64: string,
  bytesMax: number,
): Result<Readonly<Record<string, string | undefined>>, string> {
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(base64)) return err('it is not base64');
  if (base64.length > Math.ceil(bytesMax / 3) * 4) return err(`it has more than ${bytesMax} bytes`);
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const fields: Record<string, string> = Object.create(null);
  DIRECTIVE.lastIndex = 0;
  while (DIRECTIVE.lastIndex < text.length) {
    const match = DIRECTIVE.exec(text);
    if (match === null) return err('it is not a list of name=value');
    const [, name = '', inQuotes, bare = ''] = match;
    const key = name.toLowerCase();
    if (fields[key] !== undefined) return err('a name comes twice');
    fields[key] = inQuotes === undefined ? bare : inQuotes.replaceAll(/\\(.)/gs, '$1');
  }
  return ok(fields);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}
