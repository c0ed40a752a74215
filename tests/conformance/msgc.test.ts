/** Requirements MSG-xx of the conformance checklist that the bus itself meets. */

import { describe, expect, test } from 'vitest';
import type { OptionEntry } from '../../server/base/option-table.ts';
import { CAPABILITIES_BYTES_MAX } from '../../server/msgc/client-frames.ts';
import { MSGC_CLIENT_TABLE, MSGC_SERVER_TABLE, serverOptions } from '../../server/msgc/options.ts';
import { heard, join, MemoryBus, names, publish, send, views } from '../support/memory-bus.ts';

function option(options: readonly OptionEntry[], name: string): OptionEntry | undefined {
  return options.find((entry) => entry.name === name);
}

describe('options', () => {
  test.each([
    ['connect_timeout', '60', 's'],
    ['idle_timeout', '30', 's'],
    ['keepalive_interval', '5', 's'],
    ['max_backlog', '5000', 'messages'],
    ['messages_per_iter', '20', 'messages'],
    ['reconnect_interval', '5', 's'],
    ['tcpbuf_size', '131072', 'bytes'],
  ])(
    '[MSG-10] [MSG-12] [MSG-13] [MSG-14] [MSG-15] [MSG-16] [MSG-17] %s has its documented default in server and client',
    (name, value, unit) => {
      for (const table of [MSGC_SERVER_TABLE, MSGC_CLIENT_TABLE]) {
        expect(option(table.options, name)).toMatchObject({ default: value, unit });
      }
    },
  );

  test('[MSG-11] debug_level is ERROR by default, in server and client', () => {
    for (const table of [MSGC_SERVER_TABLE, MSGC_CLIENT_TABLE]) {
      expect(option(table.options, 'debug_level')).toMatchObject({ type: 'level', default: 'ERROR' });
    }
  });

  test('[MSG-18] [MSG-19] the server has a dictionary of peers and port 4809', () => {
    expect(option(MSGC_SERVER_TABLE.options, 'peers')).toMatchObject({
      type: 'dictionary',
      default: undefined,
    });
    expect(option(MSGC_SERVER_TABLE.options, 'port')).toMatchObject({ type: 'int', default: '4809' });
  });

  test('[MSG-20] [MSG-21] the client has a source address without default and a list of servers', () => {
    expect(option(MSGC_CLIENT_TABLE.options, 'bind_address')).toMatchObject({ default: undefined });
    expect(option(MSGC_CLIENT_TABLE.options, 'server')).toMatchObject({
      array: true,
      default: ['127.0.0.1:4809'],
    });
  });

  test('[MSG-22] every option of the server may change at run time, and max_backlog acts at once', () => {
    expect(MSGC_SERVER_TABLE.options.filter(({ dynamic, kept }) => !dynamic || kept === true)).toEqual([]);
    const bus = MemoryBus.started(['a', 'b']);
    const slow = bus.client('a', { sessions: ['slow'] });
    const other = bus.client('b', { sessions: ['other'] });
    join(slow, 'slow', 'g');
    bus.clock.runFor(100);
    slow.process.pause();
    const flood = (): void => {
      for (let index = 0; index < 100; index += 1) {
        publish(other, 'other', ['g'], 'z'.repeat(8_000));
        bus.clock.runFor(2);
      }
    };
    flood();
    expect(bus.counter('a', 'client_down_backlog')).toBe(0);
    const peers = bus
      .server('a')
      .core.status(0)
      .links.map(({ peer }) => ({ node: peer, host: peer, port: 4809 }));
    bus
      .server('a')
      .process.give({ type: 'optionsChanged', options: serverOptions({ peers, maxBacklog: 50 }) });
    flood();
    expect(bus.counter('a', 'client_down_backlog')).toBe(1);
    expect(bus.members('a')).toEqual(['a', 'b']);
  });
});

describe('servers', () => {
  test('[MSG-03] every server has one link to every other', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'];
    const bus = MemoryBus.started(nodes);
    for (const node of nodes) {
      const { links } = bus.server(node).core.status(0);
      expect(links.map(({ peer }) => peer).sort()).toEqual(nodes.filter((other) => other !== node));
      expect(links.every(({ state }) => state === 'up')).toBe(true);
      expect(bus.members(node)).toEqual(nodes);
    }
  });

  test('[MSG-04] while no client asks for anything no batch passes between servers', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const before = bus.server('a').core.status(0).view?.viewId;
    bus.clock.runFor(60_000);
    for (const node of ['a', 'b', 'c']) {
      expect(bus.server(node).core.status(0).view?.viewId).toBe(before);
      expect(bus.counter(node, 'retained_batches')).toBe(0);
    }
  });

  test('[MSG-26] a server without clients serves clients of other hosts', () => {
    const bus = MemoryBus.started(['hub']);
    const one = bus.client('x', { sessions: ['s'], servers: ['hub'] });
    const two = bus.client('y', { sessions: ['t'], servers: ['hub'] });
    join(two, 't', 'g');
    bus.clock.runFor(50);
    publish(one, 's', ['g'], 'hello');
    bus.clock.runFor(50);
    expect(heard(two)).toEqual(['t<#s#hub: hello']);
  });
});

