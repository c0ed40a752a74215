/** Joins the pieces of a record that is longer than a frame. Memory is taken as bytes come, not as they are announced. */

import { comparePositions } from '../model/log-position.ts';
import { RECORD_HEADER_BYTES, type TellFrame } from './log-frames.ts';

type Piece = Extract<TellFrame, { type: 'piece' }>;

export class PieceAssembly {
  #first: Piece | undefined;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** A record has begun and is not complete. */
  get waiting(): boolean {
    return this.#first !== undefined;
  }

  /** What the record that has begun takes of a window. */
  get costBytes(): number {
    return this.#first === undefined ? 0 : this.#first.total + RECORD_HEADER_BYTES;
  }

  /** The message once it is complete; `wrong` when the piece is not the next one. */
  take(piece: Piece): Buffer | 'wrong' | undefined {
    this.#first ??= piece;
    const { id, total } = this.#first;
    const same = comparePositions(piece.id, id) === 0 && piece.total === total;
    if (!same || piece.offset !== this.#bytes) return 'wrong';
    this.#parts.push(piece.data);
    this.#bytes += piece.data.length;
    if (this.#bytes < total) return undefined;
    const whole = Buffer.concat(this.#parts, total);
    this.#first = undefined;
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }
}
