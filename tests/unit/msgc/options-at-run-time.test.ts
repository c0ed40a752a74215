/** Options of the bus that change while it runs: what is still wanted stays, what is new is opened, the rest closed. */

import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import {
  clientOptions,
  type MsgcClientOptions,
  type MsgcServerOptions,
  serverOptions,
} from '../../../server/msgc/options.ts';
import { PORT } from '../../sim/bus/bus-processes.ts';
import { type BusClient, heard, join, MemoryBus, names, publish, views } from '../../support/memory-bus.ts';

const peersOf = (nodes: readonly string[]) =>
  nodes.map((node) => ({ node: node as NodeName, host: node, port: PORT }));
const serversOf = (hosts: readonly string[]) => hosts.map((host) => ({ host, port: PORT }));

function setServer(bus: MemoryBus, node: string, options: Partial<MsgcServerOptions>): void {
  bus.server(node).process.give({ type: 'optionsChanged', options: serverOptions(options) });
}

function setClient(client: BusClient, options: Partial<MsgcClientOptions>): void {
  client.process.give({ type: 'optionsChanged', options: clientOptions(options) });
}

function connections(client: BusClient): readonly string[] {
  return client.events.flatMap((event) =>
    event.type === 'busConnected' ? [event.server] : event.type === 'busLost' ? [event.reason] : [],
  );
}

describe('the server', () => {
  test('[MSG-22] a peer is added to a running mesh: no link breaks, nothing is lost', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const one = bus.client('a', { sessions: ['s'] });
    join(one, 's', 'g');
    bus.clock.runFor(100);
    for (const node of ['a', 'b']) setServer(bus, node, { peers: peersOf(['a', 'b', 'c']) });
    publish(one, 's', ['g'], 'before');
    bus.clock.runFor(50);
    bus.startWith('c', ['a', 'b', 'c']);
    bus.clock.runFor(500);
    publish(one, 's', ['g'], 'after');
    bus.clock.runFor(100);
    expect(bus.members('a')).toEqual(['a', 'b', 'c']);
    expect(heard(one)).toEqual(['s<#s#a: before', 's<#s#a: after']);
    expect(bus.counter('a', 'link_down_closed') + bus.counter('a', 'link_down_silence')).toBe(0);
  });

  test('[MSG-22] a peer is removed: its link is closed with a goodbye, the others keep theirs', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    for (const node of ['a', 'b']) setServer(bus, node, { peers: peersOf(['a', 'b']) });
    bus.clock.runFor(500);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.lastLost('b')).toEqual(['c:leave']);
    expect(
      bus
        .server('a')
        .core.status(0)
        .links.map(({ peer }) => peer),
    ).toEqual(['b']);
    for (const node of ['a', 'b']) setServer(bus, node, { peers: peersOf(['a', 'b', 'c']) });
    bus.clock.runFor(8_000);
    expect(bus.members('a')).toEqual(['a', 'b', 'c']);
  });

  test('another address of a peer is dialled at once where there is no link', () => {
    const bus = new MemoryBus(['a', 'b']);
    bus.start('a');
    setServer(bus, 'a', {
      peers: [...peersOf(['a']), { node: 'b' as NodeName, host: 'elsewhere', port: PORT }],
    });
    bus.clock.runFor(30_000);
    bus.startWith('b', ['b']);
    setServer(bus, 'b', {
      peers: [...peersOf(['b']), { node: 'a' as NodeName, host: 'nowhere', port: PORT }],
    });
    bus.clock.runFor(1_000);
    expect(bus.members('a')).toEqual(['a']);
    setServer(bus, 'a', { peers: peersOf(['a', 'b']) });
    bus.clock.runFor(400);
    expect(bus.members('a')).toEqual(['a', 'b']);
  });

  test('[MSG-12] [MSG-22] a shorter idle_timeout ends a client that is silent already', () => {
    const bus = MemoryBus.started(['a']);
    const client = bus.client('a', { sessions: ['s'] });
    bus.clock.runFor(100);
    client.process.pause();
    bus.clock.runFor(3_000);
    expect(bus.counter('a', 'client_down_silence')).toBe(0);
    setServer(bus, 'a', { peers: [], idleTimeoutMs: 2_000 });
    bus.clock.runFor(100);
    expect(bus.counter('a', 'client_down_silence')).toBe(1);
  });

  test('[MSG-16] [MSG-22] a shorter reconnect_interval holds for a wait that has begun', () => {
    const bus = new MemoryBus(['a', 'b'], { reconnectIntervalMs: 60_000 });
    bus.start('a');
    bus.clock.runFor(100_000);
    bus.start('b');
    bus.network.block('b', 'a');
    setServer(bus, 'a', { peers: peersOf(['a', 'b']), reconnectIntervalMs: 1_000 });
    bus.network.heal();
    bus.clock.runFor(1_500);
    expect(bus.members('a')).toEqual(['a', 'b']);
  });
});

