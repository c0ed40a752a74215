/** Who gets onto a connection of the cluster listener, and how every connection ends (LGS-01 to LGS-05). */

import { describe, expect, test } from 'vitest';
import type { StreamInput } from '../../../server/base/stream-io.ts';
import { FRAME_BYTES_MAX, FrameCutter, frame, type RawFrame } from '../../../server/logs/frame.ts';
import { DialHandshake, LINK } from '../../../server/logs/handshake.ts';
import { decodeTell, encodeAsk } from '../../../server/logs/log-frames.ts';
import type { MemoryEndpoint } from '../../../server/memory/memory-endpoint.ts';
import type { NodeName } from '../../../server/model/names.ts';
import {
  keysOf,
  LOG_PORT,
  LogServiceWorld,
  MAINLOG,
  type ServedNode,
} from '../../support/log-service-world.ts';

/** A peer that sends what it likes. */
class Stranger {
  readonly frames: RawFrame[] = [];
  ended = false;
  readonly #world: LogServiceWorld;
  readonly #endpoint: MemoryEndpoint;
  #connected = false;

  constructor(world: LogServiceWorld) {
    this.#world = world;
    const cutter = new FrameCutter();
    cutter.trust();
    const take = (input: StreamInput): void => {
      if (input.type === 'connected') this.#connected = true;
      if (input.type === 'closed') this.ended = true;
      if (input.type !== 'received') return;
      cutter.push(input.bytes);
      for (let next = cutter.next(); next !== undefined; next = cutter.next()) {
        if (typeof next !== 'string') this.frames.push(next);
      }
    };
    this.#endpoint = world.network.endpoint({ host: 'stranger', give: take });
    const dial = { type: 'dial', conn: 1, host: 'node1', port: LOG_PORT, bindAddress: undefined } as const;
    this.#endpoint.perform({ ...dial, timeoutMs: 1_000 });
    world.clock.runFor(10);
    if (!this.#connected) throw new Error('not connected');
  }

  send(...bytes: readonly Buffer[]): void {
    for (const one of bytes) this.#endpoint.perform({ type: 'write', conn: 1, bytes: one });
    this.#world.clock.runFor(10);
  }

  /** Without keys. */
  greet(more: { readonly service?: string; readonly to?: string } = {}): void {
    const caller = { service: 'log', from: 'mgr', to: 'node1', ...more };
    this.send(new DialHandshake(caller, undefined).hello);
  }
}

function closesOf(node: ServedNode): Readonly<Record<string, number>> {
  return Object.fromEntries(node.service.closes);
}

describe('handshake', () => {
  test('[BUS-14] both ends prove the key of the bus before anything else', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { keys: keysOf('old', 'new') });
    node.logs.log(MAINLOG, 'master').append('one');
    const mgr = world.caller('mgr', { keys: keysOf('new') });
    mgr.open();
    expect(mgr.heard('ready')).toEqual([{ type: 'ready', node: 'node1', version: '0.2.0' }]);
    expect(mgr.lines()).toEqual(['one']);
  });

