/**
 * Messages of one sender to the same groups, packed: u16 kind, u32 length, bytes, one after the other. Servers pass a
 * packet on as it is; only its sender and its receivers look inside. Rules: SPEC.md BUS-46.
 */

import { ByteWriter } from './bytes.ts';
import type { Service } from './client-api.ts';

/** A sender closes a packet at this size, */
export const PACKET_BYTES_MAX = 32 * 1024;
/** or at this count. One message alone may be longer than the size. */
export const PACKET_MESSAGES_MAX = 250;
const MESSAGE_HEAD_BYTES = 6;
const PACKET_BYTES_MIN = 512;
const FADING = 7 / 8;

export type PackedMessage = { readonly kind: number; readonly payload: Buffer };

/** Who sends to whom and how: equal for all messages of a packet. */
export type PacketHead = {
  readonly mailbox: number;
  readonly service: Service;
  readonly groups: readonly string[];
};

/** Gathers messages until `take`; the caller decides when a turn ends. */
export class OpenPacket {
  #head: PacketHead | undefined = undefined;
  #writer = new ByteWriter(0);
  #count = 0;
  /** The next packet is likely as long as those before; growing a writer copies it. */
  #likelyBytes = PACKET_BYTES_MIN;

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count >= PACKET_MESSAGES_MAX || this.#writer.length >= PACKET_BYTES_MAX;
  }

  /** False when the open packet is for others and has to be taken first. */
  add(head: PacketHead, message: PackedMessage): boolean {
    if (this.#head !== undefined && !sameHead(this.#head, head)) return false;
    if (this.#head === undefined) {
      this.#head = head;
      this.#writer = new ByteWriter(Math.max(this.#likelyBytes, message.payload.length + MESSAGE_HEAD_BYTES));
    }
    putMessage(this.#writer, message);
    this.#count += 1;
    return true;
  }

  take(): (PacketHead & { readonly count: number; readonly messages: Buffer }) | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    const packet = { ...head, count: this.#count, messages: this.#writer.finish() };
    this.#likelyBytes = Math.max(
      PACKET_BYTES_MIN,
      packet.messages.length,
      Math.ceil(this.#likelyBytes * FADING),
    );
    this.#head = undefined;
    this.#count = 0;
    return packet;
  }
}

function sameHead(a: PacketHead, b: PacketHead): boolean {
  if (a.mailbox !== b.mailbox || a.service !== b.service || a.groups.length !== b.groups.length) return false;
  return a.groups === b.groups || a.groups.every((group, index) => group === b.groups[index]);
}

function putMessage(w: ByteWriter, { kind, payload }: PackedMessage): void {
  w.packed(kind, payload);
}

export function packMessages(messages: readonly PackedMessage[]): Buffer {
  const bytes = messages.reduce((sum, { payload }) => sum + payload.length + MESSAGE_HEAD_BYTES, 0);
  const w = new ByteWriter(bytes);
  for (const message of messages) putMessage(w, message);
  return w.finish();
}

/** How many messages there are; undefined when the bytes are not exactly whole messages, or a payload is too long. */
export function countMessages(messages: Buffer, payloadBytesMax: number): number | undefined {
  let count = 0;
  let at = 0;
  while (at < messages.length) {
    if (messages.length - at < MESSAGE_HEAD_BYTES) return undefined;
    const payloadBytes = messages.readUInt32LE(at + 2);
    if (payloadBytes > payloadBytesMax) return undefined;
    at += MESSAGE_HEAD_BYTES + payloadBytes;
    count += 1;
  }
  return at === messages.length && count > 0 ? count : undefined;
}

/** The messages in order; undefined when the bytes are not exactly whole messages, or a payload is too long. */
export function readMessages(
  messages: Buffer,
  payloadBytesMax: number,
): readonly PackedMessage[] | undefined {
  const read: PackedMessage[] = [];
  let at = 0;
  while (at < messages.length) {
    const payloadAt = at + MESSAGE_HEAD_BYTES;
    if (payloadAt > messages.length) return undefined;
    const endAt = payloadAt + messages.readUInt32LE(at + 2);
    if (endAt > messages.length || endAt - payloadAt > payloadBytesMax) return undefined;
    read.push({ kind: messages.readUInt16LE(at), payload: messages.subarray(payloadAt, endAt) });
    at = endAt;
  }
  return read.length > 0 ? read : undefined;
}
