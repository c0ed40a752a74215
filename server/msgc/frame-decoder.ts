/**
 * Cuts a byte stream into frames: u32 length of what follows, u8 type, u8 flags, u16 reserved (zero), fields.
 * Bounded by length only; what the fields mean is decided in frames.ts and client-frames.ts.
 */

export const FRAME_HEADER_BYTES = 8;
/** Type, flags and reserved field, which the length includes. */
const FRAME_LENGTH_MIN = 4;
/** Longest frame after the handshake. INSTALL carries the group tables of all servers. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** Longest first frame, so that a stranger cannot make a server hold more. */
export const HANDSHAKE_FRAME_BYTES_MAX = 64 * 1024;

export type RawFrame = { readonly type: number; readonly flags: number; readonly body: Buffer };
export type FrameFault = 'frame too long' | 'bad frame';

export class FrameDecoder {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #lengthMax = HANDSHAKE_FRAME_BYTES_MAX;

  /** Call once the first frame was accepted. */
  handshakeDone(): void {
    this.#lengthMax = FRAME_BYTES_MAX;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
  }

  /** The next complete frame, a fault that ends the connection, or undefined when more bytes are needed. */
  next(): RawFrame | FrameFault | undefined {
    const [first] = this.#chunks;
    if (first === undefined || this.#bytes < FRAME_HEADER_BYTES) return undefined;
    const head = this.#front(first, FRAME_HEADER_BYTES);
    const length = head.readUInt32LE(0);
    if (length < FRAME_LENGTH_MIN || head.readUInt16LE(6) !== 0) return 'bad frame';
    if (length > this.#lengthMax) return 'frame too long';
    const frameBytes = 4 + length;
    if (this.#bytes < frameBytes) return undefined;
    const frame = this.#front(first, frameBytes);
    this.#drop(frameBytes);
    return { type: frame.readUInt8(4), flags: frame.readUInt8(5), body: frame.subarray(FRAME_HEADER_BYTES) };
  }

  /** So many bytes in one piece: where they lie, or a copy of no more than them if they came in several chunks. */
  #front(first: Buffer, bytes: number): Buffer {
    return first.length >= bytes ? first.subarray(0, bytes) : Buffer.concat(this.#chunks, bytes);
  }

  #drop(bytes: number): void {
    this.#bytes -= bytes;
    let left = bytes;
    for (let first = this.#chunks[0]; first !== undefined && left > 0; first = this.#chunks[0]) {
      if (first.length > left) this.#chunks[0] = first.subarray(left);
      else this.#chunks.shift();
      left -= Math.min(left, first.length);
    }
  }
}
