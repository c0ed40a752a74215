/** Frames of the log file service (SPEC.md LGS-10 to LGS-20): what they hold, and how that is written and read. */

import type { LogPosition } from '../model/log-position.ts';
import type { LogGap, LogRecord } from './api.ts';
import { FieldReader, type FieldWriter, POSITION_BYTES } from './fields.ts';
import { FRAME_BYTES_MAX, frame, type RawFrame } from './frame.ts';
import {
  JOB_ENDS,
  type JobEnd,
  type LogOpen,
  OPEN_REFUSALS,
  OPEN_SUBSCRIBERS_MAX,
  type OpenRefusal,
  type PublishedLog,
  RECORD_BYTES_MAX,
} from './session-api.ts';

export const TYPE = {
  list: 16,
  logs: 17,
  open: 18,
  opened: 19,
  refused: 20,
  records: 21,
  piece: 22,
  gap: 23,
  checkpoint: 24,
  checkpointed: 25,
  hold: 26,
  end: 27,
  close: 28,
} as const;

export const LOG_KEY_BYTES_MAX = 128;
/** A name of 126 bytes that is not UTF-8 is four times as long as text. */
export const SUBSCRIBER_BYTES_MAX = 504;
/** In one LOGS; with the longest names it is still a frame. */
export const LOGS_LISTED_MAX = 64;
export const SUBSCRIBERS_LISTED_MAX = 24;
export const WORDS_BYTES_MAX = 1_024;
/** Of a record in RECORDS: position, microseconds, length. What a record counts for beside its message. */
export const RECORD_HEADER_BYTES = POSITION_BYTES + 8 + 4;
const RECORDS_HEADER_BYTES = 4 + POSITION_BYTES + 4;
const PIECE_HEADER_BYTES = 4 + POSITION_BYTES + 8 + 4 + 4;
/** Room for records in one frame. */
export const RECORDS_BYTES_MAX = FRAME_BYTES_MAX - 1 - RECORDS_HEADER_BYTES;
/** Message bytes of one PIECE. */
export const PIECE_BYTES_MAX = 256 * 1024;

/** What a record takes of a window. */
export function costOf({ data }: LogRecord): number {
  return RECORD_HEADER_BYTES + data.length;
}

/** What the aggregator sends. */
export type AskFrame =
  | { readonly type: 'list' }
  | ({ readonly type: 'open'; readonly ref: number } & LogOpen)
  | { readonly type: 'checkpoint'; readonly job: number; readonly position: LogPosition }
  | { readonly type: 'hold'; readonly job: number; readonly ms: number }
  | { readonly type: 'close'; readonly job: number };

/** What the node sends. */
export type TellFrame =
  | { readonly type: 'logs'; readonly logs: readonly PublishedLog[] }
  | {
      readonly type: 'opened';
      readonly ref: number;
      readonly job: number;
      readonly subscriber: string;
      readonly start: LogPosition;
      readonly followed: boolean;
    }
  | { readonly type: 'refused'; readonly ref: number; readonly code: OpenRefusal; readonly text: string }
  | {
      readonly type: 'records';
      readonly job: number;
      readonly upTo: LogPosition;
      readonly records: readonly LogRecord[];
    }
  | {
      readonly type: 'piece';
      readonly job: number;
      readonly id: LogPosition;
      readonly timeUs: number;
      /** Length of the whole message. */
      readonly total: number;
      readonly offset: number;
      readonly data: Buffer;
    }
  | { readonly type: 'gap'; readonly job: number; readonly gap: LogGap }
  | {
      readonly type: 'checkpointed';
      readonly job: number;
      readonly position: LogPosition;
      readonly text: string;
    }
  | { readonly type: 'end'; readonly job: number; readonly reason: JobEnd; readonly text: string };

export function encodeAsk(ask: AskFrame): Buffer {
  return frame(TYPE[ask.type], (w) => {
    switch (ask.type) {
      case 'list':
        break;
      case 'open':
        w.u32(ask.ref)
          .text(ask.log)
          .list(ask.subscribers, (name) => w.text(name));
        w.u8(ask.known === undefined ? 0 : 1);
        if (ask.known !== undefined) {
          w.text(ask.known.subscriber).position(ask.known.durable).position(ask.known.confirmed);
        }
        break;
      case 'checkpoint':
        w.u32(ask.job).position(ask.position);
        break;
      case 'hold':
        w.u32(ask.job).u32(ask.ms);
        break;
      case 'close':
        w.u32(ask.job);
        break;
    }
  });
}

/** Undefined when it is none that an aggregator may send. */
export function decodeAsk({ type, body }: RawFrame): AskFrame | undefined {
  const r = new FieldReader(body);
  const ask = readAsk(type, r);
  return r.complete ? ask : undefined;
}

function readAsk(type: number, r: FieldReader): AskFrame | undefined {
  switch (type) {
    case TYPE.list:
      return { type: 'list' };
    case TYPE.open:
      return readOpen(r);
    case TYPE.checkpoint:
      return { type: 'checkpoint', job: r.u32(), position: r.position() };
    case TYPE.hold:
      return { type: 'hold', job: r.u32(), ms: r.u32() };
    case TYPE.close:
      return { type: 'close', job: r.u32() };
    default:
      return undefined;
  }
}

function readOpen(r: FieldReader): AskFrame {
  const ref = r.u32();
  const log = r.text(LOG_KEY_BYTES_MAX);
  const subscribers = r.list(OPEN_SUBSCRIBERS_MAX, () => r.text(SUBSCRIBER_BYTES_MAX));
  if (subscribers.length === 0) r.fail();
  const known =
    r.u8() === 0
      ? undefined
      : { subscriber: r.text(SUBSCRIBER_BYTES_MAX), durable: r.position(), confirmed: r.position() };
  return { type: 'open', ref, log, subscribers, known };
}

