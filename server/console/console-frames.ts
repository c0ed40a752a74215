/**
 * Frames of the console protocol (momentum.md 7.4), byte for byte as existing clients speak it. A request is
 * uint16 type 1, uint16 length, text. A response is uint16 type 1 with a uint16 length, or type 2 with a uint32
 * length, then text. All numbers are big endian; there is no status and no version on this wire.
 */

import { err, ok, type Result } from '../base/result.ts';
import { ByteQueue } from './byte-queue.ts';

const REQUEST_TYPE = 1;
const SHORT_RESPONSE_TYPE = 1;
const LONG_RESPONSE_TYPE = 2;
const SHORT_HEADER_BYTES = 4;
const LONG_HEADER_BYTES = 6;

/** What a uint16 length can say. */
export const REQUEST_BYTES_MAX = 65_535;
/** Largest short response; longer ones are long responses. */
export const SHORT_RESPONSE_BYTES_MAX = 65_535;
/** Ours: replies above are cut and say so; a client closes on a header that announces more. */
export const RESPONSE_BYTES_MAX = 16 * 1024 * 1024;

export type FrameError = 'garbage' | 'oversized';

export function encodeRequest(text: string): Result<Buffer, 'oversized'> {
  const payload = Buffer.from(text);
  if (payload.length > REQUEST_BYTES_MAX) return err('oversized');
  const header = Buffer.alloc(SHORT_HEADER_BYTES);
  header.writeUInt16BE(REQUEST_TYPE, 0);
  header.writeUInt16BE(payload.length, 2);
  return ok(Buffer.concat([header, payload]));
}

/** Type 2 only where type 1 cannot say the length. */
export function encodeResponse(text: string): Buffer {
  const payload = responsePayload(text);
  if (payload.length <= SHORT_RESPONSE_BYTES_MAX) {
    const header = Buffer.alloc(SHORT_HEADER_BYTES);
    header.writeUInt16BE(SHORT_RESPONSE_TYPE, 0);
    header.writeUInt16BE(payload.length, 2);
    return Buffer.concat([header, payload]);
  }
  const header = Buffer.alloc(LONG_HEADER_BYTES);
  header.writeUInt16BE(LONG_RESPONSE_TYPE, 0);
  header.writeUInt32BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

function responsePayload(text: string): Buffer {
  const whole = Buffer.from(text);
  if (whole.length <= RESPONSE_BYTES_MAX) return whole;
  const note = Buffer.from(`\n[reply cut: it has ${whole.length} bytes]`);
  let endAt = RESPONSE_BYTES_MAX - note.length;
  // Not inside a UTF-8 sequence.
  while (endAt > 0 && ((whole[endAt] ?? 0) & 0xc0) === 0x80) endAt -= 1;
  return Buffer.concat([whole.subarray(0, endAt), note]);
}

/** Takes bytes cut anywhere, gives whole texts. After an error it gives nothing any more. */
abstract class FrameDecoder {
  readonly #queue = new ByteQueue();
  #error: FrameError | undefined;

  /** Bytes taken in and not given out yet. */
  get pendingBytes(): number {
    return this.#queue.length;
  }

  push(bytes: Buffer): void {
    if (this.#error === undefined) this.#queue.push(bytes);
  }

  /** The next whole text; undefined when it has not come whole, or the stream is broken. */
  next(): string | undefined {
    if (this.#error !== undefined) return undefined;
    const header = this.readHeader(this.#queue);
    if (header === 'garbage' || header === 'oversized') {
      this.#error = header;
      return undefined;
    }
    if (header === undefined || this.#queue.length < header.headerBytes + header.length) return undefined;
    this.#queue.take(header.headerBytes);
    return this.#queue.take(header.length).toString('utf8');
  }

  /** Set by `next` once the stream cannot be understood; the connection must be closed. */
  get error(): FrameError | undefined {
    return this.#error;
  }

  protected abstract readHeader(
    queue: ByteQueue,
  ): { readonly headerBytes: number; readonly length: number } | FrameError | undefined;
}

export class RequestDecoder extends FrameDecoder {
  protected override readHeader(queue: ByteQueue) {
    if (queue.length === 0) return undefined;
    // Garbage is refused by its first bytes, not only when four of them have come.
    const known = queue.peek(Math.min(queue.length, SHORT_HEADER_BYTES));
    if (known[0] !== 0 || (known[1] ?? REQUEST_TYPE) !== REQUEST_TYPE) return 'garbage';
    if (known.length < SHORT_HEADER_BYTES) return undefined;
    return { headerBytes: SHORT_HEADER_BYTES, length: known.readUInt16BE(2) };
  }
}

export class ResponseDecoder extends FrameDecoder {
  protected override readHeader(queue: ByteQueue) {
    if (queue.length < 2) return undefined;
    const type = queue.peek(2).readUInt16BE(0);
    if (type === SHORT_RESPONSE_TYPE) {
      if (queue.length < SHORT_HEADER_BYTES) return undefined;
      return { headerBytes: SHORT_HEADER_BYTES, length: queue.peek(SHORT_HEADER_BYTES).readUInt16BE(2) };
    }
    if (type !== LONG_RESPONSE_TYPE) return 'garbage';
    if (queue.length < LONG_HEADER_BYTES) return undefined;
    const length = queue.peek(LONG_HEADER_BYTES).readUInt32BE(2);
    return length > RESPONSE_BYTES_MAX ? 'oversized' : { headerBytes: LONG_HEADER_BYTES, length };
  }
}
