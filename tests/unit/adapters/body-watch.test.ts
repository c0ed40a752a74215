import { describe, expect, test } from 'vitest';
import { BodyWatch } from '../../../server/adapters/body-watch.ts';

/** The same text in pieces of every size. */
function watched(text: string, lineBytesMax = 1_000): readonly BodyWatch[] {
  const bytes = Buffer.from(text);
  return [1, 2, 3, 7, 64, bytes.length].map((size) => {
    const watch = new BodyWatch(lineBytesMax);
    for (let at = 0; at < bytes.length; at += size) watch.pass(bytes.subarray(at, at + size));
    return watch;
  });
}

describe('hops are Received fields of the head, however it is cut', () => {
  test.each([
    ['', 0],
    ['Subject: x\r\n\r\n', 0],
    ['Received: a\r\nRECEIVED: b\r\nreceived:c\r\n\r\nReceived: body\r\n', 3],
    ['Received: a\r\n\tReceived: folded\r\nReceived-SPF: no\r\n\r\n', 1],
    ['Received: a\nReceived: b\n\nReceived: c\n', 2],
    ['\r\nReceived: a\r\n', 0],
    ['Received: without an end', 0],
  ])('%j has %i', (text, hops) => {
    expect(watched(text).map((watch) => watch.hops)).toEqual(watched(text).map(() => hops));
  });
});

test('a line that is too long is seen, however it is cut', () => {
  const fits = `${'x'.repeat(99)}\n`;
  for (const watch of watched(fits.repeat(5), 100)) expect(watch.lineTooLong).toBe(false);
  for (const watch of watched(`${fits}x${fits}${fits}`, 100)) expect(watch.lineTooLong).toBe(true);
  for (const watch of watched('y'.repeat(101), 100)) expect(watch.lineTooLong).toBe(true);
});

test('bytes are counted', () => {
  for (const watch of watched('Subject: x\r\n\r\nbody')) expect(watch.bytes).toBe(18);
});
