import { describe, expect, test } from 'vitest';
import type { StreamInput } from '../../../server/base/stream-io.ts';
import type { NodeName } from '../../../server/model/names.ts';
import { encodeClientFrame } from '../../../server/msgc/client-frames.ts';
import { encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import { serverOptions } from '../../../server/msgc/options.ts';
import { STRANGERS_MAX } from '../../../server/msgc/strangers.ts';
import { CLUSTER, PORT } from '../../sim/bus/bus-processes.ts';
import { heard, join, MemoryBus, names, publish, views } from '../../support/memory-bus.ts';

const hello = { type: 'hello', cluster: CLUSTER, node: 'b', inc: 1, helloNo: 1, maxCtr: 0 } as const;

/** Connects to `a` as a stranger, writes bytes and returns what came back. */
function stranger(bus: MemoryBus, bytes: Buffer): readonly StreamInput[] {
  const inputs: StreamInput[] = [];
  const endpoint = bus.network.endpoint({ host: 'x', give: (input) => inputs.push(input) });
  endpoint.perform({
    type: 'dial',
    conn: 1,
    host: 'a',
    port: PORT,
    bindAddress: undefined,
    timeoutMs: 1_000,
  });
  bus.clock.runFor(5);
  endpoint.perform({ type: 'write', conn: 1, bytes });
  bus.clock.runFor(20);
  return inputs;
}

describe('strangers', () => {
  const longHello = Buffer.alloc(8);
  longHello.writeUInt32LE(70_000, 0);
  const otherVersion = encodeServerFrame(hello);
  otherVersion.writeUInt16LE(99, 12);
  test.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'bad frame'],
    ['a first frame that is too long', longHello, 'frame too long'],
    ['another protocol version', otherVersion, 'wrong version'],
    ['another cluster', encodeServerFrame({ ...hello, cluster: 'other' }), 'wrong cluster'],
    ['an unknown peer', encodeServerFrame({ ...hello, node: 'zz' }), 'unknown peer'],
    ['a peer with the own name', encodeServerFrame({ ...hello, node: 'a' }), 'own name'],
    [
      'a first frame that is neither HELLO nor CONNECT',
      encodeServerFrame({ type: 'leave', reason: '' }),
      'bad first frame',
    ],
    [
      'a client of another cluster',
      encodeClientFrame({ type: 'connect', cluster: 'other', instance: 1, sessions: ['s'] }),
      'wrong cluster',
    ],
    [
      'a client with a bad session name',
      encodeClientFrame({ type: 'connect', cluster: CLUSTER, instance: 1, sessions: ['a#b'] }),
      'bad session name',
    ],
  ])('%s closes that connection with a counted reason and nobody else notices', (_what, bytes, reason) => {
    const bus = MemoryBus.started(['a', 'b']);
    const inputs = stranger(bus, bytes);
    expect(inputs.at(-1)).toMatchObject({ type: 'closed', reason: 'ended' });
    // Garbage reads as a length beyond the bound, or as a header that cannot be.
    const reasons = reason === 'bad frame' ? ['bad frame', 'frame too long'] : [reason];
    const refused = bus
      .server('a')
      .events.flatMap((event) => (event.type === 'connectionRefused' ? [event.reason] : []));
    expect(refused).toHaveLength(1);
    expect(reasons).toContain(refused[0]);
    expect(bus.counter('a', `closed_${String(refused[0]).replaceAll(' ', '_')}`)).toBe(1);
    bus.clock.runFor(1_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.counter('a', 'views')).toBe(1);
  });

  test('those that say nothing are closed after a while, and only so many may wait', () => {
    const bus = MemoryBus.started(['a']);
    const inputs: StreamInput[] = [];
    const endpoint = bus.network.endpoint({ host: 'x', give: (input) => inputs.push(input) });
    for (let index = 0; index <= STRANGERS_MAX; index += 1) {
      endpoint.perform({
        type: 'dial',
        conn: 2 * index + 1,
        host: 'a',
        port: PORT,
        bindAddress: undefined,
        timeoutMs: 1_000,
      });
    }
    bus.clock.runFor(100);
    expect(bus.counter('a', 'closed_too_many_strangers')).toBe(1);
    bus.clock.runFor(4_000);
    expect(bus.counter('a', 'closed_no_first_frame')).toBe(STRANGERS_MAX);
    expect(inputs.filter(({ type }) => type === 'closed')).toHaveLength(STRANGERS_MAX + 1);
  });
});

