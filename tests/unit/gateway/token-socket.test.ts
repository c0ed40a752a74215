/** The live stream for programs: a bearer token in the handshake, or a ticket that a token asked for. */

import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import { ticketReply, tokenCreateReply } from '../../../server/wire/http.ts';
import { liveSnapshot } from '../../../server/wire/live.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { openWorld, PASSWORD, type World } from '../../support/gateway-world.ts';

let world: World;
let url: string;
let admin: GatewayClient;
const sockets: Socket[] = [];

beforeEach(async () => {
  world = await openWorld({ clock: monotonicClock(), options: { port: 0 } });
  ({ url } = await world.gateway.start());
  admin = await GatewayClient.signIn(url, { name: 'admin', password: PASSWORD });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await world.close();
});

async function make(limits: Readonly<Record<string, unknown>> = {}) {
  const answer = await admin.post('/api/tokens', { label: 'wall', scope: 'read', ...limits });
  return tokenCreateReply.parse(await answer.json());
}

function open(headers: Readonly<Record<string, string>>, ticket?: string): Socket {
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: headers,
    auth: ticket === undefined ? {} : { ticket },
  });
  sockets.push(socket);
  return socket;
}

const once = <T>(socket: Socket, event: string): Promise<T> =>
  new Promise((resolve) => socket.once(event, resolve));
const codeOf = async (socket: Socket): Promise<unknown> =>
  (await once<Error & { data?: { code?: number } }>(socket, 'connect_error')).data?.code;

test('[ST-1] a token in the handshake opens a socket without an Origin; revoking it closes the socket', async () => {
  const { token, secret } = await make();
  const socket = open({ authorization: `Bearer ${secret}` });
  liveSnapshot.parse(await once(socket, 'snapshot'));
  const ended = once(socket, 'disconnect');
  const told = once(socket, 'session');
  await fetch(`${url}/api/tokens/${token.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${(await make({ scope: 'admin' })).secret}` },
  });
  expect(await told).toEqual({ account: null });
  await ended;
});

test('a ticket that a token asked for opens a socket as well', async () => {
  const { secret } = await make();
  const authorization = `Bearer ${secret}`;
  const answer = await fetch(`${url}/api/live-ticket`, { method: 'POST', headers: { authorization } });
  const { ticket } = ticketReply.parse(await answer.json());
  await once(open({ origin: url }, ticket), 'snapshot');
});

test('a bad token gets 401, and a record; a foreign Origin does not get in with a good one', async () => {
  const { secret } = await make({ networks: ['10.0.0.0/8'] });
  expect(await codeOf(open({ authorization: `Bearer ${secret}` }))).toBe(401);
  expect(await codeOf(open({ authorization: 'Bearer nothing' }))).toBe(401);
  const records = await admin.audit();
  expect(records.filter(({ action, result }) => action === 'token' && result === 'refused')).toMatchObject([
    { detail: 'live socket: malformed token' },
    { detail: 'live socket: token from a foreign network' },
  ]);
  const good = await make();
  const foreign = open({ authorization: `Bearer ${good.secret}`, origin: 'https://elsewhere.example' });
  expect((await once<Error>(foreign, 'connect_error')).message).toContain('websocket error');
});

test('a socket ends with the account that made its token, and is told of its lesser role', async () => {
  await admin.post('/api/accounts', { name: 'zoe', password: PASSWORD, role: 'admin' });
  const zoe = await GatewayClient.signIn(url, { name: 'zoe', password: PASSWORD });
  const made = await zoe.post('/api/tokens', { label: 'wall', scope: 'admin' });
  const { secret } = tokenCreateReply.parse(await made.json());
  const socket = open({ authorization: `Bearer ${secret}` });
  await once(socket, 'snapshot');
  const lesser = once(socket, 'session');
  await admin.patch('/api/accounts/zoe', { role: 'viewer' });
  expect(await lesser).toMatchObject({ account: { role: 'viewer' } });
  const ended = once(socket, 'disconnect');
  await world.store.removeAccount('zoe');
  await ended;
});
