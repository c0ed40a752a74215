import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import {
  encodeRequest,
  encodeResponse,
  REQUEST_BYTES_MAX,
  RESPONSE_BYTES_MAX,
  RequestDecoder,
  ResponseDecoder,
  SHORT_RESPONSE_BYTES_MAX,
} from '../../../server/console/console-frames.ts';

function request(text: string): Buffer {
  const encoded = encodeRequest(text);
  if (!encoded.ok) throw new Error(encoded.error);
  return encoded.value;
}

function all(decoder: RequestDecoder | ResponseDecoder): readonly string[] {
  const texts: string[] = [];
  for (let text = decoder.next(); text !== undefined; text = decoder.next()) texts.push(text);
  return texts;
}

describe('requests', () => {
  test('are decoded wherever the bytes are cut', () => {
    const bytes = Buffer.concat(['version', '', 'cluster info', 'grüße'].map(request));
    for (const size of [1, 2, 3, 5, 7, bytes.length]) {
      const decoder = new RequestDecoder();
      const texts: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        decoder.push(bytes.subarray(at, at + size));
        texts.push(...all(decoder));
      }
      expect(texts).toEqual(['version', '', 'cluster info', 'grüße']);
      expect(decoder.pendingBytes).toBe(0);
    }
  });

  test('up to 65535 bytes can be sent, one more is refused', () => {
    const longest = 'x'.repeat(REQUEST_BYTES_MAX);
    const decoder = new RequestDecoder();
    decoder.push(request(longest));
    expect(all(decoder)).toEqual([longest]);
    expect(encodeRequest(`${longest}x`)).toEqual({ ok: false, error: 'oversized' });
    expect(encodeRequest('ü'.repeat(REQUEST_BYTES_MAX / 2 + 1)).ok).toBe(false);
  });

  test('anything that does not begin with type 1 is garbage from its first bytes on, for good', () => {
    for (const bytes of ['G', 'GET / HTTP/1.1\r\n', '\u0000\u0002', '\u0001']) {
      const decoder = new RequestDecoder();
      decoder.push(Buffer.from(bytes));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.error).toBe('garbage');
      decoder.push(request('version'));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.pendingBytes).toBeLessThanOrEqual(bytes.length);
    }
  });
});

describe('responses', () => {
  test('short and long ones are decoded wherever the bytes are cut', () => {
    const texts = [
      '',
      'short',
      'x'.repeat(SHORT_RESPONSE_BYTES_MAX),
      'y'.repeat(SHORT_RESPONSE_BYTES_MAX + 1),
    ];
    const bytes = Buffer.concat(texts.map(encodeResponse));
    for (const size of [997, 65_536, bytes.length]) {
      const decoder = new ResponseDecoder();
      const decoded: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        decoder.push(bytes.subarray(at, at + size));
        decoded.push(...all(decoder));
      }
      expect(decoded).toEqual(texts);
    }
  });

  test('a text above the bound is cut between characters and says so', () => {
    const text = 'ü'.repeat(RESPONSE_BYTES_MAX / 2 + 1);
    const decoder = new ResponseDecoder();
    decoder.push(encodeResponse(text));
    const [received] = all(decoder);
    expect(received?.endsWith(`\n[reply cut: it has ${RESPONSE_BYTES_MAX + 2} bytes]`)).toBe(true);
    expect(received).not.toContain('\ufffd');
    expect(Buffer.byteLength(received ?? '')).toBeLessThanOrEqual(RESPONSE_BYTES_MAX);
  });

  test('a text at the bound is whole, a header above it is refused before any of it is kept', () => {
    const decoder = new ResponseDecoder();
    decoder.push(encodeResponse('z'.repeat(RESPONSE_BYTES_MAX)));
    expect(all(decoder)[0]?.length).toBe(RESPONSE_BYTES_MAX);
    const header = Buffer.alloc(6);
    header.writeUInt16BE(2, 0);
    header.writeUInt32BE(RESPONSE_BYTES_MAX + 1, 2);
    decoder.push(header);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.error).toBe('oversized');
  });

  test('an unknown type is garbage', () => {
    const decoder = new ResponseDecoder();
    decoder.push(Buffer.from([0, 3, 0, 0]));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.error).toBe('garbage');
  });

  test('random bytes never throw and never give more than came', () => {
    const prng = new Prng(74);
    for (let round = 0; round < 2_000; round += 1) {
      const length = prng.below(40);
      const bytes = Buffer.from(Array.from({ length }, () => prng.below(round % 2 === 0 ? 3 : 256)));
      for (const decoder of [new RequestDecoder(), new ResponseDecoder()]) {
        decoder.push(bytes);
        expect(all(decoder).join('').length).toBeLessThanOrEqual(bytes.length);
      }
    }
  });
});
