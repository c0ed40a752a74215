/** The program eccmgr: arguments and environment in, exit code out. */

import { startManager } from '../daemons/manager-daemon.ts';
import { runDaemon } from '../daemons/run-daemon.ts';

process.exitCode = await runDaemon(
  {
    name: 'eccmgr',
    banner: 'eccmgr',
    configurationFile: 'eccluster.conf',
    start: (lifecycle, { flags, ...parts }) =>
      startManager(lifecycle, { ...parts, flags: { group: flags.g, server: flags.s } }),
  },
  {
    args: process.argv.slice(2),
    env: process.env,
    pid: process.pid,
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
  },
);

// Everything was closed; what still holds the process open, such as a resolver's thread, may not do so for long.
setTimeout(() => process.exit(), 1_000).unref();
