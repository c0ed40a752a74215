/** Random texts, their hashes and comparisons that take the same time whatever differs. */

import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;
/** Without letters and digits that people mix up. */
const CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_GROUPS = 4;
const CODE_GROUP_CHARACTERS = 4;

/** 256 random bits as URL-safe text. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function newId(): string {
  return randomBytes(12).toString('base64url');
}

/** 48 random bits in hex; names a token, proves nothing. */
export function newTokenId(): string {
  return randomBytes(6).toString('hex');
}

/** `XXXX-XXXX-XXXX-XXXX`, 78 bits, to be copied by a person. */
export function newSetupCode(): string {
  const group = (): string =>
    Array.from({ length: CODE_GROUP_CHARACTERS }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join(
      '',
    );
  return Array.from({ length: CODE_GROUPS }, group).join('-');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(expected)));
}
