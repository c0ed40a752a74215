/**
 * Frames of a connection of the cluster listener (LGS-01): u32 length of what follows, u8 type, body. The same for every
 * service on that listener; the types below 16 belong to the connection itself, the others to its service.
 */

import { FieldWriter } from './fields.ts';

const LENGTH_BYTES = 4;
const HEADER_BYTES = LENGTH_BYTES + 1;
/** Longest frame, with its type and without its length. */
export const FRAME_BYTES_MAX = 1024 * 1024;
/** All that a stranger may make this process hold (LGS-04). */
export const STRANGER_BYTES_MAX = 64 * 1024;

export type RawFrame = { readonly type: number; readonly body: Buffer };
export type FrameFault = 'frameTooLong' | 'badFrame';

/** Cuts a byte stream into frames. */
export class FrameCutter {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #lengthMax = STRANGER_BYTES_MAX - LENGTH_BYTES;

  /** Call once the peer is no stranger any more. */
  trust(): void {
    this.#lengthMax = FRAME_BYTES_MAX;
  }

  /** Waits for more bytes of a frame. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
  }

  /** The next complete frame, a fault that ends the connection, or undefined when more bytes are needed. */
  next(): RawFrame | FrameFault | undefined {
    if (this.#bytes < HEADER_BYTES) return undefined;
    const head = this.#front(HEADER_BYTES);
    const length = head.readUInt32BE(0);
    if (length === 0) return 'badFrame';
    if (length > this.#lengthMax) return 'frameTooLong';
    const whole = LENGTH_BYTES + length;
    if (this.#bytes < whole) return undefined;
    const frame = this.#front(whole);
    this.#drop(whole);
    return { type: frame.readUInt8(LENGTH_BYTES), body: frame.subarray(HEADER_BYTES) };
  }

  /** Takes all that is left, which is no frame of this connection any more. */
  rest(): Buffer {
    const rest = Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    this.#bytes = 0;
    return rest;
  }

  /** So many bytes in one piece: where they lie, or a copy of no more than them if they came in several chunks. */
  #front(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= bytes) return first.subarray(0, bytes);
    return Buffer.concat(this.#chunks, bytes);
  }

  #drop(bytes: number): void {
    this.#bytes -= bytes;
    let left = bytes;
    let whole = 0;
    for (let chunk = this.#chunks[0]; chunk !== undefined && left > 0; chunk = this.#chunks[whole]) {
      if (chunk.length > left) {
        this.#chunks[whole] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
      whole += 1;
    }
    this.#chunks.splice(0, whole);
  }
}

/** @param write fills in the body; together with the type it has at most FRAME_BYTES_MAX. */
export function frame(type: number, write: (w: FieldWriter) => void = () => undefined, bytes = 128): Buffer {
  const w = new FieldWriter(bytes + HEADER_BYTES).u32(0).u8(type);
  write(w);
  w.patchU32(0, w.length - LENGTH_BYTES);
  return w.finish();
}
