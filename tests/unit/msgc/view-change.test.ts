/** View changes that a faulty peer, a short absence or a renewed link must not spoil. */

import { describe, expect, test } from 'vitest';
import type { NodeName } from '../../../server/model/names.ts';
import { encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import type { FlushFrame, ServerFrame } from '../../../server/msgc/frames.ts';
import { CTR_MAX, CTR_STEP_MAX } from '../../../server/msgc/ids.ts';
import { CLUSTER } from '../../sim/bus/bus-processes.ts';
import { MemoryBus } from '../../support/memory-bus.ts';

const CONN = 9_990;

/** A connection on which somebody says HELLO to `to` in the name of `node`, and then `frames`. */
function speak(
  bus: MemoryBus,
  to: string,
  hello: { readonly node: string; readonly inc: number; readonly maxCtr?: number },
  frames: readonly ServerFrame[] = [],
): void {
  const { core } = bus.server(to);
  const nowMs = bus.clock.nowMs();
  const first = { type: 'hello', cluster: CLUSTER, helloNo: 99, maxCtr: 0, ...hello } as const;
  core.step({ type: 'accepted', conn: CONN, local: 'l', remote: 'r' }, nowMs);
  const bytes = Buffer.concat([first, ...frames].map((frame) => encodeServerFrame(frame)));
  core.step({ type: 'received', conn: CONN, bytes }, nowMs);
}

function counterOf(bus: MemoryBus, node: string): number {
  return Number(bus.server(node).core.status(0).view?.viewId.split('.')[0]);
}

describe('the counter of attempts', () => {
  const c = { ctr: 0, coord: 'c' as NodeName, inc: 1 };
  const members = ['a', 'c'].map((node) => ({ node: node as NodeName, inc: 1 }));
  const said: readonly (readonly [string, number, readonly FlushFrame[]])[] = [
    ['HELLO', Number.MAX_SAFE_INTEGER, []],
    ['HELLO', CTR_MAX, []],
    ['HELLO', CTR_MAX - 2, []],
    ['NACK', 0, [{ type: 'nack', att: c, maxCtr: CTR_MAX, reason: 'old', nodes: [] }]],
    ['NACK', 0, [{ type: 'nack', att: c, maxCtr: Number.MAX_SAFE_INTEGER, reason: 'old', nodes: [] }]],
    ['PROPOSE', 0, [{ type: 'propose', att: { ...c, ctr: CTR_MAX }, members }]],
    ['PROPOSE', 0, [{ type: 'propose', att: { ...c, ctr: Number.MAX_SAFE_INTEGER }, members }]],
  ];
  test.each(said)(
    'views go on to change after a %s of a faulty peer (HELLO counter %i)',
    (_type, maxCtr, frames) => {
      const bus = new MemoryBus(['a', 'b', 'c']);
      bus.start('a');
      bus.start('b');
      bus.clock.runFor(2_000);
      speak(bus, 'a', { node: 'c', inc: 1, maxCtr }, frames);
      bus.clock.runFor(5_000);
      bus.start('c');
      bus.clock.runFor(20_000);
      for (const node of ['a', 'b', 'c']) expect([...bus.members(node)].sort()).toEqual(['a', 'b', 'c']);
      expect(counterOf(bus, 'a')).toBeLessThan(2 * CTR_STEP_MAX + 1_000);
    },
  );

  test('a server that starts far behind is caught up with', () => {
    const bus = new MemoryBus(['a', 'b', 'c']);
    bus.start('a');
    bus.start('b');
    bus.clock.runFor(1_000);
    for (let index = 1; index <= 5; index += 1) {
      speak(bus, 'a', { node: 'c', inc: index, maxCtr: CTR_MAX });
      bus.clock.runFor(1_000);
    }
    bus.start('c');
    bus.clock.runFor(10_000);
    expect(counterOf(bus, 'a')).toBeGreaterThan(5 * CTR_STEP_MAX);
    for (const node of ['a', 'b', 'c']) expect([...bus.members(node)].sort()).toEqual(['a', 'b', 'c']);
  });
});

test('a proposal for an earlier life of this server is not answered, nor does anything change', () => {
  const bus = MemoryBus.started(['a', 'b']);
  bus.clock.runFor(2_000);
  const c = { node: 'c' as NodeName, inc: 1 };
  const att = { ctr: 1_000, coord: c.node, inc: c.inc };
  const before = bus.counter('a', 'views');
  speak(bus, 'a', c, [{ type: 'propose', att, members: [{ node: 'a' as NodeName, inc: 77 }, c] }]);
  expect(bus.server('a').core.status(bus.clock.nowMs()).state).toBe('operational');
  expect(bus.counter('a', 'nack_unreachable') + bus.counter('a', 'nack_old')).toBe(0);
  expect(bus.counter('a', 'views')).toBe(before);
});

test('a change that is no longer due blames nobody: the view stays as it is', () => {
  const bus = new MemoryBus(['a', 'b', 'c']);
  bus.start('a');
  bus.start('b');
  bus.clock.runFor(8_000);
  const before = bus.counter('b', 'views');
  bus.server('a').process.pause();
  bus.start('c');
  bus.clock.runFor(40);
  bus.server('a').process.proceed();
  bus.clock.runFor(20);
  bus.kill('c');
  bus.clock.runFor(3_000);
  expect(bus.counter('b', 'views')).toBe(before);
  expect(bus.members('a')).toEqual(['a', 'b']);
});

test('a link that closed and came back is no loss: what its server dies of later is the cause', () => {
  const bus = MemoryBus.started(['a', 'b', 'c']);
  bus.clock.runFor(6_000);
  const sees = [
    { node: 'a' as NodeName, inc: 1 },
    { node: 'b' as NodeName, inc: 2 },
  ];
  speak(bus, 'a', { node: 'c', inc: 3 }, [{ type: 'reach', ver: 9, sees }]);
  bus.server('c').process.pause();
  bus.clock.runFor(100);
  expect(bus.members('a')).toEqual(['a', 'b', 'c']);
  bus.clock.runFor(2_000);
  expect(bus.lastLost('a')).toEqual(['c:silence']);
  expect(bus.lastLost('b')).toEqual(['c:silence']);
});

test('a server that hears late that all see each other stays in their view', () => {
  const bus = MemoryBus.started(['a', 'b', 'c']);
  bus.kill('a');
  bus.clock.runFor(100);
  // What b says of the new a reaches c only after c has given a up as the one to propose.
  bus.network.block('b', 'c');
  bus.start('a');
  bus.clock.runFor(420);
  expect([...bus.members('c')].sort()).toEqual(['a', 'b', 'c']);
  const views = bus.counter('c', 'views');
  bus.network.unblock('b', 'c');
  bus.clock.runFor(3_000);
  expect(bus.counter('c', 'views')).toBe(views);
});
