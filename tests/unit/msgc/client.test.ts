import { describe, expect, test } from 'vitest';
import type { BusEvent } from '../../../server/msgc/client-api.ts';
import { PAYLOAD_BYTES_MAX } from '../../../server/msgc/client-frames.ts';
import { ACCEPT_WAIT_FIRST_MS, ACCEPT_WAIT_MS } from '../../../server/msgc/client-servers.ts';
import { CONNECTION_OPTIONS } from '../../../server/msgc/options.ts';
import {
  ask,
  type BusClient,
  heard,
  join,
  MemoryBus,
  names,
  publish,
  send,
  views,
} from '../../support/memory-bus.ts';

function last<T extends BusEvent['type']>(
  client: BusClient,
  type: T,
): Extract<BusEvent, { type: T }> | undefined {
  return client.events.findLast((event): event is Extract<BusEvent, { type: T }> => event.type === type);
}

describe('requests', () => {
  test('while the bus is down a message is refused at once and nothing is queued', () => {
    const bus = new MemoryBus(['a']);
    const client = bus.client('a', { sessions: ['s'] });
    publish(client, 's', ['g'], 'lost');
    expect(last(client, 'requestRefused')).toMatchObject({ reason: 'busDown' });
    bus.start('a');
    join(client, 's', 'g');
    bus.clock.runFor(3_000);
    expect(client.core.isConnected).toBe(true);
    expect(heard(client)).toEqual([]);
  });

  test('a payload beyond the bound is refused, one at the bound is delivered', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'] });
    join(client, 's', 'g');
    bus.clock.runFor(50);
    publish(client, 's', ['g'], 'x'.repeat(PAYLOAD_BYTES_MAX + 1));
    expect(last(client, 'requestRefused')).toMatchObject({ reason: 'tooLarge' });
    publish(client, 's', ['g'], 'x'.repeat(PAYLOAD_BYTES_MAX));
    bus.clock.runFor(200);
    expect(last(client, 'message')?.payload).toHaveLength(PAYLOAD_BYTES_MAX);
  });

  test('while views change a client waits and is not refused', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const client = bus.client('b', { sessions: ['s'] });
    join(client, 's', 'g');
    bus.clock.runFor(100);
    bus.server('a').process.pause();
    for (let index = 0; index < 30; index += 1) {
      publish(client, 's', ['g'], `${index}`);
      bus.clock.runFor(50);
    }
    bus.clock.runFor(500);
    expect(last(client, 'requestRefused')).toBeUndefined();
    expect(heard(client)).toEqual(Array.from({ length: 30 }, (_, index) => `s<#s#b: ${index}`));
  });

  test('a request for a mailbox that the client does not have is a bug', () => {
    const client = new MemoryBus(['a']).client('a', { sessions: ['s'] });
    expect(() => publish(client, 'other', ['g'], '')).toThrow('a request names a mailbox of this client');
  });
});

