/** What was sent for one job and is not covered by a checkpoint yet; both ends keep the same account (LGS-14). */

import { comparePositions, type LogPosition } from '../model/log-position.ts';

type Sent = { readonly position: LogPosition; readonly bytes: number };

/** Entries that were given back are dropped from memory when there are so many of them. */
const COMPACT_AT = 1_024;

export class Window {
  #sent: Sent[] = [];
  #first = 0;
  #bytes = 0;
  #checkpointed: LogPosition;
  #sentTo: LogPosition;

  /** @param start the checkpoint from which the job goes on. */
  constructor(start: LogPosition) {
    this.#checkpointed = start;
    this.#sentTo = start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sentTo(): LogPosition {
    return this.#sentTo;
  }

  /** What was sent up to a position. False: it stands before an earlier one. */
  add(position: LogPosition, bytes: number): boolean {
    if (comparePositions(position, this.#sentTo) < 0) return false;
    this.#sent.push({ position, bytes });
    this.#bytes += bytes;
    this.#sentTo = position;
    return true;
  }

  /** Undefined when nothing was sent up to that position, else how many bytes are free again. */
  checkpoint(position: LogPosition): number | undefined {
    if (comparePositions(position, this.#checkpointed) < 0) return undefined;
    if (comparePositions(position, this.#sentTo) > 0) return undefined;
    this.#checkpointed = position;
    let freed = 0;
    for (let one = this.#sent[this.#first]; one !== undefined; one = this.#sent[this.#first]) {
      if (comparePositions(one.position, position) > 0) break;
      freed += one.bytes;
      this.#first += 1;
    }
    if (this.#first >= COMPACT_AT) {
      this.#sent = this.#sent.slice(this.#first);
      this.#first = 0;
    }
    this.#bytes -= freed;
    return freed;
  }
}
