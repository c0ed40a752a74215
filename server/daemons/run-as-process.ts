/** A daemon in this process: its own arguments, environment and streams. */

import { type DaemonProgram, runDaemon } from './run-daemon.ts';

/** What still holds the process open once everything was closed, such as a resolver's thread, gets this long. */
const LINGER_MS = 1_000;

export async function runAsProcess(program: DaemonProgram): Promise<void> {
  process.exitCode = await runDaemon(program, {
    args: process.argv.slice(2),
    env: process.env,
    pid: process.pid,
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
  });
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
