/**
 * Makes a server listen on a TCP address or a Unix socket and says in one clear error why it cannot. A socket file
 * that a killed process left behind is removed, one that somebody serves is not.
 */

import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { assert } from '../base/assert.ts';
import { ClusterError } from '../base/errors.ts';
import { socketPathError } from '../base/socket-path.ts';
import { formatEndpoint, listenHost, socketErrorText } from './stream-endpoint.ts';

const PROBE_TIMEOUT_MS = 1_000;

export type TcpAddress = {
  /** `*` or empty for every address. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly backlog: number;
};

export type UnixAddress = {
  readonly path: string;
  /** Permissions of the socket file. */
  readonly fileMode: number;
  readonly backlog: number;
};

/** @returns the bound port. @throws ClusterError PORT_IN_USE, LISTEN_FAILED. */
export async function listenTcp(server: Server, { host, port, backlog }: TcpAddress): Promise<number> {
  const named = listenHost(host);
  try {
    await start(server, { port, backlog, ...(named === undefined ? {} : { host: named }) });
  } catch (cause) {
    const address = formatEndpoint(host === '' ? '*' : host, port);
    const code = errorCode(cause) === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_FAILED';
    throw new ClusterError(code, { address, reason: socketErrorText(cause) }, { cause });
  }
  const bound = server.address();
  assert(bound !== null && typeof bound === 'object', 'a TCP listener has an address');
  return bound.port;
}

/** @throws ClusterError CONTROL_SOCKET_IN_USE, SOCKET_DIRECTORY_DENIED, LISTEN_FAILED. */
export async function listenUnix(server: Server, { path, fileMode, backlog }: UnixAddress): Promise<void> {
  const reason = socketPathError(path);
  if (reason !== undefined) throw new ClusterError('LISTEN_FAILED', { address: path, reason });
  // The mode is set in the same turn in which the system call binds: before anybody is accepted.
  const listening = (): Promise<void> => start(server, { path, backlog }, () => chmodSync(path, fileMode));
  try {
    await listening().catch(async (cause: unknown) => {
      if (errorCode(cause) !== 'EADDRINUSE') throw cause;
      await removeStaleSocket(path);
      await listening();
    });
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause;
    if (!existsSync(dirname(path))) {
      // The runtime reports this as EACCES, too.
      throw new ClusterError(
        'LISTEN_FAILED',
        { address: path, reason: 'its directory does not exist' },
        { cause },
      );
    }
    if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(cause))) {
      throw new ClusterError('SOCKET_DIRECTORY_DENIED', { path }, { cause });
    }
    throw new ClusterError('LISTEN_FAILED', { address: path, reason: socketErrorText(cause) }, { cause });
  }
}

type ListenArguments = {
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly backlog: number;
};

async function start(server: Server, where: ListenArguments, bound?: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.removeListener('error', reject);
      resolve();
    });
    if (bound !== undefined && server.listening) bound();
  });
  // accept(2) may fail, for example out of file descriptors; the listener goes on.
  if (server.listenerCount('error') === 0) server.on('error', () => undefined);
}

/** @throws ClusterError when the file is not a socket that nobody serves. */
async function removeStaleSocket(path: string): Promise<void> {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined) return;
  if (!before.isSocket()) {
    throw new ClusterError('LISTEN_FAILED', {
      address: path,
      reason: 'there is a file that is not a socket',
    });
  }
  const answer = await probe(path);
  if (answer === 'alive') throw new ClusterError('CONTROL_SOCKET_IN_USE', { path });
  if (answer !== 'dead') {
    throw new ClusterError('LISTEN_FAILED', { address: path, reason: `the socket that is there: ${answer}` });
  }
  // Another process may have replaced the file since it was looked at.
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === before.ino) unlinkSync(path);
}

function probe(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => answer('alive'));
    socket.once('connect', () => answer('alive'));
    socket.once('error', (error) =>
      answer(errorCode(error) === 'ECONNREFUSED' ? 'dead' : socketErrorText(error)),
    );
  });
}

function errorCode(cause: unknown): string {
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? '') : '';
}
