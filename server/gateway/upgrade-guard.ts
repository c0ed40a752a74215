/**
 * Decides about a websocket upgrade before the socket library sees it, because that answers 400 to everything it
 * refuses. Upgrades to other paths are ended: nobody else takes them.
 */

import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** @param refuse the HTTP status of a refusal; undefined lets the request pass. */
export function guardUpgrades(
  server: Server,
  path: string,
  refuse: (request: IncomingMessage) => number | undefined,
): void {
  const accept = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const status = request.url?.startsWith(path) === true ? refuse(request) : 404;
    if (status === undefined) {
      for (const listener of accept) listener.call(server, request, socket, head);
      return;
    }
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  });
}
