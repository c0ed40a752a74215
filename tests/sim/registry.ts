/** The cores that `sim` can put under faults. Each entry runs one schedule from one seed. */

import { runBusSchedule } from './bus/schedule.ts';
import { runReloadStorm } from './reload-storm.ts';

export type ScheduleResult = {
  /** Equal seeds give equal hashes; undefined where none is made. */
  readonly traceHash?: string;
  /** Invariant and place, one text each; empty when everything held. */
  readonly violations: readonly string[];
};

export const CORES: Readonly<Record<string, (seed: number) => ScheduleResult>> = {
  bus: runBusSchedule,
  reload: runReloadStorm,
};