describe('the client', () => {
  test('[MSG-21] [MSG-22] a longer list of servers, or other timeouts, leave the connection as it is', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'], servers: ['a'] });
    join(client, 's', 'g');
    bus.clock.runFor(100);
    setClient(client, { servers: serversOf(['b', 'a']), keepaliveIntervalMs: 1_000, maxBacklog: 100 });
    bus.clock.runFor(5_000);
    expect(connections(client)).toEqual([`a:${PORT}`]);
    expect(views(client, 'g')).toHaveLength(1);
  });

  test('[MSG-21] [MSG-22] a server that is not in the list any more is left, the first one of the list is used', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const client = bus.client('a', { sessions: ['s'], servers: ['a'] });
    const other = bus.client('c', { sessions: ['t'] });
    for (const [one, session] of [
      [client, 's'],
      [other, 't'],
    ] as const)
      join(one, session, 'g');
    bus.clock.runFor(100);
    setClient(client, { servers: serversOf(['b', 'c']) });
    bus.clock.runFor(200);
    expect(connections(client)).toEqual([`a:${PORT}`, 'no longer a configured server', `b:${PORT}`]);
    expect(names(views(client, 'g').at(-1))).toEqual(['#s#b', '#t#c']);
    expect(views(other, 'g').flatMap(({ lost }) => lost)).toEqual([{ name: '#s#a', cause: 'leave' }]);
  });

  test('[MSG-20] [MSG-22] another bind_address connects anew', () => {
    const bus = MemoryBus.started(['a']);
    const client = bus.client('a', { sessions: ['s'] });
    bus.clock.runFor(100);
    setClient(client, { servers: serversOf(['a']), bindAddress: 'a' });
    bus.clock.runFor(200);
    expect(connections(client)).toEqual([`a:${PORT}`, 'another bind_address', `a:${PORT}`]);
  });

  test('[MSG-16] a list that gets a server while the client waits is tried at once', () => {
    const bus = MemoryBus.started(['a']);
    const client = bus.client('x', { sessions: ['s'], servers: ['nobody'] });
    bus.clock.runFor(60_000);
    setClient(client, { servers: serversOf(['a']), reconnectIntervalMs: 5_000 });
    bus.clock.runFor(5_200);
    expect(client.core.isConnected).toBe(true);
  });

  test('without any server it waits, and connects when it gets one', () => {
    const bus = MemoryBus.started(['a']);
    const client = bus.client('a', { sessions: ['s'] });
    bus.clock.runFor(100);
    setClient(client, { servers: [] });
    bus.clock.runFor(20_000);
    expect(client.core.isConnected).toBe(false);
    setClient(client, { servers: serversOf(['a']) });
    bus.clock.runFor(200);
    expect(client.core.isConnected).toBe(true);
  });

  test('[CMD-16] a reset leaves the groups, so that others see the cause `leave`, and joins them again', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'] });
    const other = bus.client('b', { sessions: ['t'] });
    for (const [one, session] of [
      [client, 's'],
      [other, 't'],
    ] as const)
      join(one, session, 'g');
    bus.clock.runFor(100);
    client.process.give({ type: 'reconnect' });
    bus.clock.runFor(300);
    expect(views(other, 'g').flatMap(({ lost }) => lost)).toEqual([{ name: '#s#a', cause: 'leave' }]);
    expect(names(views(other, 'g').at(-1))).toEqual(['#s#a', '#t#b']);
    expect(connections(client)).toEqual([`a:${PORT}`, 'reconnect requested', `a:${PORT}`]);
  });
});
