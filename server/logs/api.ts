/**
 * What the rooms around the logs agree on: how the log file service reaches published logs, and what it and the
 * aggregator know. Pure; `jlog/` is wired to these ports in `cluster/` and `daemons/`. Wire: SPEC.md in this folder.
 */

import type { LogPosition } from '../model/log-position.ts';
import type { NodeName } from '../model/names.ts';

/** One record as its writer gave it. */
export type LogRecord = {
  readonly id: LogPosition;
  /** Microseconds since 1970 UTC, on the clock of the writer. */
  readonly timeUs: number;
  readonly data: Buffer;
};

/** What could not be read between two positions. */
export type LogGap = {
  readonly from: LogPosition;
  /** The first position behind it that can be read. */
  readonly to: LogPosition;
  /** Null: not known, such as for a segment that is missing. */
  readonly bytes: number | null;
  readonly text: string;
};

/** One answer to a read: records and gaps in order of position. */
export type LogBatch = {
  readonly records: readonly LogRecord[];
  readonly gaps: readonly LogGap[];
  /** The last position that this batch covers; ask for what comes after it. */
  readonly upTo: LogPosition;
  /** Nothing is there behind it now. */
  readonly ended: boolean;
};

/** A job of the log file service, for `cluster abort`, the pages and the console. */
export type LogJob = {
  /** Counts from 1 for each start of the process; what `cluster abort` takes. */
  readonly id: number;
  readonly log: string;
  readonly subscriber: string;
  /** Name that the aggregator gave of itself. */
  readonly by: string;
  readonly peer: string;
  readonly startedMs: number;
  readonly records: number;
  readonly bytes: number;
  readonly sentTo: LogPosition | undefined;
  readonly checkpoint: LogPosition;
  readonly state: 'sending' | 'waiting' | 'sleeping' | 'held';
};

/** A node whose logs an aggregator is to pull: qualified members with a cluster listener (momentum.md 3.5). */
export type LogSource = {
  readonly node: NodeName;
  readonly subcluster: string;
  readonly host: string;
  readonly port: number;
};