export function encodeTell(tell: TellFrame): Buffer {
  return frame(TYPE[tell.type], (w) => putTell(w, tell), bytesOf(tell));
}

/** About the length of the body, so that the frames with messages are written into one piece of memory. */
function bytesOf(tell: TellFrame): number {
  if (tell.type === 'piece') return PIECE_HEADER_BYTES + tell.data.length;
  if (tell.type !== 'records') return 128;
  return tell.records.reduce((sum, record) => sum + costOf(record), RECORDS_HEADER_BYTES);
}

function putTell(w: FieldWriter, tell: TellFrame): void {
  switch (tell.type) {
    case 'logs':
      putLogs(w, tell.logs);
      break;
    case 'opened':
      w.u32(tell.ref).u32(tell.job).text(tell.subscriber).position(tell.start);
      w.u8(tell.followed ? 1 : 0);
      break;
    case 'refused':
      w.u32(tell.ref).u8(OPEN_REFUSALS.indexOf(tell.code)).text(tell.text, WORDS_BYTES_MAX);
      break;
    case 'records':
      w.u32(tell.job).position(tell.upTo).u32(tell.records.length);
      for (const { id, timeUs, data } of tell.records) {
        w.position(id).u64(timeUs).u32(data.length).raw(data);
      }
      break;
    case 'piece':
      w.u32(tell.job).position(tell.id).u64(tell.timeUs).u32(tell.total).u32(tell.offset).raw(tell.data);
      break;
    case 'gap': {
      const { from, to, bytes, text } = tell.gap;
      w.u32(tell.job)
        .position(from)
        .position(to)
        .u8(bytes === null ? 0 : 1);
      w.u64(bytes ?? 0).text(text, WORDS_BYTES_MAX);
      break;
    }
    case 'checkpointed':
      w.u32(tell.job).position(tell.position).text(tell.text, WORDS_BYTES_MAX);
      break;
    case 'end':
      w.u32(tell.job).u8(JOB_ENDS.indexOf(tell.reason)).text(tell.text, WORDS_BYTES_MAX);
      break;
  }
}

function putLogs(w: FieldWriter, logs: readonly PublishedLog[]): void {
  w.list(logs.slice(0, LOGS_LISTED_MAX), ({ log, subscribers }) => {
    w.text(log, LOG_KEY_BYTES_MAX);
    w.list(subscribers.slice(0, SUBSCRIBERS_LISTED_MAX), ({ name, position }) => {
      w.text(name, SUBSCRIBER_BYTES_MAX).u8(position === undefined ? 0 : 1);
      if (position !== undefined) w.position(position);
    });
  });
}

/** Undefined when it is none that a node may send. */
export function decodeTell({ type, body }: RawFrame): TellFrame | undefined {
  const r = new FieldReader(body);
  const tell = readTell(type, r);
  return r.complete ? tell : undefined;
}

function readTell(type: number, r: FieldReader): TellFrame | undefined {
  switch (type) {
    case TYPE.logs:
      return { type: 'logs', logs: readLogs(r) };
    case TYPE.opened:
      return {
        type: 'opened',
        ref: r.u32(),
        job: r.u32(),
        subscriber: r.text(SUBSCRIBER_BYTES_MAX),
        start: r.position(),
        followed: r.u8() !== 0,
      };
    case TYPE.refused: {
      const ref = r.u32();
      const code = OPEN_REFUSALS[r.u8()];
      return code && { type: 'refused', ref, code, text: r.text(WORDS_BYTES_MAX) };
    }
    case TYPE.records:
      return readRecords(r);
    case TYPE.piece:
      return readPiece(r);
    case TYPE.gap:
      return { type: 'gap', job: r.u32(), gap: readGap(r) };
    case TYPE.checkpointed:
      return { type: 'checkpointed', job: r.u32(), position: r.position(), text: r.text(WORDS_BYTES_MAX) };
    case TYPE.end: {
      const job = r.u32();
      const reason = JOB_ENDS[r.u8()];
      return reason && { type: 'end', job, reason, text: r.text(WORDS_BYTES_MAX) };
    }
    default:
      return undefined;
  }
}

function readLogs(r: FieldReader): readonly PublishedLog[] {
  return r.list(LOGS_LISTED_MAX, () => ({
    log: r.text(LOG_KEY_BYTES_MAX),
    subscribers: r.list(SUBSCRIBERS_LISTED_MAX, () => ({
      name: r.text(SUBSCRIBER_BYTES_MAX),
      position: r.u8() === 0 ? undefined : r.position(),
    })),
  }));
}

function readRecords(r: FieldReader): TellFrame {
  const job = r.u32();
  const upTo = r.position();
  const count = r.u32();
  // A count is not believed before its bytes are there.
  if (count * RECORD_HEADER_BYTES > r.left) r.fail();
  const records: LogRecord[] = [];
  while (records.length < count && !r.failed) {
    const id = r.position();
    const timeUs = r.u64();
    records.push({ id, timeUs, data: r.raw(r.u32()) });
  }
  return { type: 'records', job, upTo, records };
}

function readPiece(r: FieldReader): TellFrame {
  const job = r.u32();
  const id = r.position();
  const timeUs = r.u64();
  const total = r.u32();
  const offset = r.u32();
  const data = r.rest();
  if (total > RECORD_BYTES_MAX || data.length === 0 || offset + data.length > total) r.fail();
  return { type: 'piece', job, id, timeUs, total, offset, data };
}

function readGap(r: FieldReader): LogGap {
  const from = r.position();
  const to = r.position();
  const known = r.u8() !== 0;
  const bytes = r.u64();
  return { from, to, bytes: known ? bytes : null, text: r.text(WORDS_BYTES_MAX) };
}
