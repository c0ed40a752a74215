/** Both ends of the log file service, connected in memory: jobs, their subscribers, and how they end. */

import { describe, expect, test } from 'vitest';
import { LOG_BEGIN } from '../../../server/model/log-position.ts';
import { LogServiceWorld, MAINLOG } from '../../support/log-service-world.ts';

const at = (marker: number, segment = 0) => ({ segment, marker });

describe('jobs of the log file service', () => {
  test('[LOG-06] records come in order, and the checkpoint of the subscriber follows them', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one', 'two', 'three');
    const mgr = world.caller();
    mgr.open();
    expect(mgr.heard('opened')).toMatchObject([{ job: 1, subscriber: 'master', start: LOG_BEGIN }]);
    expect(mgr.lines()).toEqual(['one', 'two', 'three']);
    expect(mgr.heard('checkpointed')).toMatchObject([{ position: at(3), text: '' }]);
    expect(log.subscribers.get('master')).toEqual(at(3));
    log.append('four');
    world.clock.runFor(11_000);
    expect(mgr.lines()).toEqual(['one', 'two', 'three', 'four']);
  });

  test('[LOG-06] a job goes on from the checkpoint, not from the beginning', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one', 'two', 'three');
    log.subscribers.set('master', at(2));
    const mgr = world.caller();
    mgr.open();
    expect(mgr.lines()).toEqual(['three']);
  });

  test('[LOG-04] only what is published is listed and opened', () => {
    const world = new LogServiceWorld();
    const logs = new Map([
      ['mainlog', MAINLOG],
      ['paniclog', '/logs/panic'],
    ]);
    const node = world.node('node1', { logs });
    node.logs.log(MAINLOG, 'master', 'other');
    node.logs.log('/logs/secret', 'master');
    const mgr = world.caller();
    mgr.request({ type: 'list' });
    mgr.open({ log: 'secret' });
    const subscribers = ['master', 'other'].map((name) => ({ name, position: LOG_BEGIN }));
    expect(mgr.heard('logs')).toEqual([
      {
        type: 'logs',
        logs: [
          { log: 'mainlog', subscribers },
          { log: 'paniclog', subscribers: [] },
        ],
      },
    ]);
    expect(mgr.heard('refused')).toMatchObject([{ ref: 1, code: 'unknownLog' }]);
  });

  test('[LOG-17] the first name that exists is served; none is created', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master', 'backup');
    const mgr = world.caller();
    mgr.open({ subscribers: ['mgr', 'master', 'backup'] });
    mgr.open({ ref: 2, subscribers: ['backup', 'master'] });
    mgr.open({ ref: 3, subscribers: ['nobody'] });
    expect(mgr.heard('opened').map(({ subscriber }) => subscriber)).toEqual(['master', 'backup']);
    expect(mgr.heard('refused')).toMatchObject([{ ref: 3, code: 'noSubscriber' }]);
    expect([...log.subscribers.keys()]).toEqual(['master', 'backup']);
  });

  test('[LGS-12] a subscriber that another aggregator reads is busy until that one goes', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    node.logs.log(MAINLOG, 'master').append('one');
    const east = world.caller('east');
    const west = world.caller('west');
    east.open();
    west.open();
    expect(west.heard('refused')).toMatchObject([{ code: 'busy', text: 'east reads it, job 1' }]);
    east.stop();
    world.clock.runFor(100);
    expect(node.told('jobEnded')).toMatchObject([{ job: 1, reason: 'left', records: 1 }]);
    west.open();
    expect(west.heard('opened')).toMatchObject([{ job: 2, start: at(1) }]);
  });

  test('[LGS-12] the same name takes over, and nothing that was checkpointed comes again', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one', 'two');
    const old = world.caller('mgr');
    old.open();
    log.append('three');
    // It comes back with its old connection half open.
    const again = world.caller('mgr');
    again.open();
    expect(old.heard('ended')).toMatchObject([{ reason: 'takenOver' }]);
    expect(again.lines()).toEqual(['three']);
    expect(node.service.jobs(world.clock.nowMs())).toMatchObject([{ id: 2, by: 'mgr' }]);
  });

  test('[LGS-13] what the aggregator has durably counts when only a checkpoint was lost', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one', 'two', 'three');
    log.subscribers.set('master', at(1));
    const mgr = world.caller();
    mgr.open({ known: { subscriber: 'master', durable: at(2), confirmed: at(1) } });
    expect(mgr.heard('opened')).toMatchObject([{ start: at(2), followed: true }]);
    expect(mgr.lines()).toEqual(['three']);
    expect(log.subscribers.get('master')).toEqual(at(3));
  });

  test.each([
    ['set back by hand', at(1), { durable: at(4), confirmed: at(3) }],
    ['set on by hand', at(5), { durable: at(4), confirmed: at(3) }],
  ])('[LGS-13] an offset that was %s counts', (_how, checkpoint, known) => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('1', '2', '3', '4', '5', '6');
    log.subscribers.set('master', checkpoint);
    const mgr = world.caller();
    mgr.open({ known: { subscriber: 'master', ...known } });
    expect(mgr.heard('opened')).toMatchObject([{ start: checkpoint, followed: false }]);
    expect(mgr.lines()[0]).toBe(String(checkpoint.marker + 1));
  });

  test('[LGS-13] what is known of another subscriber does not count', () => {
    const world = new LogServiceWorld();
    world.node().logs.log(MAINLOG, 'master').append('one', 'two');
    const mgr = world.caller();
    mgr.open({ known: { subscriber: 'mgr', durable: at(2), confirmed: at(0) } });
    expect(mgr.heard('opened')).toMatchObject([{ start: LOG_BEGIN, followed: false }]);
  });

  test('[LOG-12] [CMD-02] an aborted job sends nothing more and keeps its checkpoint', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one');
    const mgr = world.caller();
    mgr.open();
    expect(node.abort(7)).toBe(false);
    expect(node.abort(1)).toBe(true);
    log.append('two');
    world.clock.runFor(30_000);
    expect(mgr.heard('ended')).toMatchObject([{ ref: 1, reason: 'aborted', text: 'aborted by admin' }]);
    expect(mgr.lines()).toEqual(['one']);
    expect(log.subscribers.get('master')).toEqual(at(1));
    expect(node.service.jobs(world.clock.nowMs())).toEqual([]);
    mgr.open({ ref: 2 });
    expect(mgr.lines(2)).toEqual(['two']);
  });

  test('[LOG-04] a log that is published no more ends its jobs, and listeners hear of the new list', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    node.logs.log(MAINLOG, 'master');
    const mgr = world.caller();
    mgr.request({ type: 'list' });
    mgr.open();
    node.change({ logs: new Map([['acctlog', '/logs/acct']]) });
    world.clock.runFor(100);
    expect(mgr.heard('ended')).toMatchObject([{ reason: 'unpublished' }]);
    expect(mgr.heard('logs').map(({ logs }) => logs.map(({ log }) => log))).toEqual([
      ['mainlog'],
      ['acctlog'],
    ]);
    expect(node.logs.commands.at(-2)).toEqual({ type: 'release', path: MAINLOG });
  });

  test('[LOG-22] a subscriber that was removed or moved by hand ends the job, and is not set back', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master', 'backup');
    log.append('one', 'two');
    const mgr = world.caller();
    mgr.open();
    mgr.open({ ref: 2, subscribers: ['backup'] });
    log.subscribers.set('master', LOG_BEGIN);
    log.subscribers.delete('backup');
    world.clock.runFor(11_000);
    expect(mgr.heard('ended')).toMatchObject([
      { ref: 1, reason: 'moved' },
      { ref: 2, reason: 'removed' },
    ]);
    expect(log.subscribers.get('master')).toEqual(LOG_BEGIN);
    expect(log.subscribers.has('backup')).toBe(false);
  });

  test('[LOG-22] an offset that is changed between sending and checkpoint stays', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one', 'two');
    const mgr = world.caller();
    mgr.greedy = false;
    mgr.open();
    log.subscribers.set('master', at(1));
    mgr.checkpoint(at(2));
    world.clock.runFor(100);
    expect(mgr.heard('ended')).toMatchObject([{ reason: 'moved' }]);
    expect(log.subscribers.get('master')).toEqual(at(1));
  });

  test('[LOG-09] a disk that takes no checkpoint does not stop the records, and is told', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one');
    log.readOnly = 'read-only file system';
    const mgr = world.caller();
    mgr.open();
    log.append('two');
    world.clock.runFor(2_000);
    expect(mgr.lines()).toEqual(['one', 'two']);
    expect(new Set(mgr.heard('checkpointed').map(({ text }) => text))).toEqual(new Set([log.readOnly]));
    expect(node.told('checkpointFailed')).toHaveLength(1);
    log.readOnly = undefined;
    world.clock.runFor(11_000);
    expect(mgr.heard('checkpointed').at(-1)).toMatchObject({ position: at(2), text: '' });
    expect(log.subscribers.get('master')).toEqual(at(2));
  });

  test('a log that cannot be read is refused, and ends a job that reads it', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    const mgr = world.caller();
    mgr.open();
    log.broken = 'input/output error';
    mgr.open({ ref: 2 });
    world.clock.runFor(11_000);
    expect(mgr.heard('refused')).toMatchObject([{ code: 'unreadable', text: 'input/output error' }]);
    expect(mgr.heard('ended')).toMatchObject([{ ref: 1, reason: 'unreadable', text: 'input/output error' }]);
  });

  test('a log that ends before what was read of it is gone on with at its end', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    log.append('one', 'two', 'three');
    const mgr = world.caller();
    mgr.open();
    log.cutTo(at(1));
    world.clock.runFor(11_000);
    expect(mgr.heard('ended')).toMatchObject([{ reason: 'moved' }]);
    log.append('other');
    mgr.open({ ref: 2, known: { subscriber: 'master', durable: at(3), confirmed: at(3) } });
    expect(mgr.lines(2)).toEqual(['other']);
  });

  test('jobs of one connection have a bound', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const names = Array.from({ length: 65 }, (_, index) => `s${index}`);
    node.logs.log(MAINLOG, ...names);
    const mgr = world.caller();
    for (const [ref, name] of names.entries()) mgr.open({ ref, subscribers: [name] });
    expect(mgr.heard('opened')).toHaveLength(64);
    expect(mgr.heard('refused')).toMatchObject([{ ref: 64, code: 'tooMany' }]);
  });

  test('a job that the aggregator closes is over for both', () => {
    const world = new LogServiceWorld();
    const node = world.node();
    const log = node.logs.log(MAINLOG, 'master');
    const mgr = world.caller();
    mgr.open();
    mgr.request({ type: 'close', ref: 1 });
    log.append('one');
    world.clock.runFor(20_000);
    expect(mgr.heard('ended')).toMatchObject([{ reason: 'closed' }]);
    expect(mgr.lines()).toEqual([]);
    expect(node.service.jobs(world.clock.nowMs())).toEqual([]);
  });
});
