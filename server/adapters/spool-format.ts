/**
 * A message in the spool is one file: a first line, the body, what is known of it as JSON, and a last line with lengths and
 * a checksum. Whoever finds all of it knows that it is whole. What changed since lies beside it in a second file of the
 * same form without a body.
 */

import { crc32 } from 'node:zlib';
import * as z from 'zod/mini';
import { type Envelope, RECIPIENTS_MAX } from '../mail/api.ts';

export const LEAD = Buffer.from('muster-mail 1\n', 'latin1');
const END = 'muster-end';
/** END, lengths of body and JSON with 16 and 8 hex digits, checksum of the JSON with 8, blanks and a line feed. */
export const TRAILER_BYTES = END.length + 36;
/** Of the JSON: RECIPIENTS_MAX addresses of several domains. */
export const FACTS_BYTES_MAX = 4 * 1024 * 1024;

/** Where a message came from, for its `Received` field; one line each. */
export type Trace = {
  /** `mx.example.com ([192.0.2.1])` */
  readonly from: string;
  readonly by: string;
  /** `ESMTP` */
  readonly protocol: string;
  readonly wallMs: number;
};

export type SpoolFacts = {
  /** Undefined for messages that this process wrote. */
  readonly trace: Trace | undefined;
  /** Of all messages that share the body; never empty. */
  readonly envelopes: readonly Envelope[];
};

const wholeNumber = z.number().check(z.int(), z.gte(0));
const FACTS = z.object({
  trace: z.optional(z.object({ from: z.string(), by: z.string(), protocol: z.string(), wallMs: z.number() })),
  envelopes: z
    .array(
      z.object({
        id: z.string().check(z.minLength(1), z.maxLength(64)),
        from: z.string(),
        recipients: z
          .array(z.object({ address: z.string(), domain: z.string() }))
          .check(z.minLength(1), z.maxLength(RECIPIENTS_MAX)),
        domain: z.string(),
        binding: z.string(),
        bytes: wholeNumber,
        receivedWallMs: z.number(),
        attempts: wholeNumber,
        nextAttemptWallMs: z.number(),
      }),
    )
    .check(z.minLength(1)),
});

/** What stands behind the body. */
export function encodeEnd(bodyBytes: number, facts: SpoolFacts): Buffer {
  const json = Buffer.from(`\n${JSON.stringify(facts)}\n`);
  const trailer = `${END} ${hex(bodyBytes, 16)} ${hex(json.length, 8)} ${hex(crc32(json), 8)}\n`;
  return Buffer.concat([json, Buffer.from(trailer, 'latin1')]);
}

/** Undefined when this is no such line. */
export function decodeTrailer(
  trailer: Buffer,
): { readonly bodyBytes: number; readonly jsonBytes: number; readonly crc: number } | undefined {
  const found = /^muster-end ([0-9a-f]{16}) ([0-9a-f]{8}) ([0-9a-f]{8})\n$/.exec(trailer.toString('latin1'));
  if (found === null) return undefined;
  const [bodyBytes = 0, jsonBytes = 0, crc = 0] = found.slice(1).map((digits) => Number.parseInt(digits, 16));
  return jsonBytes > FACTS_BYTES_MAX ? undefined : { bodyBytes, jsonBytes, crc };
}

/** Undefined when it is damaged. */
export function decodeFacts(json: Buffer, crc: number): SpoolFacts | undefined {
  if (crc32(json) !== crc) return undefined;
  try {
    const parsed = FACTS.safeParse(JSON.parse(json.toString('utf8')));
    return parsed.success ? { ...parsed.data, trace: parsed.data.trace } : undefined;
  } catch {
    return undefined; // the checksum holds, but nobody of this version wrote it
  }
}

/** The `Received` field (RFC 5321, 4.4) that a message carries from here on. */
export function receivedField({ from, by, protocol, wallMs }: Trace, id: string): Buffer {
  const date = new Date(wallMs).toUTCString().replace(/GMT$/, '+0000');
  return Buffer.from(`Received: from ${from}\r\n\tby ${by} with ${protocol} id ${id};\r\n\t${date}\r\n`);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
