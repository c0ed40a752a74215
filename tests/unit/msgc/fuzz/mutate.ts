/**
 * Spoils frames on their way: bits, lengths, counts, whole fields, order and moment. Seeded; every frame it is given
 * is a real one, so what comes out is close to what a receiver takes.
 */

import type { Prng } from '../../../../server/base/prng.ts';
import { CLIENT_FRAME, decodeClientFrame, encodeClientFrame } from '../../../../server/msgc/client-frames.ts';
import { decodeServerFrame } from '../../../../server/msgc/decode-frames.ts';
import { encodeServerFrame } from '../../../../server/msgc/encode-frames.ts';
import { FRAME_HEADER_BYTES, type RawFrame } from '../../../../server/msgc/frame-decoder.ts';

/** Frames of one type that were seen and may come again at a wrong moment. */
const REMEMBERED = 64;
/** Cut into single bytes only while that is cheap. */
const BYTEWISE_MAX = 400;
const NUMBERS = [0, 1, 2, 255, 0xffff, 2 ** 20 + 1, 0x7fff_ffff, 0xffff_ffff, 2 ** 48, 2 ** 53 - 1, -1, 0.5];
const TEXTS = [
  '',
  'a',
  'b',
  'c',
  'd',
  'nobody',
  'ga',
  'sim',
  '#',
  'x y',
  'a\u0000b',
  '\ufffd',
  'y'.repeat(300),
];

export type MutationRates = {
  /** Chance that a frame is spoiled. */
  readonly frame: number;
  /** Chance that an old frame, spoiled or not, goes in beside a frame. */
  readonly replay: number;
  /** Chance that the bytes of a write arrive in other pieces than they were sent. */
  readonly pieces: number;
};

export class Mutator {
  readonly #prng: Prng;
  readonly #rates: MutationRates;
  readonly #seen = new Map<number, Buffer[]>();
  /** Kept back, to go out behind a later frame. */
  readonly #held = new Map<number, Buffer>();
  /** Off: bytes pass untouched. */
  active = true;
  /** Frames that were spoiled, repeated, moved or put in. */
  frames = 0;

  constructor(prng: Prng, rates: MutationRates) {
    this.#prng = prng;
    this.#rates = rates;
  }

