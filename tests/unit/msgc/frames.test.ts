import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import type { GroupName, NodeName, PrivateName } from '../../../server/model/names.ts';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeClientFrame,
} from '../../../server/msgc/client-frames.ts';
import { decodeServerFrame } from '../../../server/msgc/decode-frames.ts';
import { encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import {
  FRAME_BYTES_MAX,
  FrameDecoder,
  HANDSHAKE_FRAME_BYTES_MAX,
  type RawFrame,
} from '../../../server/msgc/frame-decoder.ts';
import type { Batch, ServerFrame } from '../../../server/msgc/frames.ts';
import { packMessages } from '../../../server/msgc/packet.ts';

const a = 'a' as NodeName;
const b = 'b' as NodeName;
const att = { ctr: 7, coord: a, inc: 1_700_000_000_000_000 };
const view = { ctr: 3, coord: b, inc: 5 };
const batch: Batch = { origin: b, b: 9, count: 2, safe: true, body: Buffer.from('operations') };
const offer = { nonce: Buffer.alloc(32, 7), keyIds: ['k', 'l'], to: 'b' };
const lost = [{ node: b, inc: 4, cause: 'backlog' as const }];

const SERVER_FRAMES: readonly ServerFrame[] = [
  { type: 'hello', cluster: 'x', node: 'a', inc: 1, helloNo: 2, maxCtr: 3 },
  { type: 'hello', cluster: 'x', node: 'a', inc: 1, helloNo: 2, maxCtr: 3, offer },
  { type: 'challenge', keyId: 'k', nonce: Buffer.alloc(16, 1), proof: Buffer.alloc(32, 2) },
  { type: 'proof', proof: Buffer.alloc(32, 3) },
  {
    type: 'heartbeat',
    view,
    recv: 1,
    stable: 2,
    silenceMs: 700,
    sentAtMs: 3.5,
    echoSentAtMs: 1.25,
    echoHeldMs: 0.5,
  },
  { type: 'reach', ver: 4, sees: [{ node: a, inc: 1 }] },
  { type: 'data', view, batch },
  { type: 'order', view, gseq: 5_000_000_000, stable: 4, batch, own: false },
  { type: 'order', view, gseq: 1, stable: 0, batch: { ...batch, body: Buffer.alloc(0) }, own: true },
  { type: 'ack', view, recv: 6 },
  { type: 'propose', att, members: [{ node: a, inc: 1 }] },
  { type: 'nack', att, maxCtr: 9, reason: 'unreachable', nodes: [b] },
  {
    type: 'state',
    att,
    oldView: view,
    oldMembers: [{ node: b, inc: 4 }],
    recv: 1,
    stable: 0,
    pending: [{ origin: b, b: 1 }],
    obliged: [{ origin: a, b: 2 }],
    lost,
  },
  {
    type: 'plan',
    plan: {
      att,
      members: [{ node: a, inc: 1, old: 0 }],
      oldViews: [
        {
          view,
          together: [a],
          cut: 3,
          stableMax: 2,
          holder: a,
          recvOf: [3],
          pending: [{ origin: a, b: 1, holder: a }],
          lost,
        },
      ],
      needGroups: true,
    },
  },
  { type: 'repair', att, view, gseq: 2, batch },
  { type: 'pending', att, view, batch },
  {
    type: 'ready',
    att,
    memberships: [{ group: 'g', cid: 1, session: 's', capabilities: Buffer.from([1]) }],
  },
  { type: 'install', att, groups: [{ node: a, memberships: [] }] },
  { type: 'leave', reason: 'stopping' },
  { type: 'bye', reason: 'bad frame' },
];

const CLIENT_FRAMES: readonly ClientFrame[] = [
  { type: 'connect', cluster: 'x', instance: 1, sessions: ['s'] },
  { type: 'connect', cluster: 'x', instance: 1, sessions: ['s'], offer: { ...offer, to: '' } },
  { type: 'challenge', keyId: 'k', nonce: Buffer.alloc(64, 1), proof: Buffer.alloc(32, 2) },
  { type: 'proof', proof: Buffer.alloc(32, 3) },
  { type: 'accept', node: a, names: ['#s#a' as PrivateName] },
  { type: 'join', mailbox: 0, group: 'g', capabilities: Buffer.from('c') },
  { type: 'part', mailbox: 1, group: 'g' },
  {
    type: 'multicast',
    mailbox: 0,
    service: 'safe',
    groups: ['g', 'h'],
    count: 2,
    messages: packMessages([
      { kind: 65_535, payload: Buffer.from('p') },
      { kind: 0, payload: Buffer.alloc(0) },
    ]),
  },
  { type: 'private', mailbox: 0, to: '#s#a', kind: 1, payload: Buffer.alloc(0) },
  {
    type: 'deliver',
    mailbox: 0,
    group: '',
    sender: '#s#a' as PrivateName,
    messages: packMessages([{ kind: 1, payload: Buffer.from('p') }]),
  },
  {
    type: 'view',
    mailbox: 0,
    view: {
      group: 'g' as GroupName,
      viewId: '1',
      members: [{ name: '#s#a' as PrivateName, capabilities: Buffer.alloc(3) }],
      cause: 'network',
      joined: ['#s#a' as PrivateName],
      lost: [{ name: '#t#b' as PrivateName, cause: 'silence' }],
      transitional: ['#s#a' as PrivateName],
    },
  },
  { type: 'transition', mailbox: 0, group: 'g' as GroupName },
  { type: 'ping', sentAtMs: 1.5 },
  { type: 'pong', sentAtMs: 1.5 },
  { type: 'bye', reason: 'stopping' },
];

function raw(bytes: Buffer): RawFrame {
  const decoder = new FrameDecoder();
  decoder.handshakeDone();
  decoder.push(bytes);
  const frame = decoder.next();
  if (frame === undefined || typeof frame === 'string') throw new Error(`no frame: ${frame}`);
  return frame;
}

describe('frames', () => {
  test.each(SERVER_FRAMES.map((frame) => [frame.type, frame] as const))(
    'a %s frame of a server survives the wire',
    (_type, frame) => {
      expect(decodeServerFrame(raw(encodeServerFrame(frame)))).toEqual(frame);
    },
  );

  test.each(CLIENT_FRAMES.map((frame) => [frame.type, frame] as const))(
    'a %s frame of a client survives the wire',
    (_type, frame) => {
      expect(decodeClientFrame(raw(encodeClientFrame(frame)))).toEqual(frame);
    },
  );

  test('frames come out of a stream that is cut anywhere', () => {
    const bytes = Buffer.concat(SERVER_FRAMES.map((frame) => encodeServerFrame(frame)));
    const prng = new Prng(5);
    for (let round = 0; round < 50; round += 1) {
      const decoder = new FrameDecoder();
      const types: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const next = Math.min(bytes.length, at + 1 + prng.below(40));
        decoder.push(bytes.subarray(at, next));
        at = next;
        for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
          if (typeof frame === 'string') throw new Error(frame);
          types.push(decodeServerFrame(frame)?.type ?? 'bad');
        }
      }
      expect(types).toEqual(SERVER_FRAMES.map(({ type }) => type));
    }
  });

  test('a first frame beyond its bound is refused before its bytes arrive, a later one only beyond the larger bound', () => {
    const head = (length: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32LE(length, 0);
      return bytes;
    };
    const first = new FrameDecoder();
    first.push(head(HANDSHAKE_FRAME_BYTES_MAX));
    expect(first.next()).toBeUndefined();
    const long = new FrameDecoder();
    long.push(head(HANDSHAKE_FRAME_BYTES_MAX + 1));
    expect(long.next()).toBe('frame too long');
    const later = new FrameDecoder();
    later.handshakeDone();
    later.push(head(FRAME_BYTES_MAX));
    expect(later.next()).toBeUndefined();
    const longer = new FrameDecoder();
    longer.handshakeDone();
    longer.push(head(FRAME_BYTES_MAX + 1));
    expect(longer.next()).toBe('frame too long');
  });

  test('a frame that is cut short, has bytes left over or random bytes inside never decodes and never throws', () => {
    const prng = new Prng(11);
    for (const frame of SERVER_FRAMES) {
      const { type, flags, body } = raw(encodeServerFrame(frame));
      const hasBatch = 'batch' in frame;
      if (!hasBatch) {
        expect(decodeServerFrame({ type, flags, body: body.subarray(0, body.length - 1) })).toBeUndefined();
        const longer = decodeServerFrame({ type, flags, body: Buffer.concat([body, Buffer.from([1])]) });
        expect(longer).toBeUndefined();
      }
      for (let round = 0; round < 200; round += 1) {
        const noise = Buffer.from(body);
        if (noise.length > 0) noise[prng.below(noise.length)] = prng.below(256);
        decodeServerFrame({ type, flags, body: noise });
      }
    }
    for (let round = 0; round < 2_000; round += 1) {
      const body = Buffer.from(Array.from({ length: prng.below(60) }, () => prng.below(256)));
      decodeServerFrame({ type: prng.below(64), flags: prng.below(4), body });
      decodeClientFrame({ type: prng.below(64), flags: prng.below(4), body });
    }
  });
});
