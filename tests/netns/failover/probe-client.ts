/**
 * Opens a TCP connection to each address again and again and tells when one was accepted. Started by itself, in the
 * namespace of a host that is no node: what it sees is what a client of the service sees.
 *
 * Argument: JSON of `ProbeArguments`. Output: a line per accepted connection, `ADDRESS_INDEX BEGAN_MS ACCEPTED_MS` on
 * the monotonic clock that all processes of a machine share.
 */

import { createConnection } from 'node:net';
import type { ProbeArguments } from './probe-run.ts';

/** Without an answer after this the connection is given up: the kernel would ask again only after a second. */
const GIVE_UP_MS = 400;

const { addresses, port, everyMs } = JSON.parse(process.argv[2] ?? '') as ProbeArguments;

function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

function connect(index: number): void {
  const beganMs = nowMs();
  const socket = createConnection({ host: addresses[index] ?? '', port });
  const timer = setTimeout(() => socket.destroy(), GIVE_UP_MS);
  socket.once('connect', () => {
    process.stdout.write(`${index} ${beganMs} ${nowMs()}\n`);
    // The service says its one line and closes first: a reset would cost it more than the connection.
    socket.resume();
  });
  socket.on('error', () => undefined);
  socket.once('close', () => clearTimeout(timer));
}

/** Spread over the time, so that they do not wait for one another. */
const perMs = addresses.length / everyMs;
/** After a pause of this process, so many are made up for. */
const MADE_UP_MAX = 4 * addresses.length;
let done = 0;
const startedMs = nowMs();
setInterval(() => {
  const due = Math.floor((nowMs() - startedMs) * perMs);
  done = Math.max(done, due - MADE_UP_MAX);
  for (; done < due; done += 1) connect(done % addresses.length);
}, 1);
