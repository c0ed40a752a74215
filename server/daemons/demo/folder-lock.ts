/**
 * One supervisor for one data folder: whoever accepts connections on the lock socket is the one. The socket of a
 * supervisor that was killed accepts nothing and is taken over.
 */

import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { acceptsConnections } from './readiness.ts';

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path }, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** @returns a function that lets go of the lock; undefined when another process holds it. */
export async function lockFolder(path: string): Promise<(() => void) | undefined> {
  let server = await listen(path);
  if (server === undefined) {
    if (await acceptsConnections(path)) return undefined;
    rmSync(path, { force: true });
    server = await listen(path);
  }
  if (server === undefined) return undefined;
  const held = server;
  return () => held.close();
}
