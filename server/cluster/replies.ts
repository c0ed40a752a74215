/**
 * Replies to commands over the bus: cut into parts by the node that answers, put together by whoever asked. Both
 * sides are bounded; a reply of which a part never comes is forgotten after a while. Knows no console and no job.
 */

import type { PrivateName } from '../model/names.ts';
import { type ClusterMessage, REPLY_PART_CHARACTERS, REPLY_PARTS_MAX } from './messages.ts';

/** UTF-8 bytes of a whole reply. */
export const REPLY_BYTES_MAX = 16 * 1024 * 1024;
/** Replies of which only some parts have come. */
export const PARTIAL_REPLIES_MAX = 512;
/** UTF-8 bytes of all partial replies together. */
export const PARTIAL_BYTES_MAX = 128 * 1024 * 1024;
/** A partial reply is dropped when nothing more of it came for so long. */
export const PARTIAL_AGE_MAX_MS = 120_000;

const TRUNCATED = '\n[reply truncated: it was longer than 16 MiB]';

export type ReplyPart = Extract<ClusterMessage, { type: 'reply' }>;

/** Cuts a reply; a text above REPLY_BYTES_MAX is cut short and says so at its end. */
export function splitReply(reply: {
  readonly id: string;
  readonly ok: boolean;
  readonly text: string;
}): readonly ReplyPart[] {
  const text = shorten(reply.text);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOfPiece(text, at);
    pieces.push(text.slice(at, end));
    at = end;
  }
  if (pieces.length === 0) pieces.push('');
  return pieces.map((piece, part) => ({
    type: 'reply',
    id: reply.id,
    part,
    parts: pieces.length,
    ok: reply.ok,
    text: piece,
  }));
}

/** Never between the halves of a surrogate pair: each piece must survive UTF-8. */
function endOfPiece(text: string, at: number): number {
  const end = Math.min(at + REPLY_PART_CHARACTERS, text.length);
  return end < text.length && isHighSurrogate(text, end - 1) ? end - 1 : end;
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}

function shorten(text: string): string {
  if (text.length * 3 <= REPLY_BYTES_MAX || Buffer.byteLength(text) <= REPLY_BYTES_MAX) return text;
  const bytes = Buffer.from(text).subarray(0, REPLY_BYTES_MAX - TRUNCATED.length);
  return bytes.toString('utf8').replace(/\ufffd$/, '') + TRUNCATED;
}

type PartialReply = {
  readonly pieces: (string | undefined)[];
  missing: number;
  bytes: number;
  heardAtMs: number;
};

export type WholeReply = {
  readonly from: PrivateName;
  readonly id: string;
  readonly ok: boolean;
  readonly text: string;
};

/** Puts parts together, in whatever order they come. */
export class ReplyAssembler {
  readonly #partials = new Map<string, PartialReply>();
  #bytes = 0;

  /** PartialReply replies now held. */
  get waiting(): number {
    return this.#partials.size;
  }

  /** The whole reply once its last part is there; undefined before, and for a part that does not fit. */
  add(from: PrivateName, part: ReplyPart, nowMs: number): WholeReply | undefined {
    if (part.part >= part.parts || part.parts > REPLY_PARTS_MAX) return undefined;
    const key = `${from} ${part.id}`;
    const partial = this.#partialFor(key, part, nowMs);
    if (partial === undefined || partial.pieces[part.part] !== undefined) return undefined;
    partial.pieces[part.part] = part.text;
    partial.missing -= 1;
    partial.heardAtMs = nowMs;
    const bytes = Buffer.byteLength(part.text);
    partial.bytes += bytes;
    this.#bytes += bytes;
    if (partial.bytes > REPLY_BYTES_MAX || this.#bytes > PARTIAL_BYTES_MAX) {
      this.#drop(key, partial);
      return undefined;
    }
    if (partial.missing > 0) return undefined;
    this.#drop(key, partial);
    return { from, id: part.id, ok: part.ok, text: partial.pieces.join('') };
  }

  /** Drops what has been waiting longer than PARTIAL_AGE_MAX_MS. */
  expire(nowMs: number): void {
    for (const [key, partial] of this.#partials) {
      if (nowMs - partial.heardAtMs >= PARTIAL_AGE_MAX_MS) this.#drop(key, partial);
    }
  }

  #partialFor(key: string, part: ReplyPart, nowMs: number): PartialReply | undefined {
    const known = this.#partials.get(key);
    if (known !== undefined) return known.pieces.length === part.parts ? known : undefined;
    if (this.#partials.size >= PARTIAL_REPLIES_MAX) this.expire(nowMs);
    if (this.#partials.size >= PARTIAL_REPLIES_MAX) return undefined;
    const partial: PartialReply = {
      pieces: new Array<string | undefined>(part.parts).fill(undefined),
      missing: part.parts,
      bytes: 0,
      heardAtMs: nowMs,
    };
    this.#partials.set(key, partial);
    return partial;
  }

  #drop(key: string, partial: PartialReply): void {
    this.#partials.delete(key);
    this.#bytes -= partial.bytes;
  }
}
