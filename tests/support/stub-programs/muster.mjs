/** Stands in for the dashboard in tests of the supervisor: tells its arguments and answers /readyz. */

import { createServer } from 'node:http';

const port = Number(process.argv.find((argument) => argument.startsWith('--port=')).slice('--port='.length));
process.stdout.write(`${JSON.stringify(process.argv.slice(2))}\n`);
createServer((_, response) => response.end('ready')).listen(port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