describe('the connection', () => {
  test('after a crash of its server the client is back soon, joins again, and hears a view with itself first', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'] });
    join(client, 's', 'g', 'blob');
    bus.clock.runFor(100);
    bus.kill('a');
    bus.clock.runFor(300);
    expect(last(client, 'busLost')).toBeDefined();
    bus.start('a');
    bus.clock.runFor(1_500);
    const back = client.events.findLastIndex(({ type }) => type === 'busConnected');
    const after = client.events.slice(back + 1);
    expect(after[0]).toMatchObject({ type: 'view', view: { group: 'g', members: [{ name: '#s#a' }] } });
    expect(views(client, 'g').at(-1)?.members[0]?.capabilities.toString()).toBe('blob');
  });

  test('servers of the list are tried in order', () => {
    const bus = MemoryBus.started(['a', 'b']);
    bus.kill('a');
    const client = bus.client('x', { sessions: ['s'], servers: ['a', 'b'] });
    bus.clock.runFor(1_000);
    expect(last(client, 'busConnected')).toMatchObject({ server: 'b:4809', serverNode: 'b' });
  });

  test('after the loss of a paused server the next one of the list is tried first', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('x', { sessions: ['s'], servers: ['a', 'b'] });
    join(client, 's', 'g');
    bus.clock.runFor(100);
    expect(last(client, 'busConnected')).toMatchObject({ serverNode: 'a' });
    bus.server('a').process.pause();
    bus.clock.runFor(CONNECTION_OPTIONS.idleTimeoutMs + 1_000);
    expect(last(client, 'busConnected')).toMatchObject({ serverNode: 'b' });
    expect(
      views(client, 'g')
        .at(-1)
        ?.members.map(({ name }) => name),
    ).toEqual(['#s#b']);
  });

  test('a paused server of the list is waited for shortly, the last one left longer', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    for (const node of ['a', 'b', 'c']) bus.server(node).process.pause();
    const client = bus.client('x', { sessions: ['s'], servers: ['a', 'b', 'c'] });
    bus.clock.runFor(2 * ACCEPT_WAIT_FIRST_MS + 1_000);
    bus.server('c').process.proceed();
    bus.clock.runFor(100);
    expect(last(client, 'busConnected')).toMatchObject({ serverNode: 'c' });
  });

  test('the only server has long to answer', () => {
    const bus = MemoryBus.started(['a']);
    bus.server('a').process.pause();
    const client = bus.client('x', { sessions: ['s'], servers: ['a'] });
    bus.clock.runFor(ACCEPT_WAIT_MS - 500);
    bus.server('a').process.proceed();
    bus.clock.runFor(10);
    expect(last(client, 'busConnected')).toMatchObject({ serverNode: 'a' });
  });

  test('a reconnect on request starts with the first server of the list', () => {
    const bus = MemoryBus.started(['a', 'b']);
    bus.kill('a');
    const client = bus.client('x', { sessions: ['s'], servers: ['a', 'b'] });
    bus.clock.runFor(1_000);
    bus.start('a');
    bus.clock.runFor(1_000);
    client.process.give({ type: 'reconnect' });
    bus.clock.runFor(200);
    expect(last(client, 'busConnected')).toMatchObject({ serverNode: 'a' });
  });

  test('two mailboxes share one connection and have names of their own', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['ec0-1', 'ec1-1'] });
    const other = bus.client('b', { sessions: ['ec0-2'] });
    bus.clock.runFor(50);
    expect(last(client, 'busConnected')?.privateNames).toEqual(
      new Map([
        ['ec0-1', '#ec0-1#a'],
        ['ec1-1', '#ec1-1#a'],
      ]),
    );
    send(other, 'ec0-2', '#ec1-1#a', 'hello');
    bus.clock.runFor(50);
    expect(heard(client)).toEqual(['ec1-1<#ec0-2#b: hello']);
    expect(bus.server('a').core.status(0).clients).toBe(1);
  });

  test('a name in use is refused to another client, and given to the same one that comes back', () => {
    const bus = MemoryBus.started(['a']);
    bus.client('a', { sessions: ['s'], instance: 7 });
    bus.clock.runFor(50);
    const second = bus.client('a', { sessions: ['s'], instance: 8 });
    bus.clock.runFor(50);
    expect(second.core.isConnected).toBe(false);
    expect(bus.counter('a', 'closed_session_in_use')).toBeGreaterThan(0);
    const again = bus.client('a', { sessions: ['s'], instance: 7 });
    bus.clock.runFor(50);
    expect(again.core.isConnected).toBe(true);
  });

  test('a name of a client that fell silent is given away after two keepalive intervals', () => {
    const bus = MemoryBus.started(['a']);
    const silent = bus.client('a', { sessions: ['s'] });
    bus.clock.runFor(50);
    silent.process.pause();
    const second = bus.client('a', { sessions: ['s'] });
    bus.clock.runFor(9_000);
    expect(second.core.isConnected).toBe(false);
    bus.clock.runFor(8_000);
    expect(second.core.isConnected).toBe(true);
  });

  test('an idle client stays connected, one that hangs is dropped after idle_timeout', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const idle = bus.client('a', { sessions: ['idle'] });
    const hung = bus.client('a', { sessions: ['hung'] });
    const watcher = bus.client('b', { sessions: ['w'] });
    for (const [client, session] of [
      [idle, 'idle'],
      [hung, 'hung'],
      [watcher, 'w'],
    ] as const)
      join(client, session, 'g');
    bus.clock.runFor(100);
    hung.process.pause();
    bus.clock.runFor(120_000);
    expect(idle.core.isConnected).toBe(true);
    expect(last(idle, 'busLost')).toBeUndefined();
    expect(views(watcher, 'g').at(-1)).toMatchObject({ lost: [{ name: '#hung#a', cause: 'silence' }] });
  });

  test('reconnect drops the connection and joins again', () => {
    const bus = MemoryBus.started(['a']);
    const client = bus.client('a', { sessions: ['s'] });
    join(client, 's', 'g');
    bus.clock.runFor(50);
    client.process.give({ type: 'reconnect' });
    bus.clock.runFor(100);
    expect(client.events.map(({ type }) => type)).toEqual([
      'busConnected',
      'view',
      'busLost',
      'busConnected',
      'view',
    ]);
  });

  test('a client that stops is gone from its groups with cause leave', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'] });
    const other = bus.client('b', { sessions: ['t'] });
    join(client, 's', 'g');
    join(other, 't', 'g');
    bus.clock.runFor(100);
    client.process.give({ type: 'leave' });
    bus.clock.runFor(50);
    expect(views(other, 'g').at(-1)).toMatchObject({
      cause: 'disconnect',
      lost: [{ name: '#s#a', cause: 'leave' }],
    });
    expect(client.core.deadlineMs).toBeUndefined();
  });
});

