/** The live stream over real sockets: who gets in, what comes out, how gaps, revocations and slow readers end. */

import { request } from 'node:http';
import { connect as connectRaw, type Socket as RawSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import {
  SOCKET_JOBS_MAX,
  SOCKET_MESSAGES_PER_MINUTE_MAX,
  SOCKETS_PER_ACCOUNT_MAX,
} from '../../../server/gateway/live-hub.ts';
import type { Job } from '../../../server/wire/http.ts';
import {
  type LiveHeartbeat,
  type LivePatch,
  type LiveSnapshot,
  liveHeartbeat,
  livePatch,
  liveSnapshot,
  type ResyncReply,
} from '../../../server/wire/live.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { openWorld, PASSWORD, type World } from '../../support/gateway-world.ts';
import { until } from '../../support/until.ts';

let world: World;
let url: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  world = await openWorld({ clock: monotonicClock(), options: { port: 0 } });
  ({ url } = await world.gateway.start());
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await world.close();
});

const signIn = (name: string): Promise<GatewayClient> =>
  GatewayClient.signIn(url, { name, password: PASSWORD });

function open(ticket: string | undefined, origin: string = url): Socket {
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: { origin },
    auth: ticket === undefined ? {} : { ticket },
  });
  sockets.push(socket);
  return socket;
}

const once = <T>(socket: Socket, event: string): Promise<T> =>
  new Promise((resolve) => socket.once(event, resolve));

async function live(
  name: string,
): Promise<{ client: GatewayClient; socket: Socket; snapshot: LiveSnapshot }> {
  const client = await signIn(name);
  const socket = open(await client.ticket());
  const snapshot = liveSnapshot.parse(await once(socket, 'snapshot'));
  return { client, socket, snapshot };
}

async function refusalCode(socket: Socket): Promise<unknown> {
  const error = await once<Error & { data?: { code?: number } }>(socket, 'connect_error');
  return error.data?.code;
}

