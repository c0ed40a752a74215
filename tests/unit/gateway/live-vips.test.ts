/** Rows of DuraVIP on real sockets: operations as they go on, and tables of the largest size. */

import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { type OperationRow, operationReply, operationRow } from '../../../server/wire/duravip.ts';
import {
  type LivePatch,
  type LiveSnapshot,
  livePatch,
  liveSnapshot,
  type ResyncReply,
} from '../../../server/wire/live.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { openWorld, PASSWORD, type World } from '../../support/gateway-world.ts';
import { bytesOfSnapshot } from '../../support/snapshot-bytes.ts';
import { until } from '../../support/until.ts';

const NODES = ['labrat-1', 'labrat-2', 'labrat-3', 'labrat-4', 'labrat-5'];
const FIRST = '10.80.116.1';
const VIPS_MAX = 10_240;
let world: World;
let url: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  const vips = { addresses: VIPS_MAX, ipv6: 240 };
  world = await openWorld({ clock: monotonicClock(), options: { port: 0 }, nodes: NODES, vips });
  ({ url } = await world.gateway.start());
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await world.close();
});

const signIn = (name: string): Promise<GatewayClient> =>
  GatewayClient.signIn(url, { name, password: PASSWORD });

async function live(client: GatewayClient): Promise<{ socket: Socket; snapshot: LiveSnapshot }> {
  const auth = { ticket: await client.ticket() };
  const options = { transports: ['websocket'], reconnection: false, forceNew: true, auth };
  const socket = io(url, { ...options, extraHeaders: { origin: url } });
  sockets.push(socket);
  const snapshot = await new Promise((resolve) => socket.once('snapshot', resolve));
  return { socket, snapshot: liveSnapshot.parse(snapshot) };
}

async function move(client: GatewayClient): Promise<OperationRow> {
  const { owner, version } = world.cluster.vips.row(FIRST);
  const items = [{ address: FIRST, to: 'labrat-4', expected: { owner, version } }];
  const answer = await client.post('/api/duravip/moves', { items });
  return operationReply.parse(await answer.json()).operation;
}

describe('[VP-1] 10,240 addresses', () => {
  test('come in one snapshot, compressed', async () => {
    const client = await signIn('viewer');
    const { snapshot } = await live(client);
    expect(Object.keys(snapshot.model['vips'] ?? {})).toHaveLength(VIPS_MAX);
    const text = JSON.stringify(snapshot);
    expect(text.length).toBeGreaterThan(5_000_000);
    expect(await bytesOfSnapshot(url, await client.ticket())).toBeLessThan(text.length / 10);
  });

  test('all changed at once are one patch, and who missed it gets a snapshot', async () => {
    const { socket, snapshot } = await live(await signIn('viewer'));
    const patched = new Promise<LivePatch>((resolve) => socket.once('patch', resolve));
    const rows = Object.values(world.cluster.observer.model().vips);
    world.cluster.observer.change(
      rows.map((row) => ({ c: 'vips', k: row.address, row: { ...row, viewSinceMs: 5 } })),
    );
    const patch = livePatch.parse(await patched);
    expect([patch.seq, patch.changes.length]).toEqual([snapshot.seq + 1, VIPS_MAX]);
    const { epoch, seq } = snapshot;
    const reply: ResyncReply = await socket.emitWithAck('resync', { epoch, seq });
    expect(reply.kind).toBe('snapshot');
  });

  test('[VP-3] an operation is a row that changes as its stages are reached', async () => {
    const operator = await signIn('operator');
    const { socket } = await live(await signIn('viewer'));
    const seen: OperationRow[] = [];
    socket.on('patch', (patch: LivePatch) => {
      for (const { c, row } of patch.changes) if (c === 'vipOperations') seen.push(operationRow.parse(row));
    });
    const { id } = await move(operator);
    await until(() => seen.at(-1)?.items[0]?.stages.at(-1)?.stage === 'plumbed');
    expect(seen.every((row) => row.id === id)).toBe(true);
    const { snapshot } = await live(operator);
    expect(operationRow.parse(snapshot.model['vipOperations']?.[id])).toMatchObject({ state: 'running' });
  });
});
