import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { NO_SERVICE_LINE, openClusterListener } from '../../../server/daemons/cluster-listener.ts';

test('a peer that goes on sending after its answer is cut off all the same', async () => {
  const listening = await openClusterListener({
    instance: '127.0.0.1:0',
    endpoint: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    fileMode: 0o660,
    backlog: 16,
  });
  const socket = connect({ host: listening.host, port: listening.port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  let heard = '';
  socket.on('data', (bytes: Buffer) => {
    heard += bytes.toString();
  });
  const trickle = setInterval(() => socket.write('x'), 50);
  try {
    await new Promise((resolve) => socket.once('close', resolve));
  } finally {
    clearInterval(trickle);
  }
  expect(heard).toBe(NO_SERVICE_LINE);
  await listening.close();
});
