import { connect, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { listenTcp } from '../../../server/adapters/socket-listen.ts';
import type { ListenPlan } from '../../../server/cluster/process-options.ts';
import { ListenerSet } from '../../../server/daemons/listener-set.ts';

const servers = new Set<Server>();
let set: ListenerSet | undefined;

afterEach(() => {
  set?.close();
  for (const server of servers) server.close();
  servers.clear();
});

function listeners(): ListenerSet {
  set = new ListenerSet('Control_Listener', async ({ endpoint, backlog }) => {
    if (endpoint.kind !== 'tcp') throw new Error('the test uses TCP');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
    });
    const port = await listenTcp(server, { ...endpoint, backlog });
    return { place: `${endpoint.host}:${port}`, port, close: () => void server.close() };
  });
  return set;
}

function plan(host: string, port: number, backlog = 10): ListenPlan {
  return { instance: `${host}:${port}`, endpoint: { kind: 'tcp', host, port }, fileMode: 0o660, backlog };
}

/** A port that nobody uses now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenTcp(server, { host: '127.0.0.1', port: 0, backlog: 1 });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function taken(host: string, port: number): Promise<void> {
  const server = createServer();
  servers.add(server);
  await listenTcp(server, { host, port, backlog: 1 });
}

const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('endpoints that follow the configuration', () => {
  test('what is new is opened, what is gone is closed, what stays is not touched', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const open = listeners();
    await open.start([plan('127.0.0.1', one), plan('127.0.0.1', two)]);
    const [first] = open.open;
    expect(await open.follow([plan('127.0.0.1', one), plan('127.0.0.1', three)])).toEqual([]);
    expect(open.open[0]).toBe(first);
    expect(await answers('127.0.0.1', one)).toBe(true);
    expect(await answers('127.0.0.1', two)).toBe(false);
    expect(await answers('127.0.0.1', three)).toBe(true);
  });

  test('an endpoint that cannot be opened is reported and the old one stays, until another is wanted', async () => {
    const [one, busy, free] = [await freePort(), await freePort(), await freePort()];
    await taken('127.0.0.1', busy);
    const open = listeners();
    await open.start([plan('127.0.0.1', one)]);
    const problems = await open.follow([plan('127.0.0.1', busy)]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^Control_Listener "127.0.0.1:${busy}": .*${busy}`));
    expect(await answers('127.0.0.1', one)).toBe(true);
    expect(await open.follow([plan('127.0.0.1', free)])).toEqual([]);
    expect(await answers('127.0.0.1', one)).toBe(false);
    expect(await answers('127.0.0.1', free)).toBe(true);
  });

  test('from one address to all with the same port, and back: once is enough', async () => {
    const port = await freePort();
    const open = listeners();
    await open.start([plan('127.0.0.1', port)]);
    expect(await open.follow([plan('*', port)])).toEqual([]);
    expect(await answers('127.0.0.2', port)).toBe(true);
    expect(await open.follow([plan('127.0.0.1', port)])).toEqual([]);
    expect(await answers('127.0.0.1', port)).toBe(true);
    expect(await answers('127.0.0.2', port)).toBe(false);
    expect(open.open).toHaveLength(1);
  });

  test('when all addresses cannot be had because another one is taken, the old one is opened again', async () => {
    const port = await freePort();
    await taken('127.0.0.2', port);
    const open = listeners();
    await open.start([plan('127.0.0.1', port)]);
    expect(await open.follow([plan('*', port)])).toHaveLength(1);
    expect(await answers('127.0.0.1', port)).toBe(true);
  });

  test('another backlog of the same endpoint opens it anew', async () => {
    const port = await freePort();
    const open = listeners();
    await open.start([plan('127.0.0.1', port)]);
    const [first] = open.open;
    expect(await open.follow([plan('127.0.0.1', port, 20)])).toEqual([]);
    expect(open.open[0]).not.toBe(first);
    expect(await answers('127.0.0.1', port)).toBe(true);
  });

  test('the first endpoint that cannot be opened ends a start', async () => {
    const busy = await freePort();
    await taken('127.0.0.1', busy);
    await expect(listeners().start([plan('127.0.0.1', busy)])).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});
