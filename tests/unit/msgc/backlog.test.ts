/** Windows before links: a server stops sending before a link of its own counts as stuck. */

import { describe, expect, test } from 'vitest';
import type { GroupName, NodeName } from '../../../server/model/names.ts';
import { Batcher } from '../../../server/msgc/batcher.ts';
import {
  batchShare,
  PROTOCOL_TIMING,
  PROTOCOL_WINDOWS,
  serverOptions,
} from '../../../server/msgc/options.ts';
import { type Body, Order } from '../../../server/msgc/order.ts';
import { type BusClient, heard, join, MemoryBus, publish } from '../../support/memory-bus.ts';

/** The documented minimum. */
const MAX_BACKLOG_MIN = 10;

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

function texts(client: BusClient): readonly string[] {
  return heard(client).map((line) => line.slice(line.indexOf(': ') + 2));
}

describe('the link to the sequencer', () => {
  test.each([MAX_BACKLOG_MIN, 40, 5_000])(
    'a flood of requests never makes it stuck, and all of them arrive (max_backlog %i)',
    (maxBacklog) => {
      const bus = MemoryBus.started(['a', 'b'], { maxBacklog });
      const listener = bus.client('a', { sessions: ['l'] });
      join(listener, 'l', 'done');
      const clients = ['s', 't', 'u'].map((session) => bus.client('b', { sessions: [session] }));
      bus.clock.runFor(100);
      const count = Math.min(4 * maxBacklog, 4_000);
      for (const [index, client] of clients.entries()) {
        const session = ['s', 't', 'u'][index] ?? '';
        for (const text of numbers(count)) publish(client, session, ['nobody'], text);
        publish(client, session, ['done'], session);
      }
      bus.clock.runFor(10_000);
      for (const node of ['a', 'b']) {
        expect(bus.counter(node, 'link_down_backlog')).toBe(0);
        expect(bus.counter(node, 'views')).toBe(1);
        expect(bus.counter(node, 'queued_batches')).toBe(0);
      }
      expect([...texts(listener)].sort()).toEqual(['s', 't', 'u']);
    },
  );

  test('while it takes nothing clients wait; once it drains they go on without another event', () => {
    const bus = MemoryBus.started(['a', 'b'], { maxBacklog: MAX_BACKLOG_MIN });
    const sender = bus.client('b', { sessions: ['s'] });
    const listener = bus.client('a', { sessions: ['l'] });
    join(listener, 'l', 'g');
    bus.clock.runFor(100);
    bus.network.block('b', 'a');
    for (const text of numbers(60)) publish(sender, 's', ['g'], text);
    bus.clock.runFor(300);
    expect(bus.counter('b', 'link_down_backlog')).toBe(0);
    expect(heard(listener)).toEqual([]);
    bus.network.unblock('b', 'a');
    bus.clock.runFor(3_000);
    expect(bus.counter('b', 'link_down_backlog')).toBe(0);
    expect(bus.counter('b', 'queued_batches')).toBe(0);
  });

  test('one that lives but takes nothing for a second is condemned, and not by a pause of this process', () => {
    const condemned: string[] = [];
    const sent: string[] = [];
    let backlog = 0;
    const members = ['a', 'b'].map((node) => ({ node: node as NodeName, inc: 1 }));
    const view = { id: { ctr: 1, coord: 'a' as NodeName, inc: 1 }, members };
    const order = new Order({
      me: 'b' as NodeName,
      view,
      timing: PROTOCOL_TIMING,
      windows: PROTOCOL_WINDOWS,
      maxBacklog: 100,
      probe: {},
      host: {
        send: (to) => sent.push(to),
        backlogOf: () => backlog,
        deliver: () => undefined,
        announceStable: () => undefined,
        condemn: (node, cause) => condemned.push(`${node}:${cause}`),
        count: () => undefined,
      },
    });
    order.openView(view, 0);
    backlog = 50;
    order.submit({ count: 1, safe: false, body: Buffer.from('x') });
    expect(sent).toEqual([]);
    order.settle(0);
    order.forgivePause(5_000);
    order.settle(5_000 + PROTOCOL_WINDOWS.stallMs - 1);
    expect(condemned).toEqual([]);
    order.settle(5_000 + PROTOCOL_WINDOWS.stallMs);
    expect(condemned).toEqual(['a:backlog']);
    backlog = 49;
    order.pump();
    expect(sent).toEqual(['a']);
  });

  test('a lower max_backlog and another one at the sequencer hold for batches that are closed already', () => {
    const bus = MemoryBus.started(['a', 'b']);
    const peers = bus
      .server('a')
      .core.status(0)
      .links.map(({ peer }) => ({ node: peer, host: peer, port: 4809 }));
    const sender = bus.client('b', { sessions: ['s'] });
    bus.clock.runFor(100);
    for (const text of numbers(2_000)) publish(sender, 's', ['g'], text);
    bus.server('a').process.give({
      type: 'optionsChanged',
      options: serverOptions({ peers, maxBacklog: MAX_BACKLOG_MIN }),
    });
    bus.clock.runFor(5_000);
    expect(bus.counter('a', 'link_down_backlog')).toBe(0);
    expect(bus.counter('b', 'queued_batches')).toBe(0);
  });
});

describe('batches', () => {
  test.each([
    [10, 2],
    [100, 25],
    [5_000, PROTOCOL_WINDOWS.batchMessages],
  ])('with max_backlog %i a batch closes at %i messages', (maxBacklog, most) => {
    const bodies: Body[] = [];
    const batcher = new Batcher(PROTOCOL_WINDOWS, maxBacklog, (body) => bodies.push(body));
    for (let index = 0; index < most + 1; index += 1) {
      batcher.add({ type: 'leave', cid: index, group: 'g' as GroupName });
    }
    batcher.close();
    expect(bodies.map(({ count }) => count)).toEqual([most, 1]);
  });

  test('a batch never holds less than one message', () => {
    expect(batchShare(1)).toBe(1);
  });
});

test('a view change under load repairs more batches than max_backlog without closing a link', () => {
  const bus = MemoryBus.started(['a', 'b', 'c', 'd'], { maxBacklog: MAX_BACKLOG_MIN });
  const clients = ['b', 'c', 'd'].map((node) => bus.client(node, { sessions: [`s${node}`] }));
  bus.clock.runFor(100);
  for (let round = 0; round < 100; round += 1) {
    for (const [index, node] of ['b', 'c', 'd'].entries()) {
      const client = clients[index];
      if (client !== undefined) publish(client, `s${node}`, ['g'], `${round}`);
    }
    if (round === 50) bus.network.slowDown('a', 60);
    if (round === 70) bus.kill('a');
    bus.clock.runFor(2);
  }
  bus.clock.runFor(3_000);
  for (const node of ['b', 'c', 'd']) {
    expect(bus.members(node)).toEqual(['b', 'c', 'd']);
    expect(bus.counter(node, 'link_down_backlog')).toBe(0);
    expect(bus.counter(node, 'queued_batches')).toBe(0);
  }
});
