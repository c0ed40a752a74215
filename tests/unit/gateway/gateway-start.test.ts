import { io } from 'socket.io-client';
import { expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import type { Rehearsal } from '../../../server/gateway/options.ts';
import { liveSnapshot } from '../../../server/wire/live.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { openWorld, PASSWORD } from '../../support/gateway-world.ts';

test('a row that changes while the gateway is being made is not lost', async () => {
  type Rows = ReturnType<Rehearsal['rows']>;
  const row = { name: 'node1', kind: 'ecnode', pid: 1, sinceMs: 0 } as const;
  let rows: Rows = [{ ...row, state: 'starting' }];
  let tell = (_rows: Rows): void => undefined;
  const rehearsal: Rehearsal = {
    rows: () => {
      queueMicrotask(() => {
        rows = [{ ...row, state: 'running' }];
        tell(rows);
      });
      return rows;
    },
    subscribe: (listener) => {
      tell = listener;
      return () => undefined;
    },
    act: async () => ({ ok: true, detail: '' }),
  };
  const world = await openWorld({ clock: monotonicClock(), options: { port: 0 }, rehearsal });
  const { url } = await world.gateway.start();
  const client = await GatewayClient.signIn(url, { name: 'viewer', password: PASSWORD });
  const auth = { ticket: await client.ticket() };
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    extraHeaders: { origin: url },
    auth,
  });
  const snapshot = await new Promise((resolve) => socket.once('snapshot', resolve));
  socket.disconnect();
  await world.close();
  expect(liveSnapshot.parse(snapshot).model.rehearsal['node1']).toMatchObject({ state: 'running' });
});
