import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { StreamInput } from '../../../server/base/stream-io.ts';
import { ClusterStreams } from '../../../server/daemons/cluster-listener.ts';

const PLAN = {
  instance: '127.0.0.1:0',
  endpoint: { kind: 'tcp', host: '127.0.0.1', port: 0 },
  fileMode: 0o660,
  backlog: 16,
} as const;

function ended(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.resume();
  });
}

test('who comes before the process runs is turned away, and later ones are told of', async () => {
  const streams = new ClusterStreams();
  const listening = await streams.listen(PLAN);
  await ended(listening.port);
  const told: StreamInput['type'][] = [];
  streams.attach((input) => {
    told.push(input.type);
    if (input.type === 'accepted') streams.perform({ type: 'destroy', conn: input.conn });
  });
  await ended(listening.port);
  expect(told[0]).toBe('accepted');
  await listening.close();
});

test('a Unix socket is no place for a cluster listener', async () => {
  const endpoint = { kind: 'unix', path: '/tmp/cluster' } as const;
  await expect(new ClusterStreams().listen({ ...PLAN, endpoint })).rejects.toThrow('takes address:port');
});
