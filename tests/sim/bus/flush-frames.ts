/** Counts the frames of view changes on their way out, so that something may happen before exactly one of them. */

import type { NodeName } from '../../../server/model/names.ts';
import { SERVER_FRAME } from '../../../server/msgc/frames.ts';

/** u32 length before each frame, then its type. */
const LENGTH_BYTES = 4;
const FIRST = SERVER_FRAME.propose;
const LAST = SERVER_FRAME.install;

export class FlushFrames {
  #count = 0;
  #waiting: { readonly count: number; readonly callback: () => void }[] = [];
  /** Who proposed last. */
  coordinator: NodeName | undefined = undefined;

  get count(): number {
    return this.#count;
  }

  /** Calls back before the frame that is the `frames`-th from now. */
  at(frames: number, callback: () => void): void {
    this.#waiting.push({ count: this.#count + frames, callback });
  }

  forget(): void {
    this.#waiting = [];
  }

  /** @param bytes whole frames, one after the other. */
  saw(from: NodeName, bytes: Buffer): void {
    for (let at = 0; at + LENGTH_BYTES < bytes.length; at += LENGTH_BYTES + bytes.readUInt32LE(at)) {
      const type = bytes.readUInt8(at + LENGTH_BYTES);
      if (type < FIRST || type > LAST) continue;
      if (type === SERVER_FRAME.propose) this.coordinator = from;
      this.#count += 1;
      if (this.#waiting.length > 0) this.#wake();
    }
  }

  #wake(): void {
    const due = this.#waiting.filter(({ count }) => count <= this.#count);
    this.#waiting = this.#waiting.filter(({ count }) => count > this.#count);
    for (const { callback } of due) callback();
  }
}
