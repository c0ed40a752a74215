/** How fast a job sends, and how much before it is acknowledged (LGS-14, LGS-17, LGS-18). */

import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { CONNECTION_WINDOW_BYTES, WINDOW_BYTES } from '../../../server/logs/session-api.ts';
import { LOG_BEGIN } from '../../../server/model/log-position.ts';
import { type Caller, LogServiceWorld, MAINLOG } from '../../support/log-service-world.ts';

const at = (marker: number, segment = 0) => ({ segment, marker });

function received(caller: Caller): number {
  return caller.heard('records').reduce((sum, { bytes }) => sum + bytes, 0);
}

describe('pace', () => {
  test('[LOG-10] [LOG-11] sleeps log_active_interval after a round with records, log_idle_interval after an empty one', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { activeMs: 1_000, idleMs: 10_000 });
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one');
    const mgr = world.caller();
    mgr.open();
    log.append('two');
    world.clock.runFor(800);
    expect(mgr.lines()).toEqual(['one']);
    world.clock.runFor(300);
    expect(mgr.lines()).toEqual(['one', 'two']);
    // The next round finds nothing, and the one after it comes 10 s later.
    world.clock.runFor(1_000);
    log.append('three');
    world.clock.runFor(9_000);
    expect(mgr.lines()).toHaveLength(2);
    world.clock.runFor(1_200);
    expect(mgr.lines()).toEqual(['one', 'two', 'three']);
  });

  test('[LOG-10] [LOG-11] [CON-16] other intervals hold at once, also for a job that sleeps', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { activeMs: 1_000, idleMs: 600_000 });
    const log = node.logs.log(MAINLOG, 'master');
    const mgr = world.caller();
    mgr.open();
    world.clock.runFor(5_000);
    log.append('one');
    node.change({ idleMs: 6_000 });
    world.clock.runFor(500);
    expect(mgr.lines()).toEqual([]);
    world.clock.runFor(1_000);
    expect(mgr.lines()).toEqual(['one']);
    node.change({ activeMs: 0 });
    world.clock.runFor(10);
    log.append('two');
    node.change({ idleMs: 0 });
    world.clock.runFor(100);
    expect(mgr.lines()).toEqual(['one', 'two']);
  });

  test('a round sends all that is there, across segments', () => {
    const world = new LogServiceWorld();
    const node = world.node('node1', { activeMs: 3_600_000 });
    const log = node.logs.log(MAINLOG, 'master');
    const line = 'x'.repeat(5_000);
    for (let segment = 0; segment < 5; segment += 1) {
      log.append(...Array.from({ length: 400 }, (_, index) => `${segment} ${index} ${line}`));
      log.roll();
    }
    const mgr = world.caller();
    mgr.open();
    world.clock.runFor(10_000);
    expect(mgr.lines()).toHaveLength(2_000);
    expect(mgr.lines().at(-1)?.startsWith('4 399')).toBe(true);
    expect(log.subscribers.get('master')).toEqual(at(0, 5));
  });

  test('[LOG-23] nothing comes while a job is held, and everything after that', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    const mgr = world.caller();
    mgr.open();
    mgr.request({ type: 'hold', ref: 1, ms: 25_000 });
    log.append('one');
    world.clock.runFor(24_000);
    expect(mgr.lines()).toEqual([]);
    expect(node.service.jobs(world.clock.nowMs())).toMatchObject([{ state: 'held' }]);
    world.clock.runFor(1_500);
    expect(mgr.lines()).toEqual(['one']);
  });

  test('[LOG-23] a hold can be ended before its time, and has an upper bound', () => {
    const world = new LogServiceWorld();
    const log = world.node('node1', { idleMs: 1_000 }).logs.log(MAINLOG, 'master');
    const mgr = world.caller();
    mgr.open();
    mgr.request({ type: 'hold', ref: 1, ms: 0xffff_ffff });
    log.append('one');
    world.clock.runFor(50_000);
    expect(mgr.lines()).toEqual([]);
    mgr.request({ type: 'hold', ref: 1, ms: 0 });
    world.clock.runFor(100);
    expect(mgr.lines()).toEqual(['one']);
    mgr.request({ type: 'hold', ref: 1, ms: 0xffff_ffff });
    log.append('two');
    world.clock.runFor(62_000);
    expect(mgr.lines()).toEqual(['one', 'two']);
  });

  test('a place that has to be looked for costs no busy loop', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one');
    log.searches = 20;
    const mgr = world.caller();
    mgr.open();
    expect(mgr.lines()).toEqual(['one']);
    expect(node.logs.commands.filter(({ type }) => type === 'read').length).toBeLessThan(25);
  });
});

