/**
 * The log file service of a node (momentum.md 6.4, jobs of `logmove`): what it is told and what it wants done. It reads
 * and checkpoints logs through commands, which are performed one after the other, in order, a bounded piece at a time;
 * each but `release` is answered by exactly one fact with the same ticket, in the same order.
 */

import type { Result } from '../base/result.ts';
import type { StreamEffect, StreamInput } from '../base/stream-io.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { LogBatch } from './api.ts';
import type { Caller } from './handshake.ts';
import type { CloseReason } from './listener.ts';
import type { ServiceKeys } from './service-keys.ts';
import type { JobEnd, OpenRefusal, PublishedSubscriber } from './session-api.ts';

export type LogServiceOptions = {
  /** Keys of the bus, if this process has any. */
  readonly keys: ServiceKeys | undefined;
  /** `log_active_interval` */
  readonly activeMs: number;
  /** `log_idle_interval` */
  readonly idleMs: number;
  /** `logs`: path of the log by the key under which it is published. */
  readonly logs: ReadonlyMap<string, string>;
};

export type LogServiceInput =
  | { readonly type: 'stream'; readonly input: StreamInput }
  | { readonly type: 'logsFact'; readonly fact: LogsFact }
  | { readonly type: 'optionsChanged'; readonly options: LogServiceOptions }
  /** `stop` ends all connections in order. */
  | { readonly type: 'start' | 'stop' };

export type LogServiceEffect =
  | { readonly type: 'stream'; readonly effect: StreamEffect }
  | { readonly type: 'logs'; readonly command: LogsCommand }
  /** The connection of a node that called another service; `rest` came behind the handshake. */
  | { readonly type: 'handedOver'; readonly conn: number; readonly caller: Caller; readonly rest: Buffer }
  | { readonly type: 'told'; readonly what: LogServiceNews };

export type LogsCommand =
  /** Which subscribers there are. */
  | { readonly type: 'lookAt'; readonly ticket: number; readonly path: string }
  | {
      readonly type: 'read';
      readonly ticket: number;
      readonly path: string;
      /** Records after this one. */
      readonly from: LogPosition;
    }
  /** Moves the checkpoint of a subscriber that stands where it is expected, and nowhere else. */
  | {
      readonly type: 'checkpoint';
      readonly ticket: number;
      readonly path: string;
      readonly subscriber: string;
      readonly expected: LogPosition;
      readonly position: LogPosition;
    }
  /** Nobody reads this log any more: what is open of it may be closed. */
  | { readonly type: 'release'; readonly path: string };

export type LogsFact =
  | {
      readonly type: 'lookedAt';
      readonly ticket: number;
      /** Empty also for a log that does not exist yet. */
      readonly subscribers: Result<readonly PublishedSubscriber[], string>;
    }
  | { readonly type: 'read'; readonly ticket: number; readonly batch: Result<LogBatch, string> }
  | { readonly type: 'checkpointed'; readonly ticket: number; readonly outcome: CheckpointOutcome };

/** `moved`: it stands elsewhere; `failed`: the disk refused, and it stands where it stood. */
export type CheckpointOutcome =
  | { readonly type: 'set' | 'removed' }
  | { readonly type: 'moved'; readonly position: LogPosition }
  | { readonly type: 'failed'; readonly text: string };

/** For the log of the process. */
export type LogServiceNews =
  | { readonly type: 'joined'; readonly from: string; readonly peer: string }
  | {
      readonly type: 'left';
      readonly from: string;
      readonly peer: string;
      readonly reason: CloseReason;
    }
  | { readonly type: 'turnedAway'; readonly peer: string; readonly reason: CloseReason }
  | {
      readonly type: 'jobOpened';
      readonly job: number;
      readonly log: string;
      readonly subscriber: string;
      readonly by: string;
      readonly start: LogPosition;
      /** The position that the aggregator asked for is not the one that counts (LGS-13). */
      readonly followed: boolean;
    }
  | {
      readonly type: 'jobEnded';
      readonly job: number;
      readonly log: string;
      readonly subscriber: string;
      readonly reason: JobEnd | 'left';
      readonly text: string;
      readonly records: number;
    }
  | {
      readonly type: 'openRefused';
      readonly by: string;
      readonly log: string;
      readonly code: OpenRefusal;
      readonly text: string;
    }
  | {
      readonly type: 'checkpointFailed';
      readonly job: number;
      readonly log: string;
      readonly subscriber: string;
      readonly text: string;
    };

/** Asked of a log at once; the event loop of the node is held up no longer than that takes. */
export const SLICE_BYTES = 256 * 1024;
export const SLICE_RECORDS_MAX = 8_192;
/** Jobs of a process; of one connection, those that are being opened included. */
export const JOBS_MAX = 512;
export const CONNECTION_JOBS_MAX = 64;
