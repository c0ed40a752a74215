/** The cores that `sim` can put under faults. Each entry runs one schedule from one seed. */

import { explainBusSchedule } from './bus/minimise.ts';
import { runBusSchedule } from './bus/schedule.ts';
import { runFlushCuts } from './bus/systematic.ts';
import { explainVipSchedule } from './duravip/minimise.ts';
import { runVipSchedule } from './duravip/schedule.ts';
import { runWhatIf } from './duravip/what-if.ts';
import { runJlogSchedule } from './jlog.ts';
import { runLogsSchedule } from './logs/schedule.ts';
import { runReloadStorm } from './reload-storm.ts';
import { runReplicationSchedule } from './replication/schedule.ts';
import { runStoreSchedule } from './replication/stores.ts';

export type ScheduleResult = {
  /** Equal seeds give equal hashes; undefined where none is made. */
  readonly traceHash?: string;
  /** Invariant and place, one text each; empty when everything held. */
  readonly violations: readonly string[];
  /** What happened, summed in reports. */
  readonly counts?: Readonly<Record<string, number>>;
};

export type SimCore = {
  readonly run: (seed: number) => ScheduleResult;
  /** The smallest schedule that still fails, as lines for people. */
  readonly explain?: (seed: number) => readonly string[];
};

export const CORES: Readonly<Record<string, SimCore>> = {
  bus: { run: runBusSchedule, explain: explainBusSchedule },
  'bus-cuts': { run: runFlushCuts },
  duravip: { run: runVipSchedule, explain: explainVipSchedule },
  'duravip-what-if': { run: runWhatIf },
  jlog: { run: runJlogSchedule },
  logs: { run: runLogsSchedule },
  reload: { run: runReloadStorm },
  replication: { run: runReplicationSchedule },
  'replication-stores': { run: runStoreSchedule },
};
