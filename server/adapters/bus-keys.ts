/**
 * Keys of the bus from a file: one key in a line, lines with `#` are comments. Others must not be able to read it. What
 * a key is appears in no text and in no object that could be printed; what a file lacks is told with what to do.
 */

import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import type { BusKey, BusSecrets } from '../msgc/auth.ts';
import { KEYS_MAX } from '../msgc/auth-frames.ts';

/** 32 characters of base64 are 192 random bits, of hex 128. */
export const KEY_CHARACTERS_MIN = 32;
export const KEY_CHARACTERS_MAX = 512;
/** Fewer different characters do not come from a generator. */
const DIFFERENT_CHARACTERS_MIN = 8;
const FILE_BYTES_MAX = 65_536;
const NONCE_BYTES = 32;
const ID_DIGITS = 12;
const OTHERS = 0o077;

/** The line that makes a key file; also for `muster up`, which writes it itself. */
export function newKeyFile(): string {
  return `# Key of the bus. Whoever has it is a member; keep it as you keep a password.\n${randomBytes(32).toString('base64')}\n`;
}

/** @returns why the file is not used, as one line for people that begins with its path. */
export function readBusKeys(path: string): Result<BusSecrets, string> {
  if (!path.startsWith('/')) return err(`${path}: the path of a key file is absolute`);
  const text = readPrivate(path);
  if (!text.ok) return err(`${path}: ${text.error}`);
  const keys = keysIn(text.value);
  return keys.ok ? ok(busSecrets(keys.value)) : err(`${path}: ${keys.error}`);
}

/** @param keys as they stand in a file; one to eight. */
export function busSecrets(keys: readonly string[]): BusSecrets {
  return { keys: keys.map(busKey), nonce: () => randomBytes(NONCE_BYTES) };
}

function busKey(text: string): BusKey {
  const secret = createSecretKey(Buffer.from(text));
  const id = hmac(secret, Buffer.from('id of a msgc key')).toString('hex').slice(0, ID_DIGITS);
  return { id, mac: (data) => hmac(secret, data) };
}

function hmac(secret: KeyObject, data: Buffer): Buffer {
  return createHmac('sha256', secret).update(data).digest();
}

function keysIn(text: string): Result<readonly string[], string> {
  const found = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    const key = line.trim();
    if (key === '' || key.startsWith('#')) continue;
    const fault =
      faultOf(key) ?? (found.has(key) ? `it is the key of line ${found.get(key)} again` : undefined);
    if (fault !== undefined) return err(`line ${index + 1}: ${fault}`);
    found.set(key, index + 1);
  }
  if (found.size === 0) return err(`it holds no key; ${HOW_TO_MAKE}`);
  if (found.size > KEYS_MAX) return err(`it holds ${found.size} keys, at most ${KEYS_MAX} can be used`);
  return ok([...found.keys()]);
}

const HOW_TO_MAKE =
  'make one with: (umask 077; head -c 32 /dev/urandom | base64 > FILE), the same file on every machine';

/** The text itself is told nowhere: it may be a key with a slip of the pen. */
function faultOf(key: string): string | undefined {
  if (!/^[\w+/=-]+$/.test(key)) return 'a key is base64 or hex, without spaces';
  const { length } = key;
  if (length < KEY_CHARACTERS_MIN) {
    return `a key has at least ${KEY_CHARACTERS_MIN} characters of base64 or hex, this one has ${length}`;
  }
  if (length > KEY_CHARACTERS_MAX) return `a key has at most ${KEY_CHARACTERS_MAX} characters`;
  if (new Set(key).size < DIFFERENT_CHARACTERS_MIN) return 'a key is random; this one could be guessed';
  return undefined;
}

/** Checks and reads one and the same open file, so that nobody can put another one in its place in between. */
function readPrivate(path: string): Result<string, string> {
  let file: number;
  try {
    // Not blocking: a pipe would wait for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    return err(openFault(cause as NodeJS.ErrnoException));
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return err('it is not a regular file');
    if ((mode & OTHERS) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      return err(`others may read or write it (mode ${octal}); run: chmod 600 ${path}`);
    }
    if (size > FILE_BYTES_MAX) return err(`it has more than ${FILE_BYTES_MAX} bytes`);
    const bytes = Buffer.alloc(FILE_BYTES_MAX);
    return ok(bytes.subarray(0, readSync(file, bytes, 0, FILE_BYTES_MAX, 0)).toString('utf8'));
  } catch (cause) {
    return err((cause as Error).message);
  } finally {
    closeSync(file);
  }
}

function openFault({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return `no such file; ${HOW_TO_MAKE}`;
  if (code === 'EACCES') return 'permission denied; it must belong to the user that runs this program';
  return message;
}
