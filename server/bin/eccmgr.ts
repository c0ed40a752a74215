/** The program eccmgr: arguments and environment in, exit code out. */

import { startManager } from '../daemons/manager-daemon.ts';
import { runAsProcess } from '../daemons/run-as-process.ts';

await runAsProcess({
  name: 'eccmgr',
  banner: 'eccmgr',
  configurationFile: 'eccluster.conf',
  start: (lifecycle, { flags, ...parts }) =>
    startManager(lifecycle, { ...parts, flags: { group: flags.g, server: flags.s } }),
});
