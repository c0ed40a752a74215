/** Looks at a body while it passes: how long its lines are, and how many `Received` fields its head has. */

const RECEIVED = 'received:';
const LF = 0x0a;

export class BodyWatch {
  readonly #lineBytesMax: number;
  #bytes = 0;
  #lineBytes = 0;
  #lineTooLong = false;
  #inHead = true;
  #hops = 0;
  /** The first bytes of the line in the head, as far as they were there. */
  #start = '';

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A line is longer than it may be. */
  get lineTooLong(): boolean {
    return this.#lineTooLong;
  }

  /** `Received` fields. */
  get hops(): number {
    return this.#hops;
  }

  pass(chunk: Buffer): void {
    this.#bytes += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      const lf = chunk.indexOf(LF, at);
      const end = lf < 0 ? chunk.length : lf + 1;
      if (this.#inHead) this.#head(chunk, at, end);
      this.#lineBytes += end - at;
      if (this.#lineBytes > this.#lineBytesMax) this.#lineTooLong = true;
      if (lf >= 0) this.#lineBytes = 0;
      at = end;
    }
  }

  #head(chunk: Buffer, from: number, end: number): void {
    const missing = RECEIVED.length - this.#start.length;
    this.#start += chunk.toString('latin1', from, Math.min(end, from + missing));
    if (chunk[end - 1] !== LF) return;
    if (this.#start === '\n' || this.#start === '\r\n') this.#inHead = false;
    else if (this.#start.toLowerCase() === RECEIVED) this.#hops += 1;
    this.#start = '';
  }
}
