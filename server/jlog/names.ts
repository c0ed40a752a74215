/** Names of files in a log, and of subscribers in names of files (jlog.md 2). */

import { err, ok, type Result } from '../base/result.ts';

export const METASTORE = 'metastore';
export const PRE_COMMIT = 'pre_commit';
export const SEGMENT_MAX = 0xffff_ffff;
/** What fits into the name of a file after `cp.`, two digits for each byte. */
export const SUBSCRIBER_BYTES_MAX = 126;

const SEGMENT = /^[0-9a-f]{8}$/;
const INDEX = /^[0-9a-f]{8}\.idx$/;
const CHECKPOINT = /^cp\.((?:[0-9a-f]{2})+)$/;
const ESCAPE = /\\x([0-9a-f]{2})/;
const LOSSLESS = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function segmentName(segment: number): string {
  return segment.toString(16).padStart(8, '0');
}

export function indexName(segment: number): string {
  return `${segmentName(segment)}.idx`;
}

export function parseSegmentName(name: string): number | undefined {
  return SEGMENT.test(name) ? Number.parseInt(name, 16) : undefined;
}

export function isIndexName(name: string): boolean {
  return INDEX.test(name);
}

export function isCheckpointName(name: string): boolean {
  return name.startsWith('cp.');
}

/** @returns the segments among the names of a directory, ascending. */
export function segmentsIn(names: readonly string[]): readonly number[] {
  const segments: number[] = [];
  for (const name of names) {
    const segment = name.length === 8 ? parseSegmentName(name) : undefined;
    if (segment !== undefined) segments.push(segment);
  }
  return segments.sort((a, b) => a - b);
}

/** The error says what is wrong with the name. */
export function checkpointName(subscriber: string): Result<string, string> {
  const bytes = bytesOfName(subscriber);
  if (bytes.length === 0) return err('a subscriber has a name');
  if (bytes.length > SUBSCRIBER_BYTES_MAX) {
    return err(`the name of a subscriber has at most ${SUBSCRIBER_BYTES_MAX} bytes`);
  }
  return ok(`cp.${bytes.toString('hex')}`);
}

/** Undefined for what is no checkpoint of a subscriber. Text as it is; bytes that are no UTF-8 as `\xHH`. */
export function subscriberOf(name: string): string | undefined {
  const digits = CHECKPOINT.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const bytes = Buffer.from(digits, 'hex');
  const text = textOf(bytes);
  return text === undefined || ESCAPE.test(text) ? escaped(bytes) : text;
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return LOSSLESS.decode(bytes);
  } catch {
    return undefined;
  }
}

function escaped(bytes: Buffer): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

function bytesOfName(subscriber: string): Buffer {
  if (!ESCAPE.test(subscriber)) return Buffer.from(subscriber, 'utf8');
  const parts = subscriber.split(/(\\x[0-9a-f]{2})/);
  return Buffer.concat(
    parts.map((part) =>
      ESCAPE.test(part) && part.length === 4 ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part, 'utf8'),
    ),
  );
}