  test.each([
    ['another key', keysOf('a'), keysOf('b'), 'wrongKey'],
    ['the same id for another key', keysOf('a'), forged('a', 'b'), 'wrongKey'],
    ['no key on the node', undefined, keysOf('b'), 'noKey'],
    ['no key on the manager', keysOf('a'), undefined, 'noKey'],
  ] as const)('%s: refused, and said on both sides', (_what, ofNode, ofManager, reason) => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { keys: ofNode });
    const mgr = world.caller('mgr', { keys: ofManager });
    world.clock.runFor(5_000);
    expect(mgr.heard('closed')).toMatchObject([{ reason }]);
    expect(mgr.heard('ready')).toEqual([]);
    expect(node.told('turnedAway')).toHaveLength(1);
    const [told] = node.told('turnedAway');
    // Who finds out that the other end is wrong goes, and the other end sees that.
    expect(['ended', 'reset', reason]).toContain(told?.reason);
    expect(node.told('joined')).toEqual([]);
  });

  test('keys that change are asked of the next connection, and this one lives on', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { keys: keysOf('old') });
    const mgr = world.caller('mgr', { keys: keysOf('old') });
    node.change({ keys: keysOf('new') });
    world.clock.runFor(30_000);
    expect(mgr.heard('closed')).toEqual([]);
    expect(world.caller('mgr2', { keys: keysOf('old') }).heard('closed')).toMatchObject([
      { reason: 'wrongKey' },
    ]);
    expect(world.caller('mgr3', { keys: keysOf('new') }).heard('ready')).toHaveLength(1);
  });

  test('a recorded handshake proves nothing the next time', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { keys: keysOf('a') });
    const recorded: Buffer[] = [];
    world.network.tap = (from, bytes) => {
      if (from.host === 'mgr') recorded.push(Buffer.from(bytes));
    };
    world.caller('mgr', { keys: keysOf('a') });
    world.network.tap = undefined;
    expect(node.told('joined')).toHaveLength(1);
    const stranger = new Stranger(world);
    stranger.send(...recorded);
    expect(node.told('joined')).toHaveLength(1);
    expect(closesOf(node)).toEqual({ wrongKey: 1 });
  });

  test('a manager that called another node goes, with or without keys', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const mgr = world.caller('mgr', { node: 'node2' as NodeName });
    expect(mgr.heard('closed')).toMatchObject([{ reason: 'wrongNode' }]);
    expect(closesOf(node)).toEqual({ wrongNode: 1 });
  });

  test('another version and another service are refused in words', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const later = new Stranger(world);
    later.send(frame(LINK.hello, (w) => w.u16(2).text('log')));
    const other = new Stranger(world);
    other.greet({ service: 'mail' });
    for (const { frames, ended } of [later, other]) {
      expect(frames.map(({ type }) => type)).toEqual([LINK.refuse]);
      expect(frames[0]?.body.toString('utf8')).toMatch(/this node/);
      expect(ended).toBe(true);
    }
    expect(closesOf(node)).toEqual({ version: 1, service: 1 });
  });

  test('a node that does not answer the handshake is given up', () => {
    const world = new LogServiceWorld();
    world.network.endpoint({ host: 'node1', port: LOG_PORT, give: () => undefined });
    const mgr = world.caller();
    world.clock.runFor(6_000);
    expect(mgr.heard('closed')).toMatchObject([{ reason: 'slow' }]);
  });

  test('nobody there: unreachable', () => {
    expect(new LogServiceWorld().caller().heard('closed')).toMatchObject([{ reason: 'unreachable' }]);
  });
});

describe('strangers', () => {
  test('[LGS-04] who says nothing has to go after 3 s', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const stranger = new Stranger(world);
    world.clock.runFor(2_900);
    expect(stranger.ended).toBe(false);
    world.clock.runFor(200);
    expect(stranger.ended).toBe(true);
    expect(closesOf(node)).toEqual({ slow: 1 });
  });

  test.each([
    ['a web request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'frameTooLong'],
    ['an empty frame', Buffer.from([0, 0, 0, 0, 1]), 'badFrame'],
    ['a frame that is no HELLO', encodeAsk({ type: 'list' }), 'badFrame'],
    ['a HELLO that is cut short', frame(LINK.hello, (w) => w.u16(1).u16(900)), 'badFrame'],
    ['a long frame in one go', frame(LINK.hello, (w) => w.raw(Buffer.alloc(65_500)), 65_500), 'tooMuch'],
  ])('[LGS-01] %s ends the connection at once', (_what, bytes, reason) => {
    const world = new LogServiceWorld();
    const node = world.node();
    const stranger = new Stranger(world);
    stranger.send(Buffer.concat([bytes, bytes]));
    expect(stranger.ended).toBe(true);
    expect(Object.keys(closesOf(node))).toEqual([reason]);
  });

  test('[LGS-04] many of them make room for the next one', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    for (let count = 0; count < 70; count += 1) new Stranger(world);
    expect(node.told('turnedAway').map(({ reason }) => reason)).toEqual(Array(6).fill('crowded'));
    expect(world.caller().heard('ready')).toHaveLength(1);
  });

  test('[LGS-04] too many that are known are refused in words', () => {
    const world = new LogServiceWorld();
    world.node();
    for (let count = 0; count < 128; count += 1) {
      expect(world.caller(`mgr${count}`).heard('ready')).toHaveLength(1);
    }
    expect(world.caller('one-more').heard('closed')).toMatchObject([
      { reason: 'refused', text: 'this node has too many connections' },
    ]);
  });
});

