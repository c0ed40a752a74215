/**
 * The gateway with 10,240 addresses of 5 nodes in memory: size and time of a snapshot on a real socket, of a patch of
 * one row and of all, of questions over a month of ownership, and of a move of 1,000.
 */

import { io, type Socket } from 'socket.io-client';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { HISTORY_EVENTS_MAX } from '../../server/gateway/vip-history.ts';
import { OPERATION_ITEMS_MAX, operationReply, type VipRow } from '../../server/wire/duravip.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import { openWorld, PASSWORD, type World } from '../support/gateway-world.ts';
import { bytesOfSnapshot } from '../support/snapshot-bytes.ts';
import { until } from '../support/until.ts';
import { quantile } from './quantile.ts';

const NODES = ['labrat-1', 'labrat-2', 'labrat-3', 'labrat-4', 'labrat-5'];
const ADDRESSES = 10_240;
const RUNS = 5;
const DAY_MS = 24 * 3_600_000;
const MOVED_WITHIN_MS = 240_000;

type Numbers = Record<string, number>;

export async function vipsGateway(): Promise<Readonly<Numbers>> {
  const vips = { addresses: ADDRESSES, ipv6: 240 };
  const world = await openWorld({ clock: monotonicClock(), options: { port: 0 }, nodes: NODES, vips });
  try {
    const { url } = await world.gateway.start();
    const client = await GatewayClient.signIn(url, { name: 'operator', password: PASSWORD });
    const numbers: Numbers = {};
    await measureStream(world, url, client, numbers);
    await measureHistory(world, client, numbers);
    await measureMoves(world, client, numbers);
    numbers['memory of this process, RSS MB'] = Math.round(process.memoryUsage().rss / 1e6);
    return numbers;
  } finally {
    await world.close();
  }
}

async function measureStream(
  world: World,
  url: string,
  client: GatewayClient,
  numbers: Numbers,
): Promise<void> {
  const rows = Object.values(world.cluster.observer.model().vips);
  numbers['snapshot, bytes on the wire'] = await bytesOfSnapshot(url, await client.ticket());
  numbers['snapshot, characters of the rows'] = JSON.stringify(rows).length;
  numbers['from connecting to the snapshot, median ms'] = await median(async () => {
    (await live(url, client)).disconnect();
  });
  const socket = await live(url, client);
  const patched = (changed: readonly VipRow[]): Promise<void> =>
    new Promise((resolve) => {
      socket.once('patch', () => resolve());
      world.cluster.observer.change(
        changed.map((row) => ({
          c: 'vips',
          k: row.address,
          row: { ...row, viewSinceMs: performance.now() },
        })),
      );
    });
  numbers['patch of one row to the socket, median ms'] = await median(() => patched(rows.slice(0, 1)));
  numbers['patch of all rows to the socket, median ms'] = await median(() => patched(rows));
  socket.disconnect();
}

async function measureHistory({ store }: World, client: GatewayClient, numbers: Numbers): Promise<void> {
  const nowMs = Date.now();
  const startMs = nowMs - 30 * DAY_MS;
  const addresses = Array.from({ length: ADDRESSES }, (_, index) => `10.90.${index >> 8}.${index & 255}`);
  for (let done = 0; done + ADDRESSES <= HISTORY_EVENTS_MAX; done += ADDRESSES) {
    await store.vips.addEvents(
      addresses.map((address, index) => ({
        address,
        atMs: startMs + ((nowMs - startMs) * (done + index)) / HISTORY_EVENTS_MAX,
        owner: NODES[(done + index) % NODES.length] ?? null,
        cause: 'failure',
        by: null,
        claims: [],
      })),
    );
  }
  numbers['owners of all addresses at a moment, median ms'] = await median(async () => {
    await (await client.get(`/api/duravip/at?ms=${Math.round(nowMs - DAY_MS)}`)).json();
  });
  const body = { addresses: addresses.slice(0, 200), fromMs: startMs, toMs: nowMs };
  numbers['30 days of 200 addresses, median ms'] = await median(async () => {
    await (await client.post('/api/duravip/history', body)).json();
  });
}

async function measureMoves({ cluster }: World, client: GatewayClient, numbers: Numbers): Promise<void> {
  const rows = Object.values(cluster.observer.model().vips);
  const movable = rows.filter(({ owner, participants }) =>
    participants.some(({ node, obstacle }) => node === 'labrat-1' && owner !== node && obstacle === null),
  );
  const items = movable.slice(0, OPERATION_ITEMS_MAX).map(({ address, owner, version }) => {
    return { address, to: 'labrat-1', expected: { owner, version } };
  });
  const startedMs = performance.now();
  const answer = await client.post('/api/duravip/moves', { items });
  const { id } = operationReply.parse(await answer.json()).operation;
  numbers[`move of ${items.length}, accepted ms`] = Math.round(performance.now() - startedMs);
  const isUp = (address: string): boolean => cluster.vips.row(address).state === 'up';
  const moved = (address: string): boolean => cluster.vips.row(address).owner === 'labrat-1' && isUp(address);
  await until(() => items.every(({ address }) => moved(address)), MOVED_WITHIN_MS);
  numbers[`move of ${items.length}, all up ms`] = Math.round(performance.now() - startedMs);
  await client.get(`/api/duravip/operations/${id}`);
}

async function live(url: string, client: GatewayClient): Promise<Socket> {
  const auth = { ticket: await client.ticket() };
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: { origin: url },
    auth,
  });
  await new Promise((resolve) => socket.once('snapshot', resolve));
  return socket;
}

async function median(work: () => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const startedMs = performance.now();
    await work();
    took.push(performance.now() - startedMs);
  }
  return Math.round(quantile(took, 0.5));
}
