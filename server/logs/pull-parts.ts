/** What pulling the logs of one node needs of the aggregator around it. */

import type { LogFields, LogLevel } from '../base/ports.ts';
import type { Prng } from '../base/prng.ts';
import type { StreamEffect } from '../base/stream-io.ts';
import type { LogPosition } from '../model/log-position.ts';
import type { StreamMark } from './aggregation-journal.ts';
import type { PullStream } from './pull-stream.ts';
import type { LogSessionCore, LogSessionOptions } from './session-api.ts';

export type PullParts = {
  /** Name of the manager. */
  readonly from: string;
  readonly createSession: (options: LogSessionOptions, nowMs: number) => LogSessionCore;
  readonly keys: () => LogSessionOptions['keys'];
  readonly prng: Prng;
  /** A number that no connection had before. */
  readonly nextConn: () => number;
  readonly nextRef: () => number;
  readonly mark: (node: string, log: string, subscriber: string) => StreamMark | undefined;
  readonly log: (level: LogLevel, event: string, fields: LogFields) => void;
  readonly perform: (effect: StreamEffect) => void;
  /** Records came. */
  readonly arrived: () => void;
  readonly confirmed: (stream: PullStream, position: LogPosition) => void;
};