describe('connections that stand', () => {
  test('[LGS-05] an idle connection stands; one whose peer is gone is closed by both after 15 s', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const mgr = world.caller();
    world.clock.runFor(600_000);
    expect(mgr.heard('closed')).toEqual([]);
    world.network.block('mgr', 'node1');
    world.network.block('node1', 'mgr');
    world.clock.runFor(21_000);
    expect(mgr.heard('closed')).toMatchObject([{ reason: 'silent' }]);
    expect(closesOf(node)).toEqual({ silent: 1 });
  });

  test.each([
    ['of an unknown type', frame(200)],
    ['that only a node may send', frame(17)],
    ['that is cut short', frame(18, (w) => w.u32(1).u16(7))],
    ['with something left over', frame(16, (w) => w.u8(1))],
    ['that asks for no subscriber', frame(18, (w) => w.u32(1).text('mainlog').u16(0).u8(0))],
  ])('[LGS-01] a frame %s ends the connection', (_what, bytes) => {
    const world = new LogServiceWorld();
    const node = world.node();
    const peer = new Stranger(world);
    peer.greet();
    peer.send(bytes);
    expect(peer.ended).toBe(true);
    expect(closesOf(node)).toEqual({ badFrame: 1 });
  });

  test('[LGS-01] a frame that is too long ends the connection before its bytes are there', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const peer = new Stranger(world);
    peer.greet();
    const header = Buffer.alloc(5, 18);
    header.writeUInt32BE(FRAME_BYTES_MAX + 1, 0);
    peer.send(header);
    expect(peer.ended).toBe(true);
    expect(closesOf(node)).toEqual({ frameTooLong: 1 });
  });

  test('[LGS-16] a checkpoint that was never sent ends the job and moves nothing', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one');
    const peer = new Stranger(world);
    peer.greet();
    peer.send(
      encodeAsk({ type: 'open', ref: 1, log: 'mainlog', subscribers: ['master'], known: undefined }),
      encodeAsk({ type: 'checkpoint', job: 1, position: { segment: 0, marker: 9 } }),
    );
    expect(peer.frames.map(decodeTell).filter((tell) => tell?.type === 'end')).toEqual([]);
    peer.send(encodeAsk({ type: 'checkpoint', job: 1, position: { segment: 0, marker: 9 } }));
    expect(peer.frames.map(decodeTell).filter((tell) => tell?.type === 'end')).toMatchObject([
      { job: 1, reason: 'badPosition' },
    ]);
    expect(log.subscribers.get('master')).toEqual({ segment: 0, marker: 0 });
  });

  test('a peer that asks without end and reads nothing is cut off', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const mgr = world.caller();
    world.network.deafen(mgr.endpoint, true);
    // Each refusal says again who was asked for.
    const subscribers = Array.from({ length: 16 }, (_, index) => `${index} ${'x'.repeat(90)}`);
    const ask = encodeAsk({ type: 'open', ref: 1, log: 'mainlog', subscribers, known: undefined });
    for (let burst = 0; burst < 400 && node.told('left').length === 0; burst += 1) {
      mgr.endpoint.perform({ type: 'write', conn: 1, bytes: Buffer.concat(Array<Buffer>(60).fill(ask)) });
      world.clock.runFor(20);
    }
    expect(closesOf(node)).toEqual({ notReading: 1 });
  });

  test('a node that stops says goodbye and takes nobody new', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const mgr = world.caller();
    node.give({ type: 'stop' });
    world.clock.runFor(100);
    expect(mgr.heard('closed')).toMatchObject([{ reason: 'ended' }]);
    const late = new Stranger(world);
    expect(late.ended).toBe(true);
  });
});

/** Says the id of one key and has another. */
function forged(id: string, secret: string): ReturnType<typeof keysOf> {
  const { keys, nonce } = keysOf(secret);
  return { keys: keys.map((key) => ({ ...key, id: `id of ${id}` })), nonce };
}
