/** How replies are compared and measured: the declared normalisation of line ends and trailing blanks, then a hash. */

import { createHash } from 'node:crypto';
import type { MeasuredReply } from './jobs.ts';

/** CRLF and CR become LF; blanks and tabs at line ends and empty lines at the end go. Nothing else. */
export function normaliseReply(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, ''))
    .join('\n')
    .replace(/\n+$/, '');
}

export function measureReply(ok: boolean, text: string): MeasuredReply {
  return {
    ok,
    text,
    bytes: Buffer.byteLength(text, 'utf8'),
    hash: createHash('sha256').update(normaliseReply(text)).digest('hex'),
  };
}
