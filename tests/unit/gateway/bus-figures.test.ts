/** The figures of the bus as they leave the gateway: to sockets that watch, to scripts, and in `/metrics`. */

import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { monotonicClock } from '../../../server/adapters/monotonic-clock.ts';
import type { KnownBus, KnownServer } from '../../../server/cluster/observer-api.ts';
import { BUS_LINKS_MAX, BUS_VIEWS_MAX, busFiguresOf } from '../../../server/gateway/bus-figures.ts';
import { type BusFigures, busFigures } from '../../../server/wire/bus.ts';
import { GatewayClient } from '../../support/gateway-client.ts';
import { codeOf, Machine, openWorld, PASSWORD, Page, type World } from '../../support/gateway-world.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { until } from '../../support/until.ts';

const HOSTILE = 'b"} 1\nmuster_members{state="present';

function server(node: string, over: Partial<KnownServer> = {}): KnownServer {
  return {
    node,
    toldMs: 1_000,
    current: true,
    state: 'operational',
    viewId: '1',
    authenticated: true,
    maxBacklog: 5_000,
    clients: 2,
    refusals: { 'wrong key': 3 },
    viewChanges: 4,
    links: [
      {
        to: 'b',
        state: 'up',
        sinceMs: 900,
        roundTripMs: 0.25,
        backlog: 7,
        reconnects: 1,
        refused: 2,
        slow: null,
        rates: { bytesIn: 1, bytesOut: 2, messagesIn: 3, messagesOut: 4 },
        detail: '',
        traffic: { bytesIn: 100, bytesOut: 200, messagesIn: 10, messagesOut: 20 },
      },
    ],
    views: [{ viewId: '1', members: [node], installedMs: 500, tookMs: 12, joined: [node], lost: [] }],
    ...over,
  };
}

const GROUPS: KnownBus['groups'] = {
  from: 'a',
  toldMs: 1_000,
  list: [{ group: 'ec_console', count: 300, members: ['#ec0-1#a'] }],
};

describe('figures of the bus', () => {
  test('totals stay here: pages get rates', () => {
    const figures = busFiguresOf({ servers: [server('a')], groups: GROUPS }, { epoch: 'e', wallMs: 2_000 });
    expect(busFigures.parse(figures)).toEqual(figures);
    expect(figures).toMatchObject({ epoch: 'e', serverMs: 2_000, groups: GROUPS });
    expect(figures.servers[0]).not.toHaveProperty('viewChanges');
    expect(figures.servers[0]?.links[0]).not.toHaveProperty('traffic');
  });

  test('a wide bus is cut: fewer views of each, and so many links in all', () => {
    const [view] = server('a').views;
    const [link] = server('a').links;
    if (view === undefined || link === undefined) throw new Error('one of each');
    const wide = Array.from({ length: 100 }, (_, at) =>
      server(`n${at}`, { views: Array.from({ length: 20 }, (_v, n) => ({ ...view, viewId: String(n) })) }),
    );
    const { servers } = busFiguresOf({ servers: wide, groups: null }, { epoch: 'e', wallMs: 0 });
    expect(servers).toHaveLength(100);
    expect(servers[0]?.views.map(({ viewId }) => viewId)).toEqual(['16', '17', '18', '19']);
    expect(servers.flatMap(({ views }) => views)).toHaveLength(BUS_VIEWS_MAX);
    const heavy = Array.from({ length: 3 }, (_, at) =>
      server(`n${at}`, { links: Array.from({ length: BUS_LINKS_MAX / 2 }, () => link) }),
    );
    expect(busFiguresOf({ servers: heavy, groups: null }, { epoch: 'e', wallMs: 0 }).servers).toHaveLength(2);
  });
});

