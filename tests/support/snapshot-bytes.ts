/** How many bytes the first snapshot of the live stream is on the wire. */

import { connect } from 'node:net';

/** As a browser asks for it, which offers compression, until the heartbeat after it. */
export async function bytesOfSnapshot(url: string, ticket: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${hostname}:${port}`,
    `Origin: ${url}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let bytes = 0;
  await new Promise<void>((resolve) => {
    socket.once('data', () => {
      const text = Buffer.from(`40${JSON.stringify({ ticket })}`);
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (chunk.includes('"heartbeat"')) resolve();
      });
    });
  });
  socket.destroy();
  return bytes;
}