describe('a crowd of strangers that say nothing', () => {
  test('does not block those who speak: the oldest of them goes', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const closed: number[] = [];
    const crowd = bus.network.endpoint({
      host: 'x',
      give: (input) => {
        if (input.type === 'closed') closed.push(input.conn);
      },
    });
    for (let index = 0; index < STRANGERS_MAX; index += 1) {
      const conn = 2 * index + 1;
      crowd.perform({ type: 'dial', conn, host: 'a', port: PORT, bindAddress: undefined, timeoutMs: 1_000 });
      bus.clock.runFor(1);
    }
    const client = bus.client('a', { sessions: ['s'] });
    bus.clock.runFor(50);
    expect(client.core.isConnected).toBe(true);
    expect(closed).toEqual([1]);
    expect(bus.counter('a', 'closed_too_many_strangers')).toBe(1);
  });
});

describe('a server that leaves', () => {
  test('a crash is seen by its closed connections: all survivors stand in the next view within 100 ms', () => {
    const bus = MemoryBus.started(['a', 'b', 'c', 'd']);
    bus.kill('a');
    bus.clock.runFor(100);
    for (const node of ['b', 'c', 'd']) {
      expect(bus.members(node)).toEqual(['b', 'c', 'd']);
      expect(bus.lastLost(node)).toEqual(['a:closed']);
    }
  });

  test('one that is paused is silent: it is out of the view within a second and back soon after it goes on', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    bus.server('b').process.pause();
    bus.clock.runFor(1_000);
    expect(bus.members('a')).toEqual(['a', 'c']);
    expect(bus.lastLost('a')).toEqual(['b:silence']);
    expect(bus.lastLost('c')).toEqual(['b:silence']);
    bus.server('b').process.proceed();
    bus.clock.runFor(2_000);
    expect([...bus.members('b')].sort()).toEqual(['a', 'b', 'c']);
    expect(bus.server('b').events.some(({ type }) => type === 'paused')).toBe(true);
  });

  test('one that stops says so: cause leave, without waiting for anything', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    bus.server('c').process.give({ type: 'leave' });
    bus.clock.runFor(50);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.lastLost('a')).toEqual(['c:leave']);
    expect(bus.lastLost('b')).toEqual(['c:leave']);
    expect(bus.server('c').core.deadlineMs).toBeUndefined();
  });

  test('one that restarts is back within a second, last in the order, so that nobody else changes roles', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    bus.kill('a');
    bus.clock.runFor(500);
    bus.start('a');
    bus.clock.runFor(1_000);
    for (const node of ['a', 'b', 'c']) expect(bus.members(node)).toEqual(['b', 'c', 'a']);
  });

  test('the strongest cause that anybody saw is told by all: silence here, closed there, is closed', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    bus.network.block('c', 'a');
    bus.clock.runFor(600);
    bus.kill('c');
    bus.clock.runFor(1_500);
    expect(bus.lastLost('a')).toEqual(['c:closed']);
    expect(bus.lastLost('b')).toEqual(['c:closed']);
  });
});

