/** The eye of a dashboard on the bus of real processes, without its pages. */

import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { VERSION } from '../../server/base/version.ts';
import { createDashboardBus, type DashboardBus } from '../../server/daemons/dashboard-bus.ts';
import { GROUPS } from '../../server/model/names.ts';
import type { ClusterProcesses, ProcessName } from './cluster-processes.ts';

/** @param through whose bus server it uses. It is to be stopped by the caller. */
export function watchThrough(processes: ClusterProcesses, through: ProcessName): DashboardBus {
  const quiet = (): void => undefined;
  const bus = createDashboardBus({
    clock: monotonicClock(),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    servers: [{ host: processes.address(through), port: processes.busPort }],
    keyFile: undefined,
    seed: 7,
    pid: process.pid,
    version: VERSION,
    clusterGroup: GROUPS.cluster,
    controlGroup: GROUPS.control,
    cluster: {
      name: 'test',
      environment: { name: 'test', pattern: 'solid', colour: '#888888' },
      build: VERSION,
    },
  });
  bus.start();
  return bus;
}
