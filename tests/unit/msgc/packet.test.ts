import { describe, expect, test } from 'vitest';
import {
  countMessages,
  OpenPacket,
  PACKET_BYTES_MAX,
  PACKET_MESSAGES_MAX,
  packMessages,
  readMessages,
} from '../../../server/msgc/packet.ts';

const PAYLOAD_MAX = 1_000;
const head = { mailbox: 0, service: 'agreed', groups: ['g'] } as const;
const message = (text: string, kind = 1) => ({ kind, payload: Buffer.from(text) });

describe('packed messages', () => {
  test('come back in order, empty ones too', () => {
    const messages = [message('a'), message('', 65_535), message('ccc', 0)];
    const packed = packMessages(messages);
    expect(countMessages(packed, PAYLOAD_MAX)).toBe(3);
    expect(readMessages(packed, PAYLOAD_MAX)).toEqual(messages);
  });

  test('a payload at the bound counts, one byte more does not', () => {
    expect(countMessages(packMessages([message('x'.repeat(PAYLOAD_MAX))]), PAYLOAD_MAX)).toBe(1);
    const longer = packMessages([message('x'.repeat(PAYLOAD_MAX + 1))]);
    expect(countMessages(longer, PAYLOAD_MAX)).toBeUndefined();
    expect(readMessages(longer, PAYLOAD_MAX)).toBeUndefined();
  });

  test('nothing, and anything but whole messages, has no count', () => {
    const packed = packMessages([message('abc'), message('d')]);
    expect(countMessages(Buffer.alloc(0), PAYLOAD_MAX)).toBeUndefined();
    for (let bytes = 1; bytes < packed.length; bytes += 1) {
      const cut = packed.subarray(0, bytes);
      const whole = bytes === packMessages([message('abc')]).length;
      expect(countMessages(cut, PAYLOAD_MAX)).toBe(whole ? 1 : undefined);
      expect(readMessages(cut, PAYLOAD_MAX)?.length).toBe(whole ? 1 : undefined);
    }
  });
});

describe('an open packet', () => {
  test('takes messages to the same groups only', () => {
    const packet = new OpenPacket();
    expect(packet.add(head, message('a'))).toBe(true);
    expect(packet.add({ ...head, groups: ['g'] }, message('b'))).toBe(true);
    expect(packet.add({ ...head, groups: ['g', 'h'] }, message('c'))).toBe(false);
    expect(packet.add({ ...head, service: 'safe' }, message('c'))).toBe(false);
    expect(packet.add({ ...head, mailbox: 1 }, message('c'))).toBe(false);
    const taken = packet.take();
    expect(taken).toMatchObject({ ...head, count: 2 });
    expect(readMessages(taken?.messages ?? Buffer.alloc(0), PAYLOAD_MAX)).toEqual([
      message('a'),
      message('b'),
    ]);
    expect(packet.take()).toBeUndefined();
  });

  test('is full at its count and at its size', () => {
    const many = new OpenPacket();
    for (let count = 1; count < PACKET_MESSAGES_MAX; count += 1) many.add(head, message(''));
    expect(many.full).toBe(false);
    many.add(head, message(''));
    expect(many.full).toBe(true);
    const large = new OpenPacket();
    large.add(head, { kind: 1, payload: Buffer.alloc(PACKET_BYTES_MAX) });
    expect(large.full).toBe(true);
  });
});
