/** Closes client operations into bodies of batches: at the end of a step, or when a body is full. evs.md 6.4, 6.10. */

import { ByteWriter } from './bytes.ts';
import { type Op, putOp } from './ops.ts';
import { batchShare, type ProtocolWindows } from './options.ts';
import type { Body } from './order.ts';

const BODY_BYTES_MIN = 512;
const FADING = 7 / 8;

export class Batcher {
  readonly #windows: ProtocolWindows;
  readonly #submit: (body: Body) => void;
  #messagesMax = 1;
  #writer: ByteWriter | undefined = undefined;
  /** The next body is likely as long as those before; growing a writer copies it. */
  #likelyBytes = BODY_BYTES_MIN;
  #count = 0;
  #safe = false;

  constructor(windows: ProtocolWindows, maxBacklog: number, submit: (body: Body) => void) {
    this.#windows = windows;
    this.#submit = submit;
    this.setMaxBacklog(maxBacklog);
  }

  setMaxBacklog(maxBacklog: number): void {
    this.#messagesMax = Math.min(this.#windows.batchMessages, batchShare(maxBacklog));
  }

  /** A batch is open: it wants to be closed at the end of this turn. */
  get open(): boolean {
    return this.#writer !== undefined;
  }

  add(op: Op): void {
    this.#writer ??= new ByteWriter(this.#likelyBytes);
    putOp(this.#writer, op);
    this.#count += op.type === 'multicast' ? op.count : 1;
    if (op.type === 'multicast' && op.service === 'safe') this.#safe = true;
    const full = this.#writer.length >= this.#windows.batchBytes || this.#count >= this.#messagesMax;
    if (full) this.close();
  }

  close(): void {
    if (this.#writer === undefined) return;
    const body = { count: this.#count, safe: this.#safe, body: this.#writer.finish() };
    this.#likelyBytes = Math.max(BODY_BYTES_MIN, body.body.length, Math.ceil(this.#likelyBytes * FADING));
    this.#writer = undefined;
    this.#count = 0;
    this.#safe = false;
    this.#submit(body);
  }
}
