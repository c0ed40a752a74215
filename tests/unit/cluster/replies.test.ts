import { describe, expect, test } from 'vitest';
import { encodeMessage, PAYLOAD_BYTES_MAX, REPLY_PART_CHARACTERS } from '../../../server/cluster/messages.ts';
import {
  PARTIAL_AGE_MAX_MS,
  PARTIAL_REPLIES_MAX,
  REPLY_BYTES_MAX,
  ReplyAssembler,
  splitReply,
} from '../../../server/cluster/replies.ts';
import type { PrivateName } from '../../../server/model/names.ts';

const from = '#ec0-00001#a' as PrivateName;

describe('replies in parts', () => {
  test('a short reply is one part, an empty one too', () => {
    expect(splitReply({ id: 'r', ok: true, text: 'x' })).toEqual([
      { type: 'reply', id: 'r', part: 0, parts: 1, ok: true, text: 'x' },
    ]);
    expect(splitReply({ id: 'r', ok: false, text: '' })).toHaveLength(1);
  });

  test('a long reply comes together in any order', () => {
    const text = `${'é'.repeat(REPLY_PART_CHARACTERS)}${'y'.repeat(REPLY_PART_CHARACTERS)}z`;
    const parts = splitReply({ id: 'r', ok: true, text });
    expect(parts).toHaveLength(3);
    const assembler = new ReplyAssembler();
    const [first, second, third] = parts;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three parts');
    expect(assembler.add(from, third, 0)).toBeUndefined();
    expect(assembler.add(from, first, 0)).toBeUndefined();
    expect(assembler.add(from, first, 0)).toBeUndefined();
    expect(assembler.add(from, second, 0)).toEqual({ from, id: 'r', ok: true, text });
    expect(assembler.waiting).toBe(0);
  });

  test('no part is cut through a character, and each fits into a payload', () => {
    const text = `a${'😀'.repeat(REPLY_PART_CHARACTERS)}`;
    const parts = splitReply({ id: 'r', ok: true, text });
    for (const part of parts) {
      expect(encodeMessage(part).payload.length).toBeLessThanOrEqual(PAYLOAD_BYTES_MAX);
      expect(Buffer.from(part.text).toString('utf8')).toBe(part.text);
    }
    expect(parts.map((part) => part.text).join('')).toBe(text);
  });

  test('a part full of characters that need an escape fits into 256 KiB', () => {
    const [part] = splitReply({ id: 'r', ok: true, text: '\u0001'.repeat(REPLY_PART_CHARACTERS) });
    if (part === undefined) throw new Error('one part');
    expect(encodeMessage(part).payload.length).toBeLessThanOrEqual(256 * 1024);
  });

  test('a reply above the bound is cut and says so', () => {
    const parts = splitReply({ id: 'r', ok: true, text: 'x'.repeat(REPLY_BYTES_MAX + 1) });
    const text = parts.map((part) => part.text).join('');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(REPLY_BYTES_MAX);
    expect(text).toMatch(/\[reply truncated: it was longer than 16 MiB\]$/);
    const whole = splitReply({ id: 'r', ok: true, text: 'x'.repeat(REPLY_BYTES_MAX) });
    expect(whole.at(-1)?.text.endsWith('x')).toBe(true);
  });

  test('partial replies are bounded in number and age', () => {
    const assembler = new ReplyAssembler();
    const part = (id: string) => ({ type: 'reply', id, part: 0, parts: 2, ok: true, text: 'x' }) as const;
    for (let count = 0; count < PARTIAL_REPLIES_MAX + 5; count += 1)
      assembler.add(from, part(`r${count}`), 0);
    expect(assembler.waiting).toBe(PARTIAL_REPLIES_MAX);
    assembler.expire(PARTIAL_AGE_MAX_MS - 1);
    expect(assembler.waiting).toBe(PARTIAL_REPLIES_MAX);
    assembler.expire(PARTIAL_AGE_MAX_MS);
    expect(assembler.waiting).toBe(0);
  });

  test('parts that disagree on their number are ignored', () => {
    const assembler = new ReplyAssembler();
    const base = { type: 'reply', id: 'r', ok: true, text: 'x' } as const;
    assembler.add(from, { ...base, part: 0, parts: 3 }, 0);
    expect(assembler.add(from, { ...base, part: 1, parts: 2 }, 0)).toBeUndefined();
    expect(assembler.add(from, { ...base, part: 5, parts: 2 }, 0)).toBeUndefined();
    expect(assembler.waiting).toBe(1);
  });
});
