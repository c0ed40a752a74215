/** The header that makes the same request twice one deed. */

import * as z from 'zod/mini';

export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 128;
export const idempotentHeaders = z.object({
  'idempotency-key': z
    .string('needs 8 to 128 letters, digits, - or _')
    .check(z.minLength(8), z.maxLength(IDEMPOTENCY_KEY_CHARACTERS_MAX), z.regex(/^[\w-]+$/)),
});
