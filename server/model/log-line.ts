/** One line for a log of this process: what daemons write today, and what a mail plane will. */

/** Logs that the documents name; each is an option of a logger that says where its lines go (momentum.md 6.2, 7.1). */
export const LOG_KINDS = [
  'mainlog',
  'rejectlog',
  'paniclog',
  'acctlog',
  'bouncelog',
  'permanent_failure_logfile',
] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export type LogLine = {
  readonly log: LogKind;
  /** In the documented format of its log, one line without a line end. */
  readonly text: string;
  /** Wall clock of this process. */
  readonly atMs: number;
};
