/** Stands in for a cluster program in tests of the supervisor: listens on the control socket of its configuration. */

import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const name = process.env.EC_NODE_NAME;
const folder = process.env.EC_CONF_SEARCH_PATH.split(':')[0];
const own = readFileSync(path.join(folder, 'conf', name, 'node-local.conf'), 'utf8');
if (own.includes('end_at_start')) {
  process.stderr.write('node-local.conf:1:1: this does not start\n');
  process.exit(2);
}
const control = /Control_Listener \{ Listen "([^"]+)"/.exec(own)[1];
rmSync(control, { force: true });
createServer((socket) => socket.on('error', () => undefined)).listen(control);
process.on('SIGTERM', () => process.exit(0));