describe('clients', () => {
  test('[MSG-05] a client keeps exactly one connection to its server', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s', 't'] });
    join(client, 's', 'g');
    join(client, 't', 'g');
    bus.clock.runFor(20_000);
    expect(client.process.endpoint.ends.size).toBe(1);
    expect(bus.server('a').core.status(0).clients).toBe(1);
  });

  test('[MSG-06] [MSG-07] [MSG-08] [MSG-09] after a join all messages of the group and its membership are heard', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const member = bus.client('a', { sessions: ['s'] });
    const sender = bus.client('c', { sessions: ['t'] });
    bus.clock.runFor(50);
    publish(sender, 't', ['g'], 'too early');
    bus.clock.runFor(50);
    join(member, 's', 'g');
    bus.clock.runFor(50);
    for (let index = 0; index < 100; index += 1) publish(sender, 't', ['g'], `${index}`);
    bus.clock.runFor(100);
    expect(heard(member)).toEqual(Array.from({ length: 100 }, (_, index) => `s<#t#c: ${index}`));
    expect(names(views(member, 'g')[0])).toEqual(['#s#a']);
  });

  test('[MSG-29] a join carries capabilities, and joining, leaving and the id of the view are told', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const watcher = bus.client('a', { sessions: ['w'] });
    join(watcher, 'w', 'g');
    bus.clock.runFor(50);
    const client = bus.client('b', { sessions: ['s'] });
    join(client, 's', 'g', 'what it can do');
    bus.clock.runFor(50);
    client.process.give({ type: 'leave' });
    bus.clock.runFor(50);
    const [, joined, left] = views(watcher, 'g');
    expect(joined).toMatchObject({ cause: 'join', joined: ['#s#b'] });
    expect(joined?.members[1]?.capabilities.toString()).toBe('what it can do');
    expect(left).toMatchObject({ cause: 'disconnect', lost: [{ name: '#s#b' }] });
    const ids = views(watcher, 'g').map(({ viewId }) => viewId);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  test('[MSG-30] groups are joined again by themselves when the connection is back', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'] });
    const sender = bus.client('b', { sessions: ['t'] });
    join(client, 's', 'g');
    bus.clock.runFor(50);
    bus.kill('a');
    bus.clock.runFor(1_000);
    bus.start('a');
    bus.clock.runFor(2_000);
    publish(sender, 't', ['g'], 'again');
    bus.clock.runFor(50);
    expect(heard(client)).toEqual(['s<#t#b: again']);
  });

  test('[MSG-31] a client learns its private names, and a private message reaches only its mailbox', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const one = bus.client('a', { sessions: ['ec0-1', 'ec1-1'] });
    const two = bus.client('b', { sessions: ['ec0-2'] });
    const three = bus.client('c', { sessions: ['ec0-3'] });
    bus.clock.runFor(50);
    const connected = one.events.find((event) => event.type === 'busConnected');
    expect(connected).toMatchObject({ serverNode: 'a' });
    send(two, 'ec0-2', '#ec1-1#a', 'for you');
    bus.clock.runFor(50);
    expect(heard(one)).toEqual(['ec1-1<#ec0-2#b: for you']);
    expect(heard(two)).toEqual([]);
    expect(heard(three)).toEqual([]);
  });

  test('[MSG-32] group names and capabilities of 65,535 bytes are carried, a larger blob is refused', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('b', { sessions: ['s'] });
    const group = 'g'.repeat(65_535);
    join(client, 's', group, 'c'.repeat(CAPABILITIES_BYTES_MAX));
    join(client, 's', 'h', 'c'.repeat(CAPABILITIES_BYTES_MAX + 1));
    bus.clock.runFor(100);
    expect(views(client, group).at(-1)?.members[0]?.capabilities).toHaveLength(CAPABILITIES_BYTES_MAX);
    expect(client.events.find((event) => event.type === 'requestRefused')).toMatchObject({
      reason: 'tooLarge',
    });
    expect(views(client, 'h')).toEqual([]);
  });

  test('[MSG-36] many messages are under way at once: none waits for the round trip of the one before', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const client = bus.client('c', { sessions: ['s'] });
    join(client, 's', 'g');
    bus.clock.runFor(100);
    bus.network.slowDown('c', 20);
    bus.clock.runFor(200);
    for (let index = 0; index < 50; index += 1) publish(client, 's', ['g'], `${index}`);
    bus.clock.runFor(130);
    expect(heard(client)).toHaveLength(50);
  });
});
