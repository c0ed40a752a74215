/** Stands in for the dashboard in tests of the supervisor: answers /readyz. */

import { createServer } from 'node:http';

const port = Number(process.argv.find((argument) => argument.startsWith('--port=')).slice('--port='.length));
createServer((_, response) => response.end('ready')).listen(port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