describe('partitions', () => {
  test('both sides go on with their own view and meet in a common one after healing', () => {
    const bus = MemoryBus.started(['a', 'b', 'c', 'd'], { reconnectIntervalMs: 1_000 });
    const cut = ['a', 'b'].flatMap((left) => ['c', 'd'].map((right) => [left, right] as const));
    for (const [left, right] of cut) {
      bus.network.block(left, right);
      bus.network.block(right, left);
    }
    bus.clock.runFor(2_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.members('d')).toEqual(['c', 'd']);
    bus.network.heal();
    bus.clock.runFor(3_000);
    for (const node of ['a', 'b', 'c', 'd'])
      expect([...bus.members(node)].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a cut that only two servers notice settles: a and b stay together, c stands alone, and nothing oscillates', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    bus.network.block('a', 'c');
    bus.network.block('c', 'a');
    bus.clock.runFor(5_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.members('b')).toEqual(['a', 'b']);
    expect(bus.members('c')).toEqual(['c']);
    const before = ['a', 'b', 'c'].map((node) => bus.counter(node, 'views'));
    bus.clock.runFor(60_000);
    expect(['a', 'b', 'c'].map((node) => bus.counter(node, 'views'))).toEqual(before);
  });
});

describe('what a server tells its host', () => {
  test('the status carries view, links with their liveness, and who sees whom', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    bus.clock.runFor(1_000);
    bus.kill('c');
    bus.clock.runFor(500);
    const status = bus.server('a').core.status(bus.clock.nowMs());
    expect(status).toMatchObject({ node: 'a', state: 'operational', view: { members: ['a', 'b'] } });
    const [toB, toC] = status.links;
    expect(toB).toMatchObject({ peer: 'b', address: `b:${PORT}`, state: 'up', backlog: 0, reconnects: 0 });
    expect(toB?.roundTripMs).toBeGreaterThan(0);
    expect(toB?.roundTripMs).toBeLessThan(5);
    expect(bus.clock.nowMs() - (toB?.heardAtMs ?? 0)).toBeLessThan(150);
    expect(toC).toMatchObject({ peer: 'c', reconnects: 1, heardAtMs: undefined });
    expect(status.reach).toContainEqual({ node: 'b', sees: ['a'] });
    expect(bus.server('a').events.some(({ type }) => type === 'reachChanged')).toBe(true);
  });

  test('a change of peers closes those that are gone and dials those that are new', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const peers = (nodes: readonly string[]) =>
      nodes.map((node) => ({ node: node as NodeName, host: node, port: PORT }));
    bus
      .server('a')
      .process.give({ type: 'optionsChanged', options: serverOptions({ peers: peers(['a', 'b']) }) });
    bus.clock.runFor(1_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(
      bus
        .server('a')
        .core.status(0)
        .links.map(({ peer }) => peer),
    ).toEqual(['b']);
    bus.server('a').process.give({
      type: 'optionsChanged',
      options: serverOptions({ peers: peers(['a', 'b', 'c']) }),
    });
    bus.clock.runFor(2_000);
    expect([...bus.members('a')].sort()).toEqual(['a', 'b', 'c']);
  });
});

describe('safe delivery and slow members', () => {
  test('a safe message waits for all members, and what comes after it waits behind it', () => {
    const bus = MemoryBus.started(['a', 'b', 'c']);
    const client = bus.client('a', { sessions: ['s'] });
    join(client, 's', 'g');
    bus.clock.runFor(100);
    bus.server('c').process.pause();
    publish(client, 's', ['g'], 'safe', 'safe');
    bus.clock.runFor(50);
    publish(client, 's', ['g'], 'agreed');
    bus.clock.runFor(200);
    expect(heard(client)).toEqual([]);
    bus.server('c').process.proceed();
    bus.clock.runFor(100);
    expect(heard(client)).toEqual(['s<#s#a: safe', 's<#s#a: agreed']);
  });

  test('a member that reads nothing leaves the view with cause backlog and the others go on', () => {
    const bus = MemoryBus.started(['a', 'b', 'c'], {
      maxBacklog: 100,
      timing: { ...serverOptions().timing, suspectMs: 20_000 },
      idleTimeoutMs: 60_000,
    });
    const client = bus.client('a', { sessions: ['s'] });
    join(client, 's', 'g');
    bus.clock.runFor(100);
    bus.server('c').process.pause();
    const big = 'x'.repeat(20_000);
    for (let index = 0; index < 400; index += 1) {
      publish(client, 's', ['g'], `${index} ${big}`);
      bus.clock.runFor(10);
    }
    bus.clock.runFor(3_000);
    expect(bus.members('a')).toEqual(['a', 'b']);
    expect(bus.lastLost('a')).toEqual(['c:backlog']);
    expect(heard(client)).toHaveLength(400);
  });

  test('a client that reads nothing is disconnected with cause backlog, in order, and the others go on', () => {
    const bus = MemoryBus.started(['a', 'b'], { maxBacklog: 50 });
    const slow = bus.client('a', { sessions: ['slow'] });
    const other = bus.client('b', { sessions: ['other'] });
    join(slow, 'slow', 'g');
    join(other, 'other', 'g');
    bus.clock.runFor(100);
    slow.process.pause();
    for (let index = 0; index < 200; index += 1) {
      publish(other, 'other', ['g'], `${index} ${'y'.repeat(8_000)}`);
      bus.clock.runFor(5);
    }
    bus.clock.runFor(500);
    expect(heard(other)).toHaveLength(200);
    const last = views(other, 'g').at(-1);
    expect(last).toMatchObject({ cause: 'disconnect', lost: [{ name: '#slow#a', cause: 'backlog' }] });
    expect(names(last)).toEqual(['#other#b']);
  });
});
