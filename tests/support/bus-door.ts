/** The port of one bus server, and all that others can say at it, frame by frame; for tests of the handshake. */

import type { NodeName } from '../../server/model/names.ts';
import { type BusSecrets, DialHandshake } from '../../server/msgc/auth.ts';
import type { ChallengeFrame } from '../../server/msgc/auth-frames.ts';
import { type ClientFrame, decodeClientFrame } from '../../server/msgc/client-frames.ts';
import { decodeServerFrame } from '../../server/msgc/decode-frames.ts';
import { encodeServerFrame } from '../../server/msgc/encode-frames.ts';
import { FrameDecoder } from '../../server/msgc/frame-decoder.ts';
import type { HelloFrame, OtherVersion, ServerFrame } from '../../server/msgc/frames.ts';
import { type MsgcServerOptions, serverOptions } from '../../server/msgc/options.ts';
import { MsgcServer, type MsgcServerEffect, type MsgcServerInput } from '../../server/msgc/server.ts';

export const KEY = 'f3b1c9d27e8a4650f3b1c9d27e8a4651';
export const OTHER_KEY = '0a9b8c7d6e5f41320a9b8c7d6e5f4133';
export const CLUSTER = 'test';
/** Connection number of the first dial of a server, which is to `b`. */
export const FIRST_DIAL = 1;

export type Frame = ServerFrame | ClientFrame | OtherVersion;

export function framesIn(bytes: Buffer): readonly Frame[] {
  const decoder = new FrameDecoder();
  decoder.push(bytes);
  const frames: Frame[] = [];
  for (let raw = decoder.next(); raw !== undefined; raw = decoder.next()) {
    if (typeof raw === 'string') throw new Error(raw);
    const frame = decodeServerFrame(raw) ?? decodeClientFrame(raw);
    if (frame === undefined) throw new Error('a frame that nobody can read');
    frames.push(frame);
  }
  return frames;
}

/** Server `a` with the peers `b` and `c`, and everything that others can do at its port. */
export class Door {
  readonly core: MsgcServer;
  readonly closed = new Set<number>();
  nowMs = 1_000;
  #conn = 0;

  constructor(secrets: BusSecrets | undefined) {
    this.core = new MsgcServer({
      node: 'a' as NodeName,
      incarnation: 7,
      cluster: CLUSTER,
      options: this.options(secrets),
      seed: 1,
      nowMs: this.nowMs,
    });
  }

  options(secrets: BusSecrets | undefined): MsgcServerOptions {
    const peers = ['a', 'b', 'c'].map((node) => ({ node: node as NodeName, host: node, port: 4809 }));
    return serverOptions({ peers, secrets });
  }

  give(input: MsgcServerInput | { readonly type: 'deadlineReached' }): readonly MsgcServerEffect[] {
    const effects = this.core.step(input, this.nowMs);
    for (const effect of effects) {
      if (effect.type === 'end' || effect.type === 'destroy') this.closed.add(effect.conn);
    }
    return effects;
  }

  open(): number {
    this.#conn += 2;
    this.give({ type: 'accepted', conn: this.#conn, local: 'l', remote: `r${this.#conn}` });
    return this.#conn;
  }

  /** @returns what the server says on the same connection. */
  say(conn: number, bytes: Buffer): readonly Frame[] {
    const effects = this.give({ type: 'received', conn, bytes: Buffer.from(bytes) });
    return effects.flatMap((effect) =>
      effect.type === 'write' && effect.conn === conn ? framesIn(effect.bytes) : [],
    );
  }

  status() {
    return this.core.status(this.nowMs);
  }

  stateOf(peer: string): string | undefined {
    return this.status().links.find((link) => link.peer === peer)?.state;
  }
}

export type Said = Partial<Omit<HelloFrame, 'type'>>;

/** HELLO of `b` to `a`, and what proves it. */
export function dial(secrets: BusSecrets | undefined, said: Said = {}, to = 'a') {
  const handshake = new DialHandshake(secrets, to);
  const frame: HelloFrame = {
    type: 'hello',
    cluster: CLUSTER,
    node: 'b',
    inc: 5,
    helloNo: 1,
    maxCtr: 0,
    offer: handshake.offer,
    ...said,
  };
  return { handshake, frame, hello: handshake.sent(encodeServerFrame(frame)) };
}

export function challengeIn(frames: readonly Frame[]): ChallengeFrame {
  const [frame] = frames;
  if (frames.length !== 1 || frame?.type !== 'challenge') throw new Error('no challenge');
  return frame;
}

/** The bytes of PROOF for what the server said. */
export function proofFor(handshake: DialHandshake, frames: readonly Frame[]): Buffer {
  const proof = handshake.answer(challengeIn(frames));
  if (!proof.ok) throw new Error(proof.error);
  return proof.value;
}
