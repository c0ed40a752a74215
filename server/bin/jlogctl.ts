/** The program jlogctl: arguments and streams in, exit code out. */

import { runJlogctl } from '../daemons/jlogctl.ts';

// Whoever reads the output may have seen enough.
process.stdout.on('error', () => process.exit(0));
process.exitCode = await runJlogctl({
  args: process.argv.slice(2),
  output: process.stdout,
  errors: process.stderr,
});
