/** The program ec_console: arguments and streams in, exit code out. */

import { runEcConsole } from '../daemons/ec-console.ts';

process.exitCode = await runEcConsole({
  args: process.argv.slice(2),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  clockTime: () => new Date().toTimeString().slice(0, 8),
});
