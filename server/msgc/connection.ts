/**
 * One byte stream of a core: its decoder, what was heard and sent when, and how many messages still wait in this
 * process; and the outbox that turns the frames of a whole step into one write per connection.
 */

import type { StreamEffect } from '../base/stream-io.ts';
import { FrameDecoder } from './frame-decoder.ts';
import type { LinkTraffic } from './server-api.ts';

/** Bytes that may wait for one connection, whatever the number of messages. */
export const CONNECTION_BYTES_MAX = 128 * 1024 * 1024;

export class Connection {
  readonly conn: number;
  /** `address:port` of the other end. */
  readonly remote: string;
  readonly openedAtMs: number;
  readonly decoder = new FrameDecoder();
  heardAtMs: number;
  sentAtMs: number;
  /** Queued messages that the operating system has not taken yet. */
  backlog = 0;
  #bytesIn = 0;
  #messagesIn = 0;
  #messagesOut = 0;
  #writtenBytes = 0;
  /** Pairs: where a frame ends among all bytes written, and how many messages it holds. */
  readonly #marks: number[] = [];
  #pendingBytes = 0;

  constructor(conn: number, remote: string, nowMs: number) {
    this.conn = conn;
    this.remote = remote;
    this.openedAtMs = nowMs;
    this.heardAtMs = nowMs;
    this.sentAtMs = nowMs;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get traffic(): LinkTraffic {
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#writtenBytes,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
    };
  }

  received(bytes: Buffer, nowMs: number): void {
    this.heardAtMs = nowMs;
    this.#bytesIn += bytes.length;
    this.decoder.push(bytes);
  }

  /** @param count messages in a frame that came in. */
  took(count: number): void {
    this.#messagesIn += count;
  }

  /** @param count messages in the frame; 0 for what is bounded elsewhere. */
  queued(bytes: number, count: number): void {
    this.#writtenBytes += bytes;
    this.#messagesOut += count;
    this.#pendingBytes += bytes;
    this.backlog += count;
    this.#marks.push(this.#writtenBytes, count);
  }

  drained(pendingBytes: number): void {
    this.#pendingBytes = pendingBytes;
    const takenBytes = this.#writtenBytes - pendingBytes;
    let passed = 0;
    for (let endBytes = this.#marks[passed]; endBytes !== undefined; endBytes = this.#marks[passed]) {
      if (endBytes > takenBytes) break;
      this.backlog -= this.#marks[passed + 1] ?? 0;
      passed += 2;
    }
    this.#marks.splice(0, passed);
  }

  stuck(maxBacklog: number): boolean {
    return this.backlog > maxBacklog || this.#pendingBytes > CONNECTION_BYTES_MAX;
  }
}

/** Collects the effects of one step. Frames of a connection leave together, before its `end`. */
export class Outbox<Event> {
  #effects: (StreamEffect | { readonly type: 'event'; readonly event: Event })[] = [];
  readonly #frames = new Map<number, Buffer[]>();

  /** @param body completes a frame whose head is `frame`; it is not copied, so nobody may change it afterwards. */
  write(connection: Connection, frame: Buffer, count: number, nowMs: number, body: Buffer = NO_BODY): void {
    connection.queued(frame.length + body.length, count);
    connection.sentAtMs = nowMs;
    let frames = this.#frames.get(connection.conn);
    if (frames === undefined) {
      frames = [];
      this.#frames.set(connection.conn, frames);
    }
    frames.push(frame);
    if (body.length > 0) frames.push(body);
  }

  end(connection: Connection): void {
    this.#flush(connection.conn);
    this.#effects.push({ type: 'end', conn: connection.conn });
  }

  destroy(conn: number): void {
    this.#frames.delete(conn);
    this.#effects.push({ type: 'destroy', conn });
  }

  /** Any effect but writing and closing. */
  push(effect: Extract<StreamEffect, { type: 'dial' | 'pause' | 'resume' }>): void {
    this.#effects.push(effect);
  }

  event(event: Event): void {
    this.#effects.push({ type: 'event', event });
  }

  /** Everything since the last call, in the order in which it must be performed. */
  take(): readonly (StreamEffect | { readonly type: 'event'; readonly event: Event })[] {
    for (const conn of this.#frames.keys()) this.#flush(conn);
    if (this.#effects.length === 0) return NO_EFFECTS;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #flush(conn: number): void {
    const frames = this.#frames.get(conn);
    if (frames === undefined) return;
    this.#frames.delete(conn);
    let joined: Buffer[] = [];
    const join = (): void => {
      const [first] = joined;
      if (first === undefined) return;
      this.#effects.push({ type: 'write', conn, bytes: joined.length === 1 ? first : Buffer.concat(joined) });
      joined = [];
    };
    for (const part of frames) {
      if (part.length >= COPIED_BYTES_MAX) join();
      joined.push(part);
      if (part.length >= COPIED_BYTES_MAX) join();
    }
    join();
  }
}

const NO_EFFECTS: readonly never[] = [];
const NO_BODY = Buffer.alloc(0);
/** What is longer is given to the system where it lies; shorter parts are joined, which costs less than a part more. */
const COPIED_BYTES_MAX = 4_096;
