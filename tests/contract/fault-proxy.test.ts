/** The proxy of the tests does what the tests rely on. */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';

let echo: Server;
let proxy: FaultProxy;
let client: Socket;
let heard: string;

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  echo.listen({ host: '127.0.0.1', port: 0 });
  await once(echo, 'listening');
  proxy = await FaultProxy.start();
  const address = echo.address();
  if (typeof address !== 'object' || address === null) throw new Error('the echo server listens');
  proxy.forwardTo('127.0.0.1', address.port);
  heard = '';
  client = connect({ host: '127.0.0.1', port: proxy.port });
  client.on('error', () => undefined);
  client.on('data', (data) => {
    heard += data.toString('utf8');
  });
  await once(client, 'connect');
});

afterEach(async () => {
  client.destroy();
  await proxy.stop();
  echo.close();
});

test('forwards both ways', async () => {
  client.write('one');
  await until(() => heard === 'one');
  expect(proxy.connections).toBe(1);
});

test('a frozen proxy closes nothing and loses nothing', async () => {
  proxy.freeze();
  client.write('late');
  const other = connect({ host: '127.0.0.1', port: proxy.port });
  await once(other, 'connect');
  expect(heard).toBe('');
  expect(client.destroyed).toBe(false);
  proxy.resume();
  await until(() => heard === 'late');
  other.destroy();
});

test('a cut closes what is open and refuses what is new until it is resumed', async () => {
  proxy.cut();
  await once(client, 'close');
  const refused = connect({ host: '127.0.0.1', port: proxy.port });
  refused.on('error', () => undefined);
  await once(refused, 'close');
  proxy.resume();
  const again = connect({ host: '127.0.0.1', port: proxy.port });
  again.write('back');
  expect(String((await once(again, 'data'))[0])).toBe('back');
  again.destroy();
});

test('a delay grows slowly, keeps the order, and ends with resume', async () => {
  proxy.delay('toTarget', 60_000);
  const sent = Array.from({ length: 20 }, (_, index) => `${index},`);
  for (const [index, text] of sent.entries()) setTimeout(() => client.write(text), index * 10);
  const fullMs = proxy.delay('toTarget', 60_000);
  expect(fullMs).toBeGreaterThan(100_000);
  await until(() => heard.length > 0);
  setTimeout(() => proxy.resume(), 250);
  await until(() => heard === sent.join(''));
});

test('a slow proxy reads no faster than it says, and loses nothing', async () => {
  proxy.slow('toTarget', 100_000);
  const text = 'x'.repeat(40_000);
  const startedMs = performance.now();
  client.write(text);
  await until(() => heard.length === text.length);
  expect(performance.now() - startedMs).toBeGreaterThan(300);
  expect(heard).toBe(text);
});

test('a cut after so many bytes lets exactly these through, once', async () => {
  proxy.cutAfter('toTarget', 5);
  client.write('123456789');
  await once(client, 'close');
  expect('12345'.startsWith(heard)).toBe(true);
  const again = connect({ host: '127.0.0.1', port: proxy.port });
  again.write('all of it');
  expect(String((await once(again, 'data'))[0])).toBe('all of it');
  again.destroy();
});
