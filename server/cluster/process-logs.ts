/** The loggers of a process as its console sees them. Whoever runs the process has them; a simulated one may have none. */

import type { WrittenSoFar } from './log-streams.ts';
import type { PanicLog } from './panic-log.ts';

export interface ProcessLogs {
  readonly panics: PanicLog;
  /**
   * Closes the logs of all loggers, or of one, and opens them again.
   * @returns how many there are and what does not work, one line each for people; undefined where no logger has that name.
   */
  reopen(which?: {
    /** `ec_logger` */
    readonly kind: string;
    readonly instance: string | undefined;
  }): { readonly logs: number; readonly problems: readonly string[] } | undefined;
  /** What this process wrote to a durable log; undefined where no logger of it writes there. */
  written(directory: string): WrittenSoFar | undefined;
}
