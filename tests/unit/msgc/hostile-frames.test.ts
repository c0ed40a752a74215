/** Frames that are well cut but carry what no honest sender writes: they cost their connection and nothing else. */

import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import { ByteReader, ByteWriter } from '../../../server/msgc/bytes.ts';
import { CLIENT_FRAME, decodeClientFrame, encodeClientFrame } from '../../../server/msgc/client-frames.ts';
import { decodeServerFrame } from '../../../server/msgc/decode-frames.ts';
import { encodeFrame, encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import type { ServerFrame } from '../../../server/msgc/frames.ts';
import { NODE_NAME_BYTES_MAX, SESSION_BYTES_MAX } from '../../../server/msgc/ids.ts';
import { putOp, readOps } from '../../../server/msgc/ops.ts';
import { packMessages } from '../../../server/msgc/packet.ts';
import { CLUSTER } from '../../sim/bus/bus-processes.ts';
import { MemoryBus } from '../../support/memory-bus.ts';

/** Each of these bytes would become three as text. */
const BAD_TEXT = Buffer.alloc(40_000, 0xff);

function named(type: number, name: Buffer, fill: (w: ByteWriter, name: Buffer) => void): Buffer {
  return encodeFrame(type, 0, (w) => fill(w.u16(0), name));
}

const REQUESTS: readonly (readonly [string, (name: Buffer) => Buffer])[] = [
  ['JOIN', (name) => named(CLIENT_FRAME.join, name, (w) => w.u16(name.length).raw(name).u32(0))],
  ['PART', (name) => named(CLIENT_FRAME.part, name, (w) => w.u16(name.length).raw(name))],
  [
    'MULTICAST',
    (name) =>
      named(CLIENT_FRAME.multicast, name, (w) =>
        w
          .u8(0)
          .u32(1)
          .u16(name.length)
          .raw(name)
          .raw(packMessages([{ kind: 1, payload: Buffer.alloc(0) }])),
      ),
  ],
];

/** A client `s` of `a` that says `frame` after CONNECT. */
function client(bus: MemoryBus, frame: Buffer): void {
  const { core } = bus.server('a');
  const nowMs = bus.clock.nowMs();
  const connect = encodeClientFrame({ type: 'connect', cluster: CLUSTER, instance: 1, sessions: ['s'] });
  core.step({ type: 'accepted', conn: 9_000, local: 'l', remote: 'r' }, nowMs);
  core.step({ type: 'received', conn: 9_000, bytes: connect }, nowMs);
  core.step({ type: 'received', conn: 9_000, bytes: frame }, nowMs);
}

describe('names in requests', () => {
  const privateFrame = named(CLIENT_FRAME.private, BAD_TEXT, (w, name) => {
    const to = Buffer.concat([Buffer.from('#'), name, Buffer.from('#a')]);
    w.u16(to.length).raw(to).u16(1).u32(0);
  });
  test.each([
    ...REQUESTS.map(([type, frame]) => [type, 'is not UTF-8', frame(BAD_TEXT)] as const),
    ['PRIVATE', 'is not UTF-8', privateFrame] as const,
    ...REQUESTS.map(([type, frame]) => [type, 'is empty', frame(Buffer.alloc(0))] as const),
    ...REQUESTS.map(([type, frame]) => [type, 'has a line end', frame(Buffer.from('a\nb'))] as const),
  ])('%s with a name that %s closes that client as a bad frame', (_type, _what, frame) => {
    const bus = MemoryBus.started(['a']);
    client(bus, frame);
    expect(bus.counter('a', 'closed_bad_frame')).toBe(1);
    expect(bus.server('a').core.status(0).clients).toBe(0);
  });

  test('a group name of the full length in any script is taken', () => {
    const bus = MemoryBus.started(['a']);
    for (const [, frame] of REQUESTS)
      expect(() => client(bus, frame(Buffer.from('\u{fffd}'.repeat(21_845))))).not.toThrow();
    expect(bus.counter('a', 'closed_bad_frame')).toBe(0);
  });
});

describe('text fields', () => {
  test.each([
    ['a byte that starts nothing', [0xff]],
    ['a sequence that is cut short', [0xf0, 0x9f, 0x98]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a sequence that is longer than needed', [0xc0, 0x80]],
  ])('%s fails', (_what, bytes) => {
    const r = new ByteReader(Buffer.from([bytes.length, 0, ...bytes]));
    expect(r.text()).toBe('');
    expect(r.failed).toBe(true);
  });

  test('the replacement character itself and a byte order mark are text', () => {
    const text = '\ufeffa\ufffdb';
    const r = new ByteReader(new ByteWriter().text(text).finish());
    expect(r.text()).toBe(text);
    expect(r.complete).toBe(true);
  });
});

describe('names from other servers', () => {
  const long = 'x'.repeat(NODE_NAME_BYTES_MAX + 1) as NodeName;
  const view = { ctr: 1, coord: 'a' as NodeName, inc: 1 };
  const frames: readonly ServerFrame[] = [
    { type: 'hello', cluster: CLUSTER, node: long, inc: 1, helloNo: 1, maxCtr: 0 },
    { type: 'reach', ver: 1, sees: [{ node: long, inc: 1 }] },
    { type: 'propose', att: view, members: [{ node: long, inc: 1 }] },
    { type: 'ack', view: { ...view, coord: long }, recv: 1 },
    { type: 'data', view, batch: { origin: long, b: 1, count: 1, safe: false, body: Buffer.alloc(0) } },
    {
      type: 'ready',
      att: view,
      memberships: [
        { group: 'g', cid: 1, session: 'y'.repeat(SESSION_BYTES_MAX + 1), capabilities: Buffer.alloc(0) },
      ],
    },
  ];
  test.each(frames.map((frame) => [frame.type, frame] as const))(
    'a %s frame with a name beyond its bound does not decode',
    (_type, frame) => {
      const bytes = encodeServerFrame(frame);
      expect(
        decodeServerFrame({ type: bytes.readUInt8(4), flags: 0, body: bytes.subarray(8) }),
      ).toBeUndefined();
    },
  );

  test('an operation whose session could not become a private name ends its body', () => {
    const w = new ByteWriter();
    putOp(w, { type: 'leave', cid: 1, group: 'g' });
    putOp(w, {
      type: 'multicast',
      session: 'y'.repeat(SESSION_BYTES_MAX + 1),
      service: 'agreed',
      groups: ['g'],
      count: 1,
      messages: packMessages([{ kind: 1, payload: Buffer.alloc(0) }]),
    });
    expect(readOps(w.finish())).toMatchObject({ complete: false, ops: [{ type: 'leave' }] });
  });

  test('a request with a good name decodes', () => {
    const frame = { type: 'part', mailbox: 0, group: 'g' } as const;
    const bytes = encodeClientFrame(frame);
    expect(decodeClientFrame({ type: bytes.readUInt8(4), flags: 0, body: bytes.subarray(8) })).toEqual(frame);
  });
});
