/** The program ecnode: arguments and environment in, exit code out. */

import { startNode } from '../daemons/node-daemon.ts';
import { runAsProcess } from '../daemons/run-as-process.ts';

await runAsProcess({
  name: 'ecnode',
  banner: 'ecelerity',
  configurationFile: 'ecelerity.conf',
  start: startNode,
});
