/**
 * The files that say who may use a console: passwords (`digest://`, `file://`) and roles (`groups://`), momentum.md 7.1.
 * Reads texts, opens nothing. Lines that are none of the documented forms are left out, as `#` comments are.
 */

import { err, ok, type Result } from '../base/result.ts';

/** Larger files are not read. */
export const ACCESS_FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Roles of one user that count; a file that gives more is cut. */
export const ROLES_OF_USER_MAX = 256;

/** Reads a file as it is now. The error is one line for people. */
export type ReadAccessFile = (path: string, bytesMax: number) => Result<string, string>;

export type AccessUri = { readonly scheme: 'digest' | 'file' | 'groups'; readonly path: string };

const SCHEMES = ['digest', 'file', 'groups'] as const;

/** `digest:///path`, `file:///path`, `groups:///path`; everything else is refused by name. */
export function parseAccessUri(text: string): Result<AccessUri, string> {
  const match = /^([a-z][a-z\d+.-]*):\/\/(.*)$/is.exec(text);
  if (match === null) return err('it is not scheme://path');
  const [, scheme = '', path = ''] = match;
  const known = SCHEMES.find((name) => name === scheme.toLowerCase());
  if (known === undefined) return err(`${scheme.toLowerCase()}:// is not supported`);
  if (!path.startsWith('/')) return err(`${known}:// needs an absolute path`);
  return ok({ scheme: known, path });
}

export type StoredPassword = {
  readonly kind: 'hash' | 'cleartext';
  /** A hash in lower case. */
  readonly value: string;
};

/**
 * What a password file holds of a user; the first line wins.
 * @param form `digest://`: `user:realm:hash`, the third field in clear text where `stored_cleartext` says so;
 * `file://`: `user:password`, always in clear text.
 */
export function findPassword(
  text: string,
  who: { readonly user: string; readonly realm: string },
  form: { readonly scheme: 'digest' | 'file'; readonly storedCleartext: boolean },
): StoredPassword | undefined {
  const head = form.scheme === 'file' ? `${who.user}:` : `${who.user}:${who.realm}:`;
  // A name with a colon would be read as another name and its realm.
  if (who.user === '' || who.user.includes(':') || who.realm.includes(':')) return undefined;
  for (const line of lines(text)) {
    if (!line.startsWith(head)) continue;
    const value = line.slice(head.length);
    if (form.scheme === 'file' || form.storedCleartext) return { kind: 'cleartext', value };
    if (/^[\da-f]{32}$/i.test(value)) return { kind: 'hash', value: value.toLowerCase() };
  }
  return undefined;
}

/** Roles of a user in order of the file, from `role:user1,user2` and `role:unused:user1,user2`. */
export function rolesOf(text: string, user: string): readonly string[] {
  const roles = new Set<string>();
  for (const line of lines(text)) {
    const fields = line.split(':');
    const [role = '', ...rest] = fields;
    const members = fields.length === 2 || fields.length === 3 ? rest.at(-1) : undefined;
    if (role === '' || members === undefined) continue;
    if (members.split(',').some((member) => member.trim() === user)) roles.add(role.trim());
    if (roles.size >= ROLES_OF_USER_MAX) break;
  }
  return [...roles];
}

function* lines(text: string): Iterable<string> {
  for (const line of text.split('\n')) {
    const plain = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (plain !== '' && !plain.startsWith('#')) yield plain;
  }
}