describe('over HTTP', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ clock: new HandClock(), accounts: ['viewer', 'admin'] });
    world.cluster.observer.setBus({ servers: [server('a')], groups: GROUPS });
  });
  afterEach(async () => world.close());

  test('scripts get the same object, with a session or with a token', async () => {
    const page = await Page.signedIn(world.gateway, 'viewer');
    const answer = await page.get('/api/bus');
    expect(answer.status).toBe(200);
    expect(busFigures.parse(answer.body)).toEqual(answer.body);
    expect(answer.body).toMatchObject({ servers: [{ node: 'a', links: [{ to: 'b', backlog: 7 }] }] });
    const machine = await Machine.of(world.gateway, await Page.signedIn(world.gateway, 'admin'), {
      scope: 'read',
    });
    expect((await machine.get('/api/bus')).status).toBe(200);
    expect(codeOf(await new Page(world.gateway).get('/api/bus'))).toBe('unauthenticated');
  });

  test('before anybody said anything there are no servers, and groups are unknown', async () => {
    world.cluster.observer.setBus({ servers: [], groups: null });
    const page = await Page.signedIn(world.gateway, 'viewer');
    expect((await page.get('/api/bus')).body).toMatchObject({ servers: [], groups: null });
  });

  async function series(): Promise<readonly string[]> {
    const { text } = await new Page(world.gateway).get('/metrics');
    return text.split('\n').filter((line) => /^muster_bus_(link|server|view|group)/.test(line));
  }

  test('/metrics tells every figure of every link and server', async () => {
    expect(await series()).toEqual([
      'muster_bus_link_up{from="a",to="b"} 1',
      'muster_bus_link_round_trip_seconds{from="a",to="b"} 0.00025',
      'muster_bus_link_backlog_messages{from="a",to="b"} 7',
      'muster_bus_link_slow{from="a",to="b"} 0',
      'muster_bus_link_reconnects_total{from="a",to="b"} 1',
      'muster_bus_link_refused_handshakes_total{from="a",to="b"} 2',
      'muster_bus_link_bytes_total{from="a",to="b",direction="in"} 100',
      'muster_bus_link_bytes_total{from="a",to="b",direction="out"} 200',
      'muster_bus_link_messages_total{from="a",to="b",direction="in"} 10',
      'muster_bus_link_messages_total{from="a",to="b",direction="out"} 20',
      'muster_bus_server_authenticated{server="a"} 1',
      'muster_bus_server_clients{server="a"} 2',
      'muster_bus_server_refusals_total{server="a",reason="wrong key"} 3',
      'muster_bus_view_changes_total{server="a"} 4',
      'muster_bus_view_change_seconds{server="a"} 0.012',
      'muster_bus_group_members{group="ec_console"} 300',
    ]);
  });

  test('what is unknown has no series, and neither has a server that is gone', async () => {
    const [link] = server('a').links;
    const [view] = server('a').views;
    if (link === undefined || view === undefined) throw new Error('one of each');
    const dark = server('a', {
      links: [{ ...link, state: 'dialing', roundTripMs: null, slow: 'round trip 80 ms' }],
      views: [{ ...view, tookMs: null }],
      refusals: {},
    });
    world.cluster.observer.setBus({ servers: [dark, server('z', { current: false })], groups: null });
    const lines = await series();
    expect(lines).toContain('muster_bus_link_up{from="a",to="b"} 0');
    expect(lines).toContain('muster_bus_link_slow{from="a",to="b"} 1');
    const names = lines.map((line) => line.split('{')[0]);
    for (const absent of [
      'muster_bus_link_round_trip_seconds',
      'muster_bus_view_change_seconds',
      'muster_bus_server_refusals_total',
      'muster_bus_group_members',
    ]) {
      expect(names).not.toContain(absent);
    }
    expect(lines.join('\n')).not.toContain('"z"');
  });

  test('what is gone leaves no series behind', async () => {
    expect(await series()).not.toEqual([]);
    world.cluster.observer.setBus({ servers: [], groups: null });
    expect(await series()).toEqual([]);
  });

  test('names of others are inert', async () => {
    world.cluster.observer.setBus({ servers: [server(HOSTILE)], groups: null });
    const lines = await series();
    expect(lines[0]).toBe('muster_bus_link_up{from="b\\"} 1\\nmuster_members{state=\\"present",to="b"} 1');
    expect(lines.every((line) => line.startsWith('muster_bus_'))).toBe(true);
  });
});

describe('over the live socket', () => {
  let world: World;
  let url: string;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    world = await openWorld({ clock: monotonicClock(), options: { port: 0 }, accounts: ['viewer'] });
    world.cluster.observer.setBus({ servers: [server('a')], groups: GROUPS });
    ({ url } = await world.gateway.start());
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    await world.close();
  });

  async function live(): Promise<{ readonly socket: Socket; readonly heard: BusFigures[] }> {
    const client = await GatewayClient.signIn(url, { name: 'viewer', password: PASSWORD });
    const socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      extraHeaders: { origin: url },
      auth: { ticket: await client.ticket() },
    });
    sockets.push(socket);
    const heard: BusFigures[] = [];
    socket.on('busFigures', (figures: unknown) => heard.push(busFigures.parse(figures)));
    await new Promise((resolve) => socket.once('snapshot', resolve));
    return { socket, heard };
  }

  test('who watches gets figures at once and then each second, nobody else does', async () => {
    const watching = await live();
    const other = await live();
    expect(await watching.socket.emitWithAck('watchBus')).toEqual({ ok: true });
    await until(() => watching.heard.length === 1);
    expect(watching.heard[0]).toMatchObject({ servers: [{ node: 'a' }], groups: GROUPS });
    world.cluster.observer.setBus({ servers: [server('a'), server('b')], groups: null });
    await until(() => watching.heard.length >= 3);
    expect(watching.heard.at(-1)).toMatchObject({ servers: [{ node: 'a' }, { node: 'b' }], groups: null });
    const spanMs = (watching.heard[2]?.serverMs ?? 0) - (watching.heard[1]?.serverMs ?? 0);
    expect(spanMs).toBeGreaterThan(500);
    expect(other.heard).toEqual([]);
  });

  test('with `unwatchBus` it ends', async () => {
    const { socket, heard } = await live();
    const next = await live();
    await socket.emitWithAck('watchBus', {});
    expect(await socket.emitWithAck('unwatchBus', {})).toEqual({ ok: true });
    const told = heard.length;
    await next.socket.emitWithAck('watchBus', null);
    await until(() => next.heard.length >= 2);
    expect(heard).toHaveLength(told);
  });
});
