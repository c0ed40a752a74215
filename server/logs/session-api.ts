/**
 * One connection to the log file service of one node, as the aggregator sees it: what it asks, and what it hears. The
 * session dials, proves the keys, keeps the connection alive and cuts and joins frames; when to dial again, which jobs
 * to want, and what to do with records is the business of whoever owns it. Wire: SPEC.md in this folder.
 *
 * Duties of the owner: give every stream fact of `conn` to the session; perform its effects in order; answer records by
 * a checkpoint once they are durable, or the node stops sending at `WINDOW_BYTES`. Nothing more is needed for bounded
 * memory: what a node sends beyond its windows closes the connection.
 */

import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { NodeName } from '../model/names.ts';
import type { LogGap, LogRecord } from './api.ts';
import type { ServiceKeys } from './service-keys.ts';

export type LogSessionOptions = {
  /** Number of the connection: odd, and never used before with the same streams. */
  readonly conn: number;
  readonly host: string;
  readonly port: number;
  /** Who is called; whoever says another name is not believed. */
  readonly node: NodeName;
  /** Who calls: the name of the manager. Decides which jobs it may take over (LGS-12). */
  readonly from: string;
  /** Undefined: this process has no keys of the bus, and the node must have none. */
  readonly keys: ServiceKeys | undefined;
  readonly bindAddress: string | undefined;
  readonly dialTimeoutMs: number;
};

export type LogSessionInput =
  /** Dials; once, before anything else. */
  | { readonly type: 'start' }
  | { readonly type: 'stream'; readonly input: StreamInput }
  /** Before `ready` and after `closed` it does nothing. */
  | { readonly type: 'request'; readonly request: LogSessionRequest }
  /** Ends the connection in order; `closed` with `local` follows. */
  | { readonly type: 'stop' };

/** `ref` names a job on this side: chosen by the owner, 0 .. 2^32-1, not in use until `refused` or `ended` of it. */
export type LogSessionRequest =
  /** Asks for `logs`, now and whenever they change from now on. */
  | { readonly type: 'list' }
  | ({ readonly type: 'open'; readonly ref: number } & LogOpen)
  /** Everything up to the position is durable here: an `upTo` or the id of a record of this job. */
  | { readonly type: 'checkpoint'; readonly ref: number; readonly position: LogPosition }
  /** Nothing is sent for so long, from when it arrives; 0 ends an earlier hold. At most `HOLD_MS_MAX`. */
  | { readonly type: 'hold'; readonly ref: number; readonly ms: number }
  /** Nothing comes of this job after `ended` with `closed`, which follows at once. */
  | { readonly type: 'close'; readonly ref: number };

export type LogOpen = {
  readonly log: string;
  /** Tried in this order (LOG-17); 1 .. `OPEN_SUBSCRIBERS_MAX`. */
  readonly subscribers: readonly string[];
  /**
   * What this side knows of the job from its journal; undefined where it knows nothing of this log and subscriber. Valid
   * for one subscriber: where several names are tried, `subscriber` says for which.
   */
  readonly known:
    | {
        readonly subscriber: string;
        /** Durable here up to this position. */
        readonly durable: LogPosition;
        /** The last position that the node confirmed (`checkpointed`); not after `durable`. */
        readonly confirmed: LogPosition;
      }
    | undefined;
};

