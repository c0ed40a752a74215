/** What clients that come and go may cost a server whose bus takes nothing. */

import { describe, expect, test } from 'vitest';
import { type ClientFrame, encodeClientFrame } from '../../../server/msgc/client-frames.ts';
import { LEAVING_BYTES_MAX, LEAVING_MAX } from '../../../server/msgc/clients.ts';
import { packMessages } from '../../../server/msgc/packet.ts';
import { CLUSTER } from '../../sim/bus/bus-processes.ts';
import { MemoryBus } from '../../support/memory-bus.ts';

/** A server before its first view; time stands still. */
function stalled(): MemoryBus {
  const bus = new MemoryBus(['a']);
  bus.start('a');
  return bus;
}

class Loop {
  readonly #bus: MemoryBus;
  #conn = 10_000;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
  }

  /** Connects, asks and closes in the moment that it is now. True when the server took the client. */
  pass(session: string, frames: readonly ClientFrame[]): boolean {
    const { core } = this.#bus.server('a');
    const nowMs = this.#bus.clock.nowMs();
    this.#conn += 2;
    const conn = this.#conn;
    const before = core.status(nowMs).clients;
    const connect = encodeClientFrame({
      type: 'connect',
      cluster: CLUSTER,
      instance: 1,
      sessions: [session],
    });
    core.step({ type: 'accepted', conn, local: 'l', remote: 'r' }, nowMs);
    core.step({ type: 'received', conn, bytes: connect }, nowMs);
    const taken = core.status(nowMs).clients > before;
    core.step(
      { type: 'received', conn, bytes: Buffer.concat(frames.map((frame) => encodeClientFrame(frame))) },
      nowMs,
    );
    core.step({ type: 'closed', conn, reason: 'ended', detail: '' }, nowMs);
    return taken;
  }
}

function multicast(bytes: number): ClientFrame {
  return {
    type: 'multicast',
    mailbox: 0,
    service: 'agreed',
    groups: ['g'],
    count: 1,
    messages: packMessages([{ kind: 1, payload: Buffer.alloc(bytes) }]),
  };
}
const join: ClientFrame = { type: 'join', mailbox: 0, group: 'g', capabilities: Buffer.alloc(0) };

describe('while the bus takes nothing', () => {
  test('so many clients may leave requests behind; then new ones are refused, until it takes them', () => {
    const bus = stalled();
    expect(bus.server('a').core.status(0).state).toBe('gather');
    const loop = new Loop(bus);
    for (let index = 0; index < LEAVING_MAX; index += 1) expect(loop.pass(`s${index}`, [join])).toBe(true);
    expect(loop.pass('one more', [])).toBe(false);
    expect(loop.pass('one-more', [])).toBe(false);
    expect(bus.counter('a', 'closed_too_many_clients_leaving')).toBe(2);
    bus.clock.runFor(3_000);
    expect(loop.pass('one-more', [])).toBe(true);
  });

  test('so many bytes may be left behind', () => {
    const loop = new Loop(stalled());
    const bytes = 4 * 1024 * 1024;
    let taken = 0;
    while (taken < 100 && loop.pass(`s${taken}`, [multicast(bytes)])) taken += 1;
    expect(taken).toBe(LEAVING_BYTES_MAX / bytes);
  });

  test('a session that is taken over again and again leaves no more behind', () => {
    const loop = new Loop(stalled());
    const bytes = 4 * 1024 * 1024;
    let taken = 0;
    while (taken < 100 && loop.pass('s', [multicast(bytes)])) taken += 1;
    expect(taken).toBeLessThanOrEqual(LEAVING_BYTES_MAX / bytes + 1);
  });

  test('clients that asked for nothing leave nothing behind', () => {
    const bus = stalled();
    const loop = new Loop(bus);
    for (let index = 0; index < 3 * LEAVING_MAX; index += 1) expect(loop.pass(`s${index}`, [])).toBe(true);
    expect(bus.counter('a', 'queued_batches')).toBe(0);
  });
});
