/** The program ec_console: arguments, environment and streams in, exit code out. */

import { homedir, userInfo } from 'node:os';
import { runEcConsole } from '../daemons/ec-console.ts';

process.exitCode = await runEcConsole({
  args: process.argv.slice(2),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  env: process.env,
  home: homedir(),
  userName: userName(),
  clockTime: () => new Date().toTimeString().slice(0, 8),
});

/** The system may have no name for a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? '';
  }
}
