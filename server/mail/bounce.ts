/**
 * The text of a bounce: `multipart/report` with a part for people, one for programs and the head of the message that
 * it is about (RFC 3462, RFC 3464). Whatever the other side said is quoted in one line, without what a reader acts on.
 */

import type { Envelope, FailedRecipient } from './api.ts';
import { bounceClass } from './mail-lines.ts';

/** Of the head of the message that failed; the rest is left out. */
export const HEAD_BYTES_MAX = 32 * 1024;
/** RFC 5322 2.1.1 allows 998. */
const LINE_CHARACTERS_MAX = 900;
const DAY_MS = 86_400_000;
const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export type BounceParts = {
  readonly envelope: Envelope;
  readonly about: Envelope;
  readonly failed: readonly FailedRecipient[];
  readonly hostname: string;
  /** Of the message that failed, as received, up to the first empty line. */
  readonly head: string;
};

/** With CRLF line ends, as it is sent. */
export function composeBounce({ envelope, about, failed, hostname, head }: BounceParts): string {
  const report = [
    `Reporting-MTA: dns; ${hostname}`,
    `Arrival-Date: ${mailDate(about.receivedWallMs)}`,
    ...failed.flatMap(recipientFields),
  ];
  const words = [
    `This is the mail system at ${hostname}.`,
    '',
    'Your message could not be delivered to:',
    ...failed.flatMap(({ address, text }) => ['', `  ${oneLine(address)}`, `    ${oneLine(text)}`]),
    '',
    'It will not be tried again.',
  ];
  const original = linesOf(head);
  const boundary = boundaryFor(envelope.id, [...words, ...report, ...original]);
  return [
    `From: Mail Delivery System <MAILER-DAEMON@${hostname}>`,
    `To: <${oneLine(about.from)}>`,
    'Subject: Undeliverable mail',
    `Date: ${mailDate(envelope.receivedWallMs)}`,
    `Message-ID: <${envelope.id.replaceAll('/', '.')}@${hostname}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...words,
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    ...report,
    '',
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...original,
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

/** `Sun, 22 Nov 2026 02:29:11 +0000`. */
export function mailDate(wallMs: number): string {
  const days = Math.floor(wallMs / DAY_MS);
  const seconds = Math.floor((wallMs - days * DAY_MS) / 1_000);
  const { year, month, day } = civil(days);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part)));
  return `${DAYS[((days % 7) + 7) % 7]}, ${two(day)} ${MONTHS[month]} ${year} ${time.join(':')} +0000`;
}

function recipientFields({ address, code, text }: FailedRecipient): readonly string[] {
  return [
    '',
    `Final-Recipient: rfc822; ${oneLine(address)}`,
    'Action: failed',
    `Status: ${statusOf(code, text)}`,
    `Diagnostic-Code: smtp; ${oneLine(text)}`,
  ];
}

/** The enhanced code where there is one, else the general one of its class. */
function statusOf(code: number, text: string): string {
  const match = /^(?:\d{3}[ -])?(\d\.\d{1,3}\.\d{1,3})\b/.exec(text);
  if (match?.[1] !== undefined) return match[1];
  return bounceClass(text) === 10 || code === 550 ? '5.1.1' : '5.0.0';
}

function linesOf(head: string): readonly string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of head.split(/\r\n|\r|\n/)) {
    if (line === '') break;
    bytes += line.length + 2;
    if (bytes > HEAD_BYTES_MAX) break;
    // A folded line stays one; anything else that steers a reader becomes a blank.
    kept.push(line.replace(/[^\P{C}\t]/gu, ' ').slice(0, LINE_CHARACTERS_MAX));
  }
  return kept;
}

function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, LINE_CHARACTERS_MAX);
}

/** No line of any part begins with it. */
function boundaryFor(id: string, lines: readonly string[]): string {
  let boundary = `=_${id.replaceAll('/', '.')}`;
  while (lines.some((line) => line.startsWith(`--${boundary}`))) boundary += '_';
  return boundary;
}

/** Day, month from 0 and year of days since 1970, in the proleptic Gregorian calendar. */
function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = (shiftedMonth + 2) % 12;
  return { year: era * 400 + yearOfEra + (month < 2 ? 1 : 0), month, day };
}
