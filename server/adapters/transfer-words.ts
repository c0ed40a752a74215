/**
 * What two nodes say about a message that moves between them (ECmmove2): facts of its envelope in ENVID of MAIL (RFC
 * 3461), which both SMTP libraries carry. Only connections of the cluster listener are asked for it.
 */

import * as z from 'zod/mini';
import type { Envelope, Transferred } from '../mail/api.ts';

/** As MailNames makes them; those of other nodes are outside input. */
const MESSAGE_ID = /^[0-9A-F]{2}\/[0-9A-F]{2}-\d{5}-[0-9A-F]{8,24}$/;

const FACTS = z.object({
  id: z.string().check(z.regex(MESSAGE_ID)),
  binding: z.string().check(z.minLength(1), z.maxLength(255)),
  receivedWallMs: z.number().check(z.gte(0)),
  attempts: z.number().check(z.int(), z.gte(0)),
});

export function encodeTransferred({ id, binding, receivedWallMs, attempts }: Envelope): string {
  return Buffer.from(JSON.stringify({ id, binding, receivedWallMs, attempts })).toString('base64url');
}

/** Undefined when it is not understood. */
export function decodeTransferred(envid: string | true | undefined): Transferred | undefined {
  if (typeof envid !== 'string') return undefined;
  try {
    const parsed = FACTS.safeParse(JSON.parse(Buffer.from(envid, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // it is no JSON
  }
}
