/**
 * How replies are compared, measured and cut for view. Replies are hostile and have up to 16 MiB: everything here
 * takes time in proportion to their length, and a view does not hold on to the whole.
 */

import { createHash } from 'node:crypto';
import { JOB_TEXT_VIEW_CHARACTERS } from '../wire/http.ts';
import type { MeasuredReply } from './jobs.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;

/** CRLF and CR become LF; blanks and tabs at line ends and empty lines at the end go. Nothing else. */
export function normaliseReply(text: string): string {
  return normalised(Buffer.from(text, 'utf8')).toString('utf8');
}

export function measureReply(ok: boolean, text: string): MeasuredReply {
  const bytes = Buffer.from(text, 'utf8');
  const { length } = bytes;
  return {
    ok,
    text,
    view: viewOf(text),
    bytes: length,
    hash: createHash('sha256').update(normalised(bytes)).digest('hex'),
  };
}

/** A copy: a plain slice would keep the whole text in memory for as long as it lives. */
export function viewOf(text: string): string {
  if (text.length <= JOB_TEXT_VIEW_CHARACTERS) return text;
  const characters = text.slice(0, JOB_TEXT_VIEW_CHARACTERS);
  return Buffer.from(characters, 'utf16le').toString('utf16le');
}

/** In place. Everything that changes is ASCII, and no byte of another character is. */
function normalised(bytes: Buffer): Buffer {
  let written = 0;
  /** After the last byte of the line, and of the text, that stays. */
  let lineEnd = 0;
  let end = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === CR || byte === LF) {
      if (byte === CR && bytes[at + 1] === LF) at += 1;
      written = lineEnd;
      bytes[written] = LF;
      written += 1;
      lineEnd = written;
      continue;
    }
    bytes[written] = byte;
    written += 1;
    if (byte === BLANK || byte === TAB) continue;
    lineEnd = written;
    end = written;
  }
  return bytes.subarray(0, end);
}