  /** The bytes of one write, in the pieces in which they arrive. */
  pass(conn: number, bytes: Buffer): readonly Buffer[] {
    if (!this.active) return [bytes];
    const prng = this.#prng;
    const out: Buffer[] = [];
    for (const frame of framesOf(bytes)) {
      this.#remember(frame);
      const held = this.#held.get(conn);
      if (prng.chance(this.#rates.frame)) out.push(...this.#spoilOrMove(conn, frame));
      else out.push(frame);
      if (held !== undefined) {
        this.#held.delete(conn);
        out.push(held);
      }
      if (prng.chance(this.#rates.replay)) out.push(this.anyFrame());
    }
    const all = Buffer.concat(out);
    return prng.chance(this.#rates.pieces) ? this.pieces(all) : [all];
  }

  /** Any frame that was seen, most often spoiled. */
  anyFrame(): Buffer {
    if (this.#seen.size === 0) return Buffer.alloc(0);
    this.frames += 1;
    const frame = this.#prng.pick(this.#prng.pick([...this.#seen.values()]));
    return this.#prng.chance(0.6) ? this.spoil(frame) : frame;
  }

  pieces(bytes: Buffer): readonly Buffer[] {
    const prng = this.#prng;
    if (bytes.length < 2) return [bytes];
    if (bytes.length <= BYTEWISE_MAX && prng.chance(0.2)) {
      return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    }
    const cuts = Array.from({ length: 1 + prng.below(4) }, () => 1 + prng.below(bytes.length - 1));
    const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
    return places.slice(1).map((end, index) => bytes.subarray(places[index] ?? 0, end));
  }

  #spoilOrMove(conn: number, frame: Buffer): readonly Buffer[] {
    this.frames += 1;
    const dice = this.#prng.unit();
    if (dice < 0.06) return [frame, frame];
    if (dice < 0.1) return [];
    if (dice < 0.16 && !this.#held.has(conn)) {
      this.#held.set(conn, frame);
      return [];
    }
    return [this.spoil(frame)];
  }

  spoil(frame: Buffer): Buffer {
    const dice = this.#prng.unit();
    if (dice < 0.55) return this.#otherFields(frame) ?? this.#flip(frame);
    if (dice < 0.75) return this.#flip(frame);
    if (dice < 0.8) return this.#cut(frame);
    if (dice < 0.85) return this.#lieAboutLength(frame);
    if (dice < 0.93) return this.#hugeCount(frame);
    return this.#swap(frame);
  }

  /** Well formed, and not what its sender meant. Undefined when the frame does not decode or encode that way. */
  #otherFields(frame: Buffer): Buffer | undefined {
    const raw = rawOf(frame);
    try {
      if (raw.type >= CLIENT_FRAME.connect) {
        const decoded = decodeClientFrame(raw);
        if (decoded === undefined || decoded.type === 'otherVersion') return undefined;
        return encodeClientFrame(this.#vary(decoded));
      }
      const decoded = decodeServerFrame(raw);
      if (decoded === undefined || decoded.type === 'otherVersion') return undefined;
      return encodeServerFrame(this.#vary(decoded));
    } catch {
      return undefined; // this combination has no bytes
    }
  }

  /** A copy with one or two leaves changed; `type` stays. */
  #vary<T extends object>(value: T): T {
    const copy = structuredCloneOf(value) as T;
    for (let left = 1 + this.#prng.below(2); left > 0; left -= 1) this.#varyIn(copy);
    return copy;
  }

  #varyIn(parent: object): void {
    const fields = parent as Record<string, unknown>;
    const keys = Object.keys(fields).filter((key) => key !== 'type');
    if (keys.length === 0) return;
    const key = this.#prng.pick(keys);
    const value = fields[key];
    if (Array.isArray(value)) fields[key] = this.#otherList(value);
    else if (Buffer.isBuffer(value)) fields[key] = value.length === 0 ? value : this.#flip(value);
    else if (typeof value === 'object' && value !== null) this.#varyIn(value);
    else if (typeof value === 'number') fields[key] = this.#otherNumber(value);
    else if (typeof value === 'string') fields[key] = this.#prng.pick(TEXTS);
    else if (typeof value === 'boolean') fields[key] = !value;
  }

  #otherNumber(value: number): number {
    const dice = this.#prng.unit();
    if (dice < 0.5) return value + this.#prng.pick([-2, -1, 1, 2, 3]);
    return dice < 0.6 ? value * 2 : this.#prng.pick(NUMBERS);
  }

  #otherList(list: unknown[]): unknown[] {
    const dice = this.#prng.unit();
    const item = list.length === 0 ? undefined : this.#prng.pick(list);
    if (item === undefined || dice < 0.15) return [];
    if (dice < 0.35) return [...list, item];
    if (dice < 0.5) return list.filter((one) => one !== item);
    if (dice < 0.6) return [...list].reverse();
    if (typeof item === 'object' && item !== null) this.#varyIn(item);
    else
      list[list.indexOf(item)] = typeof item === 'number' ? this.#otherNumber(item) : this.#prng.pick(TEXTS);
    return list;
  }

  #flip(frame: Buffer): Buffer {
    const copy = Buffer.from(frame);
    for (let left = 1 + this.#prng.below(4); left > 0; left -= 1) {
      // Most often behind the header, which is checked first.
      const from = copy.length > FRAME_HEADER_BYTES && this.#prng.chance(0.9) ? FRAME_HEADER_BYTES : 0;
      const at = from + this.#prng.below(copy.length - from);
      copy[at] = (copy[at] ?? 0) ^ (1 << this.#prng.below(8));
    }
    return copy;
  }

  /** Shorter than it says, or shorter and saying so. */
  #cut(frame: Buffer): Buffer {
    const copy = Buffer.from(frame.subarray(0, 1 + this.#prng.below(frame.length)));
    if (copy.length >= FRAME_HEADER_BYTES && this.#prng.chance(0.7)) copy.writeUInt32LE(copy.length - 4, 0);
    return copy;
  }

  #lieAboutLength(frame: Buffer): Buffer {
    const copy = Buffer.from(frame);
    const truth = copy.readUInt32LE(0);
    const lies = [0, 3, 4, truth - 1, truth + 1, truth * 2, 0xffff, 0x10000, 0x4000000, 0xffff_ffff];
    copy.writeUInt32LE(Math.max(0, this.#prng.pick(lies)), 0);
    return copy;
  }

  #hugeCount(frame: Buffer): Buffer {
    const copy = Buffer.from(frame);
    if (copy.length < FRAME_HEADER_BYTES + 4) return this.#flip(frame);
    const at = FRAME_HEADER_BYTES + this.#prng.below(copy.length - FRAME_HEADER_BYTES - 3);
    copy.writeUInt32LE(this.#prng.pick([0xffff_ffff, 0x7fff_ffff, 0x1_0000, copy.length]), at);
    return copy;
  }

  /** Two equally long parts change places. */
  #swap(frame: Buffer): Buffer {
    const copy = Buffer.from(frame);
    const room = copy.length - FRAME_HEADER_BYTES;
    if (room < 4) return this.#flip(frame);
    const bytes = 1 + this.#prng.below(Math.min(16, room >> 1));
    const one = FRAME_HEADER_BYTES + this.#prng.below(room - bytes);
    const other = FRAME_HEADER_BYTES + this.#prng.below(room - bytes);
    frame.copy(copy, one, other, other + bytes);
    frame.copy(copy, other, one, one + bytes);
    return copy;
  }

  /** Frames of every type that passed or were overheard. */
  get seen(): readonly Buffer[] {
    return [...this.#seen.values()].flat();
  }

  /** Attackers hear what others write, too. */
  overhear(bytes: Buffer): void {
    for (const frame of framesOf(bytes)) this.#remember(frame);
  }

  #remember(frame: Buffer): void {
    const type = frame.readUInt8(4);
    const seen = this.#seen.get(type) ?? [];
    if (seen.length < REMEMBERED) seen.push(frame);
    else seen[this.#prng.below(REMEMBERED)] = frame;
    this.#seen.set(type, seen);
  }
}

/** Whole frames, as a core writes them. */
function framesOf(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    const end = at + 4 + bytes.readUInt32LE(at);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

export function rawOf(frame: Buffer): RawFrame {
  return {
    type: frame.readUInt8(4),
    flags: frame.readUInt8(5),
    body: frame.subarray(FRAME_HEADER_BYTES),
  };
}

/** Deep, and a Buffer stays a Buffer. */
function structuredCloneOf(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structuredCloneOf(item)]));
}