export type LogSessionEvent =
  /** The node is who was called, and keys are proven. `version` is the text of the peer: hostile. */
  | { readonly type: 'ready'; readonly node: string; readonly version: string }
  | { readonly type: 'logs'; readonly logs: readonly PublishedLog[] }
  | {
      readonly type: 'opened';
      readonly ref: number;
      /** Id on the node, for people: what `cluster abort` takes there. */
      readonly job: number;
      readonly subscriber: string;
      /** Records after this come. */
      readonly start: LogPosition;
      /**
       * False: `start` is the checkpoint of the node and not `known.durable`, because the offset was changed there or the
       * log is another one (LGS-13). What comes may be a repetition, or records were left out, as somebody wanted it.
       */
      readonly followed: boolean;
    }
  | { readonly type: 'refused'; readonly ref: number; readonly code: OpenRefusal; readonly text: string }
  | {
      readonly type: 'records';
      readonly ref: number;
      /** In order; empty where only the position moves. Data shares memory with other records of the same event. */
      readonly records: readonly LogRecord[];
      /** The checkpoint that says that all of these were taken. At or behind the last record. */
      readonly upTo: LogPosition;
      /** Bytes of the messages. */
      readonly bytes: number;
    }
  /** Between the records before it and those after it. */
  | { readonly type: 'gap'; readonly ref: number; readonly gap: LogGap }
  /** `text` is not empty where the node could not set the checkpoint: it goes on, and the next one may succeed. */
  | {
      readonly type: 'checkpointed';
      readonly ref: number;
      readonly position: LogPosition;
      readonly text: string;
    }
  | { readonly type: 'ended'; readonly ref: number; readonly reason: JobEnd; readonly text: string }
  /** The last event, exactly once. Jobs that were open have ended without an event of their own. */
  | { readonly type: 'closed'; readonly reason: SessionEnd; readonly text: string };

export type LogSessionEffect = StreamEffect | { readonly type: 'event'; readonly event: LogSessionEvent };

export type PublishedLog = { readonly log: string; readonly subscribers: readonly PublishedSubscriber[] };
export type PublishedSubscriber = {
  readonly name: string;
  /** Undefined: its checkpoint cannot be read. */
  readonly position: LogPosition | undefined;
};

/**
 * `unknownLog`: not published; `noSubscriber`: none of the names exists; `busy`: another aggregator has the job;
 * `tooMany`: a bound on jobs is reached; `unreadable`: the log cannot be opened or read.
 */
export const OPEN_REFUSALS = ['unknownLog', 'noSubscriber', 'busy', 'tooMany', 'unreadable'] as const;
export type OpenRefusal = (typeof OPEN_REFUSALS)[number];

/**
 * `aborted`: `cluster abort` (open anew after 60 s); `takenOver`: by a newer connection of the same name; `unpublished`;
 * `removed`: the subscriber; `moved`: its offset was changed by somebody else; `unreadable`; `badPosition`: a checkpoint
 * that was never sent; `closed`: on demand of this side.
 */
export const JOB_ENDS = [
  'aborted',
  'takenOver',
  'unpublished',
  'removed',
  'moved',
  'unreadable',
  'badPosition',
  'closed',
] as const;
export type JobEnd = (typeof JOB_ENDS)[number];

/**
 * `unreachable`: could not be dialled; `ended`: the peer or the network; `refused`: the node said no, in words; `noKey`:
 * one end has keys and the other has none; `wrongKey`: none in common, or not proven; `wrongNode`; `badFrame`, `tooMuch`:
 * the peer does not keep to the protocol or to its windows; `silent`: nothing for `SILENCE_MS`; `slow`: no handshake in
 * time; `local`: this side ended it.
 */
export const SESSION_ENDS = [
  'unreachable',
  'ended',
  'refused',
  'noKey',
  'wrongKey',
  'wrongNode',
  'badFrame',
  'tooMuch',
  'silent',
  'slow',
  'local',
] as const;
export type SessionEnd = (typeof SESSION_ENDS)[number];

export const OPEN_SUBSCRIBERS_MAX = 16;
/** Longest hold of one request; LOG-23 asks for 5 s. */
export const HOLD_MS_MAX = 60_000;
/** Sent and not covered by a checkpoint, of one job; one record that is longer comes alone. */
export const WINDOW_BYTES = 4 * 1024 * 1024;
/** The same for all jobs of one connection. */
export const CONNECTION_WINDOW_BYTES = 32 * 1024 * 1024;
/** A longer record is a gap. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;
/** After so long without a byte the connection is closed; a ping goes out after `PING_MS` without one. */
export const SILENCE_MS = 15_000;
export const PING_MS = 5_000;

/** Core of one connection; made by `new LogSession(options, nowMs)` in session.ts. */
export interface LogSessionCore {
  readonly deadlineMs: number | undefined;
  step(
    input: LogSessionInput | { readonly type: 'deadlineReached' },
    nowMs: number,
  ): readonly LogSessionEffect[];
}