describe('groups', () => {
  test('a leaver hears one last view without itself and nothing afterwards', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('a', { sessions: ['s'] });
    const other = bus.client('b', { sessions: ['t'] });
    join(client, 's', 'g');
    join(other, 't', 'g');
    bus.clock.runFor(100);
    ask(client, { type: 'leave', session: 's', group: 'g' as never });
    bus.clock.runFor(50);
    publish(other, 't', ['g'], 'after');
    bus.clock.runFor(50);
    expect(names(views(client, 'g').at(-1))).toEqual(['#t#b']);
    expect(heard(client)).toEqual([]);
  });

  test('a message to several groups reaches a mailbox once', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const client = bus.client('b', { sessions: ['s'] });
    join(client, 's', 'g');
    join(client, 's', 'h');
    bus.clock.runFor(100);
    publish(client, 's', ['h', 'g'], 'once');
    bus.clock.runFor(50);
    expect(client.events.filter(({ type }) => type === 'message')).toMatchObject([{ group: 'h' }]);
  });

  test('members stand in the order of servers, then of joining, and equally for all', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const onB = bus.client('b', { sessions: ['s1', 's2'] });
    const onA = bus.client('a', { sessions: ['t'] });
    bus.clock.runFor(50);
    join(onB, 's2', 'g');
    join(onB, 's1', 'g');
    bus.clock.runFor(50);
    join(onA, 't', 'g');
    bus.clock.runFor(50);
    expect(names(views(onA, 'g').at(-1))).toEqual(['#t#a', '#s2#b', '#s1#b']);
    expect(views(onB, 'g').at(-1)).toEqual(views(onA, 'g').at(-1));
  });

  test('when a server is lost its mailboxes are, with its cause, after a mark of the transition', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const client = bus.client('b', { sessions: ['s'] });
    join(client, 's', 'g');
    const lost = bus.client('a', { sessions: ['t'] });
    join(lost, 't', 'g');
    bus.clock.runFor(100);
    bus.server('a').process.pause();
    lost.process.pause();
    bus.clock.runFor(1_200);
    expect(client.events.slice(-2)).toMatchObject([
      { type: 'transition', group: 'g' },
      {
        type: 'view',
        view: { cause: 'network', lost: [{ name: '#t#a', cause: 'silence' }], transitional: ['#s#b'] },
      },
    ]);
  });
});
