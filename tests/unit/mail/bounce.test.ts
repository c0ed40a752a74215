/** The text of bounces. */

import { expect, test } from 'vitest';
import type { Envelope } from '../../../server/mail/api.ts';
import { composeBounce, mailDate } from '../../../server/mail/bounce.ts';

const ABOUT: Envelope = {
  id: '00/00-25004-31B987F3',
  from: 'info@postalengine.com',
  recipients: [{ address: 'bob@example.fict', domain: 'example.fict' }],
  domain: 'example.fict',
  binding: 'default',
  bytes: 201,
  receivedWallMs: 1_064_868_656_000,
  attempts: 1,
  nextAttemptWallMs: 0,
};
const BOUNCE: Envelope = { ...ABOUT, id: '01/00-25004-31B987F4', from: '' };

function compose(text: string, head = 'Subject: hello\r\nX-Folded: a\r\n\tb\r\n\r\nbody') {
  return composeBounce({
    envelope: BOUNCE,
    about: ABOUT,
    failed: [{ address: 'bob@example.fict', code: 552, text }],
    hostname: 'mta1.test',
    head,
  });
}

test('a bounce is a report that names the recipient, the status and the answer, with the head of the message', () => {
  const lines = compose('552 5.2.2 mailbox full').split('\r\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'From: Mail Delivery System <MAILER-DAEMON@mta1.test>',
      'To: <info@postalengine.com>',
      'Auto-Submitted: auto-replied',
      'Content-Type: multipart/report; report-type=delivery-status; boundary="=_01.00-25004-31B987F4"',
      'Reporting-MTA: dns; mta1.test',
      'Arrival-Date: Mon, 29 Sep 2003 20:50:56 +0000',
      'Final-Recipient: rfc822; bob@example.fict',
      'Action: failed',
      'Status: 5.2.2',
      'Diagnostic-Code: smtp; 552 5.2.2 mailbox full',
      'Subject: hello',
      '\tb',
    ]),
  );
  expect(lines).not.toContain('body');
  expect(lines.at(-2)).toBe('--=_01.00-25004-31B987F4--');
});

test('an answer cannot add fields or parts', () => {
  const text = compose(
    '550 no\r\nBcc: x@y.test\r\n--=_01.00-25004-31B987F4\u202e',
    '--=_01.00-25004-31B987F4\n',
  );
  expect(text).not.toMatch(/^Bcc:/m);
  const boundary = /boundary="([^"]*)"/.exec(text)?.[1] ?? '';
  expect(text.split(`--${boundary}\r\n`)).toHaveLength(4);
  expect(text.split('\r\n').every((line) => line.length <= 998)).toBe(true);
});

test('a head without an end is cut', () => {
  expect(compose('550 no', 'X: y\n'.repeat(50_000)).length).toBeLessThan(40_000);
});

test.each([
  [0, 'Thu, 01 Jan 1970 00:00:00 +0000'],
  [951_782_400_000, 'Tue, 29 Feb 2000 00:00:00 +0000'],
  [1_795_314_551_000, 'Sun, 22 Nov 2026 02:29:11 +0000'],
  [1_798_761_599_000, 'Thu, 31 Dec 2026 23:59:59 +0000'],
])('%d is the moment %s', (wallMs, text) => {
  expect(mailDate(wallMs)).toBe(text);
});
