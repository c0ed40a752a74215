/** Stands in for the dashboard, the sink and the traffic in tests of the supervisor: tells its arguments and listens. */

import { createServer } from 'node:http';

const option = (name) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
const [host, port] = (option('listen') || `127.0.0.1:${option('port')}`).split(':');
process.stdout.write(`${JSON.stringify(process.argv.slice(2))}\n`);
const server = createServer((_, response) => response.end('ready'));
if (process.argv[2] !== 'demo-traffic') server.listen(Number(port), host);
else setInterval(() => undefined, 1_000);
process.on('SIGTERM', () => process.exit(0));
