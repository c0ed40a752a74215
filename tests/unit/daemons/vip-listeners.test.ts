/** Endpoints on floating addresses with real sockets on loopback addresses, which a host always has. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listenTcp } from '../../../server/adapters/socket-listen.ts';
import { must } from '../../../server/base/assert.ts';
import type { Generation } from '../../../server/conf/generation.ts';
import type { VipService } from '../../../server/daemons/vip-endpoint.ts';
import { PROBLEMS_TOLD_MAX, VipListeners, type VipServices } from '../../../server/daemons/vip-listeners.ts';
import type { IpAddress } from '../../../server/model/ip.ts';
import { load } from '../../support/conf-samples.ts';
import { until } from '../../support/until.ts';

const ONE = '127.0.77.1' as IpAddress;
const TWO = '127.0.77.2' as IpAddress;
const MAIL: VipServices = new Map([
  ['ESMTP_Listener', { accept: (socket: Socket) => socket.end('421 node1\r\n') }],
]);

let port: number;
let listeners: VipListeners | undefined;
let problems: string[];
const servers = new Set<Server>();
const sockets = new Set<Socket>();

beforeEach(async () => {
  problems = [];
  port = await freePort();
});

afterEach(() => {
  listeners?.close();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  sockets.clear();
  servers.clear();
});

async function freePort(): Promise<number> {
  const server = createServer();
  const found = await listenTcp(server, { host: '127.0.77.1', port: 0, backlog: 1 });
  await new Promise((resolve) => server.close(resolve));
  return found;
}

function generation(...endpoints: readonly string[]): Generation {
  const listens = endpoints.map((one) => `Listen "${one}" { Enable_Duravip = true }`).join('\n');
  const text = `cluster { duravip_host = "loopback" Topology "127.0.77.0/24" { interface = "lo" } }
    ESMTP_Listener { ${listens} Listen "*:${port}" { } }`;
  return must(load(text).generation, 'a configuration');
}

function start(first: Generation, services: VipServices = MAIL): VipListeners {
  listeners = new VipListeners({
    generation: first,
    services,
    problem: (text) => problems.push(text),
    retryWaitsMs: [10, 20],
  });
  return listeners;
}

function dial(address: string): Socket {
  const socket = connect({ host: address, port });
  socket.on('error', () => undefined);
  sockets.add(socket);
  return socket;
}

/** What the other end says until it closes; undefined where nobody listens. */
function greeting(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = dial(address);
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      text += String(part);
    });
    socket.on('close', (failed) => resolve(failed ? undefined : text));
  });
}

describe('endpoints on floating addresses', () => {
  test('[VIP-28] are open while the address is owned, and at no other time', async () => {
    const vips = start(generation(`${ONE}:${port}`, `${TWO}:${port}`));
    expect(await greeting(ONE)).toBeUndefined();
    vips.serve(ONE, true);
    expect(await until(() => greeting(ONE))).toBe('421 node1\r\n');
    expect(await greeting(TWO)).toBeUndefined();
    vips.serve(ONE, false);
    expect(await greeting(ONE)).toBeUndefined();
    vips.serve(ONE, true);
    expect(await until(() => greeting(ONE))).toContain('421');
    expect(problems).toEqual([]);
  });

  test('[VIP-28] leave no connection when the address goes', async () => {
    const accepted: Socket[] = [];
    const patient: VipService = { accept: (socket) => void accepted.push(socket) };
    const vips = start(generation(`${ONE}:${port}`), new Map([['ESMTP_Listener', patient]]));
    vips.serve(ONE, true);
    const ended = await until(async () => {
      const socket = dial(ONE);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      const up = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      return up ? { closed } : undefined;
    });
    await until(() => accepted.length > 0);
    vips.serve(ONE, false);
    expect(accepted.every(({ destroyed }) => destroyed)).toBe(true);
    await ended.closed;
  });

  test('an address without any endpoint, or one that is not configured, is nothing to do', async () => {
    const vips = start(generation());
    vips.serve(ONE, true);
    vips.serve(TWO, false);
    expect(await vips.follow(generation())).toEqual([]);
    expect(await greeting(ONE)).toBeUndefined();
  });

  test('follow the configuration', async () => {
    const vips = start(generation());
    vips.serve(ONE, true);
    expect(await vips.follow(generation(`${ONE}:${port}`))).toEqual([]);
    expect(await greeting(ONE)).toContain('421');
    expect(await vips.follow(generation(`${TWO}:${port}`))).toEqual([]);
    expect(await greeting(ONE)).toBeUndefined();
    expect(await greeting(TWO)).toBeUndefined();
  });

  test('of a listener that nothing serves stay closed, and that is said', async () => {
    const vips = start(generation(`${ONE}:${port}`), new Map());
    const told = ['ESMTP_Listener has no service here: its endpoints stay closed'];
    expect(problems).toEqual(told);
    vips.serve(ONE, true);
    expect(await vips.follow(generation(`${ONE}:${port}`))).toEqual(told);
    expect(await greeting(ONE)).toBeUndefined();
  });
});

describe('an endpoint that cannot be opened', () => {
  async function occupy(): Promise<Server> {
    const server = createServer((socket) => socket.destroy());
    await listenTcp(server, { host: ONE, port, backlog: 1 });
    servers.add(server);
    return server;
  }

  test('is told, tried again, and told when it is given up', async () => {
    await occupy();
    start(generation(`${ONE}:${port}`)).serve(ONE, true);
    await until(() => problems.length === 2);
    expect(problems[0]).toMatch(new RegExp(`^ESMTP_Listener "${ONE}:${port}": .*in use`, 'i'));
    expect(problems[1]).toMatch(/; given up$/);
  });

  test('opens as soon as it can', async () => {
    const server = await occupy();
    listeners = new VipListeners({
      generation: generation(`${ONE}:${port}`),
      services: MAIL,
      problem: (text) => problems.push(text),
      retryWaitsMs: Array(1_000).fill(10),
    });
    listeners.serve(ONE, true);
    await until(() => problems.length > 0);
    await new Promise((resolve) => server.close(resolve));
    expect(await until(() => greeting(ONE))).toContain('421');
  });

  test('is tried no more when the address goes', async () => {
    const server = await occupy();
    const vips = start(generation(`${ONE}:${port}`));
    const first = vips.follow(generation(`${ONE}:${port}`));
    vips.serve(ONE, true);
    await first;
    await until(() => problems.length > 0);
    vips.serve(ONE, false);
    await new Promise((resolve) => server.close(resolve));
    expect(await greeting(ONE)).toBeUndefined();
    expect(problems).toHaveLength(1);
  });

  test('is answered to whoever reloads', async () => {
    await occupy();
    const vips = start(generation());
    vips.serve(ONE, true);
    const [problem, ...more] = await vips.follow(generation(`${ONE}:${port}`));
    expect(problem).toContain(`ESMTP_Listener "${ONE}:${port}": `);
    expect(more).toEqual([]);
  });

  test('among very many does not flood the log', async () => {
    const endpoints = Array.from({ length: 120 }, (_, i) => `127.0.77.${i + 1}:${port}`);
    const server = createServer();
    await listenTcp(server, { host: '0.0.0.0', port, backlog: 1 });
    servers.add(server);
    const vips = start(generation(...endpoints));
    for (let i = 0; i < 120; i += 1) vips.serve(`127.0.77.${i + 1}` as IpAddress, true);
    await until(() => problems.length > PROBLEMS_TOLD_MAX);
    expect(problems).toHaveLength(PROBLEMS_TOLD_MAX + 1);
    expect(problems.at(-1)).toBe('more endpoints cannot be opened');
  });
});
