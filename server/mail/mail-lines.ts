/**
 * Lines of mainlog, bouncelog and rejectlog in the formats that Momentum documents. Which field stands where is a
 * table, so that reader, writer and tests have one truth.
 *
 * Sources, stored copies of the public manual: mainlog "35.7", id 34088218904; bouncelog "35.3", id 34468133020;
 * rejectlog "35.9", id 34578035892; connection stages "35.11", id 39295888464; bounce classification codes, id
 * 2088719054. The same formats are in "Log Formats for Version 3.x". acctlog has no format in them and is not written
 * here.
 *
 * What nothing documents, and what stands here instead: how an `@` in a field is written (`%40`; only the last field
 * may hold any), what a batch is (the messages of one reception; after a restart, and for bounces, the message itself),
 * the connection of what had none (`00/00-PPPPP-00000000`), an address that is not known (`unknown`, as for receptions
 * over HTTP), one line for each recipient where the product has one message for each recipient.
 */

import type { IpAddress } from '../model/ip.ts';
import { partsOf } from './mailbox.ts';

/** Longer answers of a server are cut. */
export const TEXT_CHARACTERS_MAX = 1_024;

const COMMON = ['time', 'message', 'batch', 'connection', 'code'] as const;

/** Fields of each record by documented offset, from 0, delimited by `@`. */
export const MAIL_FIELDS = {
  R: [...COMMON, 'local', 'domain', 'fromLocal', 'fromDomain', 'ip', 'bytes', 'protocol', 'group', 'binding'],
  /** Also `X`, on the node that a message leaves for another one. */
  D: [...COMMON, 'domain', 'bytes', 'group', 'binding', 'retries', 'seconds', 'ip'],
  /** `bytes`: of the message, before it failed. */
  T: [...COMMON, 'domain', 'bytes', 'group', 'binding', 'stage', 'retries', 'seconds', 'ip', 'text'],
  P: [...COMMON, 'domain', 'bytes', 'group', 'binding', 'stage', 'retries', 'seconds', 'ip', 'text'],
  /** bouncelog; `bytes`: of the message. */
  B: [
    ...COMMON,
    'local',
    'domain',
    'fromLocal',
    'fromDomain',
    'group',
    'binding',
    'stage',
    'class',
    'bytes',
    'ip',
    'text',
  ],
} as const;

export type MailRecord = keyof typeof MAIL_FIELDS;

/** Documented connection stages that occur here. */
export const STAGE = {
  notConnected: 0,
  idle: 1,
  mailFrom: 2,
  rcptTo: 4,
  data: 6,
  body: 8,
  confirmation: 9,
  ehlo: 10,
  banner: 12,
  unknown: 22,
} as const;

/** Documented classification codes that can be told from an answer alone. */
const CLASS = {
  undetermined: 1,
  invalidRecipient: 10,
  dnsFailure: 21,
  mailboxFull: 22,
  tooLarge: 23,
  timeout: 24,
  adminFailure: 25,
  generic: 40,
  mailBlock: 50,
  relayingDenied: 54,
} as const;

/** What all lines about one recipient of a message say. */
export type LineSubject = {
  readonly atWallMs: number;
  readonly message: string;
  readonly batch: string;
  readonly connection: string;
  readonly recipient: string;
  readonly from: string;
  readonly bytes: number;
  readonly group: string;
  readonly binding: string;
  readonly ip: IpAddress | undefined;
};

export type LineAttempt = LineSubject & {
  /** 0 for the first attempt. */
  readonly retries: number;
  readonly receivedWallMs: number;
};

export type LineFailure = LineAttempt & { readonly stage: number; readonly text: string };

export function receptionLine(of: LineSubject, protocol: 'esmtp' | 'xfer' | 'internal'): string {
  return record('R', { ...fieldsOf(of, 'R'), protocol });
}

/** @param code `X`: it left for another node. */
export function deliveryLine(of: LineAttempt, code: 'D' | 'X'): string {
  return record('D', { ...attemptFields(of, code) });
}

export function failureLine(of: LineFailure, code: 'T' | 'P'): string {
  return record(code, {
    ...attemptFields(of, code),
    // Where the body was sent in part, nobody counted how much of it.
    bytes: String(of.stage === STAGE.confirmation ? of.bytes : 0),
    stage: String(of.stage),
    text: of.text,
  });
}

