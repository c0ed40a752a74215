/** Messages in parts small enough for the bus, and together again. Sender and receivers lose incomplete ones alike. */

import type { PrivateName } from '../model/names.ts';
import type { VipMessage } from './api.ts';
import { type AnyMessage, encodeMessage, kindOf } from './messages.ts';

/** With its head below 256 KiB. */
export const PART_BYTES = 240 * 1024;
/** 15 MiB: many times a table of 10,240 addresses. */
export const PARTS_MAX = 64;
const HEAD_BYTES = 8;

/** @param number tells messages of one sender apart; it may wrap around. */
export function splitMessage(message: AnyMessage, number: number): readonly VipMessage[] {
  const payload = encodeMessage(message);
  const kind = kindOf(message);
  const parts = Math.max(1, Math.ceil(payload.length / PART_BYTES));
  return Array.from({ length: parts }, (_, part) => {
    const body = payload.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32LE(number >>> 0, 0);
    head.writeUInt16LE(part, 4);
    head.writeUInt16LE(parts, 6);
    return { kind, payload: Buffer.concat([head, body]) };
  });
}

type Begun = {
  readonly kind: number;
  readonly number: number;
  readonly parts: number;
  readonly bodies: Buffer[];
};

export type Assembled =
  | { readonly type: 'whole'; readonly payload: Buffer }
  | { readonly type: 'part' }
  /** Not a message, or its beginning was lost. */
  | { readonly type: 'refused' };

export class PartsAssembly {
  readonly #begun = new Map<PrivateName, Begun>();

  /** @param long whether the sender may say more than one part. */
  take(sender: PrivateName, { kind, payload }: VipMessage, long: boolean): Assembled {
    if (payload.length < HEAD_BYTES) return { type: 'refused' };
    const number = payload.readUInt32LE(0);
    const part = payload.readUInt16LE(4);
    const parts = payload.readUInt16LE(6);
    const body = payload.subarray(HEAD_BYTES);
    if (parts === 0 || parts > PARTS_MAX || part >= parts || body.length > PART_BYTES) {
      return { type: 'refused' };
    }
    if (parts > 1 && !long) return { type: 'refused' };
    if (parts === 1) return { type: 'whole', payload: body };
    if (part === 0) {
      this.#begun.set(sender, { kind, number, parts, bodies: [body] });
      return { type: 'part' };
    }
    const begun = this.#begun.get(sender);
    const fits =
      begun?.kind === kind &&
      begun.number === number &&
      begun.parts === parts &&
      begun.bodies.length === part;
    if (begun === undefined || !fits) {
      this.#begun.delete(sender);
      return { type: 'refused' };
    }
    begun.bodies.push(body);
    if (part < parts - 1) return { type: 'part' };
    this.#begun.delete(sender);
    return { type: 'whole', payload: Buffer.concat(begun.bodies) };
  }

  /** At every view: who comes with it knows nothing of what began before. */
  clear(): void {
    this.#begun.clear();
  }
}
