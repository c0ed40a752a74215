/** The program vipguard: holds the addresses of a node for as long as its daemon lives and speaks. */

import { startGuard } from '../daemons/vip-guard-daemon.ts';

const problem = startGuard(process.argv.slice(2));
if (problem !== undefined) {
  process.stderr.write(`vipguard: ${problem}\n`);
  process.exitCode = 2;
}