export function bounceLine(of: LineFailure): string {
  return record('B', {
    ...fieldsOf(of, 'B'),
    stage: String(of.stage),
    class: String(bounceClass(of.text)),
    text: of.text,
  });
}

export type Rejection = {
  readonly atWallMs: number;
  readonly remote: string;
  readonly local: string;
  readonly connection: string;
  readonly phase: 'connecting' | 'awaiting mailfrom' | 'awaiting rcptto' | 'awaiting data' | 'data';
  readonly code: number;
  readonly helo: string | undefined;
  readonly from: string | undefined;
  readonly text: string;
};

/**
 * Of the phases only `awaiting mailfrom` is documented. Pathways are not run here, so they are the default one; the
 * module that refused is always this one.
 */
export function rejectionLine(of: Rejection): string {
  const helo = quoted(of.helo ?? '');
  const from = partsOf(quoted(of.from ?? ''));
  const message =
    of.from === undefined
      ? ''
      : `mailfrom_domain=${from.domain},mailfrom_string="MAIL FROM:<${quoted(of.from)}>",mailfrom_localpart=${from.local}`;
  const connection =
    of.helo === undefined
      ? 'pathway=default'
      : `pathway=default,ehlo_string="EHLO ${helo}",ehlo_domain=${helo}`;
  return [
    `${seconds(of.atWallMs)}: R="${of.remote}" L="${of.local}" C="${of.connection}"`,
    `PATH="default" PATH_GRP="default" P="${of.phase}" E=${of.code} M=mail`,
    `CTXCONN=[${connection}] CTXMESS=[${message}] ${inert(of.text)}`,
  ].join(' ');
}

/** The documented class that the enhanced status code or the code of an answer stands for. */
export function bounceClass(text: string): number {
  const match = /^(\d{3})(?:[ -](\d)\.(\d{1,3})\.(\d{1,3}))?/.exec(text);
  const status = match?.[2] === undefined ? undefined : `${match[3]}.${match[4]}`;
  switch (status) {
    case '1.1':
    case '1.6':
    case '2.1':
      return CLASS.invalidRecipient;
    case '1.2':
    case '4.4':
      return CLASS.dnsFailure;
    case '2.2':
      return CLASS.mailboxFull;
    case '2.3':
    case '3.4':
      return CLASS.tooLarge;
    case '4.7':
      return CLASS.timeout;
    case '7.1':
      return /relay/i.test(text) ? CLASS.relayingDenied : CLASS.mailBlock;
    default:
      if (text.includes('manually purged')) return CLASS.adminFailure;
      return match === null ? CLASS.undetermined : CLASS.generic;
  }
}

function fieldsOf(of: LineSubject, code: string): Record<string, string> {
  const recipient = partsOf(of.recipient);
  const from = partsOf(of.from);
  return {
    time: seconds(of.atWallMs),
    message: of.message,
    batch: of.batch,
    connection: of.connection,
    code,
    local: recipient.local,
    domain: recipient.domain,
    fromLocal: from.local,
    fromDomain: from.domain,
    bytes: String(of.bytes),
    group: of.group,
    binding: of.binding,
    ip: of.ip ?? 'unknown',
  };
}

function attemptFields(of: LineAttempt, code: string): Record<string, string> {
  return {
    ...fieldsOf(of, code),
    retries: String(of.retries),
    // As in the samples: `0.393`, `18.53`.
    seconds: String(Math.max(0, of.atWallMs - of.receivedWallMs) / 1_000),
  };
}

function record(kind: MailRecord, values: Readonly<Record<string, string>>): string {
  const fields: readonly string[] = MAIL_FIELDS[kind];
  return fields
    .map((field) => {
      const text = inert(values[field] ?? '');
      return field === 'text' ? text : text.replaceAll('@', '%40');
    })
    .join('@');
}

function seconds(wallMs: number): string {
  return String(Math.floor(wallMs / 1_000));
}

/** One line, nothing that a terminal acts on. */
function inert(text: string): string {
  return text.slice(0, TEXT_CHARACTERS_MAX).replace(/[\p{C}\u2028\u2029]+/gu, ' ');
}

function quoted(text: string): string {
  return inert(text).replace(/["[\],]/g, '?');
}
