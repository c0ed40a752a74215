/** The program msgcd: arguments and environment in, exit code out. */

import { startDedicated } from '../daemons/msgcd-daemon.ts';
import { runAsProcess } from '../daemons/run-as-process.ts';

await runAsProcess({
  name: 'msgcd',
  banner: 'msgcd',
  configurationFile: 'msgcd.conf',
  start: startDedicated,
});