describe('windows', () => {
  test('[LGS-14] no more than the window is sent before it is acknowledged', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append(...Array.from({ length: 1_000 }, () => 'x'.repeat(10_000)));
    const mgr = world.caller();
    mgr.greedy = false;
    mgr.open();
    world.clock.runFor(60_000);
    const before = received(mgr);
    expect(before).toBeGreaterThan(WINDOW_BYTES / 2);
    expect(before).toBeLessThanOrEqual(WINDOW_BYTES);
    expect(log.subscribers.get('master')).toEqual(LOG_BEGIN);
    expect(node.service.jobs(world.clock.nowMs())).toMatchObject([{ state: 'waiting' }]);
    mgr.greedy = true;
    const last = mgr.heard('records').at(-1);
    if (last !== undefined) mgr.checkpoint(last.upTo);
    world.clock.runFor(10_000);
    expect(received(mgr)).toBe(10_000_000);
  });

  test('[LGS-14] all jobs of a connection share a window as well', () => {
    const world = new LogServiceWorld();
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    const log = world.node().logs.log(MAINLOG, ...names);
    log.append(...Array.from({ length: 500 }, () => 'x'.repeat(10_000)));
    const mgr = world.caller();
    mgr.greedy = false;
    for (const [ref, name] of names.entries()) mgr.open({ ref, subscribers: [name] });
    world.clock.runFor(60_000);
    expect(received(mgr)).toBeGreaterThan(CONNECTION_WINDOW_BYTES - WINDOW_BYTES);
    expect(received(mgr)).toBeLessThanOrEqual(CONNECTION_WINDOW_BYTES);
    mgr.greedy = true;
    for (const ref of names.keys()) {
      const last = mgr.heard('records').findLast((event) => event.ref === ref);
      if (last !== undefined) mgr.checkpoint(last.upTo, ref);
    }
    world.clock.runFor(60_000);
    for (const ref of names.keys()) expect(mgr.lines(ref)).toHaveLength(500);
  });

  test('[LGS-14] records that are longer than a frame or than all windows arrive whole and in order', () => {
    const world = new LogServiceWorld();
    const log = world.node('node1', { activeMs: 100 }).logs.log(MAINLOG, 'master');
    const prng = new Prng(3);
    const messages = [10, 1_500_000, 3, 6_000_000, 40_000_000, 0, 1].map((length) =>
      Buffer.alloc(length, prng.below(256)),
    );
    log.append(...messages);
    const mgr = world.caller();
    mgr.open();
    world.clock.runFor(20_000);
    const arrived = mgr.heard('records').flatMap(({ records }) => records);
    expect(arrived.map(({ data }) => data.length)).toEqual(messages.map(({ length }) => length));
    expect(arrived.every(({ data }, index) => messages[index]?.equals(data))).toBe(true);
    expect(log.subscribers.get('master')).toEqual(at(messages.length));
    expect(mgr.heard('closed')).toEqual([]);
  });

  test('[LGS-14] a peer that reads slowly holds up only itself, and little waits in the node', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master', 'fast');
    log.append(...Array.from({ length: 3_000 }, () => 'x'.repeat(1_000)));
    const slow = world.caller('slow');
    const fast = world.caller('fast');
    world.network.deafen(slow.endpoint, true);
    slow.request({
      type: 'open',
      ref: 1,
      log: 'mainlog',
      subscribers: ['master'],
      known: undefined,
    });
    fast.open({ subscribers: ['fast'] });
    world.clock.runFor(5_000);
    expect(fast.lines()).toHaveLength(3_000);
    world.network.deafen(slow.endpoint, false);
    world.clock.runFor(5_000);
    expect(slow.lines()).toHaveLength(3_000);
  });

  test('[LOG-24] [LGS-15] what cannot be read is a gap in its place, and reading goes on behind it', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one');
    log.damage(512, 'bytes that are no record at byte 40');
    log.append('two', 'three');
    const mgr = world.caller();
    mgr.open();
    const told = mgr.events.flatMap((event): unknown[] => {
      if (event.type === 'gap') return [event.gap];
      return event.type === 'records' ? event.records.map(({ data }) => data.toString()) : [];
    });
    expect(told).toEqual([
      'one',
      { from: at(1), to: at(2), bytes: 512, text: 'bytes that are no record at byte 40' },
      'two',
      'three',
    ]);
    expect(log.subscribers.get('master')).toEqual(at(3));
  });
});