/** Status of a raw upgrade request; 101 when it is accepted. */
function upgradeStatus(headers: Readonly<Record<string, string>>, path = '/socket.io/'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}${path}?EIO=4&transport=websocket`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    asking.on('response', (response) => resolve(response.statusCode ?? 0));
    asking.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('[LG-6] who gets a socket', () => {
  test('a foreign origin gets 403 at the handshake, and so does none', async () => {
    expect(await upgradeStatus({ origin: 'http://evil.example' })).toBe(403);
    expect(await upgradeStatus({})).toBe(403);
    expect(await upgradeStatus({ origin: url })).toBe(101);
    expect(await upgradeStatus({ origin: url }, '/other/')).toBe(404);
  });

  test('a missing ticket, a made-up one and one of another kind get 401', async () => {
    expect(await refusalCode(open(undefined))).toBe(401);
    expect(await refusalCode(open('made-up'))).toBe(401);
    expect(await refusalCode(open({ ticket: 1 } as unknown as string))).toBe(401);
  });

  test('a ticket opens one socket; reused it gets 401', async () => {
    const ticket = await (await signIn('viewer')).ticket();
    await once(open(ticket), 'snapshot');
    expect(await refusalCode(open(ticket))).toBe(401);
  });

  test('a ticket of a session that ended gets 401', async () => {
    const client = await signIn('viewer');
    const ticket = await client.ticket();
    await client.signOut();
    expect(await refusalCode(open(ticket))).toBe(401);
  });

  test('long polling is not offered', async () => {
    const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: url } });
    expect(answer.status).toBe(400);
  });
});

describe('stream', () => {
  test('starts with a snapshot of everything, in which cluster and build are what the gateway says', async () => {
    const { snapshot } = await live('viewer');
    expect(Object.keys(snapshot.model.members ?? {})).toEqual(['labrat-1', 'labrat-2', 'labrat-3', 'mgr']);
    expect(snapshot.model.cluster).toMatchObject({ cluster: { name: 'demo', build: 'test' } });
  });

  test('a patch follows its predecessor by one and holds all changes of a turn', async () => {
    const { socket, snapshot } = await live('viewer');
    const coming = once<LivePatch>(socket, 'patch');
    world.cluster.depart('labrat-2', 'closed');
    const patch = livePatch.parse(await coming);
    expect([patch.epoch, patch.seq]).toEqual([snapshot.epoch, snapshot.seq + 1]);
    const rows = patch.changes.map(({ c, k }) => `${c} ${k}`);
    expect(rows).toContain('members labrat-2');
    expect(rows.filter((row) => row.startsWith('events'))).toHaveLength(1);
    expect(new Set(rows).size).toBe(rows.length);
  });

  test('a heartbeat tells number and ages every second, also while nothing changes', async () => {
    const { socket, snapshot } = await live('viewer');
    const beats: LiveHeartbeat[] = [];
    socket.on('heartbeat', (beat: unknown) => beats.push(liveHeartbeat.parse(beat)));
    await until(() => beats.length >= 3);
    expect(beats.at(-1)).toMatchObject({
      epoch: snapshot.epoch,
      seq: snapshot.seq,
      bus: { state: 'joined' },
    });
    expect(Object.keys(beats.at(-1)?.memberAgesMs ?? {})).toHaveLength(4);
    const spanMs = (beats.at(-1)?.serverMs ?? 0) - (beats.at(-2)?.serverMs ?? 0);
    expect(spanMs).toBeGreaterThan(500);
    expect(spanMs).toBeLessThan(3_000);
  });

  test('when the bus is lost the rows stay and the bus row says so', async () => {
    const { socket } = await live('viewer');
    const coming = once<LivePatch>(socket, 'patch');
    world.cluster.setBus('lost');
    const patch = await coming;
    expect(patch.changes.map(({ c }) => c).sort()).toEqual(['bus', 'events']);
    const second = await live('operator');
    expect(second.snapshot.model.bus).toMatchObject({ bus: { state: 'lost' } });
    expect(Object.keys(second.snapshot.model.members ?? {})).toHaveLength(4);
  });

  test('[FR-4] a client that missed patches gets exactly those', async () => {
    const { socket, snapshot } = await live('viewer');
    const heard: number[] = [];
    socket.on('patch', (patch: LivePatch) => heard.push(patch.seq));
    world.cluster.depart('labrat-2', 'closed');
    await until(() => heard.length === 1);
    world.cluster.rejoin('labrat-2');
    await until(() => heard.length === 2);
    const reply: ResyncReply = await socket.emitWithAck('resync', {
      epoch: snapshot.epoch,
      seq: snapshot.seq,
    });
    expect(reply.kind === 'patches' && reply.patches.map(({ seq }) => seq)).toEqual(heard);
  });

  test('[FR-5] a state of another epoch gets a snapshot', async () => {
    const { socket, snapshot } = await live('viewer');
    const reply: ResyncReply = await socket.emitWithAck('resync', { epoch: 'before', seq: snapshot.seq });
    expect(reply.kind).toBe('snapshot');
  });

  test('every start of a gateway has an epoch of its own', async () => {
    const { snapshot } = await live('viewer');
    const other = await openWorld({ clock: monotonicClock(), options: { port: 0 } });
    const started = await other.gateway.start();
    const client = await GatewayClient.signIn(started.url, { name: 'viewer', password: PASSWORD });
    const socket = io(started.url, {
      transports: ['websocket'],
      forceNew: true,
      extraHeaders: { origin: started.url },
      auth: { ticket: await client.ticket() },
    });
    sockets.push(socket);
    expect((await once<LiveSnapshot>(socket, 'snapshot')).epoch).not.toBe(snapshot.epoch);
    socket.disconnect();
    await other.close();
  });

  test.each([
    ['resync', { epoch: 7 }],
    ['resync', null],
    ['watchJob', { job: 'x'.repeat(65) }],
    ['unwatchJob', 'x'],
  ])('%s with %j is answered as a bad request', async (event, body) => {
    const { socket } = await live('viewer');
    expect(await socket.emitWithAck(event, body)).toEqual({ ok: false, code: 'bad_request' });
  });
});

describe('jobs', () => {
  const send = async (client: GatewayClient, command: string): Promise<string> => {
    const answer = await client.post('/api/commands', { command, target: { kind: 'all' } });
    return ((await answer.json()) as Job).id;
  };

  test('a watched job comes at once and whenever it changes', async () => {
    const { client, socket } = await live('viewer');
    const jobs: Job[] = [];
    socket.on('job', (job: Job) => jobs.push(job));
    const id = await send(client, 'version');
    expect(await socket.emitWithAck('watchJob', { job: id })).toEqual({ ok: true });
    await until(() => jobs.length === 1);
    for (const node of ['labrat-1', 'labrat-2', 'labrat-3']) world.cluster.observer.reply(id, node, 'same');
    await until(() => jobs.at(-1)?.state === 'done');
    expect(new Set(jobs.at(-1)?.replies.map(({ hash }) => hash)).size).toBe(1);
    expect(await socket.emitWithAck('unwatchJob', { job: id })).toEqual({ ok: true });
  });

  test("somebody else's write cannot be watched by a viewer", async () => {
    const operator = await live('operator');
    const viewer = await live('viewer');
    const id = await send(operator.client, 'cluster duravip debug on');
    expect(await viewer.socket.emitWithAck('watchJob', { job: id })).toEqual({
      ok: false,
      code: 'forbidden',
    });
    expect(await viewer.socket.emitWithAck('watchJob', { job: 'none' })).toEqual({
      ok: false,
      code: 'not_found',
    });
  });

  test('watched jobs are bounded', async () => {
    const { client, socket } = await live('viewer');
    for (let n = 0; n < SOCKET_JOBS_MAX; n += 1) {
      const id = await send(client, 'version');
      expect(await socket.emitWithAck('watchJob', { job: id })).toEqual({ ok: true });
    }
    const last = await send(client, 'version');
    expect(await socket.emitWithAck('watchJob', { job: last })).toEqual({ ok: false, code: 'rate_limited' });
  });
});

describe('sessions behind sockets', () => {
  test('[FR-9] a new role is told and counts within 5 s', async () => {
    const { socket } = await live('viewer');
    const admin = await signIn('admin');
    const coming = once(socket, 'session');
    await admin.patch('/api/accounts/viewer', { role: 'operator' });
    expect(await coming).toEqual({ account: { name: 'viewer', role: 'operator' } });
  });

  test('a sign-out is told and closes the socket', async () => {
    const { client, socket } = await live('viewer');
    const told = once(socket, 'session');
    const closed = once(socket, 'disconnect');
    await client.signOut();
    expect(await told).toEqual({ account: null });
    await closed;
  });

  test('a session that ends in the store alone, as another gateway would end it, closes the socket within 5 s', async () => {
    const { socket } = await live('viewer');
    const startedMs = performance.now();
    const closed = once(socket, 'disconnect');
    await world.store.endSessionsOf('viewer', undefined);
    await closed;
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

test('a stop waits for nobody: live sockets and idle connections are closed', async () => {
  const { socket, client } = await live('viewer');
  await client.get('/api/session'); // leaves a connection open for the next request
  const closed = once(socket, 'disconnect');
  const startedMs = performance.now();
  await world.gateway.stop();
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  await closed;
  await expect(fetch(`${url}/livez`)).rejects.toThrow();
});

describe('clients that misbehave', () => {
  test('one account has a bounded number of sockets, others are not affected', async () => {
    const client = await signIn('viewer');
    for (let n = 0; n < SOCKETS_PER_ACCOUNT_MAX; n += 1) await once(open(await client.ticket()), 'snapshot');
    expect(await refusalCode(open(await client.ticket()))).toBe(429);
    await live('operator');
  });

  test('too many messages in a minute close the socket', async () => {
    const { socket } = await live('viewer');
    const closed = once(socket, 'disconnect');
    for (let n = 0; n <= SOCKET_MESSAGES_PER_MINUTE_MAX; n += 1) socket.emit('nonsense', n);
    await closed;
  });

  test('a message over 64 kB closes the socket', async () => {
    const { socket } = await live('viewer');
    const closed = once(socket, 'disconnect');
    socket.emit('resync', { epoch: 'x'.repeat(70_000), seq: 1 });
    await closed;
  });

  /** One patch each, as fast as turns allow. */
  async function flood(patches: number, characters: number): Promise<void> {
    const row = world.cluster.observer.model().members['mgr'];
    if (row === undefined) throw new Error('the scripted cluster has a manager');
    for (let n = 0; n < patches; n += 1) {
      world.cluster.observer.set('members', 'mgr', { ...row, version: `${n} ${'x'.repeat(characters)}` });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  test.each([
    ['many packets', 50_000],
    ['much text', 1_000_000],
  ])('a client that lets %s wait is closed; the others go on', async (_what, characters) => {
    const good = await live('viewer');
    const slow = await rawClient(await (await signIn('operator')).ticket());
    slow.pause();
    let last = 0;
    good.socket.on('patch', ({ seq }: LivePatch) => {
      last = seq;
    });
    await until(async () => {
      await flood(10, characters);
      return (await dropped()) === 1;
    });
    await until(async () => last === (await resyncedSeq(good.socket)));
    expect(good.socket.connected).toBe(true);
    slow.destroy();
  });

  async function resyncedSeq(socket: Socket): Promise<number> {
    const reply: ResyncReply = await socket.emitWithAck('resync', { epoch: null, seq: null });
    return reply.kind === 'snapshot' ? reply.snapshot.seq : -1;
  }

  async function dropped(): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^muster_slow_consumers_dropped_total (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  /** A websocket spoken by hand, so that reading can really stop. */
  function rawClient(ticket: string): Promise<RawSocket> {
    return new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      const socket = connectRaw(Number(port), hostname);
      socket.write(
        [
          'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
          `Host: ${hostname}:${port}`,
          `Origin: ${url}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          '\r\n',
        ].join('\r\n'),
      );
      socket.once('data', () => {
        const text = Buffer.from(`40${JSON.stringify({ ticket })}`);
        socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
        socket.on('data', (bytes) => {
          if (bytes.includes('heartbeat')) resolve(socket);
        });
      });
    });
  }
});
